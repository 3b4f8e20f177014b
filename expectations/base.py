"""The rules about the base after a run (IMP-6, FLD-7, STA-1), judged on one row of counts of what must not be there."""

from __future__ import annotations

from expectations.rules import Options, Rule, mark

_DESCRIPTIONS = {
    "duplicate_keys": mark("No uniqueness key stands twice."),
    "missing_keys": mark("Every contact has its uniqueness key."),
    "duplicate_ids": mark("No contact id stands twice."),
    "unknown_states": mark("States and consents hold known codes only."),
    "empty_strings": mark("No empty text is stored where there is nothing."),
    "empty_lists": mark("No empty list is stored where there is nothing."),
}
COLUMNS = tuple(_DESCRIPTIONS)
"""What the base is judged by."""


def rules(options: Options) -> tuple[Rule, ...]:
    """Every count must be 0; there are no options."""
    return tuple(Rule(name, description, "critical", at_most=0) for name, description in _DESCRIPTIONS.items())
