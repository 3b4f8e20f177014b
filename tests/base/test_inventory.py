"""`carnet fields`: what the base holds beside what is declared, and dropping what nothing declares any more (FLD-5)."""

from __future__ import annotations

import pytest

from pipelines.base.inventory import Dropped, FieldListed, drop_field, list_fields
from pipelines.errors import CarnetError
from pipelines.fields import SYSTEM_FIELDS, Field, Format
from tests.base.kept import Kept, field

T, N, D, S, M, B = Format


def listed(kept: Kept, *base: Field, declared: tuple[Field, ...]) -> dict[str, FieldListed]:
    """The fields as the base stands after a run under `base`, listed under other declarations."""
    with kept.store(*base).write() as writer:
        return {found.name: found for found in list_fields(writer.connection, kept.store(*declared).contact_base)}


def test_a_removed_field_is_listed_with_its_contacts(kept: Kept) -> None:
    kept.fill(field("f", T, label="Effe"), email=["a@ex.fr", "b@ex.fr"], f=["x", None])
    found = listed(kept, declared=())
    assert found["f"] == FieldListed("f", "Effe", "text", (), False, "removed", 1, {})
    assert list(found) == [*(field.name for field in SYSTEM_FIELDS), "f"]
    assert (found["email"].status, found["email"].contacts, found["email"].label) == ("system", 2, "Adresse Email")


def test_what_the_next_run_will_do_is_listed(kept: Kept) -> None:
    kept.fill(field("f", T), email=["a@ex.fr"], f=["x"])
    found = listed(kept, field("f", T), declared=(field("f", S, "x"), field("g", M, "y")))
    assert found["f"] == FieldListed("f", "f", "single_select", ("x",), True, "changed", 1, {})
    assert found["g"] == FieldListed("g", "g", "multi_select", ("y",), True, "new", 0, {})


@pytest.mark.parametrize(
    ("format_", "values"),
    [
        pytest.param(S, ["a", "b", "b", None], id="single"),
        pytest.param(M, [["a", "b"], ["b"], ["a"], None], id="multi"),
    ],
)
def test_values_that_left_the_list_are_told_with_their_contacts(kept: Kept, format_: Format, values: list) -> None:
    before, after = field("f", format_, "a", "b"), field("f", format_, "a")
    kept.fill(before, email=[f"{n}@ex.fr" for n in range(4)], f=values)
    found = listed(kept, after, declared=(after,))
    assert (found["f"].values, found["f"].undeclared_values) == (("a",), {"b": 2})


def test_a_removed_field_is_dropped_everywhere(kept: Kept) -> None:
    kept.fill(field("f", T), field("g", T), email=["a@ex.fr", "b@ex.fr"], f=["x", None], g=["y", "z"])
    kept.follow(field("g", T))
    with kept.store(field("g", T)).write() as writer, writer.transaction() as connection:
        assert drop_field(connection, "f", writer.contact_base) == Dropped("f", "text", 1)
    columns = "SELECT count(*) FROM duckdb_columns() WHERE column_name IN ('f', 'former:f')"
    assert kept.rows(columns, field("g", T)) == [(0,)]
    assert kept.column("g", field("g", T)) == ["y", "z"]
    # Declared again, it is a new field: of any format, and empty.
    assert kept.column("f", field("g", T), field("f", M, "v")) == [None, None]


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        pytest.param("g", 1, "is declared", id="declared"),
        pytest.param("email", 2, "is a system field", id="system"),
        pytest.param("ff", 2, "no field 'ff'", id="unknown"),
    ],
)
def test_what_cannot_be_dropped(kept: Kept, name: str, code: int, said: str) -> None:
    kept.fill(field("f", T), field("g", T), email=["a@ex.fr"], f=["x"], g=["y"])
    with kept.store(field("g", T)).write() as writer:
        with pytest.raises(CarnetError, match=said) as refused, writer.transaction() as connection:
            drop_field(connection, name, writer.contact_base)
    assert refused.value.exit_code == code
    assert "first_name" not in str(refused.value), "a system field would not do"
    assert kept.column("g", field("g", T)) == ["y"]
    assert kept.column("f", field("f", T)) == ["x"]
