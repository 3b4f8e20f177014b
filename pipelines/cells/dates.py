"""Dates and instants: days in the order of the file or of the locale, with or without a time (IMP-6b)."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from pipelines.cells.days import DAY_WRITTEN, existing, local_order, read_days, without_time
from pipelines.cells.invisible import visible
from pipelines.cells.reading import Cells, Fault, unread
from pipelines.fields import DateOrder, Locale
from pipelines.language import mark, say

_ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MOMENT = (
    r"^(?P<day>[0-9]{1,4}[/.\-][0-9]{1,2}[/.\-][0-9]{1,4})(?:(?:[Tt]|\s+)"
    r"(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<sec>[0-5][0-9])(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"\s?(?P<zone>[Zz]|(?P<side>[+-])(?:(?P<hours>0[0-9]|1[0-3])(?::?(?P<minutes>[0-5][0-9]))?|(?P<most>14)(?::?00)?))?)?$"
)
"""A day and a time; no clock on earth is more than 14 hours from UTC."""
_SHORT_YEAR = r"^[0-9]{1,2}[/.\-][0-9]{1,2}[/.\-][0-9]{2}$|\p{L}{3}\.?[\s\-]+[0-9]{2}$"
_COUNTED = "^[1-9][0-9]{4}(?:[.,][0-9]+)?$"
_FORMS: dict[DateOrder, str] = {
    "dmy": mark("YYYY-MM-DD or DD/MM/YYYY"),
    "mdy": mark("YYYY-MM-DD or MM/DD/YYYY"),
    "ymd": mark("YYYY-MM-DD"),
}
_OTHERS: dict[DateOrder, tuple[DateOrder, ...]] = {"dmy": ("mdy",), "mdy": ("dmy",), "ymd": ("dmy", "mdy")}
_TURNED: dict[DateOrder, str] = {
    "dmy": mark(
        "There is no such day with the day first, as dates are read here: write it {forms}; or, where the whole column is so, "
        "set {others}."
    ),
    "mdy": mark(
        "There is no such day with the month first, as dates are read here: write it {forms}; or, where the whole column is "
        "so, set {others}."
    ),
    "ymd": mark(
        "There is no such day with the year first, as dates are read here: write it {forms}; or, where the whole column is "
        "so, set {others}."
    ),
}
_MICROSECONDS = pl.Datetime("us")


def read_dates(cells: pl.Series, locale: Locale, order: DateOrder | None = None) -> Cells:
    """Dates (Date); a time after one is dropped. `order`: the file's own, where it is fixed."""
    cells, order = visible(cells), order or local_order(locale)
    if cells.str.contains(_ISO).all():
        values = existing(cells.str.to_date("%Y-%m-%d", strict=False))
    else:
        values = _by_distinct(cells, lambda distinct: read_days(without_time(distinct), order, locale))
    return Cells(values, _faults(cells, values, order, locale))


def read_instants(cells: pl.Series, locale: Locale, timezone: str, order: DateOrder | None = None) -> Cells:
    """Instants (Datetime, UTC); one without a zone is in `timezone`, a day alone is its first moment there."""
    cells, order = visible(cells), order or local_order(locale)
    values = _by_distinct(cells, lambda distinct: _instants(_moments(distinct, order, locale), timezone))
    return Cells(values, _faults(cells, values, order, locale))


def in_other_order(cells: pl.Series, locale: Locale) -> pl.Series:
    """Where a cell is a day only if its month and day are taken in the order that is not the locale's."""

    def found(distinct: pl.Series) -> pl.Series:
        days, own = without_time(distinct), local_order(locale)
        return read_days(days, own, locale).is_null() & _turned(days, own, locale)

    return _by_distinct(visible(cells), found).fill_null(value=False)


def _by_distinct(cells: pl.Series, read: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Few days stand in many cells: each distinct text is taken apart once."""
    distinct = cells.drop_nulls().unique()
    values = read(distinct)
    return cells.replace_strict(distinct, values, default=None, return_dtype=values.dtype)


def _moments(distinct: pl.Series, order: DateOrder, locale: Locale) -> pl.DataFrame:
    """`date` and the parts of the time, as text; `date` is NULL where a text is no moment, or its day does not exist."""
    parts = pl.DataFrame({"text": distinct}).select(pl.col("text").str.extract_groups(_MOMENT).struct.unnest())
    # What is no day and time in figures may still be a day by itself: named, or counted.
    alone = pl.select(pl.when(parts["day"].is_null()).then(distinct)).to_series()
    return parts.with_columns(date=read_days(parts["day"].fill_null(alone), order, locale))


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


def _faults(cells: pl.Series, values: pl.Series, order: DateOrder, locale: Locale) -> tuple[Fault, ...]:
    where = unread(cells, values)
    if not where.any():
        return ()
    wrong = cells.filter(where).unique()
    said = _said(without_time(wrong), order, locale)
    return (Fault(where, cells.replace_strict(wrong, said, default=None, return_dtype=pl.String)),)


def _said(days: pl.Series, order: DateOrder, locale: Locale) -> pl.Series:
    """What is wrong with texts that are no day in that order, and how to mend it."""
    written = order if order != "excel" else local_order(locale)
    forms = say(_FORMS[written])
    others = say(" or ").join(f"`dates: {other}`" for other in _OTHERS[written])
    shaped = days.str.contains("^[0-9]{4}" if order == "ymd" else DAY_WRITTEN)
    message = (
        pl.when(days.str.contains(_SHORT_YEAR))
        .then(pl.lit(say("The year of the date has two digits, so its century is unknown: write four.")))
        .when(days.str.contains(_COUNTED))
        .then(pl.lit(say("This is Excel's number of a day: format the column as a date there, or set `dates: excel`.")))
        .when(_turned(days, written, locale))
        .then(pl.lit(say(_TURNED[written], forms=forms, others=others)))
        .when(shaped)
        .then(pl.lit(say("This is no date that exists: write it {forms}.", forms=forms)))
        .otherwise(pl.lit(say("This date is not written as {forms}: write it so.", forms=forms)))
    )
    return pl.select(message).to_series()


def _turned(days: pl.Series, written: DateOrder, locale: Locale) -> pl.Series:
    """Where another order finds a day."""
    found = pl.DataFrame({other: read_days(days, other, locale).is_not_null() for other in _OTHERS[written]})
    return found.select(pl.any_horizontal(pl.all())).to_series()
