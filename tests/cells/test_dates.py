from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cells.dates import in_other_order, read_dates, read_instants
from pipelines.fields import DateOrder, Locale

ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd", "excel")
PARTS = st.tuples(
    st.sampled_from(["1", "01", "31", "29", "13", "0", "2024"]),
    st.sampled_from("/-."),
    st.sampled_from(["2", "02", "12", "31", "13", "00"]),
    st.sampled_from("/-."),
    st.sampled_from(["2024", "2023", "1900", "24", "0000", "31", "02"]),
    st.sampled_from(["", " 10:30", "T23:59:59.5Z", " 24:00", " x"]),
)


def dates(*texts: str | None, locale: Locale = "fr") -> list[date | None]:
    return read_dates(pl.Series(texts, dtype=pl.String), locale).values.to_list()


def instants(*texts: str | None, zone: str = "Europe/Paris") -> list[datetime | None]:
    return read_instants(pl.Series(texts, dtype=pl.String), "fr", zone).values.to_list()


def reference(text: str, locale: Locale) -> date | None:
    """IMP-6b in plain Python, for one cell; times are those that PARTS makes."""
    time = r"( 10:30|T23:59:59\.5Z)?"
    iso = re.fullmatch(r"(\d{4})([/.-])(\d\d?)\2(\d\d?)" + time, text)
    local = re.fullmatch(r"(\d\d?)([/.-])(\d\d?)\2(\d{4})" + time, text)
    if iso:
        year, month, day = iso[1], iso[3], iso[4]
    elif local:
        year, month, day = (local[4], local[1], local[3]) if locale == "en" else (local[4], local[3], local[1])
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@pytest.mark.parametrize("locale", ["fr", "en"])
@given(texts=st.lists(PARTS.map("".join), max_size=6))
def test_every_date_is_read_as_the_reference_says(locale: Locale, texts: list[str]) -> None:
    assert dates(*texts, locale=locale) == [reference(text, locale) for text in texts]


@given(st.dates())
def test_a_date_in_iso_form_is_itself(day: date) -> None:
    assert dates(day.isoformat(), None) == [day, None]


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_in_iso_form_is_itself(moment: datetime) -> None:
    assert instants(moment.isoformat()) == [moment]


@given(st.datetimes(datetime(1950, 1, 1), datetime(2037, 1, 1)))
def test_an_instant_without_a_zone_is_in_the_base_s(moment: datetime) -> None:
    local = moment.replace(tzinfo=ZoneInfo("Europe/Paris"), fold=0)
    assert instants(moment.isoformat(sep=" ")) == [local.astimezone(UTC)]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("31/01/2025", datetime(2025, 1, 30, 23, tzinfo=UTC), id="a day alone begins at midnight"),
        pytest.param("2025-01-31 10:00+02:00", datetime(2025, 1, 31, 8, tzinfo=UTC), id="a zone ahead"),
        pytest.param("2025-01-31T10:00:00-0530", datetime(2025, 1, 31, 15, 30, tzinfo=UTC), id="a zone behind"),
        pytest.param("2025-01-31 10:00:00+00", datetime(2025, 1, 31, 10, tzinfo=UTC), id="a zone in hours"),
        pytest.param("27/10/2024 02:30", datetime(2024, 10, 27, 0, 30, tzinfo=UTC), id="shown twice: the first"),
        pytest.param("31/03/2024 02:30", datetime(2024, 3, 31, 1, 30, tzinfo=UTC), id="skipped: an hour on"),
        pytest.param("31/01/2025 25:00", None, id="no such hour"),
        pytest.param("2025-01-31T10:00:00z", datetime(2025, 1, 31, 10, tzinfo=UTC), id="a small z"),
        pytest.param("2025-01-31 10:00+14:00", datetime(2025, 1, 30, 20, tzinfo=UTC), id="the first zone of all"),
        pytest.param("2025-01-31 10:00+14:30", None, id="no zone is so far ahead"),
        pytest.param("2025-01-31 10:00-15:00", None, id="no zone is so far behind"),
        pytest.param("0001-01-01T00:00:00+14:00", None, id="before the first year, in UTC"),
        pytest.param("9999-12-31T23:59:59-14:00", None, id="after the last year, in UTC"),
    ],
)
def test_an_instant_is_kept_in_utc(text: str, moment: datetime | None) -> None:
    assert instants(text) == [moment]


@pytest.mark.parametrize(
    ("text", "locale", "said"),
    [
        pytest.param("31/02/2025", "fr", "DD/MM/YYYY", id="no such day"),
        pytest.param("31/12/2025", "en", "MM/DD/YYYY", id="the locale's order"),
        pytest.param("1/2/25", "fr", "two digits", id="two-digit year"),
        pytest.param("14 mars 84", "fr", "two digits", id="two-digit year of a named month"),
        pytest.param("03/25/2024", "fr", "`dates: mdy`", id="the other order"),
        pytest.param("45123", "fr", "Excel's number of a day", id="a workbook's count"),
        pytest.param("19840314", "fr", "not written as YYYY-MM-DD or DD/MM/YYYY", id="no sign between"),
        pytest.param("mars 1984", "fr", "not written as", id="no day"),
    ],
)
def test_what_is_no_date_says_how_to_write_it(text: str, locale: Locale, said: str) -> None:
    cells = read_dates(pl.Series([text]), locale)
    assert said in str(cells.faults[0].message[0])  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    [
        "1984/03/14",
        "1984-3-14",
        "14/03/1984 12:00:00 AM",
        "14/3/1984 11:30 PM",
        "14/03/1984, 11:30 p.m.",
        "14/03/1984 0:00",
        "14.03.1984 23:59:59",
        "14-03-1984 12h30",
        "14/03/1984 à 12h",
        "1984-03-14T00:00:00.0000000",
        "1984-03-14T00:00:00.000+01:00",
        "1984-03-14 00:00:00 UTC",
        "1984-03-14 10:20 GMT+2",
        "14 mars 1984",
        "14 MARS 1984",
        "mercredi 14 mars 1984",
        "Wed, 14 Mar 1984 10:00:00 +0000",
        "March 14, 1984",
        "Mar. 14th 1984",
        "14-Mar-1984",
    ],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert dates(text, None) == [date(1984, 3, 14), None]


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("janv.", 1),
        ("FÉVR.", 2),
        ("avril", 4),
        ("mai", 5),
        ("juin", 6),
        ("juil", 7),
        ("aoû", None),
        ("août", 8),
        ("Dec", 12),
    ],
)
def test_months_have_names_in_both_languages(name: str, month: int | None) -> None:
    assert dates(f"1er {name} 2020") == [month and date(2020, month, 1)]


@pytest.mark.parametrize(
    ("text", "by_order"),
    [
        pytest.param("03/04/2024", {"dmy": (2024, 4, 3), "mdy": (2024, 3, 4), "excel": (2024, 4, 3)}, id="figures"),
        pytest.param("2024-03-04", dict.fromkeys(("dmy", "mdy", "ymd", "excel"), (2024, 3, 4)), id="year first"),
        pytest.param("20240304", {"ymd": (2024, 3, 4)}, id="no signs between"),
        pytest.param("45123", {"excel": (2023, 7, 16)}, id="a count of days"),
        pytest.param("45123,75", {"excel": (2023, 7, 16)}, id="a count of days and hours"),
        pytest.param("1", {"excel": (1900, 1, 1)}, id="the first day of a count"),
        pytest.param("59", {"excel": (1900, 2, 28)}, id="before the day that never was"),
        pytest.param("60", {}, id="the day that never was"),
        pytest.param("61", {"excel": (1900, 3, 1)}, id="after the day that never was"),
        pytest.param("9999999", {}, id="a count beyond the last day"),
    ],
)
def test_a_file_may_fix_the_order_of_its_dates(text: str, by_order: dict[DateOrder, tuple[int, int, int]]) -> None:
    for order in ORDERS:
        found = read_dates(pl.Series([text, None]), "fr", order).values.to_list()
        assert found == [date(*by_order[order]) if order in by_order else None, None]
        assert (
            order != "mdy"
            or read_instants(pl.Series([text]), "fr", "UTC", order).values.dt.date().to_list() == found[:1]
        )


@given(st.dates(date(1900, 3, 1)))
def test_a_count_of_days_is_the_day_that_a_workbook_shows(day: date) -> None:
    count = (day - date(1899, 12, 30)).days
    assert read_dates(pl.Series([str(count)]), "fr", "excel").values.to_list() == [day]


def test_days_that_exist_only_in_the_other_order_are_told_apart() -> None:
    cells = pl.Series(
        ["03/04/2024", "03/25/2024", "25/03/2024", "2024-25-03", None, "13/13/2024", "3/25/2024 10:00 PM"]
    )
    assert in_other_order(cells, "fr").to_list() == [False, True, False, False, False, False, True]
    assert in_other_order(cells, "en").to_list() == [False, False, True, False, False, False, False]
