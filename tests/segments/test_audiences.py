"""Searches kept under names, and audiences of segments, conditions, searches and figures as one query (SEG-7, SEG-8, BHV-4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from pipelines.declarations.model import Audience, FieldCriterion, Figure, Group, Segment, SegmentCriterion
from pipelines.declarations.problems import DeclarationError
from pipelines.errors import UnknownNameError
from pipelines.segments.audiences import audience_query, named_audience, resolve, segments_of
from pipelines.segments.searches import list_searches, record_search, saved_search, saved_searches
from pipelines.segments.views import create_views
from tests.segments.reference import Event
from tests.segments.world import NOW, declarations, fill, fill_events

ALL = Segment("all_contacts", "Tous", Group("all", ()))
PARIS = Segment("paris", "Parisiens", Group("all", (FieldCriterion("postcode", "starts_with", ("75",)),)))
RICH = Group("all", (FieldCriterion("basket", "at_least", (50.0,)),))
DECLARED = declarations(ALL, PARIS)


@pytest.fixture
def base(empty_base: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Four contacts, of whom the third asked not to be tracked, and what became of an e-mailing."""
    rows = [("75001", 10.0, None), ("75002", 90.0, None), ("75003", 90.0, True), ("13001", 90.0, False)]
    fill(
        empty_base,
        [{"contact_id": n, "postcode": p, "basket": b, "do_not_track": t} for n, (p, b, t) in enumerate(rows, 1)],
    )
    opened = [Event(n, "clicked", "Soldes", NOW, "https://ex.fr") for n in (2, 3)]
    fill_events(empty_base, [*opened, Event(1, "bad_alias", "Soldes", NOW), Event(4, "clicked", "soldes", NOW)])
    create_views(empty_base, DECLARED)
    return empty_base


def keep(connection: duckdb.DuckDBPyConnection, number: int, group: Group, name: str | None = None) -> None:
    made = NOW + timedelta(minutes=number)
    record_search(connection, number, group, 2 * number, instant=made, who="Zoé", name=name)


def who(connection: duckdb.DuckDBPyConnection, audience: Audience) -> list[int]:
    query = audience_query(resolve(audience, connection, DECLARED), DECLARED).sql("duckdb")
    return sorted(row[0] for row in connection.execute(query).fetchall())


def test_every_search_is_kept_and_the_newest_comes_first(base: duckdb.DuckDBPyConnection) -> None:
    keep(base, 1, RICH)
    keep(base, 2, RICH, "rich")
    found = list_searches(base)
    assert [(s.search_id, s.name, s.count, s.who) for s in found] == [(2, "rich", 4, "Zoé"), (1, None, 2, "Zoé")]
    assert found[0].searched_at.astimezone(UTC) == datetime(2027, 2, 27, 23, 32, tzinfo=UTC)
    assert found[0].condition == "match: all\ncriteria:\n- {field: basket, op: at_least, value: 50}\n"
    assert found[0].group(DECLARED) == RICH


def test_the_last_search_of_a_name_is_the_names(base: duckdb.DuckDBPyConnection) -> None:
    keep(base, 1, RICH, "mine")
    keep(base, 2, RICH)
    keep(base, 3, PARIS.root, "mine")
    assert saved_search(base, "mine").group(DECLARED) == PARIS.root
    assert list(saved_searches(base)) == ["mine"]
    assert len(list_searches(base)) == 3


def test_an_unknown_search_has_the_nearest_name(base: duckdb.DuckDBPyConnection) -> None:
    keep(base, 1, RICH, "rich_ones")
    with pytest.raises(UnknownNameError) as caught:
        saved_search(base, "rich_one")
    assert caught.value.nearest == "rich_ones"
    with pytest.raises(UnknownNameError, match="no saved search 'rich_one'"):
        who(base, Audience(search="rich_one"))


def test_a_search_over_what_is_no_longer_declared_says_so(base: duckdb.DuckDBPyConnection) -> None:
    keep(base, 1, Group("all", (FieldCriterion("gone", "is_empty"), SegmentCriterion("gone"))), "old")
    with pytest.raises(DeclarationError, match="<search old>:3:") as caught:
        saved_search(base, "old").group(DECLARED)
    assert len(caught.value.problems) == 2


def test_who_an_audience_holds(base: duckdb.DuckDBPyConnection) -> None:
    keep(base, 1, RICH, "rich")
    assert who(base, Audience(("paris",))) == [1, 2, 3]
    assert who(base, Audience(exclude=("paris",))) == [4]
    assert who(base, Audience(condition=RICH)) == [2, 3, 4]
    assert who(base, Audience(("paris",), condition=RICH)) == [2, 3]
    assert who(base, Audience(search="rich")) == [2, 3, 4]


@pytest.mark.parametrize(
    ("operation", "figure", "expected"),
    [
        ("Soldes", "clicked", [2, 3]),
        ("soldes", "clicked", [4]),
        ("Soldes", "recipients", [1]),
        ("Soldes", "bounced", [1]),
        ("Soldes", "opened", []),
    ],
)
def test_a_figure_holds_whom_it_counts_tracked_or_not(
    base: duckdb.DuckDBPyConnection, operation: str, figure: str, expected: list[int]
) -> None:
    assert who(base, Audience(figure=Figure(operation, figure))) == expected


def test_an_unknown_operation_has_the_nearest_name(base: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UnknownNameError, match="no operation 'Solde'") as caught:
        who(base, Audience(figure=Figure("Solde", "clicked")))
    assert caught.value.nearest in ("Soldes", "soldes")


def test_one_word_names_a_segment_or_else_a_search(base: duckdb.DuckDBPyConnection) -> None:
    keep(base, 1, RICH, "rich")
    keep(base, 2, RICH, "paris")
    assert named_audience("rich", base, DECLARED) == Audience(search="rich")
    assert named_audience("paris", base, DECLARED) == Audience(("paris",))
    with pytest.raises(UnknownNameError, match="no segment or saved search 'ritch'") as caught:
        named_audience("ritch", base, DECLARED)
    assert caught.value.nearest == "rich"


def test_the_segments_that_must_be_counted_first() -> None:
    inner = Group("any", (SegmentCriterion("c"), Group("not", (SegmentCriterion("a"),))))
    assert segments_of(Audience(("a", "b"), ("d",), inner)) == ("a", "b", "d", "c")
    assert segments_of(Audience(figure=Figure("Soldes", "clicked"))) == ()


@pytest.mark.parametrize("include", [("all_contacts",), ("paris", "all_contacts")], ids=["alone", "beside another"])
def test_everybody_is_not_looked_up(base: duckdb.DuckDBPyConnection, include: tuple[str, ...]) -> None:
    everybody = Audience(include)
    assert audience_query(everybody, DECLARED).sql("duckdb") == "SELECT contacts.* FROM main.contacts AS contacts"
    assert who(base, everybody) == [1, 2, 3, 4]
    assert who(base, Audience(include, exclude=("paris",))) == [4]
    assert who(base, Audience(include, condition=RICH)) == [2, 3, 4]
