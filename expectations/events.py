"""The rules about events (BHV-1), judged on one row: how many rows of a file break each."""

from __future__ import annotations

from expectations.rules import Options, Rule, mark

_REJECTING = {
    "unreadable_line": mark("Every record of a file of JSON is an object."),
    "several_values": mark("No key holds several values where one is meant."),
    "unknown_person": mark("Every event names a person by a valid address, number or contact_id."),
    "erased": mark("No event is of a person who was erased."),
    "unknown_type": mark("Every event has a type that the declaration knows and its channel has."),
    "unreadable_instant": mark("Every event says when it happened."),
}
COLUMNS = tuple(_REJECTING)
"""What a row of an event file is judged by."""
UNREAD = "unread_person"
"""How many rows are taken by one way of naming somebody, because another cannot be read."""
CONFLICTING = "conflicting_event"
"""How many rows bear the id of another event: of them one is kept (BHV-1)."""


def rules(options: Options) -> tuple[Rule, ...]:
    """Each kind of problem must be absent: a row that has one of COLUMNS is rejected, the others are imported. No options."""
    del options
    rejecting = (Rule(name, description, "error", at_most=0) for name, description in _REJECTING.items())
    conflicting = Rule(CONFLICTING, mark("No event id stands for two different events."), "warning", at_most=0)
    unread = Rule(UNREAD, mark("Every address and number of a row can be read."), "warning", at_most=0)
    return (*rejecting, unread, conflicting)
