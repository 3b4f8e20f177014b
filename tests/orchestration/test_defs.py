"""What Dagster is given – assets with group and kinds, checks, jobs, schedules, sensors – pinned as text."""

from __future__ import annotations

import difflib

import pytest

from tests.orchestration.pinned import PINNED, definitions, described

MEANT = "If that was meant: .venv/bin/python -m tests.orchestration.pinned (and read its diff)"


def test_definitions_are_as_they_were() -> None:
    pinned, now = PINNED.read_text(encoding="utf-8"), described(definitions())
    if now != pinned:
        changes = difflib.unified_diff(pinned.splitlines(), now.splitlines(), "pinned", "now", n=1, lineterm="")
        pytest.fail("\n".join([*changes, MEANT]), pytrace=False)
