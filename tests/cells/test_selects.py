from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cells.crosses import gather_values, read_crosses
from pipelines.cells.selects import read_selects
from pipelines.fields import EMAIL_STATUS, SYSTEM_FIELDS, Field, Format, Labels, UnknownValues, declared_value


def colour(unknown_values: UnknownValues) -> Field:
    values = tuple(map(declared_value, ("Bleu", "Rosé", "Rose")))
    return Field("colour", Labels("Couleur", "Couleur"), Format.SINGLE_SELECT, values, unknown_values)


STATUS = Field("email_status", Labels("Statut", "Status"), Format.SINGLE_SELECT, EMAIL_STATUS, "reject")


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        pytest.param(STATUS, "Mauvais domaine", "bad_domain", id="French label"),
        pytest.param(STATUS, "bad domain", "bad_domain", id="English label"),
        pytest.param(STATUS, "bad_domain", "bad_domain", id="code"),
        pytest.param(STATUS, "REJETE", "rejected", id="without case and accents"),
        pytest.param(colour("skip"), "Rose", "Rose", id="exact before alike"),
        pytest.param(colour("skip"), "rose", "Rosé", id="alike: the first declared"),
        pytest.param(colour("skip"), "Vert", None, id="undeclared"),
    ],
)
def test_a_value_is_known_by_its_code_or_a_label(field: Field, text: str, code: str | None) -> None:
    selected = read_selects(pl.Series([text, None]), field)
    assert selected.cells.values.to_list() == [code, None]
    assert bool(selected.cells.faults) == (code is None)
    assert selected.added == ()


def test_new_values_are_added_in_file_order_and_once() -> None:
    selected = read_selects(pl.Series(["vert", "bleu", "Noir", "VERT", "Noir"]), colour("add"))
    assert selected.cells.values.to_list() == ["vert", "Bleu", "Noir", "vert", "Noir"]
    assert (selected.added, selected.cells.faults) == (("vert", "Noir"), ())


def test_a_cross_is_an_x_and_nothing_else() -> None:
    cells = read_crosses(pl.Series(["X", "x", None, "oui", "XX"]))
    assert cells.values.to_list() == [True, True, False, False, False]
    assert cells.faults[0].where.to_list() == [False, False, False, True, True]


@given(rows=st.lists(st.lists(st.booleans(), min_size=70, max_size=70), max_size=12), width=st.integers(0, 70))
def test_crosses_become_lists_in_declared_order(rows: list[list[bool]], width: int) -> None:
    crossed = {f"v{n}": pl.Series([row[n] for row in rows], dtype=pl.Boolean) for n in range(width)}
    expected = [[f"v{n}" for n in range(width) if row[n]] or None for row in rows]
    assert gather_values(crossed, len(rows)).to_list() == expected


def test_a_value_of_a_system_field_cannot_be_declared() -> None:
    consent = next(field for field in SYSTEM_FIELDS if field.name == "opt_in_sms")
    [fault] = read_selects(pl.Series(["peut-être"]), consent).cells.faults
    assert fault.message == "opt_in_sms has no such value: write one of Oui, Non."
