"""A tour of the commands in a French base (I18N-1): no English is left in what an operator reads, reports and pages included."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.language import speak
from tests.cli.conftest import SAMPLES, Terminal

ENGLISH = re.compile(
    r"\b(the|of|and|is|are|was|were|been|has|have|had|does|did|with|without|this|that|these|those|which|it|its|they|their|there|"
    r"from|into|each|every|nothing|nobody|cannot|could|should|would|will|than|then|when|where|why|how|who|row)\b"
)
_NO_WORDS = re.compile(r"`[^`]*`|«[^»]*»|\S*[/_.@=]\S*|\"[^\"]*\"|'[^']*'|--\S+|\[[^\]]*\]")
"""Commands, names, addresses, paths, values and ids of rules: they are in no language."""
REFUSED = sorted((SAMPLES / "refused").iterdir())


@pytest.fixture
def french(terminal: Terminal, imported_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """The base says its language: its locale is French, and the terminal names none of its own."""
    monkeypatch.delenv("CARNET_LANG")
    shutil.copytree(imported_data / "two", terminal.folder / "data")
    yield terminal
    speak(lambda: "en")


def english(text: str) -> list[str]:
    """The lines that hold a word that is English and nothing else."""
    return [line for line in text.splitlines() if ENGLISH.search(_NO_WORDS.sub("", line).lower())]


def test_what_is_english_is_found() -> None:
    assert english("Le fichier est lu.\nThe file has no header.\n`carnet the`") == ["The file has no header."]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check"], 0),
        (["imports"], 0),
        (["imports", "1"], 0),
        (["imports", "99"], 2),
        (["segments"], 0),
        (["segments", "paris_perle"], 0),
        (["segments", "paris_perles"], 2),
        (["explain", "1", "paris_perle"], 0),
        (["contact", "show", "1"], 0),
        (["contact", "show", "nobody@example.org"], 2),
        (["contact", "set", "1", "first_name=Zoé"], 0),
        (["contact", "set", "1", "birth_date=31/02/2020"], 1),
        (["fields"], 0),
        (["searches"], 0),
        (["exports"], 0),
        (["export", "base_totale"], 0),
        (["operations"], 0),
        (["activity"], 0),
        (["duplicates"], 0),
        (["retention"], 2),
        (["purge", "bad_email_addresses"], 2),
        (["undo", "2"], 0),
        (["undo", "7"], 2),
        (["keys"], 0),
        (["sql", "SELECT 1 +"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_command_speaks_french(french: Terminal, arguments: list[str], code: int) -> None:
    assert english(french.carnet(*arguments, code=code)) == []


def test_rejected_rows_say_why_in_french(french: Terminal) -> None:
    said = french.carnet("import", SAMPLES / "newsletter-2026-11.csv", "--force")
    rejected = french.carnet("rejects", "3")
    assert english(said) == english(rejected) == []
    assert "invalid_key: " in rejected
    assert "None" not in rejected


def test_refusals_and_their_reports_are_in_french(french: Terminal) -> None:
    for sample in REFUSED:
        said = french.carnet("import", sample, "--model", "newsletter", code=1)
        assert english(said) == [], sample.name
    reports = sorted((french.folder / "data" / "refused").rglob("*.report.txt"))
    assert len(reports) == len(REFUSED)
    for report in reports:
        assert english(report.read_text(encoding="utf-8")) == [], report.name
    assert english(french.carnet("inspect", *REFUSED)) == []
