"""Every operator and every combination means in SQL what the spec says, written in plain Python."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.declarations.events import BEHAVIOURS
from pipelines.declarations.model import Criterion, FieldCriterion, Group, Segment
from pipelines.fields import OPERATORS, Format
from pipelines.segments.compiling import condition
from pipelines.segments.counting import count_all
from pipelines.segments.explaining import explain
from pipelines.segments.literals import folded, literal
from pipelines.segments.views import create_views
from tests.examples import examples
from tests.raw_segments.test_views import raw
from tests.segments.reference import Contact, Event, World, fold, holds
from tests.segments.world import (
    BASE,
    DECLARED,
    JUDGED,
    NOW,
    add_import,
    as_of,
    behaviour_criteria,
    characters,
    contact_lists,
    criteria,
    declarations,
    event_lists,
    fill,
    fill_events,
    groups,
    instants,
    open_base,
    operation_criteria,
    web_criteria,
)

LOOK = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
LAST = {"news": frozenset({2, 4}), "news.csv": frozenset({1, 2}), "7": frozenset({1, 2}), "8": frozenset({2, 4})}
IMPORTS = {"news": frozenset({1, 2, 4}), "news.csv": frozenset({1, 2}), "7": frozenset({1, 2}), "8": frozenset({2, 4})}


RAW = {
    "even": "SELECT contact_id FROM contacts WHERE contact_id % 2 = 0 OR basket > 0",
    "busy": "SELECT contact_id FROM events WHERE type IN ('opened', 'clicked') GROUP BY ALL HAVING count(*) > 1",
    "mixed": "SELECT contact_id FROM segments.one EXCEPT SELECT contact_id FROM contacts WHERE member",
}
"""Raw segments of every random world: over contacts, over events, over another segment."""
MEANT = {
    "even": lambda contact, _: contact["contact_id"] % 2 == 0 or (contact["basket"] or 0) > 0,
    "busy": lambda contact, world: (
        sum(e.contact_id == contact["contact_id"] and e.type in ("opened", "clicked") for e in world.events) > 1
    ),
    "mixed": lambda contact, world: holds(contact, world.segments["one"], world) is True and not contact["member"],
}

Verdicts = dict[int, bool | None]


def judged(connection: duckdb.DuckDBPyConnection, group: Group, now: datetime) -> Verdicts:
    """What SQL says of every contact."""
    sql = as_of(condition(group, DECLARED), now).sql("duckdb")
    return dict(connection.execute(f"SELECT contact_id, {sql} FROM contacts").fetchall())


def expected(contacts: list[Contact], group: Group, world: World) -> Verdicts:
    return {contact["contact_id"]: holds(contact, group, world) for contact in contacts}


CASES = [(name, op) for name in JUDGED for op in OPERATORS[BASE.field(name).format]]


@pytest.mark.parametrize(("name", "op"), CASES, ids=[f"{name}-{op}" for name, op in CASES])
def test_an_operator_agrees_with_the_reference(shared_base: duckdb.DuckDBPyConnection, name: str, op: str) -> None:
    @given(contact_lists, criteria([name], [op]), instants)
    @settings(LOOK, max_examples=20)
    def agrees(contacts: list[Contact], criterion: FieldCriterion, now: datetime) -> None:
        fill(shared_base, contacts)
        group = Group("all", (criterion,))
        assert judged(shared_base, group, now) == expected(contacts, group, World(BASE, now))

    agrees()


HAPPENINGS = {"operation": operation_criteria}
HAPPENINGS |= {name: behaviour_criteria.map(lambda c, name=name: replace(c, behaviour=name)) for name in BEHAVIOURS}
HAPPENINGS |= {f"web-{op}": web_criteria([op]) for op in (None, *OPERATORS[Format.TEXT])}


@pytest.mark.parametrize("kind", HAPPENINGS)
def test_what_happened_agrees_with_the_reference(shared_base: duckdb.DuckDBPyConnection, kind: str) -> None:
    @given(contact_lists, event_lists(NOW), HAPPENINGS[kind])
    @settings(LOOK, max_examples=20)
    def agrees(contacts: list[Contact], events: list[Event], criterion: Criterion) -> None:
        fill(shared_base, contacts)
        fill_events(shared_base, events)
        for group in (Group("all", (criterion,)), Group("not", (criterion,))):
            assert judged(shared_base, group, NOW) == expected(contacts, group, World(BASE, NOW, events=events))

    agrees()


@LOOK
@given(contact_lists, event_lists(NOW), groups())
def test_nested_criteria_agree_with_the_reference(
    shared_base: duckdb.DuckDBPyConnection, contacts: list[Contact], events: list[Event], group: Group
) -> None:
    fill(shared_base, contacts)
    fill_events(shared_base, events)
    assert judged(shared_base, group, NOW) == expected(contacts, group, World(BASE, NOW, events=events))


TODAY = datetime.now(UTC).replace(microsecond=0)
"""Views ask DuckDB for the current instant: events of their tests happen about the real one."""


@settings(LOOK, max_examples=examples(60))
@given(
    contact_lists,
    event_lists(TODAY),
    groups(["even", "busy"]),
    groups(["one", "mixed"], list(IMPORTS)),
    groups(["one", "two", "busy", "mixed"], ["news", "unknown"]),
)
def test_views_counts_and_explanations_agree_with_the_reference(
    imported_base: duckdb.DuckDBPyConnection,
    contacts: list[Contact],
    events: list[Event],
    one: Group,
    two: Group,
    three: Group,
) -> None:
    raws = {name: raw(name, text).root for name, text in RAW.items()}
    named = {"even": raws["even"], "busy": raws["busy"], "one": one, "mixed": raws["mixed"], "two": two, "three": three}
    declared = declarations(*(Segment(name, name, root) for name, root in named.items()))
    imported_base.begin()
    try:
        fill(imported_base, contacts)
        fill_events(imported_base, events)
        create_views(imported_base, declared)
        counts = count_all(imported_base, declared)
        found = {
            name: {row[0] for row in imported_base.execute(f"SELECT contact_id FROM segments.{name}").fetchall()}
            for name in named
        }
        explained = {
            name: {c["contact_id"]: explain(imported_base, declared, c["contact_id"], name) for c in contacts}
            for name in named
        }
        [(now,)] = imported_base.execute("SELECT now()").fetchall()
    finally:
        imported_base.rollback()
    world = World(BASE, now, named, IMPORTS, LAST, events, MEANT)
    wanted = {name: expected(contacts, root, world) for name, root in named.items()}
    members = {name: {contact_id for contact_id, held in verdicts.items() if held} for name, verdicts in wanted.items()}
    assert found == members
    assert counts == {name: len(ids) for name, ids in members.items()}
    assert {name: {who: one.holds for who, one in found.items()} for name, found in explained.items()} == wanted


@pytest.fixture(scope="module")
def imported_base() -> Iterator[duckdb.DuckDBPyConnection]:
    """A base with two imports of the model `news`."""
    with open_base() as connection:
        add_import(connection, 7, "news.csv", "news", {1: "inserted", 2: "updated", 3: "deleted"})
        add_import(connection, 8, "other.csv", "news", {2: "unchanged", 4: "inserted"})
        yield connection


def folded_by_sql(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    return connection.execute(f"SELECT {folded(literal(text)).sql('duckdb')}").fetchone()[0]


@LOOK
@given(st.text(characters, max_size=8))
@example("ΟΔΟΣ")
@example("e\u0301\u0327İ")
def test_folding_agrees_with_the_reference(shared_base: duckdb.DuckDBPyConnection, text: str) -> None:
    assert folded_by_sql(shared_base, text) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


def test_folding_agrees_on_every_character_of_old(shared_base: duckdb.DuckDBPyConnection) -> None:
    known = [c for c in map(chr, range(1, 0x30000)) if unicodedata.ucd_3_2_0.category(c) not in ("Cn", "Cs")]
    column = folded(literal("c")).sql("duckdb").replace("'c'", "c")
    rows = shared_base.execute(f"SELECT c, {column} FROM (SELECT unnest(?::VARCHAR[]) AS c)", [known]).fetchall()
    assert [(c, got) for c, got in rows if got != fold(c)] == []
    assert len(rows) > 90_000
