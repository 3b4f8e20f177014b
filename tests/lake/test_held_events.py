"""Events that are held in the lake give what the same events in the base give: states, reports, segments, people (LAK-3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.behaving import Behaving
from tests.conftest import Account

LAKE = "lake: {catalog: sqlite, warehouse: lake}"
SEGMENTS = """---
type: pipelines.components.Segment
attributes: {name: clickers, criteria: [{behaviour: clicked, operations: any}]}
---
type: pipelines.components.Segment
attributes: {name: of_soldes, criteria: [{operation: Soldes, is: recipient}]}
---
type: pipelines.components.Segment
attributes: {name: silent, criteria: [{behaviour: opened, operations: any, negate: true}]}
"""
EVENTS = "SELECT event_id, operation_id, contact_id, type, occurred_at, link, detail, import_id, person, kind, key FROM events ORDER BY ALL"


def event(number: int | str, who: str, type_: str, at: str = "2026-03-04T10:00:00Z", **more: Any) -> dict[str, Any]:
    return {"id": f"e{number}", "campaign": "Soldes", "email": f"{who}@ex.fr", "event": type_, "ts": at, **more}


def declare(behaving: Behaving, *, lake: bool, base: str = LAKE) -> None:
    behaving.declare(base if lake else "", SEGMENTS)
    if lake:
        path = next(behaving.account.layout.assets.rglob("*.yaml"))
        path.write_text(path.read_text().replace('file: "esp*"', 'file: "esp*"\n  into: lake'))
        behaving.account.layout.assets.touch()


@pytest.fixture
def both(new_account: Callable[[], Account]) -> tuple[Behaving, Behaving]:
    """Two accounts that are given the same: one keeps its events in the base, the other holds them in its lake."""
    plain, held = Behaving(new_account()), Behaving(new_account())
    declare(plain, lake=False)
    declare(held, lake=True)
    for each in (plain, held):
        each.contacts("Email;Nom;Opt-In Email\nann@ex.fr;A;oui\nbob@ex.fr;B;oui\ncat@ex.fr;C;oui\n")
    return plain, held


def told(behaving: Behaving) -> dict[str, Any]:
    """All that is asked of an account."""
    workspace = behaving.workspace
    counts = dict(workspace.refresh_segments(force=True).counts)
    workspace.compute_activity()
    reports = [each.as_json() for each in workspace.operation_reports()]
    workspace.publish()
    with workspace.published() as copy:
        rows = {
            "contacts": "SELECT * EXCLUDE (created_at, modified_at) FROM contacts ORDER BY ALL",
            "events": EVENTS,
            "clickers": "SELECT contact_id FROM segments.clickers ORDER BY ALL",
            "silent": "SELECT contact_id FROM segments.silent ORDER BY ALL",
            "consents": "SELECT contact_id, channel, old, new, source FROM consents WHERE source LIKE 'operation%' ORDER BY ALL",
            "pending": "SELECT event_id, key, type FROM pending_events ORDER BY ALL",
            "operations": "FROM operations ORDER BY ALL",
            "activity": "SELECT contact_id, degree, active, last_active_at FROM activity ORDER BY ALL",
        }
        found = {name: copy.execute(query).fetchall() for name, query in rows.items()}
    return {"counts": counts, "reports": reports, **found}


def own(behaving: Behaving) -> list[str]:
    """The types of the events that the base's own file has."""
    return [row[0] for row in behaving.sql("SELECT type FROM main.events ORDER BY type")]


def test_events_that_move_no_state_are_in_the_lake_alone(both: tuple[Behaving, Behaving]) -> None:
    plain, held = both
    for each in both:
        each.send(
            event(1, "ann", "sent"),
            event(2, "ann", "click", url="https://ex.fr/É"),
            event(3, "bob", "unsub"),
            event(4, "bob", "open"),
            event(5, "cat", "hard_bounce"),
            event(6, "dan", "open"),
        )
    assert own(held) == ["bad_alias", "unsubscribed"]
    assert told(held) == told(plain)
    assert held.contact("bob@ex.fr", "opt_in_email") == "no"
