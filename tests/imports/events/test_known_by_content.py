"""Events without an id of their own are known by their whole content, in bases from before too (BHV-1, FLD-7)."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.base.store import migrate
from tests.behaviours.world import make_base_before
from tests.imports.events.test_importing import CONTACTS

CLICK = {"campaign": "Noël", "email": "anna@ex.fr", "event": "click", "ts": "2026-01-10T10:00:00Z"}
FORMER = "'#' || md5(concat_ws(chr(31), 'email', ?, 'email', 'anna@ex.fr', 'clicked', epoch_us(?::TIMESTAMPTZ), ?, ?))"


def test_a_link_is_no_message(behaving) -> None:
    behaving.contacts(CONTACTS)
    counts = behaving.send(
        {**CLICK, "url": "A"}, {**CLICK, "message": "A"}, {**CLICK, "url": "A", "message": "A"}
    ).counts
    assert (counts.new, counts.known) == (3, 0)


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\u202f"], ids=repr)
def test_blanks_and_forms_of_a_letter_make_no_difference(behaving, blank) -> None:
    behaving.contacts(CONTACTS)
    spelt = {**CLICK, "campaign": f"{blank}Noe\u0308l{blank}", "url": f"{blank}é", "message": blank}
    result = behaving.send({**CLICK, "url": "e\u0301"}, spelt)
    assert (result.counts.new, result.counts.known) == (1, 1)
    assert behaving.sql("SELECT name FROM operations") == [("Noël",)]
    assert behaving.sql("SELECT link, detail FROM events") == [("é", None)]


def test_texts_do_not_run_into_each_other(behaving) -> None:
    behaving.contacts(CONTACTS)
    counts = behaving.send(
        {**CLICK, "url": "a\x1fb", "message": "c"}, {**CLICK, "url": "a", "message": "b\x1fc"}
    ).counts
    assert (counts.new, counts.known) == (2, 0)


def test_events_known_by_the_former_hash_do_not_count_twice(behaving) -> None:
    behaving.contacts(CONTACTS)
    events = [{**CLICK, "url": "A"}, {**CLICK, "campaign": " Noël ", "url": "A"}, {**CLICK, "message": "A"}]
    behaving.send(*events[:1])
    with behaving.workspace.store.write() as writer, writer.transaction() as connection:
        connection.execute("INSERT INTO events SELECT * REPLACE (' ' AS event_id) FROM events")
        for campaign, old in (("Noël", "#2%"), (" Noël ", " ")):
            connection.execute(
                f"UPDATE events SET person = NULL, event_id = {FORMER} WHERE event_id LIKE ?",
                [campaign, CLICK["ts"], "A", None, old],
            )
    again = behaving.send(*events, name="esp-2.ndjson")
    assert (again.counts.new, again.counts.known) == (1, 2), "the message was taken for the link"
    assert behaving.sql("SELECT link, detail, event_id LIKE '#2%' FROM events ORDER BY ALL") == [
        ("A", None, True),
        (None, "A", True),
    ]


def test_a_base_from_before_is_brought_up_to_date() -> None:
    """Instants that no reader can hold were taken once: they are brought within bounds, so that every command works again."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        make_base_before(connection, "0007")
        far = "timezone('UTC', TIMESTAMP '0001-01-01 00:00:00' - INTERVAL 14 HOUR)"
        connection.execute(f"INSERT INTO operations VALUES (1, 'Noël', 'email', {far})")
        connection.execute(f"INSERT INTO events VALUES ('e', 1, 1, 'opened', {far}, NULL, NULL, 'esp', 1)")
        connection.execute(
            f"INSERT INTO pending_events VALUES ('p', 1, 'email', 'a@ex.fr', 'opened', {far}, NULL, NULL, 'esp', 1)"
        )
        migrate(connection)
        years = "SELECT year({}) FROM {}"
        for column, table in (
            ("started_at", "operations"),
            ("occurred_at", "events"),
            ("occurred_at", "pending_events"),
        ):
            assert connection.execute(years.format(column, table)).fetchall() == [(1970,)]
        assert connection.execute("SELECT person IS NOT NULL FROM pending_events").fetchall() == [(True,)]
        assert connection.execute("SELECT person FROM events").fetchall() == [(None,)]
