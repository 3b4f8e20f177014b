"""A raw segment that fails on a value of the base holds up nothing but what depends on it, and is named (SEG-1, SEG-6, SEC-4)."""

from __future__ import annotations

import pytest

from pipelines.cli.main import run
from tests.cli.conftest import SAMPLES, Terminal
from tests.cli.test_raw_segments import put

WRONG = "-- label: Mal écrit\nSELECT contact_id\nFROM contacts\nWHERE CAST(email AS INTEGER) = 1\n"
BEHIND = "SELECT contact_id FROM segments.wrong"
AUDIENCE = """\
type: pipelines.components.Export
attributes: {{name: {name}, audience: {audience}, fields: [email]}}
"""


@pytest.fixture
def failing(filled: Terminal) -> Terminal:
    """The filled account, counted, with one segment that has begun to fail since and two that depend on it."""
    put(filled, "wrong", "SELECT contact_id FROM contacts")
    put(filled, "behind", BEHIND)
    (filled.folder / "assets" / "segments" / "more.yaml").write_text(
        "type: pipelines.components.Segment\nattributes: {name: further, criteria: [{segment: behind, is: out}]}\n"
    )
    filled.carnet("segments", "--refresh")
    put(filled, "wrong", WRONG)
    return filled


def counts(terminal: Terminal) -> dict[str, tuple[int, str]]:
    return {each["name"]: (each["count"], each["refreshed_at"]) for each in terminal.json("segments")}


def named(text: str) -> bool:
    return "wrong.sql:4" in text and "'wrong' fails on values" in text and "Traceback" not in text


def test_an_import_counts_the_others_publishes_and_warns(failing: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    before = counts(failing)
    capsys.readouterr()
    assert run(["import", str(SAMPLES / "crm-2026-11.txt")]) == 0
    printed = capsys.readouterr()
    assert named(printed.err)
    assert "'further' was not counted" in printed.err
    assert "@" not in printed.err
    after = counts(failing)
    uncounted = {name for name in after if after[name] == before[name]}
    assert uncounted == {"wrong", "behind", "further"}
    [total] = failing.json("sql", "SELECT count(*) AS n FROM contacts")
    assert after["all_contacts"][0] == total["n"] > before["all_contacts"][0]


def test_a_hand_edit_is_done_and_warns(failing: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["contact", "set", "new@exemple.fr", "first_name=Zoé"]) == 0
    assert named(capsys.readouterr().err)
    shown = failing.json("contact", "show", "new@exemple.fr")
    assert shown["first_name"] == "Zoé"
    assert "all_contacts" in shown["segments"]


def test_a_refresh_counts_the_others_and_says_what_fails(failing: Terminal) -> None:
    before = counts(failing)
    told = failing.json("segments", "--refresh", code=2)["error"]
    assert told["type"] == "UsageError"
    assert named(told["message"])
    after = counts(failing)
    assert {name for name in after if after[name] == before[name]} == {"wrong", "behind", "further"}


def test_whoever_reads_it_is_told_where_it_fails(failing: Terminal) -> None:
    failing.carnet("segments", "--refresh", code=2)
    search = failing.write("criteria:\n- {segment: wrong, is: in}\n", "in.yaml")
    for arguments in (
        ["segments", "wrong"],
        ["segments", "behind"],
        ["search", search],
        ["explain", "amelie.durand@exemple.fr", "further"],
        ["export", "--audience", "further", "--to", failing.folder / "x.csv"],
    ):
        assert named(failing.carnet(*arguments, code=2)), arguments
    assert failing.json("segments", "all_contacts")["count"] > 0


def test_an_export_that_depends_on_it_fails_and_no_other(failing: Terminal) -> None:
    for name, audience in (("theirs", "{include: [all_contacts], exclude: [behind]}"), ("ours", "all_contacts")):
        (failing.folder / "assets" / "exports" / f"{name}.yaml").write_text(
            AUDIENCE.format(name=name, audience=audience)
        )
    assert named(failing.json("export", "theirs", code=2)["error"]["message"])
    assert failing.json("export", "ours")["rows"] > 0
