"""Criteria on Spark agree with the reference in plain Python, and with DuckDB (LAK-2): on a real Sail server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from pipelines.declarations.model import Criterion, FieldCriterion, Group, Segment
from pipelines.fields import OPERATORS, Format
from pipelines.lake.contents import Bounds, contents_of, lake_tables
from pipelines.lake.spark import SparkEngine, connected
from pipelines.segments.flat import Flat
from pipelines.segments.literals import column
from tests.examples import SHARE
from tests.segments.reference import Contact, Event, World
from tests.segments.test_properties import CASES, HAPPENINGS, IMPORTS, LAST, expected
from tests.segments.world import (
    BASE,
    DECLARED,
    NOW,
    add_import,
    as_of,
    contact_lists,
    criteria,
    declarations,
    event_lists,
    fill,
    fill_events,
    groups,
    instants,
    open_base,
)

LOOK = settings(
    deadline=None,
    max_examples=max(2, round(10 * SHARE)),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
TABLES = ("contacts", "events", "operations", "imports", "import_contacts")


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkEngine]:
    with connected() as session:
        yield SparkEngine(session)


@pytest.fixture(scope="module")
def base() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_base() as connection:
        add_import(connection, 7, "news.csv", "news", {1: "inserted", 2: "updated", 3: "deleted"})
        add_import(connection, 8, "other.csv", "news", {2: "unchanged", 4: "inserted"})
        yield connection


def lend(spark: SparkEngine, base: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Give Spark the tables as the lake has them, without a lake: a publication takes tenths of a second."""
    for table in lake_tables(BASE, Bounds()):
        if table.name in names:
            spark.lend(table.name, base.sql(contents_of(base, table).query).to_arrow_table())


@pytest.mark.parametrize(("name", "op"), CASES, ids=[f"{name}-{op}" for name, op in CASES])
def test_an_operator_agrees(spark: SparkEngine, base: duckdb.DuckDBPyConnection, name: str, op: str) -> None:
    @given(contact_lists, st.lists(criteria([name], [op]), min_size=1, max_size=6), instants)
    @LOOK
    def agrees(contacts: list[Contact], wanted: list[FieldCriterion], now: datetime) -> None:
        fill(base, contacts)
        lend(spark, base, "contacts")
        all_agree(spark, base, [Group("all", (each,)) for each in wanted], World(BASE, now), contacts)

    agrees()


def all_agree(
    spark: SparkEngine,
    base: duckdb.DuckDBPyConnection,
    wanted: list[Group],
    world: World,
    contacts: list[Contact],
    declared=DECLARED,
) -> None:
    """One question of each engine for all the criteria: what a question costs, it costs whatever it asks."""
    flat = Flat(declared)
    held = [exp.alias_(flat.condition(group), f"h{n}") for n, group in enumerate(wanted)]
    query = flat.over_contacts(column("contact_id", "contacts"), *held)
    spark.instant = world.now
    found = spark.rows(query).to_pylist()
    rows = base.execute(as_of(query, world.now).sql("duckdb")).fetchall()
    for n, group in enumerate(wanted):
        meant = expected(contacts, group, world)
        assert {row["contact_id"]: row[f"h{n}"] for row in found} == meant, group
        assert {row[0]: row[n + 1] for row in rows} == meant, group


@pytest.mark.parametrize("kind", HAPPENINGS)
def test_what_happened_agrees(spark: SparkEngine, base: duckdb.DuckDBPyConnection, kind: str) -> None:
    @given(contact_lists, event_lists(NOW), st.lists(HAPPENINGS[kind], min_size=1, max_size=5))
    @LOOK
    def agrees(contacts: list[Contact], events: list[Event], wanted: list[Criterion]) -> None:
        fill(base, contacts)
        fill_events(base, events)
        lend(spark, base, "contacts", "events", "operations")
        both = [Group(match, (each,)) for each in wanted for match in ("all", "not")]
        all_agree(spark, base, both, World(BASE, NOW, events=events), contacts)

    agrees()


@settings(LOOK, max_examples=max(3, round(40 * SHARE)))
@given(
    contact_lists,
    event_lists(NOW),
    groups(),
    groups(["one"], list(IMPORTS)),
    groups(["one", "two"], ["news", "unknown"]),
    st.sampled_from(["Europe/Paris", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"]),
)
def test_nested_criteria_imports_and_segments_agree_in_any_time_zone(
    spark: SparkEngine,
    base: duckdb.DuckDBPyConnection,
    contacts: list[Contact],
    events: list[Event],
    one: Group,
    two: Group,
    three: Group,
    zone: str,
) -> None:
    fill(base, contacts)
    fill_events(base, events)
    lend(spark, base, *TABLES)
    named = {"one": one, "two": two, "three": three}
    there = replace(BASE, timezone=zone)
    declared = replace(declarations(*(Segment(name, name, root) for name, root in named.items())), base=there)
    world = World(there, NOW, named, IMPORTS, LAST, events)
    all_agree(spark, base, list(named.values()), world, contacts, declared)


def test_every_kind_of_field_has_its_operators_here() -> None:
    assert {BASE.field(name).format for name, _ in CASES} == set(Format)
    assert {op for _, op in CASES} == {op for ops in OPERATORS.values() for op in ops}
