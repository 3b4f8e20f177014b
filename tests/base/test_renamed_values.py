"""A value that is called otherwise keeps whoever has it, their history too, in one transaction (FLD-5)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.base.columns import is_followed
from pipelines.fields import Field, Format, declared_value
from tests.base.kept import Kept, field

S, M = Format.SINGLE_SELECT, Format.MULTI_SELECT


def renamed(before: Field, former: str, present: str) -> Field:
    values = [declared_value(present, (former,)) if v.code == former else v for v in before.values]
    return replace(before, values=tuple(values), renamed=((former, present),))


@pytest.fixture
def kept(kept: Kept) -> Kept:
    kept.fill(field("s", S, "a", "b"), field("m", M, "a", "b", "c"), email=["1@ex.fr"], s=["a"], m=[["a", "c"]])
    with kept.store(field("s", S, "a", "b"), field("m", M, "a", "b", "c")).write() as writer:
        writer.connection.execute(
            "INSERT INTO main.contact_versions BY NAME SELECT 1 AS revision_id, 1 AS contact_id, 'updated' AS outcome, "
            "'b' AS s, 'a' AS \"former:s\", ['b', 'a'] AS m"
        )
        writer.connection.execute("INSERT INTO main.added_values VALUES (1, 's', 'a'), (1, 'm', 'x')")
    return kept


def test_contacts_history_and_lists_follow(kept: Kept) -> None:
    fields = (renamed(field("s", S, "a", "b"), "a", "A!"), renamed(field("m", M, "a", "b", "c"), "a", "z"))
    assert not is_followed_by(kept, *fields)
    kept.follow(*fields)
    assert is_followed_by(kept, *fields)
    assert (kept.column("s", *fields), kept.column("m", *fields)) == (["A!"], [["z", "c"]])
    assert kept.rows('SELECT s, "former:s", m FROM main.contact_versions', *fields) == [("b", "A!", ["z", "b"])]
    assert kept.rows("SELECT \"values\" FROM main.fields WHERE name = 's'", *fields) == [(["A!", "b"],)]
    assert kept.rows("SELECT value FROM main.added_values ORDER BY value", *fields) == [("A!",), ("x",)]
    generation = kept.rows("SELECT value FROM main.counters WHERE name = 'generation'", *fields)
    kept.follow(*fields)
    assert kept.rows("SELECT value FROM main.counters WHERE name = 'generation'", *fields) == generation


def test_a_value_that_takes_the_name_of_another_becomes_one_with_it(kept: Kept) -> None:
    m = replace(
        field("m", M, "c", "b"), values=(declared_value("c", ("a",)), declared_value("b")), renamed=(("a", "c"),)
    )
    kept.follow(m)
    assert kept.column("m", m) == [["c"]]
    assert kept.rows("SELECT \"values\" FROM main.fields WHERE name = 'm'", m) == [(["c", "b"],)]


def is_followed_by(kept: Kept, *fields: Field) -> bool:
    store = kept.store(*fields)
    with store.annotate() as writer:
        return is_followed(writer.connection, store.contact_base)
