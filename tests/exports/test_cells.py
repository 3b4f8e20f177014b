"""Cells: every value can be read back from its text, whatever it is (EXP-3, EXP-5)."""

from __future__ import annotations

import csv
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.exports.cells import CellForms
from pipelines.fields import SYSTEM_FIELDS, Field, Format, Labels
from pipelines.formulas import undo
from tests.exports.world import cell_texts, declared

PLAIN, EXCEL_FR = CellForms("fr", "Europe/Paris", excel=False), CellForms("fr", "Europe/Paris", excel=True)
NUMBER, DAY = declared("x", "x", Format.NUMBER), declared("x", "x", Format.DATE)
INSTANT = Field("x", Labels("x", "x"), Format.DATE, instant=True)
JOINED = declared("x", "x", Format.MULTI_SELECT, ("a",))
AUTUMN = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
"""02:30 in Paris, for the first of two times that night."""


def texts(
    connection: duckdb.DuckDBPyConnection, field: Field, values: list[Any], forms: CellForms = PLAIN
) -> list[str]:
    return cell_texts(connection, field, values, forms)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e15, "1000000000000000"),
        (1.5e20, "150000000000000000000"),
        (-1.25e-7, "-0.000000125"),
        (12345678901234567.0, "12345678901234568"),
        (None, None),
    ],
)
def test_numbers(macros: duckdb.DuckDBPyConnection, value: float | None, text: str | None) -> None:
    assert texts(macros, NUMBER, [value]) == [text]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_a_number_is_read_back_bit_for_bit(macros: duckdb.DuckDBPyConnection, values: list[float]) -> None:
    plain = texts(macros, NUMBER, values)
    assert all(re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", text) for text in plain)
    assert [float(text) for text in plain] == values
    assert texts(macros, NUMBER, values, EXCEL_FR) == [text.replace(".", ",") for text in plain]


def test_a_number_takes_no_more_digits_than_it_needs(macros: duckdb.DuckDBPyConnection) -> None:
    values = [math.pi * 10.0**power for power in range(-20, 21)]
    shortest = [len(re.sub(r"e.*|[.]", "", repr(value)).strip("0")) for value in values]
    assert [len(text.replace(".", "").strip("0")) for text in texts(macros, NUMBER, values)] == shortest


instants = st.datetimes(datetime(1890, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


@given(
    st.lists(instants), st.sampled_from(["Europe/Paris", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "UTC"])
)
def test_an_instant_is_read_back_whatever_the_zone(
    macros: duckdb.DuckDBPyConnection, values: list[datetime], zone: str
) -> None:
    written = texts(macros, INSTANT, values, CellForms("fr", zone, excel=False))
    assert [datetime.fromisoformat(_padded(text)) for text in written] == values


def _padded(text: str) -> str:
    """Python 3.11 reads parts of a second with three or six digits only."""
    return re.sub(r"\.(\d+)", lambda found: f".{found[1]:0<6}", text)


@given(st.lists(instants.filter(lambda value: value.year > 1970)))
def test_an_instant_for_excel_is_read_back_too(macros: duckdb.DuckDBPyConnection, values: list[datetime]) -> None:
    written = texts(macros, INSTANT, values, EXCEL_FR)
    assert [_read_clock(text) for text in written] == values


def _read_clock(text: str) -> datetime:
    day, month, year, time = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4}) (.*)", text).groups()
    found = datetime.fromisoformat(_padded(f"{year}-{month}-{day} {time}"))
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)


@pytest.mark.parametrize(
    ("after", "text"),
    [
        (timedelta(hours=-1, seconds=-1), "25/10/2026 01:29:59"),
        (timedelta(0), "25/10/2026 02:30:00+02:00"),
        (timedelta(hours=1), "25/10/2026 02:30:00+01:00"),
        (timedelta(hours=1, minutes=30), "25/10/2026 03:00:00"),
    ],
    ids=["before", "first", "second", "after"],
)
def test_the_hour_that_comes_twice_says_which_one_it_is(
    macros: duckdb.DuckDBPyConnection, after: timedelta, text: str
) -> None:
    assert texts(macros, INSTANT, [AUTUMN + after], EXCEL_FR) == [text]


def test_excel_shows_when_a_contact_came_to_the_second(macros: duckdb.DuckDBPyConnection) -> None:
    created = next(field for field in SYSTEM_FIELDS if field.name == "created_at")
    instant = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert texts(macros, created, [instant], EXCEL_FR) == ["01/07/2026 14:00:00"]
    assert texts(macros, created, [instant]) == ["2026-07-01 14:00:00.123456+02:00"]


values_of_a_list = st.lists(st.text("ab,;\"' =\n", min_size=1).map(str.strip).filter(bool), min_size=1, unique=True)


@given(values_of_a_list)
def test_joined_values_are_told_apart_again(macros: duckdb.DuckDBPyConnection, values: list[str]) -> None:
    (text,) = texts(macros, JOINED, [values])
    cells = re.findall(r'(?:^|, )("(?:[^"]|"")*"|[^",]*)', undo(text))
    assert [cell[1:-1].replace('""', '"') if cell.startswith('"') else cell for cell in cells] == values
    one_line = [value for value in values if "\n" not in value]
    if one_line == values:
        assert next(csv.reader([undo(text)], skipinitialspace=True)) == values


def test_an_unknown_code_is_written_as_it_is(macros: duckdb.DuckDBPyConnection) -> None:
    city = declared("x", "x", Format.SINGLE_SELECT, ("Paris",))
    assert texts(macros, city, ["Paris", "Lyon", "=Nantes", None]) == ["Paris", "Lyon", "'=Nantes", None]
