"""How far segments moved between two counts (SEG-6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from pipelines.declarations.model import FieldCriterion, Group, Segment
from pipelines.segments.counting import refresh_counts
from pipelines.segments.moving import Move, last_moves
from tests.segments.world import declarations, fill

PARIS = Segment("paris", "", Group("all", (FieldCriterion("postcode", "starts_with", ("75",)),)), warn_change=0.2)
OTHERS = Segment("others", "", Group("all", ()))
DECLARED = declarations(PARIS, OTHERS)
MONDAY = datetime(2026, 6, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "count", "too_far"),
    [
        (None, 5, False),
        (None, 0, False),
        (0, 0, False),
        (0, 1, True),
        (10, 12, False),
        (10, 13, True),
        (10, 8, False),
        (10, 7, True),
        (10, 0, True),
    ],
)
def test_more_than_the_share_is_too_far(before: int | None, count: int, too_far: bool) -> None:
    assert Move("s", before, count, 0.2).too_far is too_far


def test_the_last_two_counts_are_compared(empty_base: duckdb.DuckDBPyConnection) -> None:
    for day, people in enumerate((4, 10, 5)):
        fill(empty_base, [{"contact_id": n, "postcode": "75001"} for n in range(people)])
        refresh_counts(empty_base, DECLARED, instant=MONDAY + timedelta(days=day))
        [move] = last_moves(empty_base, DECLARED, ["paris", "others"])
        assert (move.segment, move.count, move.allowed) == ("paris", people, 0.2)
    assert (move.before, move.share, move.too_far) == (10, 0.5, True)


def test_only_segments_that_were_counted_and_declare_a_share(empty_base: duckdb.DuckDBPyConnection) -> None:
    assert last_moves(empty_base, DECLARED, ["paris"]) == []
    refresh_counts(empty_base, DECLARED, instant=MONDAY)
    assert last_moves(empty_base, DECLARED, ["others"]) == []
    assert last_moves(empty_base, DECLARED, ["paris", "others"]) == [Move("paris", None, 0, 0.2)]
