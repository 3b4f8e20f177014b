"""The rules about events (BHV-1), judged on one row: how many rows of a file break each."""

from __future__ import annotations

from expectations.rules import Options, Rule

_REJECTING = {
    "unreadable_line": "Every line of an event file is one JSON object.",
    "unknown_person": "Every event names a person by a valid address, number or contact_id.",
    "unknown_type": "Every event has a type that the declaration knows and its channel has.",
    "unreadable_instant": "Every event says when it happened.",
}
COLUMNS = tuple(_REJECTING)
"""What a row of an event file is judged by."""
CONFLICTING = "conflicting_event"
"""How many rows bear the id of another event: of them one is kept (BHV-1)."""


def rules(options: Options) -> tuple[Rule, ...]:
    """Each kind of problem must be absent: a row that has one of COLUMNS is rejected, the others are imported. No options."""
    del options
    rejecting = (Rule(name, description, "error", at_most=0) for name, description in _REJECTING.items())
    conflicting = Rule(CONFLICTING, "No event id stands for two different events.", "warning", at_most=0)
    return (*rejecting, conflicting)
