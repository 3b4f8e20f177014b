"""Lists for people: limited, ordered, without those who set do_not_track (SEG-8, SEG-9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.declarations.model import FieldCriterion, Group, Segment, SegmentCriterion
from pipelines.errors import UsageError
from pipelines.segments.querying import Tally, members, search, tally
from pipelines.segments.views import create_views
from tests.segments.world import BASE, DECLARED, declarations, fill, open_base

PARIS = Group("all", (FieldCriterion("postcode", "starts_with", ("75",)),))


@pytest.fixture
def published(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy to look at: five contacts, four of Paris, one of whom is not to be tracked."""
    path = tmp_path / "contacts.duckdb"
    with open_base(path) as connection:
        track = {3: {"do_not_track": True}, 4: {"do_not_track": False}}
        codes = ["75001", "75002", "75003", "75004", "13001"]
        rows = [{"contact_id": n, "postcode": p, **track.get(n, {})} for n, p in enumerate(codes, start=1)]
        fill(connection, rows[::-1])
        create_views(connection, declarations(Segment("paris", "Paris", PARIS)))
    with duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"}) as connection:
        yield connection


def test_a_search_leaves_out_those_not_to_be_tracked(published: duckdb.DuckDBPyConnection) -> None:
    found = search(published, PARIS, DECLARED)
    assert (found.count, found.left_out) == (4, 1)
    assert [each["contact_id"] for each in found.contacts] == [1, 2, 4]
    assert list(found.contacts[0]) == [field.name for field in BASE.fields]


def test_everybody_is_shown_when_asked_for(published: duckdb.DuckDBPyConnection) -> None:
    found = search(published, PARIS, DECLARED, everybody=True)
    assert (found.count, found.left_out) == (4, 0)
    assert [each["contact_id"] for each in found.contacts] == [1, 2, 3, 4]


@pytest.mark.parametrize(("limit", "listed"), [(2, [1, 2]), (100, [1, 2, 4]), (0, [1, 2, 4])])
def test_a_limit_bounds_the_list_and_not_the_count(
    published: duckdb.DuckDBPyConnection, limit: int, listed: list[int]
) -> None:
    found = members(published, "paris", limit)
    assert [each["contact_id"] for each in found.contacts] == listed
    assert (found.count, found.left_out) == (4, 1)


def test_a_search_within_a_segment(published: duckdb.DuckDBPyConnection) -> None:
    assert tally(published, Group("not", (SegmentCriterion("paris"),)), DECLARED) == Tally(1, 0)
    assert tally(published, Group("any", ()), DECLARED) == Tally(0, 0)


def test_a_segment_that_no_run_has_made_yet_is_explained(published: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match="does not have what is asked for yet"):
        members(published, "lyon")
    with pytest.raises(UsageError, match="carnet segments --refresh"):
        search(published, Group("all", (SegmentCriterion("lyon"),)), DECLARED)
