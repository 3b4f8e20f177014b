from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cells.crosses import gather_values, read_crosses
from pipelines.cells.selects import ValueNames, codes_of, read_selects
from pipelines.fields import EMAIL_STATUS, SYSTEM_FIELDS, Field, Format, Labels, UnknownValues, declared_value, fold


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


NAMES = st.text("aAéÉ e\u00a0’'ßﬁ\x1c", min_size=1, max_size=4).filter(lambda text: bool(fold(text)))


@pytest.mark.parametrize("unknown", ["skip", "add"])
@given(
    values=st.lists(NAMES, max_size=4, unique_by=fold),
    others=st.lists(NAMES, max_size=4),
    texts=st.lists(NAMES, unique=True),
)
def test_all_texts_at_once_are_read_as_one_by_one(
    unknown: UnknownValues, values: list[str], others: list[str], texts: list[str]
) -> None:
    beside = tuple({fold(other): other for other in others if fold(other) not in map(fold, values)}.values())
    field = replace(
        colour(unknown), values=tuple(map(declared_value, values)), others=beside, retired=frozenset(beside[::2])
    )
    names = ValueNames(field)
    codes, added = codes_of(pl.Series(texts, dtype=pl.String), field)
    expected = [names.add(text) if unknown == "add" else names.code(text) for text in texts]
    assert codes.to_list() == expected
    assert list(added) == [code for code in dict.fromkeys(expected) if code is not None and code not in field.taken]
