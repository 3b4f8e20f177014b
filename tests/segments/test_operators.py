"""What the spec says of each operator, one example at a time (SEG-3, SEG-4, SEG-4b)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from pipelines.declarations.model import FieldCriterion, Group
from pipelines.segments.compiling import condition
from tests.segments.world import DECLARED, NOW, as_of, fill


def keeps(connection: duckdb.DuckDBPyConnection, held: object, criterion: FieldCriterion, now: datetime = NOW) -> bool:
    """Whether a contact whose field holds `held` satisfies the criterion."""
    fill(connection, [{"contact_id": 1, criterion.field: held}])
    where = as_of(condition(Group("all", (criterion,)), DECLARED), now).sql("duckdb")
    return connection.execute(f"SELECT count(*) FROM contacts WHERE {where}").fetchone() == (1,)


TEXTS = [
    ("Lefèvre", "equals", "LEFEVRE", True),
    ("Lefèvre", "contains", "fev", True),
    ("Lefevre", "starts_with", "LÉ", True),
    ("ŒUVRE", "equals", "œuvre", True),
    ("œuvre", "equals", "oeuvre", False),
    ("straße", "equals", "STRASSE", False),
    ("ΟΔΟΣ", "equals", "οδος", True),
    ("İstanbul", "equals", "istanbul", True),
    ("100 %", "contains", "%", True),
    ("cent", "contains", "%", False),
    ("a_b", "equals", "aXb", False),
    ("abc", "equals", "a.c", False),
    ("75011", "not_starts_with", "75", False),
    ("13001", "not_starts_with", "75", True),
    ("13001", "not_ends_with", "01", False),
]


@pytest.mark.parametrize(("held", "op", "wanted", "kept"), TEXTS, ids=[f"{h}-{o}-{w}" for h, o, w, _ in TEXTS])
def test_text_ignores_case_and_accents_and_nothing_else(
    shared_base: duckdb.DuckDBPyConnection, held: str, op: str, wanted: str, kept: bool
) -> None:
    assert keeps(shared_base, held, FieldCriterion("last_name", op, (wanted,))) is kept


def test_exact_text_does_not_ignore_case(shared_base: duckdb.DuckDBPyConnection) -> None:
    assert not keeps(shared_base, "Léa", FieldCriterion("last_name", "equals", ("léa",), exact=True))
    assert keeps(shared_base, "Léa", FieldCriterion("last_name", "equals", ("Le\u0301a",), exact=True))


def test_several_values_are_any_of_them_and_none_of_them_when_denied(shared_base: duckdb.DuckDBPyConnection) -> None:
    assert keeps(shared_base, "13001", FieldCriterion("postcode", "starts_with", ("75", "13")))
    assert not keeps(shared_base, "13001", FieldCriterion("postcode", "not_starts_with", ("75", "13")))
    assert not keeps(shared_base, 3.0, FieldCriterion("basket", "not_equals", (2.0, 3.0)))


EMPTIES = [
    ("postcode", "not_equals", ("x",), True),
    ("postcode", "not_starts_with", ("x",), True),
    ("postcode", "not_ends_with", ("x",), True),
    ("postcode", "not_contains", ("x",), True),
    ("postcode", "not_in", ("x", "y"), True),
    ("postcode", "equals", ("x",), False),
    ("basket", "not_equals", (1.0,), True),
    ("basket", "less_than", (1.0,), False),
    ("birth_date", "not_equals", (date(2000, 1, 1),), True),
    ("birth_date", "before", (date(2000, 1, 1),), False),
    ("created_at", "not_equals", (date(2000, 1, 1),), True),
    ("city", "not_equals", ("Paris",), False),
    ("city", "none_of", ("Paris",), False),
    ("interests", "not_equals", ("Perle",), False),
    ("interests", "none_of", ("Perle",), False),
    ("interests", "all_of", ("Perle",), False),
    ("member", "equals", (False,), False),
    ("member", "is_empty", (), True),
    ("interests", "is_not_empty", (), False),
]


@pytest.mark.parametrize(("field", "op", "values", "kept"), EMPTIES, ids=[f"{f}-{o}" for f, o, _, _ in EMPTIES])
def test_empty_fields(
    shared_base: duckdb.DuckDBPyConnection, field: str, op: str, values: tuple[str, ...], kept: bool
) -> None:
    assert keeps(shared_base, None, FieldCriterion(field, op, values)) is kept


@pytest.mark.parametrize(("empty", "kept"), [("include", True), ("exclude", False)])
@pytest.mark.parametrize("field", ["postcode", "city"])
def test_empty_overrides_what_the_format_says(
    shared_base: duckdb.DuckDBPyConnection, field: str, empty: str, kept: bool
) -> None:
    assert keeps(shared_base, None, FieldCriterion(field, "not_equals", ("Paris",), empty=empty)) is kept


LISTS = [("equals", ("Perle",), True), ("equals", ('O"r',), False), ("in", ('O"r', "Diamant"), True)]
LISTS += [("all_of", ("Perle", "Diamant"), True), ("all_of", ("Perle", 'O"r'), False)]
LISTS += [("none_of", ('O"r',), True), ("none_of", ('O"r', "Perle"), False), ("not_equals", ("Perle",), False)]


@pytest.mark.parametrize(("op", "values", "kept"), LISTS, ids=[f"{op}-{'+'.join(v)}" for op, v, _ in LISTS])
def test_multi_selects(shared_base: duckdb.DuckDBPyConnection, op: str, values: tuple[str, ...], kept: bool) -> None:
    assert keeps(shared_base, ["Perle", "Diamant"], FieldCriterion("interests", op, values)) is kept


NOON = datetime(2026, 6, 15, 10, tzinfo=UTC)
DAYS = [
    ("in_last_days", 1, date(2026, 6, 15), True),
    ("in_last_days", 1, date(2026, 6, 14), False),
    ("in_last_days", 7, date(2026, 6, 9), True),
    ("in_last_days", 7, date(2026, 6, 8), False),
    ("in_last_days", 7, date(2026, 6, 16), False),
    ("in_last_days", 0, date(2026, 6, 15), False),
    ("in_last_days", 1e300, date(1, 1, 1), True),
    ("in_next_days", 7, date(2026, 6, 21), True),
    ("in_next_days", 7, date(2026, 6, 22), False),
    ("in_next_days", 7, date(2026, 6, 14), False),
    ("anniversary_in_days", 0, date(1980, 6, 15), True),
    ("anniversary_in_days", 0, date(1980, 6, 16), False),
    ("anniversary_in_days", 7, date(1980, 6, 22), True),
    ("anniversary_in_days", 7, date(1980, 6, 23), False),
    ("anniversary_in_days", 7, date(1980, 6, 14), False),
    ("anniversary_in_days", 366, date(1980, 6, 14), True),
    ("before_days_ago", 7, date(2026, 6, 8), False),
    ("before_days_ago", 7, date(2026, 6, 7), True),
    ("before_days_ago", 0, date(2026, 6, 15), False),
    ("before_days_ago", 0, date(2026, 6, 14), True),
]


@pytest.mark.parametrize(("op", "count", "day", "kept"), DAYS, ids=[f"{o}-{n:g}-{d}" for o, n, d, _ in DAYS])
def test_day_counts(shared_base: duckdb.DuckDBPyConnection, op: str, count: float, day: date, kept: bool) -> None:
    assert keeps(shared_base, day, FieldCriterion("birth_date", op, (float(count),)), NOON) is kept


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        (datetime(2027, 2, 28, 12, tzinfo=UTC), True),
        (datetime(2027, 3, 1, 12, tzinfo=UTC), False),
        (datetime(2028, 2, 28, 12, tzinfo=UTC), False),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), True),
    ],
    ids=["28th-of-a-common-year", "1st-of-March", "28th-of-a-leap-year", "29th"],
)
def test_a_29_february_is_the_28th_in_other_years(
    shared_base: duckdb.DuckDBPyConnection, now: datetime, kept: bool
) -> None:
    assert (
        keeps(shared_base, date(2000, 2, 29), FieldCriterion("birth_date", "anniversary_in_days", (0.0,)), now) is kept
    )


def test_an_anniversary_is_looked_for_across_the_new_year(shared_base: duckdb.DuckDBPyConnection) -> None:
    last_day = datetime(2026, 12, 31, 12, tzinfo=UTC)
    soon = FieldCriterion("birth_date", "anniversary_in_days", (2.0,))
    assert keeps(shared_base, date(1990, 1, 2), soon, last_day)
    assert not keeps(shared_base, date(1990, 1, 3), soon, last_day)


def test_instants_are_days_of_the_base(shared_base: duckdb.DuckDBPyConnection) -> None:
    late = datetime(2026, 6, 14, 22, 30, tzinfo=UTC)
    assert keeps(shared_base, late, FieldCriterion("created_at", "equals", (date(2026, 6, 15),)))
    assert not keeps(shared_base, late, FieldCriterion("created_at", "equals", (date(2026, 6, 14),)))
    assert keeps(shared_base, late, FieldCriterion("created_at", "in_last_days", (1.0,)), NOON)


def test_between_has_both_ends(shared_base: duckdb.DuckDBPyConnection) -> None:
    ends = FieldCriterion("basket", "between", (0.1, 0.3))
    assert [keeps(shared_base, value, ends) for value in (0.1, 0.3, 0.30000000000000004)] == [True, True, False]


PERIODS_OF_MONDAY = [
    ("in_current", "day", date(2026, 6, 15), date(2026, 6, 15)),
    ("in_previous", "day", date(2026, 6, 14), date(2026, 6, 14)),
    ("in_current", "week", date(2026, 6, 15), date(2026, 6, 21)),
    ("in_previous", "week", date(2026, 6, 8), date(2026, 6, 14)),
    ("in_current", "month", date(2026, 6, 1), date(2026, 6, 30)),
    ("in_previous", "month", date(2026, 5, 1), date(2026, 5, 31)),
    ("in_current", "quarter", date(2026, 4, 1), date(2026, 6, 30)),
    ("in_previous", "quarter", date(2026, 1, 1), date(2026, 3, 31)),
    ("in_current", "year", date(2026, 1, 1), date(2026, 12, 31)),
    ("in_previous", "year", date(2025, 1, 1), date(2025, 12, 31)),
]


@pytest.mark.parametrize(
    ("op", "period", "first", "last"), PERIODS_OF_MONDAY, ids=[f"{o}-{p}" for o, p, *_ in PERIODS_OF_MONDAY]
)
def test_a_period_has_both_its_ends_and_nothing_more(
    shared_base: duckdb.DuckDBPyConnection, op: str, period: str, first: date, last: date
) -> None:
    criterion, day = FieldCriterion("birth_date", op, (period,)), timedelta(days=1)
    kept = [keeps(shared_base, each, criterion, NOON) for each in (first - day, first, last, last + day)]
    assert kept == [False, True, True, False]


def test_a_period_is_of_the_base_s_time_zone(shared_base: duckdb.DuckDBPyConnection) -> None:
    midnight = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)  # in Paris already July
    july, june = (
        FieldCriterion("created_at", "in_current", ("month",)),
        FieldCriterion("created_at", "in_previous", ("month",)),
    )
    assert keeps(shared_base, midnight, july, midnight)
    assert keeps(shared_base, midnight - timedelta(hours=1), june, midnight)


AGES = [
    (date(2001, 6, 15), 25, 34, True),
    (date(2001, 6, 16), 25, 34, False),
    (date(1991, 6, 16), 25, 34, True),
    (date(1991, 6, 15), 25, 34, False),
    (date(2026, 6, 15), 0, 0, True),
    (date(2026, 6, 16), 0, 200, False),
    (date(1, 1, 1), 0, 1_000_000, True),
]


@pytest.mark.parametrize(("born", "least", "most", "kept"), AGES, ids=[f"{d}-{a}-{b}" for d, a, b, _ in AGES])
def test_ages_are_whole_years(
    shared_base: duckdb.DuckDBPyConnection, born: date, least: int, most: int, kept: bool
) -> None:
    assert keeps(shared_base, born, FieldCriterion("birth_date", "age_between", (least, most)), NOON) is kept


@pytest.mark.parametrize(
    ("today", "age"),
    [(date(2026, 2, 27), 21), (date(2026, 2, 28), 22), (date(2028, 2, 28), 23), (date(2028, 2, 29), 24)],
)
def test_who_was_born_on_29_february_is_older_on_the_28th_of_other_years(
    shared_base: duckdb.DuckDBPyConnection, today: date, age: int
) -> None:
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    assert keeps(shared_base, date(2004, 2, 29), FieldCriterion("birth_date", "age_between", (age, age)), now)
