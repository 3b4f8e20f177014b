"""Permuting, splitting and re-sending event files never changes a state, a segment or a report (BHV-1, BHV-2)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.judge import Judge
from tests.behaviours.conftest import Behaving
from tests.conftest import Account

PEOPLE = ("anna@ex.fr", "bob@ex.fr", "carl@ex.fr", "dora@ex.fr")
CONTACTS = "email;opt_in_email\n" + "".join(f"{who};yes\n" for who in PEOPLE[:3])
DORA = "email;opt_in_email\ndora@ex.fr;yes\n"
KINDS = (
    "sent",
    "delivered",
    "open",
    "click",
    "soft",
    "soft",
    "absent",
    "hard_bounce",
    "rejected",
    "unsub",
    "complained",
)

an_event = st.fixed_dictionaries(
    {
        "campaign": st.sampled_from(["Noël", "Soldes"]),
        "email": st.sampled_from(PEOPLE),
        "event": st.sampled_from(KINDS),
        "ts": st.integers(1, 12).map(lambda day: f"2026-01-{day:02d}T10:00:00Z"),
        "message": st.sampled_from(["a", "b"]),
    },
    optional={"id": st.integers(1, 10_000).map(str)},
)


def identified(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A number names one event: what bears the same one is the same."""
    first: dict[str, dict[str, Any]] = {}
    return [first.setdefault(each["id"], each) if "id" in each else each for each in events]


@st.composite
def two_ways(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """The same events twice, in files and an order of their own, some sent again; `None` stands for Dora's arrival."""
    events = identified(draw(st.lists(an_event, min_size=1, max_size=12)))
    return in_files(draw, events), in_files(draw, events + draw(st.lists(st.sampled_from(events), max_size=4)))


def in_files(draw: st.DrawFn, events: list[dict[str, Any]]) -> list[Any]:
    left, files = draw(st.permutations(events)), []
    while left:
        size = draw(st.integers(1, len(left)))
        files.append(left[:size])
        left = left[size:]
    files.insert(draw(st.integers(0, len(files))), None)
    return files


SEEN = {
    "contacts": """SELECT email, email_status, email_return_detail, email_return_at, opt_in_email, opt_in_sms FROM contacts""",
    "events": "SELECT c.email, e.type, e.occurred_at, o.name FROM events e JOIN contacts c USING (contact_id) JOIN operations o "
    "USING (operation_id)",
    "report": "SELECT * EXCLUDE (operation_id) FROM operation_report",
    "reachable": "SELECT email FROM segments.email_reachable",
    "pending": "SELECT count(*) FROM pending_events",
}


def outcome(files: list[Any], judge: Judge) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        behaving = Behaving(Account(Path(folder), judge))
        behaving.declare("soft_limit: 2")
        behaving.contacts(CONTACTS)
        for number, events in enumerate(files):
            if events is None:
                behaving.contacts(DORA)
            else:
                behaving.send(*events, name=f"esp-{number}.ndjson", force=True)
        behaving.workspace.refresh_segments()
        return {name: sorted(behaving.sql(query), key=repr) for name, query in SEEN.items()}


@settings(max_examples=8, deadline=None)
@given(ways=two_ways())
def test_order_splits_and_repeats_change_nothing(ways, judge) -> None:
    first, second = ways
    assert outcome(first, judge) == outcome(second, judge)
