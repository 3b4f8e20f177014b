"""Dates and instants: ISO, or day, month and year in the locale's order, with or without a time (IMP-6b)."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from pipelines.cells.reading import Cells, Fault, unread
from pipelines.fields import Locale

_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ISO_DAY = "(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2})"
_LOCAL_DAY = r"(?P<first>[0-9]{1,2})(?P<sign>[/.\-])(?P<second>[0-9]{1,2})(?P<same>[/.\-])(?P<year>[0-9]{4})"
_TIME = r"(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<sec>[0-5][0-9])(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
_ZONE = r"(?P<zone>[Zz]|(?P<side>[+-])(?:(?P<hours>0[0-9]|1[0-3])(?::?(?P<minutes>[0-5][0-9]))?|(?P<most>14)(?::?00)?))"
"""No clock on earth is more than 14 hours from UTC."""
_MOMENT = rf"^(?:{_ISO_DAY}|{_LOCAL_DAY})(?:(?:[Tt]|\s+){_TIME}\s?{_ZONE}?)?$"
_SHORT_YEAR = r"^[0-9]{1,2}[/.\-][0-9]{1,2}[/.\-][0-9]{2}(?:\s|$)"
_MICROSECONDS = pl.Datetime("us")


def read_dates(cells: pl.Series, locale: Locale) -> Cells:
    """Dates (Date); a time after one is dropped."""
    if cells.str.contains(_ISO).all():
        values = _existing(cells.str.to_date("%Y-%m-%d", strict=False))
    else:
        values = _by_distinct(cells, lambda distinct: _parts(distinct, locale)["date"])
    return Cells(values, _faults(cells, values, locale))


def read_instants(cells: pl.Series, locale: Locale, timezone: str) -> Cells:
    """Instants (Datetime, UTC); one without a zone is in `timezone`, a day alone is its first moment there."""
    values = _by_distinct(cells, lambda distinct: _instants(_parts(distinct, locale), timezone))
    return Cells(values, _faults(cells, values, locale))


def _by_distinct(cells: pl.Series, read: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Few days stand in many cells: each distinct text is taken apart once."""
    distinct = cells.drop_nulls().unique()
    values = read(distinct)
    return cells.replace_strict(distinct, values, default=None, return_dtype=values.dtype)


def _parts(distinct: pl.Series, locale: Locale) -> pl.DataFrame:
    """`date` and the parts of the time, as text; all NULL where a text is no date, or one that does not exist."""
    parts = pl.DataFrame({"text": distinct}).select(pl.col("text").str.extract_groups(_MOMENT).struct.unnest())
    day, month = ("second", "first") if locale == "en" else ("first", "second")
    local = pl.when(pl.col("sign") == pl.col("same")).then(
        pl.concat_str("year", pl.lit("-"), pl.col(month).str.zfill(2), pl.lit("-"), pl.col(day).str.zfill(2))
    )
    text = parts.select(pl.coalesce("iso", local)).to_series()
    return parts.with_columns(date=_existing(text.str.to_date("%Y-%m-%d", strict=False)))


def _existing(days: pl.Series) -> pl.Series:
    """There is no year 0, though it can be written."""
    return pl.select(pl.when(days.dt.year() > 0).then(days)).to_series()


def _instants(parts: pl.DataFrame, timezone: str) -> pl.Series:
    def number(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.Int64).fill_null(0)

    fraction = pl.col("fraction").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64).fill_null(0)
    clock = pl.duration(hours=number("hour"), minutes=number("minute"), seconds=number("sec"), microseconds=fraction)
    naive = pl.col("date").cast(_MICROSECONDS) + clock
    ahead = pl.duration(hours=number("hours") + number("most"), minutes=number("minutes"))
    zoned = pl.when(pl.col("side") == "-").then(naive + ahead).otherwise(naive - ahead).dt.replace_time_zone("UTC")
    # A moment that the clocks skipped is read an hour on; one that they showed twice is the first.
    local = pl.coalesce(_in_zone(naive, timezone), _in_zone(naive + pl.duration(hours=1), timezone))
    instant = pl.when(pl.col("zone").is_not_null()).then(zoned).otherwise(local.dt.convert_time_zone("UTC"))
    # Python holds the years 1 to 9999 alone, and a zone may lead out of them.
    return parts.select(instant=pl.when(instant.dt.year().is_between(1, 9999)).then(instant)).to_series()


def _in_zone(naive: pl.Expr, timezone: str) -> pl.Expr:
    return naive.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")


def _faults(cells: pl.Series, values: pl.Series, locale: Locale) -> tuple[Fault, ...]:
    where = unread(cells, values)
    if not where.any():
        return ()
    form = "MM/DD/YYYY" if locale == "en" else "DD/MM/YYYY"
    message = (
        pl.when(cells.str.contains(_SHORT_YEAR))
        .then(pl.lit("The year of the date has two digits, so its century is unknown: write four."))
        .otherwise(pl.lit(f"This is no date that exists: write it YYYY-MM-DD or {form}."))
    )
    return (Fault(where, pl.select(message).to_series()),)
