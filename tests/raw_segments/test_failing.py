"""What fails on the base's values is found, with its line and without the value; the others are counted (SEG-6, SEC-4)."""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime

import duckdb
import pytest

from pipelines.declarations.model import Declarations, Group, Segment, SegmentCriterion
from pipelines.errors import UsageError
from pipelines.raw_segments.failing import failures, naming_what_fails
from pipelines.segments.counting import refresh, refresh_counts
from pipelines.segments.listing import listing
from pipelines.segments.views import create_views
from tests.raw_segments.test_views import CONTACTS, PARIS, raw
from tests.segments.world import declarations, fill

MONDAY, TUESDAY = datetime(2026, 6, 15, 8, tzinfo=UTC), datetime(2026, 6, 16, 8, tzinfo=UTC)
WRONG = raw("wrong", "-- é\nSELECT contact_id FROM contacts\nWHERE postcode::INTEGER > 1")
BEHIND = Segment("behind", "", Group("not", (SegmentCriterion("wrong"),)))
DECLARED = declarations(PARIS, WRONG, BEHIND)
REASONS = {
    "SELECT contact_id FROM contacts WHERE postcode::INTEGER > 1": "a value cannot be converted",
    "SELECT contact_id FROM contacts WHERE contact_id::UTINYINT + 255::UTINYINT > 1": "out of its type's range",
    "SELECT contact_id FROM contacts WHERE contact_id = (SELECT contact_id FROM contacts)": "yields several rows",
    "SELECT contact_id FROM contacts WHERE regexp_matches(postcode, postcode || '(')": "cannot take a value",
    "SELECT contact_id FROM contacts WHERE strptime(postcode, '%d') IS NULL": "cannot take a value",
    "SELECT contact_id FROM contacts WHERE postcode LIKE 'a' ESCAPE postcode": "cannot take a value",
}


@pytest.fixture
def base(empty_base: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    fill(empty_base, CONTACTS)
    return empty_base


def test_the_others_are_counted_and_it_keeps_its_former_count(base: duckdb.DuckDBPyConnection) -> None:
    was = declarations(PARIS, raw("wrong", "SELECT contact_id FROM contacts"), BEHIND)
    create_views(base, was)
    refresh_counts(base, was, instant=MONDAY)
    create_views(base, DECLARED)
    found = refresh(base, base.cursor, DECLARED, instant=TUESDAY)
    assert found.counts == {"paris": 2}
    assert list(found.failures) == ["wrong", "behind"]
    kept = [(s.name, s.count, s.refreshed_at) for s in listing(base, DECLARED)]
    assert kept == [("paris", 2, TUESDAY), ("wrong", 4, MONDAY), ("behind", 0, MONDAY)]


def test_it_is_looked_for_among_those_asked_for(base: duckdb.DuckDBPyConnection) -> None:
    create_views(base, DECLARED)
    assert failures(base, DECLARED, ["paris"]) == {}
    assert list(failures(base, DECLARED, ["behind"])) == ["wrong", "behind"]


@pytest.mark.parametrize("text", REASONS)
def test_the_reason_holds_no_value(base: duckdb.DuckDBPyConnection, text: str) -> None:
    declared = declarations(raw("wrong", text))
    create_views(base, declared)
    [failure] = failures(base, declared).values()
    assert REASONS[text] in failure.message
    assert all(value not in failure.message for value in ("Lyon", "75001", "13001"))


def test_the_error_names_the_line_and_keeps_the_value_to_whoever_asked(base: duckdb.DuckDBPyConnection) -> None:
    create_views(base, DECLARED)
    with (
        pytest.raises(UsageError, match=r"wrong\.sql:3: .*'wrong' fails on values") as caught,
        naming_what_fails(base, DECLARED, ["behind"]),
    ):
        base.execute("FROM segments.behind").fetchall()
    assert "Lyon" in caught.value.private
    assert "Lyon" not in "".join(traceback.format_exception(caught.value))


def test_what_fails_only_together_is_a_clear_error_too(base: duckdb.DuckDBPyConnection) -> None:
    declared = declarations(raw("fine", "SELECT contact_id FROM contacts"))
    create_views(base, declared)
    with pytest.raises(UsageError, match=r"raw segments are 'fine' \(fine\.sql:1\)"), naming_what_fails(base, declared):
        base.execute("SELECT postcode::INTEGER FROM segments.fine").fetchall()


def test_a_file_mended_since_is_said_to_be(base: duckdb.DuckDBPyConnection) -> None:
    create_views(base, DECLARED)
    mended = declarations(PARIS, raw("wrong", "SELECT contact_id FROM contacts"), BEHIND)
    assert "in the form that the base still has" in failures(base, mended)["wrong"].message


@pytest.mark.parametrize("declared", [declarations(PARIS), declarations()], ids=["criteria", "none"])
def test_a_failure_of_another_kind_stays_what_it_is(base: duckdb.DuckDBPyConnection, declared: Declarations) -> None:
    with pytest.raises(duckdb.ConversionException), naming_what_fails(base, declared):
        base.execute(f"SELECT '{sys.platform}'::INTEGER")
