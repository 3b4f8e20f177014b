"""The rules about events (BHV-1), judged on one row: how many rows of a file break each."""

from __future__ import annotations

from expectations.rules import Options, Rule

COLUMNS = ("unreadable_line", "unknown_person", "unknown_type", "unreadable_instant")
"""What a row of an event file is judged by."""


def rules(options: Options) -> tuple[Rule, ...]:
    """Each kind of problem must be absent; a row that has one is rejected, the others are imported. No options."""
    del options
    return tuple(Rule(column, "error", column, at_most=0) for column in COLUMNS)
