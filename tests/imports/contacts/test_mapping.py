from __future__ import annotations

import time
from collections.abc import Mapping as Dictionary

import pytest

from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.fields import Field, Format, Labels, UnknownValues, declared_value
from pipelines.files.file_problems import MissingColumn
from pipelines.imports.contacts.mapping import Mapping, resolve


def multi_select(name: str, label: str, *values: str, unknown_values: UnknownValues = "skip") -> Field:
    declared = tuple(map(declared_value, values))
    return Field(name, Labels(label, label), Format.MULTI_SELECT, declared, unknown_values)


BASE = ContactBase(
    declared_fields=(
        multi_select("interests", "Centre d'intérêt", "Perle", "Diamant", "Nom", unknown_values="add"),
        multi_select("stones", "Pierres", "Perle", "Jade"),
    )
)


def resolved(
    *headers: str, mapping: Dictionary[str, str | None] | None = None, constants: dict[str, str] | None = None
) -> Mapping:
    return resolve(
        headers, ImportModel("m", "m.csv", mapping=dict(mapping or {}), constants=dict(constants or {})), BASE
    )


def said(mapping: Mapping) -> set[tuple[str, str, str | None]]:
    return set(mapping.problems.select("rule", "severity", "column").rows())


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        pytest.param("last_name", "last_name", id="name"),
        pytest.param("raisonsociale", "company", id="French label, folded"),
        pytest.param("FIRST\u00a0NAME", "first_name", id="English label, folded"),
        pytest.param("Portable", "mobile", id="alias"),
        pytest.param("diamant", "interests : Diamant", id="value"),
        pytest.param("centre d’interet : perle", "interests : Perle", id="label and value"),
        pytest.param("interests : Perle", "interests : Perle", id="name and value"),
        pytest.param("Centre d'intérêt : Opale", "interests : Opale", id="label and new value"),
    ],
)
def test_a_header_finds_its_field_by_itself(header: str, meaning: str) -> None:
    mapping = resolved("Email", header)
    assert mapping.described == (("Email", "email"), (header, meaning))
    assert mapping.problems.is_empty()


@pytest.mark.parametrize(
    ("header", "role", "rule"),
    [
        pytest.param("Truc", "unmapped", "unmapped_column", id="called like nothing"),
        pytest.param("Pierres", "unmapped", "unmapped_column", id="a multi-select itself"),
        pytest.param("Identifiant", "read_only", "read_only_column", id="read-only"),
        pytest.param("Perle", "ignored", "ambiguous_column", id="a value of two fields"),
        pytest.param("Nom", "field", "ambiguous_column", id="a label and a value"),
    ],
)
def test_what_is_not_plain_is_warned(header: str, role: str, rule: str) -> None:
    mapping = resolved("Email", header)
    assert mapping.columns[1].role == role
    assert said(mapping) == {(rule, "warning", header)}


@pytest.mark.parametrize("header", ["carnet_line", "carnet_reasons", "Carnet_Line"])
def test_what_a_rejects_file_adds_is_ignored_silently(header: str) -> None:
    mapping = resolved(header, "Email")
    assert (mapping.columns[0].role, mapping.problems.height) == ("carnet", 0)


def test_the_model_comes_before_the_names() -> None:
    mapping = resolved(
        "MAIL ",
        "Nom",
        "Prénom",
        "Perle",
        mapping={"Mail": "email", "Nom": "company", "Prénom": None, "Perle": "stones"},
    )
    meanings = [meaning for _, meaning in mapping.described]
    assert meanings == ["email", "company", "ignored", "stones : Perle"]
    assert (mapping.missing, mapping.problems.height) == ((), 0)


def test_the_exact_header_is_the_mapped_one() -> None:
    mapping = resolved("NOM", "Nom", "email", mapping={"Nom": "company"})
    assert [column.field for column in mapping.columns] == ["last_name", "company", "email"]


def test_mapped_columns_that_lack_are_missing() -> None:
    mapping = resolved("Email", mapping={"Portable": "mobile", "Divers": None, "Email": "email"})
    assert mapping.missing == (MissingColumn("Portable"),)


def test_a_value_is_not_missing_under_its_other_form() -> None:
    mapping = resolved("Email", "Pierres : Jade", mapping={"Jade": "stones"})
    assert (mapping.missing, mapping.crossed) == ((), {"stones": ("Jade",)})


def test_a_mapped_header_becomes_a_new_value_where_the_field_adds_them() -> None:
    mapping = resolved("Email", "Rubis", mapping={"Rubis": "interests"})
    assert (mapping.crossed, mapping.added_values) == ({"interests": ("Rubis",)}, {"interests": ("Rubis",)})
    assert mapping.base.field("interests").codes == ("Perle", "Diamant", "Nom", "Rubis")


def test_two_columns_for_one_field_are_refused() -> None:
    assert ("two_columns", "critical", "Mobile") in said(resolved("Email", "Portable", "Mobile"))


def test_a_mapped_column_wins_over_one_that_is_only_called_so() -> None:
    mapping = resolved("Email", "Portable", "Mobile", mapping={"Portable": "mobile"})
    assert [column.role for column in mapping.columns] == ["field", "field", "unmapped"]
    assert said(mapping) == {("unmapped_column", "warning", "Mobile")}


def test_a_file_without_the_key_is_refused() -> None:
    assert said(resolved("Nom de famille", mapping={"Nom de famille": "last_name"})) == {
        ("key_column", "critical", None)
    }


def test_a_constant_wins_over_the_column() -> None:
    mapping = resolved("Email", "Société", constants={"company": "ACME"})
    assert mapping.columns[1].role == "ignored"
    assert said(mapping) == {("constant_wins", "warning", "Société")}


def test_a_column_mapped_to_a_multi_select_must_name_a_value() -> None:
    assert ("not_a_value", "critical", "Rubis") in said(resolved("Email", "Rubis", mapping={"Rubis": "stones"}))


@pytest.mark.parametrize(
    ("headers", "mapping", "likely"),
    [
        pytest.param(["Portables"], {"Portable": "mobile"}, {"Portable": "Portables"}, id="another ending"),
        pytest.param(["Mobile"], {"N° de GSM": "mobile"}, {"N° de GSM": "Mobile"}, id="another name of the field"),
        pytest.param(["Couleur"], {"Portable": "mobile"}, {"Portable": None}, id="nothing like it"),
        pytest.param(
            ["Sté client", "Nom client"],
            {"Nom du client": "last_name", "Sté du client": "company"},
            {"Nom du client": "Nom client", "Sté du client": "Sté client"},
            id="two at once, each the nearest",
        ),
        pytest.param(
            ["Adresse 1"],
            {"Adresse 2": "company", "Adresse 3": "last_name"},
            {"Adresse 2": "Adresse 1", "Adresse 3": None},
            id="one header for one column",
        ),
        pytest.param(
            ["Portable2"], {"Portable": "mobile", "Portable2": None}, {"Portable": None}, id="one that is mapped"
        ),
    ],
)
def test_a_missing_column_is_likely_renamed(
    headers: list[str], mapping: dict[str, str | None], likely: dict[str, str | None]
) -> None:
    found = resolved("Email", *headers, mapping=mapping)
    assert {column.header: column.likely for column in found.missing} == likely


def test_many_headers_are_compared_in_no_time() -> None:
    mapping = {f"Colonne numéro {n}": "company" for n in range(1_000)}
    since = time.perf_counter()
    found = resolved("Email", *(f"Column number {n}" for n in range(4_000)), mapping=mapping)
    assert len(found.missing) == 1_000
    assert time.perf_counter() - since < 20
