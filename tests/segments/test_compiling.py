"""Statements: what is typed is data, nonsense is refused, views stand on their own (SEG-1, SEG-10, SEC-1)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.declarations.model import (
    Audience,
    Criterion,
    FieldCriterion,
    Group,
    ImportCriterion,
    Place,
    Segment,
    SegmentCriterion,
)
from pipelines.errors import UnknownNameError, UsageError
from pipelines.fields import Format
from pipelines.segments.compiling import MAX_DEPTH, audience_group, condition, select, view_sql
from pipelines.segments.views import create_views
from tests.segments.world import BASE, DECLARED, declarations, declared, fill, open_base

HOSTILE = [
    "'; DROP TABLE main.contacts; --",
    'a"b',
    "100 %_\\",
    "two\nlines\r\n",
    "*/ SELECT 1 /*",
    "__SQLGLOT__LB__",
    "😀",
    "$1 ? :name {{ x }}",
]
HOSTILE_IDS = ["quote", "double-quote", "signs", "lines", "comment", "formatter", "emoji", "placeholders"]


def everybody(*criteria: Criterion) -> Group:
    return Group("all", criteria)


@pytest.mark.parametrize("text", HOSTILE, ids=HOSTILE_IDS)
def test_hostile_names_labels_and_values_are_data(empty_base: duckdb.DuckDBPyConnection, text: str) -> None:
    fill(empty_base, [{"contact_id": 1, "last_name": text}, {"contact_id": 2, "last_name": "Martin"}])
    held = Segment(text, text, everybody(FieldCriterion("last_name", "equals", (text,), exact=True)))
    other = Segment("other", "Other", everybody(SegmentCriterion(text, inside=False)))
    create_views(empty_base, declarations(held, other))
    view = empty_base.execute("SELECT view_name, comment FROM duckdb_views() WHERE view_name = ?", [text]).fetchall()
    assert view == [(text, text)]
    quoted = text.replace('"', '""')
    assert empty_base.execute(f'SELECT contact_id FROM segments."{quoted}"').fetchall() == [(1,)]
    assert empty_base.execute("SELECT contact_id FROM segments.other").fetchall() == [(2,)]


@pytest.mark.parametrize("text", HOSTILE, ids=HOSTILE_IDS)
def test_hostile_select_values_and_imports_are_data(empty_base: duckdb.DuckDBPyConnection, text: str) -> None:
    fill(empty_base, [{"contact_id": 1, "city": text, "interests": [text]}, {"contact_id": 2}])
    for field in ("city", "interests"):
        query = select(
            everybody(FieldCriterion(field, "all_of", (text,)), ImportCriterion(text, inside=False)), DECLARED
        )
        assert [row[0] for row in empty_base.execute(query.sql("duckdb")).fetchall()] == [1]


def test_a_hostile_field_name_is_data(empty_base: duckdb.DuckDBPyConnection) -> None:
    base = replace(BASE, declared_fields=(declared('od"d; name', Format.TEXT),))
    empty_base.execute('ALTER TABLE contacts ADD COLUMN "od""d; name" VARCHAR')
    query = select(everybody(FieldCriterion('od"d; name', "is_empty")), replace(DECLARED, base=base))
    assert empty_base.execute(query.sql("duckdb")).fetchall() == []


def test_a_view_is_formatted_under_its_label() -> None:
    segment = Segment(
        "parisiens", "Les Parisiens", everybody(FieldCriterion("postcode", "starts_with", ("75",), exact=True))
    )
    assert view_sql(segment, DECLARED) == (
        "/* Les Parisiens */\n"
        'CREATE OR REPLACE VIEW segments."parisiens" AS\n'
        "SELECT\n"
        "  contacts.*\n"
        "FROM main.contacts AS contacts\n"
        "WHERE\n"
        '  contacts."postcode" IS NOT NULL AND STARTS_WITH(contacts."postcode", \'75\')'
    )


def test_views_work_under_another_name_and_time_zone(tmp_path: Path) -> None:
    today = Segment("today", "Today", everybody(FieldCriterion("created_at", "in_last_days", (1.0,))))
    before = Segment("before", "Before", everybody(SegmentCriterion("today", inside=False)))
    with open_base(tmp_path / "base.duckdb") as connection:
        midnight = "date_trunc('day', now() AT TIME ZONE 'Europe/Paris') AT TIME ZONE 'Europe/Paris'"
        connection.execute(f"INSERT INTO contacts (contact_id, created_at) SELECT 1, {midnight}")
        connection.execute(f"INSERT INTO contacts (contact_id, created_at) SELECT 2, {midnight} - INTERVAL 1 SECOND")
        create_views(connection, declarations(today, before))
    for timezone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        with duckdb.connect() as connection:
            connection.execute(f"SET TimeZone = '{timezone}'")
            connection.execute(f"ATTACH '{tmp_path / 'base.duckdb'}' AS elsewhere (READ_ONLY)")
            assert connection.execute("SELECT contact_id FROM elsewhere.segments.today").fetchall() == [(1,)]
            assert connection.execute("SELECT contact_id FROM elsewhere.segments.before").fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        (FieldCriterion("postcode", "less_than", (1.0,)), "'less_than' does not fit 'postcode', a text field"),
        (FieldCriterion("postcode", "equals"), "'equals' on 'postcode' has no value"),
        (FieldCriterion("basket", "between", (1.0,)), "between takes two values, not 1"),
        (FieldCriterion("created_at", "in_last_days", (1.5,)), "a whole number, not 1.5"),
        (FieldCriterion("created_at", "in_next_days", (-1.0,)), "a whole number, not -1.0"),
        (FieldCriterion("basket", "equals", (float("nan"),)), "nan is not a number"),
    ],
    ids=["operator", "no-value", "between", "half-a-day", "negative-days", "nan"],
)
def test_what_cannot_be_said_is_refused(criterion: FieldCriterion, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        condition(everybody(criterion), DECLARED)


def test_a_refusal_says_where() -> None:
    criterion = FieldCriterion("postcode", "less_than", (1.0,), place=Place(Path("defs.yaml"), 7, 5))
    with pytest.raises(UsageError, match=r"^defs\.yaml:7: "):
        condition(everybody(criterion), DECLARED)


def test_an_unknown_field_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'postcode'"):
        condition(everybody(FieldCriterion("postcod", "is_empty")), DECLARED)


def nested(levels: int) -> Group:
    group = everybody(FieldCriterion("postcode", "is_empty"), FieldCriterion("city", "is_empty"))
    for _ in range(levels - 1):
        group = Group("not", (group, FieldCriterion("city", "is_empty")))
    return group


def test_nesting_has_a_limit_that_works(empty_base: duckdb.DuckDBPyConnection) -> None:
    create_views(empty_base, declarations(Segment("deep", "Deep", nested(MAX_DEPTH))))
    assert empty_base.execute("SELECT count(*) FROM segments.deep").fetchone() == (0,)
    with pytest.raises(UsageError, match="nested more than"):
        condition(nested(MAX_DEPTH + 1), DECLARED)


@pytest.mark.parametrize("op", ["in", "contains"])
def test_many_values_are_one_criterion(empty_base: duckdb.DuckDBPyConnection, op: str) -> None:
    fill(empty_base, [{"contact_id": 1, "postcode": "1199"}, {"contact_id": 2, "postcode": "x"}])
    values = tuple(f"{n}" for n in range(1200))
    query = select(everybody(FieldCriterion("postcode", op, values)), DECLARED).sql("duckdb")
    assert [row[0] for row in empty_base.execute(query).fetchall()] == [1]


def test_an_audience_is_in_any_and_out_of_all(empty_base: duckdb.DuckDBPyConnection) -> None:
    fill(empty_base, [{"contact_id": n, "postcode": str(n)} for n in range(1, 6)])
    only = {
        n: Segment(f"s{n}", f"S{n}", everybody(FieldCriterion("postcode", "equals", (str(n),)))) for n in range(1, 4)
    }
    create_views(empty_base, declarations(*only.values(), Segment("all_contacts", "All", everybody())))
    limit = everybody(FieldCriterion("postcode", "not_equals", ("4",)))
    audience = Audience(include=("all_contacts", "s1"), exclude=("s2", "s3"), condition=limit)
    rows = empty_base.execute(select(audience_group(audience), DECLARED).sql("duckdb")).fetchall()
    assert sorted(row[0] for row in rows) == [1, 5]


def test_a_condition_names_the_table_as_it_is_told(empty_base: duckdb.DuckDBPyConnection) -> None:
    fill(empty_base, [{"contact_id": 1, "postcode": "75"}])
    where = condition(everybody(FieldCriterion("postcode", "equals", ("75",))), DECLARED, contacts_alias="c").sql(
        "duckdb"
    )
    assert empty_base.execute(f"SELECT c.contact_id FROM contacts AS c WHERE {where}").fetchall() == [(1,)]
