"""The views follow the declarations, and are left alone where nothing changed (SEG-1)."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from pipelines.declarations.default_segments import DEFAULT_SEGMENT_NAMES, default_segments
from pipelines.declarations.model import FieldCriterion, Group, Segment, SegmentCriterion
from pipelines.segments.views import create_views
from tests.segments.world import declarations, fill

EMPTY = Group("all", (FieldCriterion("postcode", "is_empty"),))
FULL = Group("all", (FieldCriterion("postcode", "is_not_empty"),))


def views(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, int]]:
    """The views of the base: label and identity."""
    rows = connection.execute(
        "SELECT view_name, comment, view_oid FROM duckdb_views() WHERE schema_name = 'segments' ORDER BY view_name"
    ).fetchall()
    return {name: (comment, oid) for name, comment, oid in rows}


def test_views_that_did_not_change_are_left_alone(empty_base: duckdb.DuckDBPyConnection) -> None:
    one, two = Segment("one", "One", EMPTY), Segment("two", "Two", FULL)
    assert create_views(empty_base, declarations(one, two))
    before = views(empty_base)
    assert not create_views(empty_base, declarations(one, two))
    assert views(empty_base) == before
    assert create_views(empty_base, declarations(one, replace(two, root=EMPTY)))
    assert views(empty_base)["one"] == before["one"]
    assert views(empty_base)["two"] != before["two"]


def test_a_label_alone_is_a_change(empty_base: duckdb.DuckDBPyConnection) -> None:
    create_views(empty_base, declarations(Segment("one", "One", EMPTY)))
    assert create_views(empty_base, declarations(Segment("one", "Un", EMPTY)))
    assert views(empty_base)["one"][0] == "Un"


def test_segments_no_longer_declared_go(empty_base: duckdb.DuckDBPyConnection) -> None:
    one, two = Segment("one", "One", EMPTY), Segment("two", "Two", Group("all", (SegmentCriterion("one"),)))
    create_views(empty_base, declarations(one, two))
    assert create_views(empty_base, declarations(two.__class__("two", "Two", FULL)))
    assert list(views(empty_base)) == ["two"]
    assert empty_base.execute("SELECT segment FROM segment_definitions").fetchall() == [("two",)]


def test_a_view_that_somebody_dropped_comes_back(empty_base: duckdb.DuckDBPyConnection) -> None:
    one = declarations(Segment("one", "One", EMPTY))
    create_views(empty_base, one)
    empty_base.execute("DROP VIEW segments.one")
    assert create_views(empty_base, one)
    assert list(views(empty_base)) == ["one"]


def test_a_name_may_change_its_case_alone(empty_base: duckdb.DuckDBPyConnection) -> None:
    create_views(empty_base, declarations(Segment("paris", "Paris", EMPTY)))
    assert create_views(empty_base, declarations(Segment("Paris", "Paris", EMPTY)))
    assert list(views(empty_base)) == ["Paris"]
    assert not create_views(empty_base, declarations(Segment("Paris", "Paris", EMPTY)))


def test_a_new_column_of_contacts_is_in_the_views(empty_base: duckdb.DuckDBPyConnection) -> None:
    one = declarations(Segment("one", "One", EMPTY))
    create_views(empty_base, one)
    empty_base.execute("ALTER TABLE contacts ADD COLUMN nickname VARCHAR")
    assert create_views(empty_base, one)
    described = [row[0] for row in empty_base.execute("DESCRIBE segments.one").fetchall()]
    listed = "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'segments' ORDER BY column_index"
    assert described[-1] == "nickname"
    assert [row[0] for row in empty_base.execute(listed).fetchall()] == described


def test_a_transaction_that_fails_leaves_the_views_as_they_were(empty_base: duckdb.DuckDBPyConnection) -> None:
    create_views(empty_base, declarations(Segment("one", "One", EMPTY)))
    before = views(empty_base)
    empty_base.begin()
    broken = Segment("two", "Two", Group("all", (SegmentCriterion("missing"),)))
    with pytest.raises(duckdb.CatalogException):
        create_views(empty_base, declarations(broken))
    empty_base.rollback()
    assert views(empty_base) == before


CONTACTS = [
    {},
    {"email": "a@ex.fr", "opt_in_email": "yes", "email_status": "valid"},
    {"email": "b@ex.fr", "opt_in_email": "yes", "email_status": "bad_alias"},
    {"email": "c@ex.fr", "opt_in_email": "yes"},
    {"email": "d@ex.fr", "opt_in_email": "no", "email_status": "soft"},
    {"email": "e@ex.fr", "opt_in_email": "orange_list", "email_status": "bad_domain"},
    {"mobile": "+33600000001", "opt_in_sms": "yes", "mobile_status": "temporary_error"},
    {"mobile": "+33600000002", "opt_in_sms": "no", "mobile_status": "bad_number"},
    {"email": "h@ex.fr", "mobile": "+33600000003", "opt_in_sms": "yes", "mobile_status": "bad_format"},
]
MEMBERS = {
    "all_contacts": {0, 1, 2, 3, 4, 5, 6, 7, 8},
    "active_contacts": {1},
    "inactive_contacts": {0, 2, 3, 4, 5, 6, 7, 8},
    "email_contacts": {1, 2, 3, 4, 5, 8},
    "email_subscribers": {1, 2, 3},
    "email_unsubscribed": {4},
    "bad_email_addresses": {2, 5},
    "email_reachable": {1, 3},
    "sms_contacts": {6, 7, 8},
    "sms_subscribers": {6, 8},
    "sms_unsubscribed": {7},
    "bad_sms_numbers": {7, 8},
    "sms_reachable": {6},
}


@pytest.mark.parametrize("name", DEFAULT_SEGMENT_NAMES)
def test_default_segments_hold_whom_they_should(empty_base: duckdb.DuckDBPyConnection, name: str) -> None:
    fill(empty_base, [{"contact_id": n, **contact} for n, contact in enumerate(CONTACTS)])
    # Contact 2 did something too long ago; nobody has looked at the others yet.
    empty_base.execute("INSERT INTO activity VALUES (1, 1, now(), true, now()), (2, 3, now(), false, now())")
    create_views(empty_base, declarations(*default_segments("fr")))
    rows = empty_base.execute(f"SELECT contact_id FROM segments.{name}").fetchall()
    assert {row[0] for row in rows} == MEMBERS[name]
