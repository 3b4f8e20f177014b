"""One event id with several contents: one choice whatever the order, told with its line; no refusal is lost (BHV-1, STA-5)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.judge import Judge
from tests.behaving import Behaving
from tests.conftest import Account
from tests.examples import examples
from tests.imports.events.test_importing import CONTACTS, event

DAY = "2026-01-{:02d}T10:00:00Z"


def numbered(number: str, day: int, kind: str, email: str = "anna@ex.fr", **more: str) -> dict[str, str]:
    return {**event(email, kind, DAY.format(day), **more), "id": number}


def told(result) -> list[tuple[int, str, str]]:
    found = result.problems.filter(pl.col("rule") == "conflicting_event")
    assert set(found["severity"]) <= {"warning"}
    return found.select("line", "column", "message").rows()


@pytest.mark.parametrize("ways", ["as sent, then returned", "as returned, then sent", "in one file"])
def test_the_earlier_content_counts_whatever_the_order(behaving, ways) -> None:
    behaving.contacts(CONTACTS)
    sent, returned = numbered("X", 2, "sent"), numbered("X", 1, "hard_bounce", message="550")
    if ways == "in one file":
        results = [behaving.send(sent, returned, numbered("Y", 1, "open"))]
    else:
        pair = (sent, returned) if ways.startswith("as sent") else (returned, sent)
        results = [behaving.send(each, name=f"esp-{n}.ndjson") for n, each in enumerate(pair)]
    assert behaving.sql("SELECT type FROM events WHERE event_id = 'X'") == [("bad_alias",)]
    assert behaving.contact("anna@ex.fr", "email_status", "email_return_detail") == ("bad_alias", "550")
    [(line, column, message)] = told(results[-1])
    assert (line, column) == (1, "id")
    assert "with another ts, event, message" in message
    assert ("replaced by this line" if ways.startswith("as sent") else "this line is not") in message
    assert ("on line 2" if ways == "in one file" else "in the base") in message
    assert [v.rule for v in results[-1].verdicts["events"] if not v.passed] == ["conflicting_event"]
    assert results[-1].status == "imported"


def test_whoever_loses_an_event_is_reckoned_anew(behaving) -> None:
    behaving.contacts(CONTACTS + "carl@ex.fr;;yes;\n")
    behaving.edit("bob@ex.fr", email_status="soft")
    behaving.send(numbered("X", 5, "hard_bounce"), numbered("Y", 5, "sent", "bob@ex.fr"))
    behaving.send(
        numbered("Z", 5, "hard_bounce", "bob@ex.fr", ts="2099-01-01T00:00:00Z", message="gone"), name="esp-z.ndjson"
    )
    assert behaving.contact("bob@ex.fr", "email_status") == "bad_alias"
    behaving.send(
        numbered("X", 4, "hard_bounce", "carl@ex.fr"), numbered("Z", 4, "open", "carl@ex.fr"), name="esp-2.ndjson"
    )
    assert behaving.contact("anna@ex.fr", "email_status", "email_return_detail") == ("unknown", None)
    assert behaving.contact("bob@ex.fr", "email_status", "email_return_at") == ("soft", None)
    assert behaving.contact("carl@ex.fr", "email_status") == "bad_alias"


def test_a_refusal_is_kept_beside_the_event_that_has_its_id(behaving) -> None:
    behaving.contacts(CONTACTS)
    refusals = [numbered("X", 3, "unsub"), numbered("X", 2, "unsub", "bob@ex.fr")]
    behaving.send(refusals[0])
    behaving.send(refusals[1], numbered("X", 1, "open"), name="esp-2.ndjson")
    assert behaving.contact("anna@ex.fr", "opt_in_email") == behaving.contact("bob@ex.fr", "opt_in_email") == "no"
    again = behaving.send(*reversed(refusals), name="esp-3.ndjson")
    assert (again.counts.new, again.counts.known) == (0, 2)
    assert behaving.sql("SELECT count(*), count(DISTINCT event_id) FROM events") == [(3, 3)]
    assert "kept beside it" in told(again)[0][2]


def test_an_operation_without_events_has_no_beginning(behaving) -> None:
    behaving.contacts(CONTACTS)
    behaving.send(numbered("X", 5, "open", campaign="Noël"))
    behaving.send(numbered("X", 4, "open", campaign="Soldes"), name="esp-2.ndjson")
    found = behaving.sql("SELECT name, started_at IS NULL FROM operations ORDER BY name")
    assert found == [("Noël", True), ("Soldes", False)]


def test_the_same_content_is_no_conflict(behaving) -> None:
    behaving.contacts(CONTACTS)
    first = numbered("X", 5, "click", url="https://ex.fr/é")
    spelt = {**first, "id": " X ", "email": "ANNA@ex.fr", "url": " https://ex.fr/e\u0301\t", "ts": "2026-01-05 11:00"}
    assert told(behaving.send(first, spelt)) == []
    again = behaving.send(spelt, first, name="esp-2.ndjson")
    assert (told(again), again.counts.known) == ([], 2)


an_event = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["1", "2", "3"]),
        "campaign": st.sampled_from(["Noël", "Soldes"]),
        "email": st.sampled_from(["anna@ex.fr", "bob@ex.fr", "dora@ex.fr"]),
        "event": st.sampled_from(["sent", "delivered", "open", "soft", "hard_bounce", "unsub", "complained"]),
        "ts": st.sampled_from([DAY.format(day) for day in (1, 2, 3)]),
        "message": st.sampled_from(["a", "b"]),
    }
)


def in_files(draw: st.DrawFn, events: list[dict[str, Any]]) -> list[Any]:
    """The events in an order and files of their own; None stands for Dora's arrival."""
    left, files = draw(st.permutations(events)), []
    while left:
        size = draw(st.integers(1, len(left)))
        files.append(left[:size])
        left = left[size:]
    files.insert(draw(st.integers(0, len(files))), None)
    return files


@st.composite
def two_ways(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    events = draw(st.lists(an_event, min_size=2, max_size=8))
    return in_files(draw, events), in_files(draw, events + draw(st.lists(st.sampled_from(events), max_size=3)))


SEEN = {
    "contacts": "SELECT email, email_status, email_return_detail, email_return_at, opt_in_email FROM contacts",
    "events": "SELECT e.event_id, c.email, e.type, e.occurred_at, e.detail, o.name FROM events e "
    "JOIN contacts c USING (contact_id) JOIN operations o USING (operation_id)",
    "report": "SELECT * EXCLUDE (operation_id) FROM operation_report",
}


def outcome(files: list[Any], judge: Judge) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        behaving = Behaving(Account(Path(folder), judge))
        behaving.declare("soft_limit: 2")
        behaving.contacts("email;opt_in_email\nanna@ex.fr;yes\nbob@ex.fr;yes\n")
        for number, events in enumerate(files):
            if events is None:
                behaving.contacts("email;opt_in_email\ndora@ex.fr;yes\n")
            else:
                behaving.send(*events, name=f"esp-{number}.ndjson", force=True)
        return {name: sorted(behaving.sql(query), key=repr) for name, query in SEEN.items()}


@settings(max_examples=examples(8), deadline=None)
@given(ways=two_ways())
def test_order_and_splits_change_nothing_where_ids_repeat(ways, judge) -> None:
    first, second = ways
    assert outcome(first, judge) == outcome(second, judge)
