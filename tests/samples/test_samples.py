"""The sample files: the good ones are imported with the counts that the documentation states, the others refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest

from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import ImportResult
from pipelines.layout import ROOT, Layout
from pipelines.workspace import Workspace

SAMPLES = ROOT / "data" / "samples"
REFUSED_BY = {
    "windows-1252": "encoding",
    "utf-16": "encoding",
    "damaged-byte": "encoding",
    "nul-byte": "nul_bytes",
    "trailing-separators": "trailing_separators",
    "extra-cells": "extra_cells",
    "header-only": "rows",
    "empty": "rows",
    "duplicate-headers": "headers",
    "empty-header": "headers",
    "missing-column": "missing_columns",
    "unclosed-quote": "unclosed_quote",
    "wrong-separator": "missing_columns",
    "two-columns": "two_columns",
    "mostly-rejected": "max_rejected",
}
PAGE = (ROOT / "docs" / "imports.md").read_text(encoding="utf-8")
FRENCH_PAGE = (ROOT / "docs" / "fr" / "imports.md").read_text(encoding="utf-8")
MENDED = {"windows-1252", "utf-16", "trailing-separators"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = Workspace.open("tests", Layout(tmp_path_factory.mktemp("data"), ROOT / "assets"))
    yield opened
    opened.close()


@pytest.fixture
def fresh(workspace: Workspace, tmp_path: Path) -> Workspace:
    """An empty base; the judge of the others works for it too, since it starts slowly and keeps nothing."""
    opened = Workspace.open("tests", Layout(tmp_path / "data", ROOT / "assets"))
    opened.__dict__["judge"] = workspace.judge
    return opened


def taken(workspace: Workspace, path: Path, model: str = "newsletter") -> ImportResult:
    return workspace.take(ImportRequest(str(path), model))


def critical(result: ImportResult) -> set[str]:
    return set(result.problems.filter(pl.col("severity") == "critical").get_column("rule"))


def test_every_refused_sample_has_its_rule() -> None:
    assert {path.stem.removeprefix("newsletter-") for path in (SAMPLES / "refused").iterdir()} == set(REFUSED_BY)


@pytest.mark.parametrize("name", REFUSED_BY)
def test_it_is_refused_by_the_rule_its_name_says(name: str, workspace: Workspace) -> None:
    result = taken(workspace, SAMPLES / "refused" / f"newsletter-{name}.csv")
    assert result.status == "refused"
    assert critical(result) == {REFUSED_BY[name]}
    assert (result.mended_file is not None) == (name in MENDED)
    assert undocumented(result, "critical") == []


def test_too_large_a_file_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    limit = workspace.declarations.base.max_file_bytes
    path = tmp_path / "newsletter-too-large.csv"
    header = "Email;Prénom;Portable;Perle;Diamant\n".encode()
    line = b"a@exemple.fr;" + b"x" * 1000 + b";;;\n"
    path.write_bytes((header + line * (limit // len(line) + 1))[: limit + 1])
    assert critical(taken(workspace, path)) == {"size"}


def test_too_wide_a_file_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "newsletter-too-wide.csv"
    headers = ["Email", "Prénom", "Portable", "Perle", "Diamant", *(f"c{n}" for n in range(4092))]
    path.write_text(";".join(headers) + "\n" + ";".join("a" for _ in headers) + "\n", encoding="utf-8")
    assert critical(taken(workspace, path)) == {"columns"}


@pytest.mark.parametrize("name", sorted(MENDED))
def test_the_mended_file_is_imported(name: str, workspace: Workspace) -> None:
    refused = taken(workspace, SAMPLES / "refused" / f"newsletter-{name}.csv")
    assert refused.mended_file is not None
    preview = workspace.take(ImportRequest(str(refused.mended_file), "newsletter", preview=True))
    assert (preview.status, preview.counts.rows, preview.counts.rejected) == ("preview", 5, 0)


def test_the_good_samples_are_imported_as_documented(fresh: Workspace) -> None:
    newsletter = taken(fresh, SAMPLES / "newsletter-2026-11.csv")
    crm = taken(fresh, SAMPLES / "crm-2026-11.txt", "crm")
    again = taken(fresh, SAMPLES / "crm-2026-11.txt", "crm")
    assert [newsletter.status, crm.status, again.status] == ["imported", "imported", "skipped"]
    assert counts(newsletter) == NEWSLETTER
    assert counts(crm) == CRM
    assert undocumented(newsletter, "error") + undocumented(crm, "error") == []
    for name, result in (("`newsletter-2026-11.csv`", newsletter), ("`crm-2026-11.txt`", crm)):
        shown = f"{name} | {' | '.join(str(getattr(result.counts, count)) for count in SHOWN)} |"
        assert shown in PAGE
        assert shown in FRENCH_PAGE


def undocumented(result: ImportResult, severity: str) -> list[str]:
    """The messages that docs/imports.md does not show as they are printed."""
    messages = result.problems.filter(pl.col("severity") == severity).get_column("message")
    return [message for message in messages if f"{message} |" not in PAGE]


def test_the_questions_of_the_documentation_have_answers(fresh: Workspace) -> None:
    """docs/base.md: each query runs on the base that the samples give."""
    for path, model in (("newsletter-2026-11.csv", "newsletter"), ("crm-2026-11.txt", "crm")):
        taken(fresh, SAMPLES / path, model)
    fresh.refresh_segments()
    fresh.store.publish()
    page = (ROOT / "docs" / "base.md").read_text(encoding="utf-8")
    queries = [
        query for block in re.findall(r"```sql\n(.*?)```", page, re.DOTALL) for query in block.split(";\n") if query
    ]
    assert len(queries) > 3
    with fresh.published() as connection:
        for query in queries:
            assert connection.sql(query).fetchall() != []


def counts(result: ImportResult) -> dict[str, int]:
    return {name: count for name, count in asdict(result.counts).items() if count}


SHOWN = ("rows", "inserted", "updated", "unchanged", "duplicates", "rejected")
NEWSLETTER = {"rows": 60, "inserted": 50, "duplicates": 4, "rejected": 6}
CRM = {"rows": 40, "inserted": 21, "updated": 15, "duplicates": 1, "rejected": 3}
