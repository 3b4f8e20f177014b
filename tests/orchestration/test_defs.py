"""What Dagster is given – assets with group and kinds, checks, jobs, schedules, sensors – pinned as text."""

from __future__ import annotations

import difflib

from tests.orchestration.pinned import PINNED, definitions, described


def test_definitions_are_as_they_were() -> None:
    pinned, now = PINNED.read_text(encoding="utf-8"), described(definitions())
    changes = difflib.unified_diff(pinned.splitlines(), now.splitlines(), "pinned", "now", n=1, lineterm="")
    assert now == pinned, "\n".join(
        ["\n", *changes, "\nIf that was meant: .venv/bin/python -m tests.orchestration.pinned (and read its diff)"]
    )
