"""The rules about events (BHV-1), judged on one row: how many rows of a file break each."""

from __future__ import annotations

from expectations.rules import Options, Rule

COLUMNS = ("unreadable_line", "unknown_person", "unknown_type", "unreadable_instant")
"""What a row of an event file is judged by."""
CONFLICTING = "conflicting_event"
"""How many rows bear the id of another event: of them one is kept (BHV-1)."""


def rules(options: Options) -> tuple[Rule, ...]:
    """Each kind of problem must be absent: a row that has one of COLUMNS is rejected, the others are imported. No options."""
    del options
    rejecting = (Rule(column, "error", column, at_most=0) for column in COLUMNS)
    return (*rejecting, Rule(CONFLICTING, "warning", CONFLICTING, at_most=0))
