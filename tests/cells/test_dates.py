from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cells.dates import read_dates, read_instants
from pipelines.fields import Locale

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
    iso = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)" + time, text)
    local = re.fullmatch(r"(\d\d?)([/.-])(\d\d?)\2(\d{4})" + time, text)
    if iso:
        year, month, day = iso[1], iso[2], iso[3]
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
    ],
)
def test_what_is_no_date_says_how_to_write_it(text: str, locale: Locale, said: str) -> None:
    cells = read_dates(pl.Series([text]), locale)
    assert said in str(cells.faults[0].message[0])  # type: ignore[index]
