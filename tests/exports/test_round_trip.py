"""What an export writes, the readers of an import read back (EXP-3 in both directions, EXP-5)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cells.dates import read_dates, read_instants
from pipelines.cells.numbers import read_booleans, read_numbers
from pipelines.cells.selects import read_selects
from pipelines.cells.texts import tidy
from pipelines.exports.cells import CellForms
from pipelines.fields import SYSTEM_FIELDS, Field, Format, Labels, Locale
from pipelines.formulas import neutralise
from tests.exports.world import cell_texts, declared

FORMS = [CellForms(locale, "Europe/Paris", excel) for locale in ("fr", "en") for excel in (False, True)]
each_form = pytest.mark.parametrize("forms", FORMS, ids=lambda forms: f"{forms.locale}{'-excel' * forms.excel}")
NUMBER, DAY = declared("x", "x", Format.NUMBER), declared("x", "x", Format.DATE)
INSTANT = Field("x", Labels("x", "x"), Format.DATE, instant=True)
numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15).filter(
    lambda number: number == 0 or abs(number) > 1e-15
)
# polars' time zones know of no summer time after 2099, those of DuckDB do.
instants = st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))
odd_texts = st.text("'=+-@\t\r\n 1,a\u00a0\u200b", min_size=1)


def cells(texts: list[str | None]) -> pl.Series:
    return tidy(pl.Series("cell", texts, pl.String))


@given(st.lists(odd_texts, min_size=1))
def test_texts(macros: duckdb.DuckDBPyConnection, typed: list[str]) -> None:
    kept = [text for text in cells(typed) if text is not None]
    assert cells([neutralise(text) for text in kept]).to_list() == kept
    assert cells(cell_texts(macros, declared("x", "x", Format.TEXT), kept, FORMS[0])).to_list() == kept


@each_form
@given(values=st.lists(numbers, min_size=1))
def test_numbers(macros: duckdb.DuckDBPyConnection, forms: CellForms, values: list[float]) -> None:
    read = read_numbers(cells(cell_texts(macros, NUMBER, values, forms)), forms.locale)
    assert (read.values.to_list(), read.faults) == (values, ())


@each_form
@given(values=st.lists(instants, min_size=1))
def test_instants(macros: duckdb.DuckDBPyConnection, forms: CellForms, values: list[datetime]) -> None:
    read = read_instants(cells(cell_texts(macros, INSTANT, values, forms)), forms.locale, forms.timezone)
    assert (read.values.to_list(), read.faults) == (values, ())


@each_form
@given(values=st.lists(st.dates(date(1000, 1, 1)), min_size=1))
def test_dates(macros: duckdb.DuckDBPyConnection, forms: CellForms, values: list[date]) -> None:
    read = read_dates(cells(cell_texts(macros, DAY, values, forms)), forms.locale)
    assert (read.values.to_list(), read.faults) == (values, ())


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_booleans_and_states(macros: duckdb.DuckDBPyConnection, locale: Locale) -> None:
    forms = CellForms(locale, "UTC", excel=False)
    flags = [True, False, None]
    texts = cell_texts(macros, declared("x", "x", Format.BOOLEAN), flags, forms)
    assert read_booleans(cells(texts)).values.to_list() == flags
    states = [field for field in SYSTEM_FIELDS if field.is_select]
    for field in (*states, declared("x", "x", Format.SINGLE_SELECT, ("=1", "-5", "'a", "Été"))):
        codes: list[Any] = [*field.codes, None]
        assert read_selects(cells(cell_texts(macros, field, codes, forms)), field).cells.values.to_list() == codes
