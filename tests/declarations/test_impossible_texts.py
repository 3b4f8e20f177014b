"""Texts that no file or base can hold, and names that a base cannot tell apart, are refused with their line (SEG-10)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.cli.main import run

SEGMENT = (
    "type: pipelines.components.Segment\nattributes:\n  name: {name}\n  criteria: [{{field: postcode, op: is_empty}}]\n"
)
HALF = "is half of a character"


@pytest.mark.parametrize(
    ("document", "line", "escape"),
    [
        ('type: pipelines.components.ImportModel\nattributes:\n  name: m\n  file: "\\ud800.csv"\n', 4, "\\ud800"),
        (
            'type: pipelines.components.ImportModel\nattributes:\n  name: m\n  file: m.csv\n  mapping: {"a\\udfff": email}\n',
            5,
            "\\udfff",
        ),
        (SEGMENT.format(name="s").replace("op: is_empty", 'op: equals, value: ["a", "\\udead"]'), 4, "\\udead"),
        (SEGMENT.format(name='"\\uda00"'), 3, "\\uda00"),
    ],
    ids=["value", "key", "in-a-list", "name"],
)
def test_half_a_character_is_an_error_with_its_line(declare, document: str, line: int, escape: str) -> None:
    problems = [problem for problem in declare(document).problems if HALF in problem.message]
    assert [(problem.line, problem.severity) for problem in problems] == [(line, "error")]
    assert problems[0].message.startswith(f"{escape} ")


@pytest.mark.parametrize("text", ["\\U0001F48E", "\\u00e9", "\\ufffd"])
def test_whole_characters_are_no_error(declare, text: str) -> None:
    document = SEGMENT.format(name="s").replace("  criteria", f'  label: "{text}"\n  criteria')
    loaded = declare(document)
    assert [problem.message for problem in loaded.problems if problem.severity == "error"] == []


def test_carnet_check_prints_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "defs.yaml").write_text('type: pipelines.components.ContactBase\nattributes: {timezone: "\\ud800"}\n')
    monkeypatch.setenv("CARNET_ASSETS", str(tmp_path))
    assert run(["check", "--json"]) == 2
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [problem["line"] for problem in problems if HALF in problem["message"]] == [2]


@pytest.mark.parametrize("second", ["Paris_Perle", "PARIS_PERLE", "paris_perlE"])
def test_two_segments_whose_names_differ_by_case_alone_are_refused(declare, second: str) -> None:
    """Views of DuckDB are named without regard to case: one would replace the other."""
    loaded = declare(SEGMENT.format(name="paris_perle"), SEGMENT.format(name=second))
    [problem] = [problem for problem in loaded.problems if problem.severity == "error"]
    assert problem.line == 8
    assert "there are two segments" in problem.message


def test_nor_is_a_raw_segment_named_so(declare, tmp_path: Path) -> None:
    (tmp_path / "Paris_Perle.sql").write_text("SELECT contact_id FROM contacts")
    loaded = declare(SEGMENT.format(name="paris_perle"))
    [problem] = [problem for problem in loaded.problems if problem.severity == "error"]
    assert problem.file.name == "Paris_Perle.sql"


def test_nor_like_a_default_segment(declare) -> None:
    assert any(problem.line == 3 for problem in declare(SEGMENT.format(name="All_Contacts")).problems)
