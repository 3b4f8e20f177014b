"""Activity against a plain Python reference, and what computing it leaves alone (BHV-3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.base.degrees import follow_degrees
from pipelines.behaviours.activity import compute_activity, distribution
from pipelines.declarations.events import EVENT_TYPES
from pipelines.declarations.model import Activity, ContactBase
from pipelines.layout import SQL
from tests.behaviours.world import Happened, add_contacts, add_events
from tests.examples import examples
from tests.segments.world import open_base

NOW = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)
"""In Paris already the 30th, the day after the clocks went forward."""
ACTIVE = ("opened", "clicked", "submitted_form", "converted", "visited")
STORED = "SELECT contact_id, degree, last_active_at, active, computed_at FROM activity ORDER BY contact_id"

LEAST = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Degree, from 1 → the least days that have it."""

Row = tuple[int, int, datetime | None, bool]


@pytest.fixture
def empty_base() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table and field, and nobody."""
    with open_base() as connection:
        yield connection


def days_ago(days: float, contact: int = 1, kind: str = "opened") -> Happened:
    return Happened(contact, kind, NOW - timedelta(days=days))


def expected(contact: int, events: Sequence[Happened], base: ContactBase) -> Row:
    """The contract's words, one contact at a time."""
    zone = ZoneInfo(base.timezone)
    done = [e.occurred_at for e in events if e.contact_id == contact and e.type in ACTIVE and e.occurred_at <= NOW]
    today = NOW.astimezone(zone).date()
    ages = {(today - instant.astimezone(zone).date()).days for instant in done}
    in_window = len([age for age in ages if age < base.activity.window_days])
    degree = 0
    for least in LEAST:
        degree += in_window >= least
    active = any(age < base.activity.active_within_days for age in ages)
    return contact, degree, max(done, default=None), active


moments = st.one_of(
    st.integers(-30, 100).map(lambda hours: NOW - timedelta(hours=hours)),
    st.integers(0, 40 * 24 * 4).map(lambda quarters: NOW - timedelta(minutes=15 * quarters)),
    st.just(NOW),
)
happenings = st.builds(Happened, st.integers(1, 4), st.sampled_from((*ACTIVE, *EVENT_TYPES)), moments)
bases = st.builds(
    lambda zone, window, within: ContactBase(timezone=zone, activity=Activity(window, min(window, within))),
    st.sampled_from(["Europe/Paris", "UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu"]),
    st.sampled_from([1, 2, 7, 30, 365]),
    st.sampled_from([1, 2, 7, 30, 180]),
)


@settings(max_examples=examples(100))
@given(st.lists(happenings, max_size=60), bases, st.sampled_from(["UTC", "Asia/Tokyo", "America/Los_Angeles"]))
def test_activity_is_as_the_contract_says(events: list[Happened], base: ContactBase, session: str) -> None:
    with open_base() as connection:
        add_contacts(connection, range(1, 4))  # the fourth has left the base
        add_events(connection, events)
        connection.execute(f"SET TimeZone = '{session}'")
        computed = compute_activity(connection, base, NOW)
        wanted = [expected(contact, events, base) for contact in range(1, 4)]
        stored = connection.execute(STORED).fetchall()
        degrees = connection.execute("SELECT activity_degree FROM contacts ORDER BY contact_id").fetchall()
    assert [row[:4] for row in stored] == wanted
    assert {row[4] for row in stored} == {NOW}
    assert degrees == [(degree,) for _, degree, _, _ in wanted]
    assert computed.active == sum(active for *_, active in wanted)
    assert sum(computed.degrees.values()) == computed.contacts == 3


@pytest.mark.parametrize(
    ("days", "degree"),
    [
        (0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (6, 5), (7, 5), (8, 6), (11, 6), (12, 7), (15, 7), (16, 8), (23, 8),
        (24, 9), (31, 9), (32, 10), (365, 10),
    ],
)  # fmt: skip
def test_the_degree_counts_distinct_days(empty_base: duckdb.DuckDBPyConnection, days: int, degree: int) -> None:
    add_contacts(empty_base, [1])
    add_events(empty_base, [days_ago(n + part) for n in range(days) for part in (0, 0.01)])
    assert compute_activity(empty_base, ContactBase(), NOW).degrees == {d: int(d == degree) for d in range(11)}


@pytest.mark.parametrize("kind", [kind for kind in EVENT_TYPES if kind not in ACTIVE])
def test_what_others_do_is_no_activity(empty_base: duckdb.DuckDBPyConnection, kind: str) -> None:
    add_contacts(empty_base, [1])
    add_events(empty_base, [days_ago(1, kind=kind)])
    compute_activity(empty_base, ContactBase(), NOW)
    assert empty_base.execute(STORED).fetchall() == [(1, 0, None, False, NOW)]


def test_the_last_activity_is_told_however_old(empty_base: duckdb.DuckDBPyConnection) -> None:
    add_contacts(empty_base, [1])
    add_events(empty_base, [days_ago(1000), days_ago(900), days_ago(-1)])
    compute_activity(empty_base, ContactBase(), NOW)
    [(_, degree, last, active, _)] = empty_base.execute(STORED).fetchall()
    assert (degree, last, active) == (0, NOW - timedelta(days=900), False)


def test_computing_again_changes_degrees_and_nothing_else(empty_base: duckdb.DuckDBPyConnection) -> None:
    add_contacts(empty_base, [1, 2])
    add_events(empty_base, [days_ago(1), days_ago(300, contact=2)])
    others = "SELECT * EXCLUDE (activity_degree) FROM contacts ORDER BY contact_id"
    before = empty_base.execute(others).fetchall()
    compute_activity(empty_base, ContactBase(), NOW)
    assert empty_base.execute("SELECT activity_degree FROM contacts ORDER BY contact_id").fetchall() == [(1,), (1,)]
    later = NOW + timedelta(days=200)
    compute_activity(empty_base, ContactBase(), later)
    assert empty_base.execute("SELECT activity_degree FROM contacts ORDER BY contact_id").fetchall() == [(1,), (0,)]
    assert empty_base.execute("SELECT active, computed_at FROM activity").fetchall() == [(False, later)] * 2
    assert empty_base.execute(others).fetchall() == before


def test_contacts_that_came_since_are_not_computed_yet(empty_base: duckdb.DuckDBPyConnection) -> None:
    nobody = distribution(empty_base)
    assert (nobody.computed_at, nobody.contacts, nobody.not_computed) == (None, 0, 0)
    add_contacts(empty_base, [1])
    add_events(empty_base, [days_ago(1)])
    compute_activity(empty_base, ContactBase(), NOW)
    add_contacts(empty_base, [2])
    found = distribution(empty_base)
    assert (found.computed_at, found.contacts, found.active, found.inactive, found.not_computed) == (NOW, 2, 1, 1, 1)
    empty_base.execute("DELETE FROM contacts WHERE contact_id = 1")
    assert distribution(empty_base).active == 0


MIGRATION = (SQL / "schema" / "0015_activity_to_ten.sql").read_text()


def test_former_degrees_are_computed_anew_as_of_when_they_were(empty_base: duckdb.DuckDBPyConnection) -> None:
    base = ContactBase(activity=Activity(30, 7))
    empty_base.execute(MIGRATION)
    assert not follow_degrees(empty_base, base)
    add_contacts(empty_base, [1, 2])
    add_events(empty_base, [days_ago(n) for n in range(40)])
    compute_activity(empty_base, base, NOW)
    computed = empty_base.execute(STORED).fetchall()
    empty_base.execute("UPDATE activity SET degree = 5 WHERE degree > 0; UPDATE contacts SET activity_degree = 5")
    empty_base.execute(MIGRATION)
    add_contacts(empty_base, [3])
    add_events(empty_base, [days_ago(-1), days_ago(1, contact=3)])
    assert follow_degrees(empty_base, base)
    assert empty_base.execute(STORED).fetchall() == computed
    assert [row[1] for row in computed] == [9, 0]
    degrees = empty_base.execute("SELECT activity_degree FROM contacts ORDER BY contact_id").fetchall()
    assert degrees == [(9,), (0,), (None,)]
    assert not follow_degrees(empty_base, base)
