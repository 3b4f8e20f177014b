"""A changed format converts the base in one transaction, or is refused and changes nothing (FLD-5)."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from datetime import date
from typing import Any

import pytest

from pipelines.base.formats import FormatLossError, Holder, columns_of
from pipelines.fields import Field, Format
from tests.base.kept import Kept, field

T, N, D, S, M, B = Format


@pytest.mark.parametrize(
    ("before", "after", "values", "expected"),
    [
        pytest.param(field("f", T), field("f", N), ["75", None, "1 240,5"], [75.0, None, 1240.5], id="text to number"),
        pytest.param(field("f", N), field("f", T), [75.0, None, 0.1], ["75", None, "0.1"], id="number to text"),
        pytest.param(field("f", T), field("f", D), ["14/03/1984"], [date(1984, 3, 14)], id="text to date"),
        pytest.param(field("f", D), field("f", T), [date(1984, 3, 14), None], ["1984-03-14", None], id="date to text"),
        pytest.param(field("f", B), field("f", S, "Oui", "Non"), [True, None], ["Oui", None], id="boolean to select"),
        pytest.param(
            field("f", S, "a", "b"), field("f", M, "a", "b"), ["b", None], [["b"], None], id="single to multi"
        ),
        pytest.param(
            field("f", M, "a", "b"), field("f", S, "a", "b"), [["b"], None], ["b", None], id="multi to single"
        ),
        pytest.param(field("f", M, "a", "b"), field("f", T), [["a", "b"], None], ["a, b", None], id="multi to text"),
        pytest.param(field("f", T), field("f", M, "a", "b"), ["B, a", None], [["a", "b"], None], id="text to multi"),
    ],
)
def test_values_convert(kept: Kept, before: Field, after: Field, values: list[Any], expected: list[Any]) -> None:
    kept.fill(before, email=[f"{n}@ex.fr" for n in range(len(values))], f=values)
    kept.follow(after)
    assert kept.column("f", after) == expected
    assert kept.rows("SELECT typeof(f) FROM main.contacts LIMIT 1", after) == [(after.sql_type,)]
    assert kept.rows("SELECT format FROM main.fields WHERE name = 'f'", after) == [(after.format.value,)]


def test_a_loss_is_refused_with_its_rows_and_nothing_is_changed(kept: Kept) -> None:
    postcode, basket, new = field("postcode", T), field("basket", T), field("new", T)
    kept.fill(
        postcode, basket, email=["a@ex.fr", "b@ex.fr", "c@ex.fr"], postcode=["75", "01000", "x"], basket=["1", "2", "3"]
    )
    with pytest.raises(FormatLossError) as refused:
        kept.follow(new, field("basket", N), field("postcode", N))
    assert (refused.value.name, refused.value.count, refused.value.exit_code) == ("postcode", 2, 1)
    assert "2 contacts: 2, 3" in refused.value.message
    assert "contact 2 (b@ex.fr): '01000'. As a number it would lose" in refused.value.private
    assert "contact 3 (c@ex.fr): 'x'. This is no number" in refused.value.private
    assert "`format: text`" in refused.value.hint
    # SEC-4: what Dagster logs of an error holds no value.
    assert "01000" not in str(refused.value)
    assert "ex.fr" not in str(refused.value)
    assert kept.column("postcode", postcode, basket) == ["75", "01000", "x"]
    assert kept.column("basket", postcode, basket) == ["1", "2", "3"]
    assert kept.rows("SELECT name FROM main.fields WHERE name = 'new'", postcode, basket) == []


def test_only_the_first_rows_are_listed(kept: Kept) -> None:
    kept.fill(field("f", T), email=[f"{n}@ex.fr" for n in range(50)], f=["x"] * 50)
    with pytest.raises(FormatLossError) as refused:
        kept.follow(field("f", N))
    assert refused.value.count == 50
    assert "50 contacts: 1, 2, " in refused.value.message
    assert "20, …" in refused.value.message
    assert refused.value.private.count("\n") == 19


def test_a_list_grows_by_what_is_converted_into_it(kept: Kept) -> None:
    stones = field("f", S, "Perle", unknown_values="add")
    kept.fill(field("f", T), email=["a@ex.fr", "b@ex.fr", "c@ex.fr"], f=["Jade", "perle", "Opale"])
    kept.follow(stones)
    assert kept.column("f", stones) == ["Jade", "Perle", "Opale"]
    assert kept.rows("SELECT values FROM main.fields WHERE name = 'f'", stones) == [(["Perle", "Jade", "Opale"],)]


def test_values_of_the_list_that_nothing_declares_any_more_convert_too(kept: Kept) -> None:
    kept.fill(field("f", S, "a", "b"), email=["a@ex.fr", "b@ex.fr"], f=["a", "b"])
    wider = field("f", M, "b")
    kept.follow(wider)
    assert kept.column("f", wider) == [["a"], ["b"]]
    assert kept.rows("SELECT values FROM main.fields WHERE name = 'f'", wider) == [(["b", "a"],)]


def test_an_undeclared_field_converts_when_it_is_declared_again(kept: Kept) -> None:
    kept.fill(field("f", N), email=["a@ex.fr"], f=[75.0])
    kept.follow()
    kept.follow(field("f", T))
    assert kept.column("f", field("f", T)) == ["75"]


def test_former_values_convert_where_they_can(kept: Kept) -> None:
    text, number = field("f", T), field("f", N)
    kept.fill(text, email=["a@ex.fr"], f=["75"])
    with kept.store(text).write() as writer, writer.transaction() as connection:
        connection.execute(
            """INSERT INTO main.contact_versions BY NAME SELECT * FROM (VALUES
            (1, 1, 'inserted', NULL, 'x'), (2, 1, 'updated', 'x', '92'), (3, 1, 'updated', '92', '75'))
            AS v (revision_id, contact_id, outcome, "former:f", f)"""
        )
    kept.follow(number)
    versions = 'SELECT "former:f", f FROM main.contact_versions ORDER BY revision_id'
    assert kept.rows(versions, number) == [(None, None), (None, 92.0), (92.0, 75.0)]


def test_every_column_of_a_field_is_known(kept: Kept) -> None:
    with kept.store(field("f", T), field("label", T)).write() as writer:
        expected = [Holder("contacts", "f"), Holder("contact_versions", "f"), Holder("contact_versions", "former:f")]
        assert list(columns_of(writer.connection, "f")) == expected
        assert {holder.table for holder in columns_of(writer.connection, "label")} == {"contacts", "contact_versions"}
        assert columns_of(writer.connection, "nothing") == ()


def test_a_kill_in_the_middle_leaves_the_base_as_it_was(kept: Kept) -> None:
    text, number = field("f", T), field("f", N)
    kept.fill(text, email=["a@ex.fr"], f=["75"])
    script = """
        import os, signal, sys
        from pathlib import Path
        from pipelines.base import versions
        from pipelines.fields import Format
        from tests.base.kept import Kept, field
        versions.follow_fields = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        Kept(Path(sys.argv[1])).follow(field("f", Format.NUMBER))
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(kept.folder)], check=False)
    assert ended.returncode == -9
    assert kept.column("f", text) == ["75"]
    assert kept.column("f", number) == [75.0]
