"""Headers: one for each column, which a re-import takes for that column alone (FLD-4, EXP-5)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.errors import RefusedError
from pipelines.exports.headers import headers
from pipelines.fields import SYSTEM_FIELDS, Field, Format, Labels, declared_value, fold
from pipelines.formulas import undo
from pipelines.imports.contacts.mapping import resolve
from tests.exports.world import declared

MULTI, SINGLE, TEXT = Format.MULTI_SELECT, Format.SINGLE_SELECT, Format.TEXT


def value_headers(*fields: Field) -> list[str]:
    return [header for (_, value), header in headers(ContactBase(declared_fields=fields)).items() if value is not None]


def test_a_value_is_headed_by_its_own_name() -> None:
    assert value_headers(declared("gems", "Pierres", MULTI, ("Perle", "Diamant"))) == ["Perle", "Diamant"]


@pytest.mark.parametrize(
    ("value", "others"),
    [
        ("Perle", [declared("other", "Autre", MULTI, ("PERLE",))]),
        ("Perle", [declared("other", "Autre", SINGLE, ("perle",))]),
        ("Été", [declared("season", "été", TEXT)]),
        ("season", [declared("season", "Saison", TEXT)]),
        ("Nom", []),
        ("last name", []),
        ("Portable", []),
        ("Oui", []),
        ("Bad alias", []),
        ("Pierres", []),
        ("carnet_line", []),
        ("Autre : vert", [declared("other", "Autre", MULTI, ("bleu",))]),
    ],
    ids=str,
)
def test_a_name_that_stands_for_something_else_too_is_prefixed(value: str, others: list[Field]) -> None:
    assert value_headers(declared("gems", "Pierres", MULTI, (value,)), *others)[0] == f"Pierres : {value}"


def test_system_fields_go_by_their_labels_in_the_language_of_the_base() -> None:
    fr, en = headers(ContactBase()), headers(ContactBase(locale="en"))
    assert (fr["email", None], en["email", None]) == ("Adresse Email", "Email address")


@pytest.mark.parametrize(("label", "header"), [("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"), ("-18 ans", "'-18 ans")])
def test_a_header_is_no_formula(label: str, header: str) -> None:
    assert headers(ContactBase(declared_fields=(declared("x", label, TEXT),)))["x", None] == header
    assert value_headers(declared("y", "Autre", MULTI, (label,))) == [header]


def test_two_columns_that_nothing_tells_apart_are_refused() -> None:
    base = ContactBase(declared_fields=(declared("gems", "Pierres", MULTI, ("Nom", "NOM")),))
    with pytest.raises(RefusedError, match="'Nom'"):
        headers(base)


# A few letters and signs, so that names meet; labels of fields are distinct, as the declarations are checked to be.
words = st.text("aAé :=-", min_size=1, max_size=4).map(str.strip).filter(lambda text: fold(text).strip(":"))


@st.composite
def bases(draw: st.DrawFn) -> ContactBase:
    labels = draw(st.lists(words, min_size=1, max_size=3, unique_by=fold))
    kinds = st.sampled_from((MULTI, SINGLE, TEXT))
    fields: list[Field] = []
    for number, label in enumerate(labels):
        kind = draw(kinds)
        values = () if kind is TEXT else draw(st.lists(words, min_size=1, max_size=4, unique_by=fold))
        field = Field(f"field_{number}", Labels(label, label), kind, tuple(map(declared_value, values)))
        fields.append(replace(field, unknown_values=draw(st.sampled_from(("skip", "add")))))
    return ContactBase(declared_fields=tuple(fields))


@settings(max_examples=150)
@given(bases())
def test_an_import_takes_each_header_for_its_own_column(base: ContactBase) -> None:
    try:
        owners = headers(base)
    except RefusedError:
        return  # Told apart by nothing: then no file is written.
    multi = {field.name for field in base.fields if field.format is MULTI}
    written = {owner: header for owner, header in owners.items() if owner[1] is not None or owner[0] not in multi}
    assert len({fold(header) for header in written.values()}) == len(written)
    mapping = resolve([undo(header) for header in written.values()], ImportModel("m", "*"), base)
    read_only = {field.name for field in SYSTEM_FIELDS if field.read_only}
    taken = {(column.field, column.value): column.role for column in mapping.columns}
    assert taken == {
        owner: "cross" if owner[1] is not None else "read_only" if owner[0] in read_only else "field"
        for owner in written
    }
