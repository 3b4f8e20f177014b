"""What an EventImport may say: several columns for one of ours, patterns, constants (BHV-1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.declarations.hashing import hash_declared
from pipelines.declarations.model import EventImport
from pipelines.declared import check, declared

DOCUMENT = """\
type: pipelines.components.ContactBase
attributes: {key: email}
---
type: pipelines.components.EventImport
attributes:
  name: esp
  file: "esp*"
  channel: email
"""


def declare(folder: Path, *attributes: str) -> Path:
    (folder / "defs.yaml").write_text(DOCUMENT + "".join(f"  {each}\n" for each in attributes), encoding="utf-8")
    return folder


@pytest.mark.parametrize("written", ['"2026-11-20"', "2026-11-20", '"2026-11-20T09:30:00+01:00"', '"2026-11-20 09:30"'])
def test_constants_stand_for_columns(tmp_path: Path, written: str) -> None:
    declare(tmp_path, "mapping: {mail: email}", f"constants: {{type: opened, occurred_at: {written}, link: x}}")
    [event_import] = declared(tmp_path).event_imports
    assert event_import.constants == {"type": "opened", "occurred_at": written.strip('"'), "link": "x"}


def test_several_columns_may_be_mapped_to_one_of_ours(tmp_path: Path) -> None:
    declare(tmp_path, "mapping: {mail: email, event: type, severity: type, ts: occurred_at, at: occurred_at, x: null}")
    [event_import] = declared(tmp_path).event_imports
    assert event_import.theirs == {"email": ("mail",), "type": ("event", "severity"), "occurred_at": ("ts", "at")}
    assert event_import.named("type", "link") == "event / severity"


@pytest.mark.parametrize(
    ("constants", "told"),
    [
        ("{type: read, occurred_at: 2026-11-20}", "a type of an event of the channel email cannot be 'read'"),
        ("{type: opened}", "no column is mapped to 'occurred_at'"),
        ("{type: opened, occurred_at: yesterday}", "a day or an instant is needed"),
        ("{type: opened, occurred_at: 2026-02-30}", "a day or an instant is needed"),
        ("{type: opened, occurred_at: 20/11/2026}", "such as 2026-11-20"),
        ("{type: opened, occurred_at: 2026-11-20, operation: Soldes}", "write operation: …"),
        ("{type: opened, occurred_at: 2026-11-20, email: a@b.fr}", "there is no constant of events 'email'"),
        ("opened", "a mapping is meant"),
    ],
)
def test_constants_that_cannot_be_are_told(tmp_path: Path, constants: str, told: str) -> None:
    problems = check(declare(tmp_path, "mapping: {mail: email}", f"constants: {constants}"))
    assert any(told in problem.message for problem in problems), problems


def test_stored_hashes_stay_where_nothing_new_is_said() -> None:
    plain = EventImport("esp", "esp*", "email", {"a": "email"}, {"open": "opened"})
    assert hash_declared(plain) == hash_declared(
        EventImport("esp", "esp*", "email", {"a": "email"}, {"open": "opened"}, constants={})
    )
    assert hash_declared(plain) != hash_declared(
        EventImport("esp", "esp*", "email", {"a": "email"}, {"open": "opened"}, constants={"link": "x"})
    )
