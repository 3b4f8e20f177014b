"""A value that the YAML declares no more stays with the contacts that have it, and is undeclared to imports (FLD-3, FLD-5)."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.base.columns import StoredField, stored_fields
from pipelines.errors import RefusedError
from tests.conftest import Account

BASE = """\
type: pipelines.components.ContactBase
attributes:
  fields:
    - {{name: step, label: Étape, format: single_select, values: {steps}, unknown_values: {unknown}}}
    - {{name: stones, label: Pierres, format: multi_select, values: {stones}, unknown_values: {unknown}}}
---
type: pipelines.components.ImportModel
attributes: {{name: clients, file: "clients*.csv", mapping: {mapping}}}
"""
FIRST = "Email;Étape;Perle;Jade\na@ex.fr;Un;X;\n"


def declare(account: Account, unknown: str, steps: str = "[Deux]", stones: str = "[Jade]", mapping: str = "{}") -> None:
    account.declare(BASE.format(unknown=unknown, steps=steps, stones=stones, mapping=mapping))


@pytest.fixture(params=["skip", "reject", "add"])
def unknown(account: Account, request: pytest.FixtureRequest) -> str:
    """A contact has a step and a stone, which then are declared no more."""
    declare(account, request.param, "[Un, Deux]", "[Perle, Jade]")
    assert account.load(FIRST).counts.inserted == 1
    declare(account, request.param)
    return request.param


def kept(account: Account, name: str) -> StoredField:
    with account.workspace.store.rehearse() as writer:
        return next(field for field in stored_fields(writer.connection) if field.name == name)


def test_contacts_keep_it_and_the_list_shows_it_at_its_end(account: Account, unknown: str) -> None:
    account.load("Email;Jade\na@ex.fr;X\n", "clients-2.csv")
    assert account.contacts("step", "stones") == [("Un", ["Jade", "Perle"])]
    assert (kept(account, "step").values, kept(account, "stones").values) == (("Deux", "Un"), ("Jade", "Perle"))
    assert kept(account, "step").added == kept(account, "stones").added == ()


def test_a_cell_that_holds_it_is_undeclared(account: Account, unknown: str) -> None:
    result = account.load("Email;Étape\nb@ex.fr;un\n", "clients-2.csv")
    rule = {"skip": "value_skipped", "reject": "undeclared_values", "add": "value_added"}[unknown]
    assert result.problems["rule"].to_list() == [rule]
    assert (result.counts.inserted, result.counts.rejected) == ((0, 1) if unknown == "reject" else (1, 0))
    found = dict(account.contacts("email", "step"))
    assert found == {"a@ex.fr": "Un"} | {"skip": {"b@ex.fr": None}, "reject": {}, "add": {"b@ex.fr": "Un"}}[unknown]
    assert kept(account, "step").added == (("Un",) if unknown == "add" else ())


def test_a_header_that_names_it_crosses_nothing(account: Account, unknown: str) -> None:
    result = account.load("Email;Perle\nb@ex.fr;X\n", "clients-2.csv")
    assert result.problems["rule"].to_list() == ["unmapped_column"]
    assert dict(account.contacts("email", "stones")) == {"a@ex.fr": ["Perle"], "b@ex.fr": None}


def test_a_header_that_says_whose_value_it_is_adds_it_where_values_are_added(account: Account, unknown: str) -> None:
    result = account.load("Email;Pierres : perle\nb@ex.fr;X\n", "clients-2.csv")
    assert result.problems["rule"].to_list() == ["value_added" if unknown == "add" else "unmapped_column"]
    assert dict(account.contacts("email", "stones"))["b@ex.fr"] == (["Perle"] if unknown == "add" else None)


def test_an_added_value_is_taken_from_then_on(account: Account) -> None:
    declare(account, "add")
    account.load("Email;Étape;Pierres : Opale\na@ex.fr;Trois;X\n")
    declare(account, "reject")
    result = account.load("Email;Étape;Opale\nb@ex.fr;trois;X\n", "clients-2.csv")
    assert (result.problems.height, result.counts.inserted) == (0, 1)
    assert account.contacts("step", "stones") == [("Trois", ["Opale"])] * 2
    assert (kept(account, "step").added, kept(account, "stones").added) == (("Trois",), ("Opale",))


def test_an_added_value_that_was_declared_goes_like_any_other(account: Account) -> None:
    declare(account, "add")
    account.load("Email;Étape\na@ex.fr;Trois\n")
    declare(account, "reject", "[Deux, Trois]")
    account.load("Email\nz@ex.fr\n", "clients-2.csv")
    declare(account, "reject")
    result = account.load("Email;Étape\nb@ex.fr;Trois\n", "clients-3.csv")
    assert result.problems["rule"].to_list() == ["undeclared_values"]
    assert kept(account, "step") == StoredField("step", "Étape", "single_select", 17, ("Deux", "Trois"), ())


def test_declared_again_it_is_taken_again(account: Account, unknown: str) -> None:
    account.load("Email\nb@ex.fr\n", "clients-2.csv")
    declare(account, unknown, "[Deux, Un]", "[Jade, Perle]")
    result = account.load("Email;Étape;Perle\nb@ex.fr;Un;X\n", "clients-3.csv")
    assert result.problems.height == 0
    assert account.contacts("step", "stones") == [("Un", ["Perle"])] * 2


def test_by_hand_it_goes_and_is_not_given(account: Account, unknown: str) -> None:
    assert account.workspace.edit_contact("a@ex.fr", {"stones": "Jade"}).outcome == "updated"
    assert account.contacts("step", "stones") == [("Un", ["Jade"])]
    if unknown == "add":
        account.workspace.edit_contact("a@ex.fr", {"stones": "Perle"})
        assert account.contacts("stones") == [(["Perle"],)]
        return
    with pytest.raises(RefusedError, match="'Perle' is not a value of stones"):
        account.workspace.edit_contact("a@ex.fr", {"stones": "Perle"})


def test_a_base_from_before_values_were_told_apart_takes_what_it_took(account: Account) -> None:
    """Migration 9: nobody knows any more which of them an import added."""
    declare(account, "reject", "[Un, Deux]")
    account.load("Email;Étape\na@ex.fr;Un\n")
    with account.workspace.store.write() as writer, writer.transaction() as connection:
        connection.execute("ALTER TABLE main.fields DROP COLUMN added")
        connection.execute("DELETE FROM main.schema_migrations WHERE version = 9")
    declare(account, "reject")
    assert account.load("Email;Étape\nb@ex.fr;Un\n", "clients-2.csv").counts.inserted == 1
    assert kept(account, "step").added == ("Un",)


def test_each_value_that_a_file_adds_is_told_once_with_its_first_line(account: Account) -> None:
    declare(account, "add", mapping="{Rubis: stones}")
    lines = "a@ex.fr;Trois;;X;\nb@ex.fr;quatre;X;;\nc@ex.fr;TROIS;X;X;\nd@ex.fr;Deux;;;X\n"
    content = f"Email;Étape;Rubis;Pierres : Opale;Jade\n{lines}"
    result = account.load(content)
    message = "The value is new to {}: it is added at the end of its list (`unknown_values: add`)."
    assert result.problems.rows() == [
        ("value_added", "warning", 2, "Étape", message.format("step"), "Trois"),
        ("value_added", "warning", 3, "Étape", message.format("step"), "quatre"),
        ("value_added", "warning", 3, "Rubis", message.format("stones"), "Rubis"),
        ("value_added", "warning", 2, "Pierres : Opale", message.format("stones"), "Opale"),
    ]
    assert result.report is not None
    assert "line 2, « Étape »: The value is new to step" in result.report.read_text()
    assert account.load(content, force=True).problems.height == 0


def test_a_list_grows_by_rows_that_are_imported_alone(account: Account) -> None:
    declare(account, "add")
    lines = "a@ex.fr;Trois;;X\nnobody;Quatre;X;X\n"
    result = account.load(f"Email;Étape;Pierres : Opale;Pierres : Rubis\n{lines}")
    told = result.problems.filter(pl.col("rule") == "value_added")
    assert told.select("line", "cell").rows() == [(2, "Trois"), (2, "Rubis")]
    assert (kept(account, "step").added, kept(account, "stones").added) == (("Trois",), ("Rubis",))


def test_the_last_cell_of_a_key_alone_adds_its_value(account: Account) -> None:
    declare(account, "add")
    account.load("Email;Étape\na@ex.fr;Trois\na@ex.fr;Quatre\n")
    assert kept(account, "step").added == ("Quatre",)


def test_by_hand_an_added_value_is_told(account: Account) -> None:
    declare(account, "add")
    edited = account.workspace.edit_contact("a@ex.fr", {"step": "Trois", "stones": "Jade,Opale"})
    said = "The value is new to {}: it is added at the end of its list (`unknown_values: add`). (the cell holds {})"
    assert sorted(edited.warnings) == [said.format("step", "Trois"), said.format("stones", "Opale")]
    assert account.contacts("step", "stones") == [("Trois", ["Jade", "Opale"])]
