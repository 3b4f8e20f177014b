"""File names as long as the machine takes them: imported, refused, archived and reported like any other (IMP-17, SEC-1)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.imports import history
from pipelines.imports.filing import move_aside
from pipelines.orchestration.names import IMPORT_INBOX
from tests.orchestration.conftest import House

MODEL = "type: pipelines.components.ImportModel\nattributes: {name: newsletter, file: '*.csv', separator: ';'}\n"
LONG = "newsletter" + "é" * 120 + "a" * 1
GOOD, BAD = "Email;Prénom\nanne@exemple.fr;Anne\npas-d-adresse;X\n", "Email;Email\nanne@exemple.fr;x\n"


def drop(house: House, name: str, content: str) -> Path:
    path = house.layout.inbox / "newsletter" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def declare_any_columns(house: House) -> None:
    """The sample model asks for its columns; here only names of files count."""
    house.redeclare(lambda folder: (folder / "imports" / "defs.yaml").write_text(MODEL))


@pytest.mark.parametrize(("content", "status"), [(GOOD, "imported"), (BAD, "refused")], ids=["good", "bad"])
def test_the_longest_name_is_taken(house: House, content: str, status: str) -> None:
    declare_any_columns(house)
    name = LONG + ".csv"
    assert len(name.encode()) == 255
    path = drop(house, name, content)
    assert house.run(IMPORT_INBOX).success
    [result] = house.results
    assert (result.status, path.exists()) == (status, False)
    assert result.report is not None
    assert result.report.exists()
    assert house.published("SELECT file, filed FROM imports") == [(name, True)]


def test_a_file_that_cannot_be_moved_holds_up_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    declare_any_columns(house)
    stuck = drop(house, "newsletter-stuck.csv", GOOD)
    # Nothing that a test may set keeps root, who may run it, from moving a file.
    monkeypatch.setattr("pipelines.imports.taking.move_aside", failing(stuck))
    monkeypatch.setattr(history, "move_aside", failing(stuck))
    house.run(IMPORT_INBOX)
    assert house.published("SELECT file, filed FROM imports") == [("newsletter-stuck.csv", False)]
    other = drop(house, "newsletter-other.csv", GOOD.replace("anne", "bob"))
    house.run(IMPORT_INBOX)
    assert (stuck.exists(), other.exists()) == (True, False)
    assert house.published("SELECT email FROM contacts ORDER BY email") == [("anne@exemple.fr",), ("bob@exemple.fr",)]
    monkeypatch.undo()
    house.run(IMPORT_INBOX)
    assert house.published("SELECT file, filed FROM imports ORDER BY import_id") == [
        ("newsletter-stuck.csv", True),
        ("newsletter-other.csv", True),
    ]
    assert not stuck.exists()


def failing(stuck: Path) -> Callable[..., Path]:
    def moved(source: Path, room: Path, model: str, partition: str) -> Path:
        if source == stuck:
            raise OSError(13, os.strerror(13), str(source))
        return move_aside(source, room, model, partition)

    return moved
