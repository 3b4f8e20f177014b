"""Every operator and every combination means in SQL what the spec says, written in plain Python."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.declarations.model import FieldCriterion, Group, Segment
from pipelines.fields import OPERATORS
from pipelines.segments.compiling import condition
from pipelines.segments.counting import count_all
from pipelines.segments.literals import folded, literal
from pipelines.segments.views import create_views
from tests.segments.reference import Contact, World, fold, holds
from tests.segments.world import (
    BASE,
    DECLARED,
    JUDGED,
    NOW,
    add_import,
    as_of,
    characters,
    contact_lists,
    criteria,
    declarations,
    fill,
    groups,
    instants,
    open_base,
)

LOOK = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
IMPORTS = {"news": frozenset({1, 2, 4}), "news.csv": frozenset({1, 2}), "7": frozenset({1, 2}), "8": frozenset({2, 4})}


def selected(connection: duckdb.DuckDBPyConnection, group: Group, now: datetime) -> set[int]:
    """The contacts that hold by SQL, once it is sure that none is in between."""
    sql = as_of(condition(group, DECLARED), now).sql("duckdb")
    rows = connection.execute(f"SELECT contact_id, {sql} FROM contacts").fetchall()
    assert all(verdict is not None for _, verdict in rows)
    return {contact_id for contact_id, verdict in rows if verdict}


def expected(contacts: list[Contact], group: Group, world: World) -> set[int]:
    return {contact["contact_id"] for contact in contacts if holds(contact, group, world)}


CASES = [(name, op) for name in JUDGED for op in OPERATORS[BASE.field(name).format]]


@pytest.mark.parametrize(("name", "op"), CASES, ids=[f"{name}-{op}" for name, op in CASES])
def test_an_operator_agrees_with_the_reference(shared_base: duckdb.DuckDBPyConnection, name: str, op: str) -> None:
    @given(contact_lists, criteria([name], [op]), instants)
    @settings(LOOK, max_examples=20)
    def agrees(contacts: list[Contact], criterion: FieldCriterion, now: datetime) -> None:
        fill(shared_base, contacts)
        group = Group("all", (criterion,))
        assert selected(shared_base, group, now) == expected(contacts, group, World(BASE, now))

    agrees()


@LOOK
@given(contact_lists, groups())
def test_nested_criteria_agree_with_the_reference(
    shared_base: duckdb.DuckDBPyConnection, contacts: list[Contact], group: Group
) -> None:
    fill(shared_base, contacts)
    assert selected(shared_base, group, NOW) == expected(contacts, group, World(BASE, NOW))


@settings(LOOK, max_examples=30)
@given(contact_lists, groups(), groups(["one"], list(IMPORTS)), groups(["one", "two"], ["news", "unknown"]))
def test_views_and_counts_agree_with_the_reference(
    imported_base: duckdb.DuckDBPyConnection, contacts: list[Contact], one: Group, two: Group, three: Group
) -> None:
    named = {"one": one, "two": two, "three": three}
    declared = declarations(*(Segment(name, name, root) for name, root in named.items()))
    imported_base.begin()
    try:
        fill(imported_base, contacts)
        create_views(imported_base, declared)
        counts = count_all(imported_base, declared)
        found = {
            name: {row[0] for row in imported_base.execute(f"SELECT contact_id FROM segments.{name}").fetchall()}
            for name in named
        }
        now = imported_base.execute("SELECT now()").fetchone()[0]
    finally:
        imported_base.rollback()
    world = World(BASE, now, named, IMPORTS)
    wanted = {name: expected(contacts, root, world) for name, root in named.items()}
    assert found == wanted
    assert counts == {name: len(members) for name, members in wanted.items()}


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
