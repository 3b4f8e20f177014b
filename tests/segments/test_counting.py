"""Counts in one pass, kept with their history (SEG-6, SEG-12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.declarations.model import (
    BehaviourCriterion,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    Place,
    Segment,
    SegmentCriterion,
    WebCriterion,
)
from pipelines.segments import tallying
from pipelines.segments.counting import count_all, due_after_import, refresh_counts
from pipelines.segments.listing import listing
from pipelines.segments.vectors import judge_all
from tests.segments.reference import Event
from tests.segments.world import OPERATIONS, add_import, declarations, fill, fill_events

MONDAY, TUESDAY = datetime(2026, 6, 15, 8, tzinfo=UTC), datetime(2026, 6, 16, 8, tzinfo=UTC)
PARIS = Segment("paris", "Parisiens", Group("all", (FieldCriterion("postcode", "starts_with", ("75",)),)))
OTHERS = Segment("others", "Autres", Group("not", (SegmentCriterion("paris"),)))
AGAIN = Segment("again", "Encore", Group("all", (SegmentCriterion("others", inside=False),)))


@pytest.fixture
def towns(empty_base: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Three contacts: two of Paris, one without a postcode."""
    fill(empty_base, [{"contact_id": n, "postcode": p} for n, p in enumerate(["75001", "75011", None], start=1)])
    return empty_base


def history(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, int, datetime]]:
    rows = connection.execute(f"SELECT segment, count, refreshed_at FROM {table} ORDER BY refreshed_at, segment")
    return [(name, count, instant.astimezone(UTC)) for name, count, instant in rows.fetchall()]


def test_segments_of_segments_are_counted_without_their_views(towns: duckdb.DuckDBPyConnection) -> None:
    assert count_all(towns, declarations(PARIS, OTHERS, AGAIN)) == {"paris": 2, "others": 1, "again": 2}


def test_chosen_segments_are_counted_with_what_they_need(towns: duckdb.DuckDBPyConnection) -> None:
    declared = declarations(PARIS, OTHERS, AGAIN)
    assert count_all(towns, declared, ["again"]) == {"again": 2}
    assert count_all(towns, declared, []) == {}


def test_an_empty_base_counts_zero(empty_base: duckdb.DuckDBPyConnection) -> None:
    assert count_all(empty_base, declarations(PARIS, OTHERS)) == {"paris": 0, "others": 0}
    assert count_all(empty_base, declarations(Segment("all_contacts", "", Group("all", ())))) == {"all_contacts": 0}


def test_equal_criteria_and_their_denials_are_judged_once(towns: duckdb.DuckDBPyConnection) -> None:
    here = Path("defs.yaml")
    leaves = [FieldCriterion("postcode", "is_empty", place=Place(here, line, 1)) for line in range(5)]
    leaves += [ImportCriterion("a"), ImportCriterion("a", inside=False)]
    leaves += [OperationCriterion("a", recipient=False), OperationCriterion("a")]
    leaves += [
        BehaviourCriterion("opened", at_least=n, negate=negate) for n, negate in [(1, False), (1, True), (0, True)]
    ]
    leaves += [
        BehaviourCriterion("opened", at_least=0),
        WebCriterion(negate=True),
        WebCriterion(),
        SegmentCriterion("x"),
    ]
    found = judge_all(towns, declarations(), leaves).of
    assert sorted(type(leaf).__name__ for leaf in found) == [
        "BehaviourCriterion",
        "BehaviourCriterion",
        "FieldCriterion",
        "ImportCriterion",
        "OperationCriterion",
        "WebCriterion",
    ]


@pytest.mark.parametrize(("source", "count"), [("summer.csv", 2), ("news", 3), ("4", 2), ("04", 0), ("nothing", 0)])
def test_an_import_is_known_by_name_model_and_id(towns: duckdb.DuckDBPyConnection, source: str, count: int) -> None:
    add_import(towns, 4, "summer.csv", "news", {1: "inserted", 2: "unchanged", 3: "deleted"})
    add_import(towns, 5, "winter.csv", "news", {3: "updated", 2: "updated"})
    inside = Segment("inside", "", Group("all", (ImportCriterion(source),)))
    outside = Segment("outside", "", Group("all", (ImportCriterion(source, inside=False),)))
    assert count_all(towns, declarations(inside, outside)) == {"inside": count, "outside": 3 - count}


def test_the_last_import_of_a_model_may_be_meant(towns: duckdb.DuckDBPyConnection) -> None:
    last = Segment("last", "", Group("all", (ImportCriterion("news", last=True),)))
    left = Segment(
        "left", "", Group("all", (ImportCriterion("news"), ImportCriterion("news", inside=False, last=True)))
    )
    assert count_all(towns, declarations(last, left)) == {"last": 0, "left": 0}
    add_import(towns, 4, "summer.csv", "news", {1: "inserted", 2: "unchanged"})
    add_import(towns, 5, "winter.csv", "news", {3: "updated", 2: "updated"})
    add_import(towns, 6, "winter.csv", "other", {1: "updated"})
    add_import(towns, 7, "refused.csv", "news", {})
    towns.execute("UPDATE imports SET status = 'refused' WHERE import_id = 7")
    assert count_all(towns, declarations(last, left)) == {"last": 2, "left": 1}
    # An undo is no file, and what it undid is none any more.
    add_import(towns, 8, "undo", "news", {})
    towns.execute(
        "UPDATE imports SET action = 'undo' WHERE import_id = 8; UPDATE imports SET undone_by = 8 WHERE import_id = 5"
    )
    assert count_all(towns, declarations(last, left)) == {"last": 2, "left": 0}


def seen(contact_id: int, page: int, days_ago: int = 0) -> Event:
    return Event(
        contact_id, "visited", "Soldes", datetime.now(UTC) - timedelta(days=days_ago), f"https://ex.fr/{page}/"
    )


def test_more_pages_than_bits_of_a_number_are_told_apart(towns: duckdb.DuckDBPyConnection) -> None:
    fill_events(towns, [seen(1 + page % 3, page) for page in range(130)] + [seen(1, 1), seen(99, 2)])
    pages = [WebCriterion("contains", (f"/{page}/",)) for page in range(130)]
    twice = [WebCriterion("contains", (f"/{page}/",), at_least=2) for page in range(130)]
    found = judge_all(towns, declarations(), [*pages, *twice]).of
    assert [found[leaf].count() for leaf in pages] == [1, 2, *[1] * 128]
    assert [found[leaf].count() for leaf in twice] == [0] * 130
    assert (found[pages[0]] & found[pages[1]]).count() == 1


def test_windows_of_any_length_leave_out_what_is_to_come(towns: duckdb.DuckDBPyConnection) -> None:
    fill_events(towns, [seen(1, 1, -2), seen(2, 1, 9), seen(3, 1, 40_000)])
    lengths = {0: 0, 5: 0, 10: 1, 36_500: 1, 40_001: 2, 10**10: 2}
    windows = {WebCriterion(within_days=days): count for days, count in lengths.items()}
    for leaf, count in windows.items():
        assert judge_all(towns, declarations(), [leaf]).of[leaf].count() == count
    together = judge_all(towns, declarations(), windows).of
    assert {leaf: held.count() for leaf, held in together.items()} == windows


def test_recipients_of_many_operations_are_told_apart_by_and_by(
    towns: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = sorted(set(OPERATIONS.values()))
    fill_events(towns, [Event(1 + n % 3, "sent", name, MONDAY) for n, name in enumerate([*names, *names])])
    leaves = [OperationCriterion(name) for name in [*names, "nowhere"]]
    at_once = judge_all(towns, declarations(), leaves).of
    monkeypatch.setattr(tallying, "_BLOCK", 1)
    one_by_one = judge_all(towns, declarations(), leaves).of
    counts = [at_once[leaf].count() for leaf in leaves]
    assert counts == [one_by_one[leaf].count() for leaf in leaves]
    assert counts[-1] == 0
    assert min(counts[:-1]) > 0


def test_counts_are_kept_with_their_history(towns: duckdb.DuckDBPyConnection) -> None:
    refresh_counts(towns, declarations(PARIS, OTHERS), instant=MONDAY)
    towns.execute("DELETE FROM contacts WHERE contact_id = 1")
    assert refresh_counts(towns, declarations(PARIS, OTHERS), instant=TUESDAY) == {"paris": 1, "others": 1}
    assert history(towns, "segment_counts") == [("others", 1, TUESDAY), ("paris", 1, TUESDAY)]
    assert history(towns, "segment_count_history") == [
        ("others", 1, MONDAY),
        ("paris", 2, MONDAY),
        ("others", 1, TUESDAY),
        ("paris", 1, TUESDAY),
    ]


def test_one_segment_refreshed_leaves_the_others_as_they_were(towns: duckdb.DuckDBPyConnection) -> None:
    refresh_counts(towns, declarations(PARIS, OTHERS), instant=MONDAY)
    refresh_counts(towns, declarations(PARIS, OTHERS), instant=TUESDAY, names=["others"])
    assert history(towns, "segment_counts") == [("paris", 2, MONDAY), ("others", 1, TUESDAY)]


def test_segments_no_longer_declared_keep_their_history_only(towns: duckdb.DuckDBPyConnection) -> None:
    refresh_counts(towns, declarations(PARIS, OTHERS), instant=MONDAY)
    refresh_counts(towns, declarations(PARIS), instant=TUESDAY)
    assert [name for name, *_ in history(towns, "segment_counts")] == ["paris"]
    assert len(history(towns, "segment_count_history")) == 3


def test_the_listing_has_segments_that_were_never_counted(towns: duckdb.DuckDBPyConnection) -> None:
    refresh_counts(towns, declarations(PARIS), instant=MONDAY)
    listed = listing(towns, declarations(PARIS, OTHERS))
    assert [(s.name, s.label, s.count) for s in listed] == [("paris", "Parisiens", 2), ("others", "Autres", None)]
    assert listed[0].refreshed_at == MONDAY
    assert listed[1].refreshed_at is None


@pytest.mark.parametrize(("number", "due"), [(0, True), (199, True), (200, False)])
def test_imports_refresh_fewer_than_200(number: int, due: bool) -> None:
    segments = (Segment(f"s{n}", "", Group("all", ())) for n in range(number))
    assert due_after_import(declarations(*segments)) is due
