"""The rules about the base after a run (IMP-6, FLD-7, STA-1), judged on one row of counts of what must not be there."""

from __future__ import annotations

from expectations.rules import Options, Rule

COLUMNS = (
    "duplicate_keys",
    "missing_keys",
    "duplicate_ids",
    "unknown_states",
    "empty_strings",
    "empty_lists",
)
"""What the base is judged by."""


def rules(options: Options) -> tuple[Rule, ...]:
    """Every count must be 0; there are no options."""
    return tuple(Rule(column, "critical", column, at_most=0) for column in COLUMNS)
