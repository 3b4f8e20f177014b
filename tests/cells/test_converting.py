"""A changed format converts what converts, by the readers of imports, and says what would be lost (FLD-5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cells.converting import convert
from pipelines.fields import Field, Format, Labels, Locale, UnknownValues, declared_value

TYPES = {
    Format.TEXT: pl.String(),
    Format.NUMBER: pl.Float64(),
    Format.DATE: pl.Date(),
    Format.SINGLE_SELECT: pl.String(),
    Format.MULTI_SELECT: pl.List(pl.String()),
    Format.BOOLEAN: pl.Boolean(),
}


def field(format_: Format, *values: str, unknown_values: UnknownValues = "reject") -> Field:
    return Field("f", Labels("F", "F"), format_, tuple(map(declared_value, values)), unknown_values)


def converted(value: Any, before: Format, after: Field, locale: Locale = "fr") -> tuple[Any, bool]:
    """The value of the second row, and whether it is at fault; the first row is empty and stays so."""
    found = convert(pl.Series([None, value], dtype=TYPES[before]), before, after, locale).cells
    assert found.values.dtype == TYPES[after.format]
    assert found.values[0] is None
    at_fault = [fault.where.to_list() for fault in found.faults]
    assert not any(first for first, _ in at_fault)
    given = found.values[1]
    return (given.to_list() if isinstance(given, pl.Series) else given), any(second for _, second in at_fault)


T, N, D, S, M, B = Format
STONES = ("Perle", "Diamant, brut", "Jade")


@pytest.mark.parametrize(
    ("value", "before", "after", "expected"),
    [
        pytest.param("1 240,50", T, field(N), 1240.5, id="text to number"),
        pytest.param("0", T, field(N), 0.0, id="zero"),
        pytest.param("0,5", T, field(N), 0.5, id="a zero before the comma"),
        pytest.param(75.0, N, field(T), "75", id="whole number to text"),
        pytest.param(0.1, N, field(T), "0.1", id="number to text"),
        pytest.param(-12.5, N, field(T), "-12.5", id="negative number to text"),
        pytest.param("14/03/1984", T, field(D), date(1984, 3, 14), id="text to date"),
        pytest.param("1984-03-14 00:00:00", T, field(D), date(1984, 3, 14), id="midnight to date"),
        pytest.param(date(1984, 3, 14), D, field(T), "1984-03-14", id="date to text"),
        pytest.param(date(800, 12, 25), D, field(T), "0800-12-25", id="early date to text"),
        pytest.param("OUI", T, field(B), True, id="text to boolean"),
        pytest.param(True, B, field(T), "Oui", id="boolean to text"),
        pytest.param(False, B, field(N), 0.0, id="boolean to number"),
        pytest.param(1.0, N, field(B), True, id="number to boolean"),
        pytest.param(True, B, field(S, "Yes", "No"), "Yes", id="boolean to the values that mean it"),
        pytest.param("perle ", T, field(S, *STONES), "Perle", id="text to select"),
        pytest.param(75.0, N, field(S, "75", "92"), "75", id="number to select"),
        pytest.param("75", S, field(N), 75.0, id="select to number"),
        pytest.param("Perle", S, field(M, *STONES), ["Perle"], id="single to multi"),
        pytest.param(["Jade"], M, field(S, *STONES), "Jade", id="multi with one value to single"),
        pytest.param(["Perle", "Diamant, brut"], M, field(T), 'Perle, "Diamant, brut"', id="multi to text"),
        pytest.param('Jade,perle, "Diamant, brut"', T, field(M, *STONES), [*STONES], id="text to multi, in order"),
        pytest.param("Diamant, brut", T, field(M, *STONES), ["Diamant, brut"], id="a value with a comma, bare"),
    ],
)
def test_what_converts(value: Any, before: Format, after: Field, expected: Any) -> None:
    assert converted(value, before, after) == (expected, False)


@pytest.mark.parametrize(
    ("value", "before", "after"),
    [
        pytest.param("douze", T, field(N), id="no number"),
        pytest.param("01000", T, field(N), id="zeros at the beginning"),
        pytest.param("+33612345678", T, field(N), id="a sign that would go"),
        pytest.param("1E5", T, field(N), id="a code that looks like an exponent"),
        pytest.param("12345678901234567", T, field(N), id="more digits than a number keeps"),
        pytest.param("31/02/2026", T, field(D), id="no date"),
        pytest.param("2026-02-28 10:15", T, field(D), id="a date with a time"),
        pytest.param("peut-être", T, field(B), id="neither yes nor no"),
        pytest.param(2.0, N, field(B), id="neither 1 nor 0"),
        pytest.param(date(1984, 3, 14), D, field(N), id="a date is no number"),
        pytest.param("Rubis", T, field(S, *STONES), id="undeclared value"),
        pytest.param("Rubis", T, field(S, *STONES, unknown_values="skip"), id="undeclared value, skipped in imports"),
        pytest.param("Perle, Rubis", T, field(M, *STONES), id="one undeclared value of two"),
        pytest.param(",", T, field(M, *STONES), id="no value at all"),
        pytest.param(["Perle", "Jade"], M, field(S, *STONES), id="two values for one"),
        pytest.param(True, B, field(S, *STONES), id="no value means it"),
    ],
)
def test_what_would_be_lost(value: Any, before: Format, after: Field) -> None:
    assert converted(value, before, after) == (None, True)


def test_a_list_is_extended_where_the_field_says_so() -> None:
    texts = pl.Series(["Rubis", "perle", "Opale, Perle"])
    lists = convert(texts, T, field(M, *STONES, unknown_values="add"), "fr")
    assert lists.cells.values.to_list() == [["Rubis"], ["Perle"], ["Perle", "Opale"]]
    assert (lists.added, lists.cells.faults) == (("Rubis", "Opale"), ())


CODES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=8).map(
    lambda text: " ".join(text.split())
)


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number or 0.0)),
    st.sampled_from(["fr", "en"]),
)
def test_numbers_come_back_from_text(numbers: list[float], locale: Locale) -> None:
    texts = convert(pl.Series(numbers, dtype=pl.Float64), N, field(T), locale).cells.values
    back = convert(texts, T, field(N), locale).cells
    assert (back.values.to_list(), back.faults) == (numbers, ())


@given(st.lists(st.dates()), st.sampled_from(["fr", "en"]))
def test_dates_come_back_from_text(days: list[date], locale: Locale) -> None:
    texts = convert(pl.Series(days, dtype=pl.Date), D, field(T), locale).cells.values
    assert convert(texts, T, field(D), locale).cells.values.to_list() == days


@given(st.lists(st.booleans()), st.sampled_from([field(T), field(N), field(S, "0", "1")]))
def test_booleans_come_back(truths: list[bool], between: Field) -> None:
    there = convert(pl.Series(truths, dtype=pl.Boolean), B, between, "en").cells.values
    assert convert(there, between.format, field(B), "en").cells.values.to_list() == truths


@given(st.data())
def test_lists_come_back_from_text(data: st.DataObject) -> None:
    codes = data.draw(st.lists(CODES.filter(bool), min_size=1, max_size=5, unique_by=lambda code: code.casefold()))
    multi = field(M, *codes)
    subsets = st.lists(st.sampled_from(codes), min_size=1, unique=True).map(lambda some: sorted(some, key=codes.index))
    lists = data.draw(st.lists(subsets))
    texts = convert(pl.Series(lists, dtype=pl.List(pl.String)), M, field(T), "fr").cells.values
    assert convert(texts, T, multi, "fr").cells.values.to_list() == lists
