"""IMP-9, IMP-19: whatever is refused or rejected can be corrected, and then gives the base that the right file gives."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipelines.imports.intake import ImportRequest
from pipelines.layout import ROOT
from tests.samples.conftest import NewBase, contacts, imported

SAMPLES = ROOT / "data" / "samples"
NEWSLETTER = {
    23: {"Email": "thea.marchand@exemple.fr"},
    32: {"Email": "brigitte.aubert@exemple.fr"},
    33: {"Date de naissance": "31/01/1985"},
    34: {"Perle": "X"},
    35: {"Email": "estelle.perrin@exemple.fr"},
    36: {"Email": "fabrice.morin@exemple.fr"},
}
CRM = {28: {"Adhérent": "Oui"}, 30: {"Panier moyen": "85,00"}, 37: {"Mail": "urbain.prevost@exemple.fr"}}
Corrections = Mapping[int, Mapping[str, str]]


def written(path: Path, rows: list[list[str]], separator: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=separator).writerows(rows)
    return path


def put_right(row: list[str], header: list[str], cells: Mapping[str, str]) -> list[str]:
    assert set(cells) <= set(header)
    return [cells.get(name, cell) for name, cell in zip(header, row, strict=True)]


def right_file(sample: Path, corrections: Corrections, separator: str, folder: Path) -> Path:
    """The sample with its bad cells corrected: those lines alone are written anew."""
    lines = sample.read_text(encoding="utf-8").splitlines(keepends=True)
    [header] = csv.reader([lines[0]], delimiter=separator)
    for line, cells in corrections.items():
        [row] = csv.reader([lines[line - 1]], delimiter=separator)
        lines[line - 1] = separator.join(put_right(row, header, cells)) + "\n"
    path = folder / sample.name
    path.write_text("".join(lines), encoding="utf-8")
    return path


def corrected_rejects(rejects: Path, corrections: Corrections, separator: str, folder: Path) -> Path:
    """The rejects file with its bad cells corrected; its two added columns stay as they are."""
    with rejects.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream, delimiter=separator)
    assert header[-2:] == ["carnet_line", "carnet_reasons"]
    assert [int(row[-2]) for row in rows] == list(corrections)
    corrected = [put_right(row, header, corrections[int(row[-2])]) for row in rows]
    return written(folder / rejects.name, [header, *corrected], separator)


@pytest.mark.parametrize("late", [False, True], ids=["each-after-its-file", "all-at-the-end"])
def test_corrected_rejects_give_the_base_of_the_right_files(new_base: NewBase, tmp_path: Path, late: bool) -> None:
    """Each after its own file, or all of them at the end: the people of these rows stand on no other line."""
    samples = [
        (SAMPLES / "newsletter-2026-11.csv", "newsletter", ";", NEWSLETTER),
        (SAMPLES / "crm-2026-11.txt", "crm", "\t", CRM),
    ]
    right, put_together = new_base(), new_base()
    waiting: list[tuple[Path, str]] = []
    (tmp_path / "right").mkdir()
    for sample, model, separator, corrections in samples:
        whole = imported(right, right_file(sample, corrections, separator, tmp_path / "right"), model)
        assert whole.counts.rejected == 0
        partial = imported(put_together, sample, model)
        assert partial.counts.rejected == len(corrections)
        assert partial.rejects_file is not None
        waiting.append((corrected_rejects(partial.rejects_file, corrections, separator, tmp_path), model))
        if not late:
            correct_all(put_together, waiting)
    if late:
        assert len(contacts(put_together)) < len(contacts(right))
        correct_all(put_together, waiting)
    assert contacts(put_together) == contacts(right)


def correct_all(workspace: Any, waiting: list[tuple[Path, str]]) -> None:
    for path, model in waiting:
        result = imported(workspace, path, model)
        assert (result.counts.rejected, result.counts.inserted) == (0, result.counts.rows)
    waiting.clear()


RIGHT = """\
Email;Prénom;Portable;Perle;Diamant
amelie.durand@exemple.fr;Amélie;06 12 34 01 12;X;
benoit.lefevre@exemple.fr;Benoît;06 12 34 04 27;;X
chloe.moreau@example.org;Chloé;06 12 34 11 35;X;X
eloise.garnier@exemple.fr;Éloïse;;;X
gaelle.leguen@exemple.fr;Gaëlle;06 12 34 20 61;X;
"""
"""What every refused sample would be."""


@dataclass(frozen=True)
class Correction:
    """How a refused sample is corrected as its report says, and what its base has more than the right file's."""

    report: str
    correct: Callable[[bytes], bytes] = lambda content: content
    mapping: str = ""
    differs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def replaced(*pairs: tuple[bytes | str, bytes | str]) -> Callable[[bytes], bytes]:
    def correct(content: bytes) -> bytes:
        for old, new in pairs:
            found, put = (text if isinstance(text, bytes) else text.encode() for text in (old, new))
            assert found in content
            content = content.replace(found, put)
        return content

    return correct


def with_mobiles(content: bytes) -> bytes:
    """The column that lacks, from the right file."""
    mobiles = [row[2] for row in csv.reader(RIGHT.splitlines(), delimiter=";")]
    rows = list(csv.reader(content.decode().splitlines(), delimiter=";"))
    return "".join(
        ";".join([*row[:2], mobile, *row[2:]]) + "\r\n" for row, mobile in zip(rows, mobiles, strict=True)
    ).encode()


ALL = [line.split(";")[0] for line in RIGHT.splitlines()[1:]]
BY_HAND = {
    "damaged-byte": Correction("Correct the signs there", replaced((b"Chlo\xc3;", "Chloé;"))),
    "nul-byte": Correction("export it again", replaced((b"\0", b""))),
    "extra-cells": Correction(
        "Put that value in quotes",
        replaced(("Benoît; dit Ben", '"Benoît; dit Ben"')),
        differs={"benoit.lefevre@exemple.fr": {"first_name": "Benoît; dit Ben"}},
    ),
    "header-only": Correction("It needs at least one", lambda content: content + RIGHT.split("\n", 1)[1].encode()),
    "empty": Correction("It needs a header line and at least one row", lambda content: content + RIGHT.encode()),
    "duplicate-headers": Correction("Give each its own name", replaced(("Diamant;Perle\r\n", "Diamant;Autre\r\n"))),
    "empty-header": Correction("Name each", replaced(("Prénom;;Portable", "Prénom;Remarque;Portable"))),
    "missing-column": Correction("Expected: 'Portable'", with_mobiles),
    "unclosed-quote": Correction("Close it, remove it", replaced(('"Benoît', "Benoît"))),
    "wrong-separator": Correction("Found: 'Email,Prénom,Portable,Perle,Diamant'", replaced((",", ";"))),
    "two-columns": Correction(
        "Map all but one to null",
        mapping=", Last name: null",
        differs={key: {"last_name": "Durand"} for key in ALL},
    ),
    "mostly-rejected": Correction(
        "Correct these rows",
        replaced(
            ("amelie.durand;", "amelie.durand@exemple.fr;"),
            ("benoit.lefevre@;", "benoit.lefevre@exemple.fr;"),
            ("\n;Chloé", "\nchloe.moreau@example.org;Chloé"),
            ("61;oui;", "61;X;"),
        ),
    ),
}
MENDED = ("trailing-separators", "utf-16", "windows-1252")


@pytest.fixture
def right_contacts(new_base: NewBase, tmp_path: Path) -> dict[str, dict[str, Any]]:
    workspace = new_base()
    path = tmp_path / "newsletter-right.csv"
    path.write_text(RIGHT, encoding="utf-8")
    assert imported(workspace, path).counts.inserted == 5
    return contacts(workspace)


def test_every_refused_sample_is_corrected_here() -> None:
    names = {path.stem.removeprefix("newsletter-") for path in (SAMPLES / "refused").iterdir()}
    assert names == {*BY_HAND, *MENDED}


@pytest.mark.parametrize("name", MENDED)
def test_the_mended_file_gives_the_base_of_the_right_file(
    name: str, new_base: NewBase, right_contacts: dict[str, dict[str, Any]]
) -> None:
    workspace = new_base()
    refused = workspace.take(ImportRequest(str(SAMPLES / "refused" / f"newsletter-{name}.csv"), "newsletter"))
    assert contacts(workspace) == {}
    assert refused.mended_file is not None
    result = imported(workspace, refused.mended_file)
    assert (result.counts.inserted, result.problems.filter(severity="error").height) == (5, 0)
    assert contacts(workspace) == right_contacts


@pytest.mark.parametrize("name", BY_HAND)
def test_corrected_as_its_report_says_it_gives_the_base_of_the_right_file(
    name: str, new_base: NewBase, right_contacts: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    correction, sample = BY_HAND[name], SAMPLES / "refused" / f"newsletter-{name}.csv"
    workspace = new_base()
    refused = workspace.take(ImportRequest(str(sample), "newsletter"))
    assert (refused.status, refused.mended_file, contacts(workspace)) == ("refused", None, {})
    assert refused.report is not None
    assert correction.report in refused.report.read_text(encoding="utf-8")
    if correction.mapping:
        workspace = new_base(correction.mapping)
    path = tmp_path / sample.name
    path.write_bytes(correction.correct(sample.read_bytes()))
    assert imported(workspace, path).counts.inserted == 5
    assert contacts(workspace) == {
        key: {**row, **correction.differs.get(key, {})} for key, row in right_contacts.items()
    }
