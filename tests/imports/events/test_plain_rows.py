"""Rows that say at once whose event they are go straight into the base, which is as if they had gone the long way (BHV-1)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from expectations.judge import Judge
from pipelines.base.statements import statement
from pipelines.base.store import migrate
from pipelines.imports.results import EventCounts
from tests.behaving import Behaving
from tests.behaviours.world import make_base_before
from tests.conftest import Account
from tests.examples import examples

STORED = """
    SELECT e.* EXCLUDE (operation_id, import_id), o.name
    FROM (
        SELECT * REPLACE (kind::VARCHAR AS kind) FROM events
        UNION ALL BY NAME
        SELECT * EXCLUDE (source, channel), channel AS kind FROM pending_events
    ) AS e
    JOIN operations AS o USING (operation_id)
    WHERE o.name <> 'Aside'
    ORDER BY ALL
"""
STATES = "SELECT email, email_status, email_return_detail, opt_in_email FROM contacts WHERE email <> 'zoe@ex.fr' ORDER BY email"
CLIENTS = "email;mobile\nanna@ex.fr;\nbob@ex.fr;\nmoved@ex.fr;\nzoe@ex.fr;\n"


def event(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"n{number}",
        "campaign": "Noël",
        "email": "anna@ex.fr",
        "event": "delivered",
        "ts": f"2026-01-{1 + number % 28:02d}T10:00:00Z",
        **more,
    }


ASIDE = event(0, id=" aside", email="zoe@ex.fr", campaign="Aside")
"""With a blank in its id, which is not tidy as it stands: whatever file it is in goes the long way."""


@pytest.fixture
def with_clients(behaving: Behaving) -> Behaving:
    """Two contacts with one address each, one who had another, one who has the address that another one left."""
    behaving.declare("soft_limit: 2")
    prepare(behaving)
    return behaving


def prepare(behaving: Behaving) -> None:
    behaving.contacts(CLIENTS)
    behaving.edit("moved@ex.fr", email="elsewhere@ex.fr")
    behaving.contacts("email\nmoved@ex.fr\n")
    behaving.contacts("email\n''+quoted@ex.fr\n'+quoted@ex.fr\n")


@pytest.mark.parametrize("aside", [False, True], ids=["straight", "the long way"])
def test_each_row_is_counted_once(with_clients: Behaving, *, aside: bool) -> None:
    sent = [
        event(1),
        event(2, email="Bob@EX.fr "),
        event(3, email="elsewhere@ex.fr", ts="2025-01-01T10:00:00Z"),
        event(4, email="moved@ex.fr"),
        event(5, email="nobody@ex.fr"),
        event(6, event="deferred", campaign="Left out"),
        event(7, event="?", campaign="Rejected"),
        event(8, ts="one day"),
        event(9, email="no address"),
    ]
    done = with_clients.send(*sent, *([ASIDE] if aside else []))
    assert done.counts == EventCounts(rows=9 + aside, new=4 + aside, pending=1, rejected=3, left_out=1)
    [(rejected,)] = with_clients.sql("SELECT list(line ORDER BY line) FROM import_rejects")
    assert rejected == [7, 8, 9]
    names = with_clients.sql("SELECT name, started_at IS NOT NULL FROM operations ORDER BY name DESC")
    assert names == [("Noël", True)] + ([("Aside", True)] if aside else [])


def test_an_operation_that_rejected_rows_alone_name_takes_no_room(with_clients: Behaving) -> None:
    with_clients.send(event(1, event="?", campaign="A rejected one"), event(2))
    with_clients.send(event(3, campaign="Soldes"), name="esp-2.ndjson")
    assert with_clients.sql("SELECT name FROM operations ORDER BY operation_id") == [("Noël",), ("Soldes",)]


def test_what_the_base_has_is_known_whichever_way_it_went(with_clients: Behaving) -> None:
    first = with_clients.send(event(1), event(2))
    again = with_clients.send(event(2), event(3), name="esp-2.ndjson")
    assert (first.counts.new, again.counts.new, again.counts.known) == (2, 1, 1)


def test_a_preview_writes_nothing(with_clients: Behaving) -> None:
    done = with_clients.send(event(1), event(2, email="nobody@ex.fr"), preview=True)
    assert (done.counts.new, done.counts.pending, done.changed) == (1, 1, 1)
    assert with_clients.sql(STORED) == []
    assert with_clients.sql("SELECT * FROM operations") == []


@pytest.mark.parametrize("text", ["é-1", "a b", "", "#2" + "0" * 32])
def test_ids_of_any_form_are_kept(with_clients: Behaving, text: str) -> None:
    done = with_clients.send(event(1, id=text), event(2))
    assert done.counts.new == 2
    stored = {found for (found,) in with_clients.sql("SELECT event_id FROM events")}
    assert "n2" in stored
    assert text in stored or text == ""


@pytest.mark.parametrize("text", [" n1", "n1 ", "n1\u00a0"])
def test_blanks_around_an_id_are_none(with_clients: Behaving, text: str) -> None:
    done = with_clients.send(event(1), event(1, id=text))
    assert (done.counts.new, done.counts.known) == (1, 1)


HISTORIED = ("moved@ex.fr", "elsewhere@ex.fr")
an_event = st.fixed_dictionaries(
    {
        "campaign": st.sampled_from(["Noël", " Soldes ", ""]),
        "email": st.sampled_from(
            ["anna@ex.fr", "bob@ex.fr", "BOB@ex.fr", "nobody@ex.fr", "none", "'+quoted@ex.fr", *HISTORIED, *HISTORIED]
        ),
        "event": st.sampled_from(
            ["sent", "delivered", "open", "soft", "soft", "hard_bounce", "unsub", "deferred", "?"]
        ),
        "ts": st.sampled_from(["2025-06-01T10:00:00Z", "2026-01-02 11:00", "2026-01-03", "2099-01-01T00:00:00Z", ""]),
        "url": st.sampled_from(["", " https://ex.fr ", "e\u0301"]),
        "message": st.sampled_from(["", "full"]),
    }
)


@settings(max_examples=examples(15), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(events=st.lists(an_event, min_size=4, max_size=16))
def test_both_ways_give_the_same_base(events: Sequence[Mapping[str, str]], judge: Judge) -> None:
    sent = [{"id": f"n{number}", **found} for number, found in enumerate(events)]
    found: list[Any] = []
    for more in ([], [ASIDE]):
        with tempfile.TemporaryDirectory() as folder:
            behaving = Behaving(Account(Path(folder), judge))
            behaving.declare("soft_limit: 2")
            prepare(behaving)
            done = behaving.send(*sent, *more)
            rejects = behaving.sql("SELECT line, reasons FROM import_rejects ORDER BY line")
            counts = (
                done.counts.rows - len(more),
                done.counts.new - len(more),
                done.counts.pending,
                done.counts.rejected,
            )
            found.append((behaving.sql(STORED), behaving.sql(STATES), rejects, counts))
    straight, the_long_way = found
    assert straight == the_long_way


def test_events_from_before_keep_what_tells_people_apart() -> None:
    """The hash of how a row named somebody is another number since: that of stored events is turned into it."""
    with duckdb.connect() as connection:
        make_base_before(connection, "0011")
        person = "(md5_number_lower('email:anna@ex.fr') % 4294967296)::UINTEGER"
        connection.execute(
            "INSERT INTO events BY NAME SELECT 'e' || i AS event_id, 1 AS operation_id, 1 AS contact_id, 'opened' AS type, "
            f"now() AS occurred_at, 'esp' AS source, 1 AS import_id, CASE i WHEN 0 THEN {person} END AS person, 'email' AS kind "
            "FROM range(2) AS t(i)"
        )
        connection.execute(
            "INSERT INTO pending_events BY NAME SELECT 'p' AS event_id, 1 AS operation_id, 'email' AS channel, "
            f"'anna@ex.fr' AS key, 'opened' AS type, now() AS occurred_at, 'esp' AS source, 1 AS import_id, {person} AS person"
        )
        migrate(connection)
        connection.execute(statement("events/contents"))
        query = "SELECT event_id, person = carnet_person('email', 'anna@ex.fr') FROM {} ORDER BY event_id"
        assert connection.execute(query.format("events")).fetchall() == [("e0", True), ("e1", None)]
        assert connection.execute(query.format("pending_events")).fetchall() == [("p", True)]
