"""Days as people and tools write them: figures in one order or another, names of months, a workbook's count (IMP-6b).

Belongs here: distinct texts in, days out, whatever time stands behind them. Does not: columns and their faults (`dates`).
"""

from __future__ import annotations

import polars as pl

from pipelines.fields import DateOrder, Locale

_CLOCK = r"(?:[01]?[0-9]|2[0-3])(?:[:h.][0-5][0-9](?:[:m.][0-5][0-9](?:[.,][0-9]{1,9})?s?)?\s*(?:[ap]\.?m\.?)?|\s*[ap]\.?m\.?|h)"
_ANY_ZONE = r"\s*[a-z]{0,5}\s*(?:[+-][0-9]{1,2}(?::?[0-5][0-9])?)?"
_TIME_AFTER = rf"(?i)(?:t|(?:,|\s)\s*(?:(?:à|at)\s+)?){_CLOCK}{_ANY_ZONE}$"
"""Whatever tells a time of day behind a day: `12:00:00 AM`, `T23:59:59.5Z`, `, 14h30`, ` 0:00 +02:00`."""

_YEAR_FIRST = r"^(?P<year>[0-9]{4})(?P<sign>[/.\-])(?P<month>[0-9]{1,2})(?P<same>[/.\-])(?P<day>[0-9]{1,2})$"
_YEAR_LAST = r"^(?P<first>[0-9]{1,2})(?P<sign>[/.\-])(?P<second>[0-9]{1,2})(?P<same>[/.\-])(?P<year>[0-9]{4})$"
_COMPACT = "^[0-9]{8}$"
_WEEKDAY = r"(?:[\p{L}]{2,9}\.?,?\s+)?"
_OF_MONTH = r"(?P<day>[0-9]{1,2})(?:er|st|nd|rd|th)?"
_MONTH = r"(?P<name>\p{L}{3,9})\.?"
_DAY_NAMED = rf"^{_WEEKDAY}{_OF_MONTH}[\s.\-]+{_MONTH},?[\s\-]+(?P<year>[0-9]{{4}})$"
_NAME_FIRST = rf"^{_WEEKDAY}{_MONTH}[\s\-]+{_OF_MONTH},?[\s\-]+(?P<year>[0-9]{{4}})$"
_COUNT = r"^(?P<count>[1-9][0-9]{0,6})(?:[.,][0-9]+)?$"
_MONTHS = (
    "janvier janv january jan",
    "février fevrier févr fevr fév fev february feb",
    "mars march mar",
    "avril avr april apr",
    "mai may",
    "juin june jun",
    "juillet juil july jul",
    "août aout august aug",
    "septembre september sept sep",
    "octobre october oct",
    "novembre november nov",
    "décembre decembre déc dec december",
)
_MONTH_OF = {name: str(number) for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_LAST_COUNT, _BEFORE_THE_GAP = 2_958_465, 60
"""9999-12-31; and a 29 February 1900 that never was, but that a workbook counts."""

DAY_WRITTEN = r"^(?:[0-9]{4}[/.\-][0-9]{1,2}[/.\-][0-9]{1,2}|[0-9]{1,2}[/.\-][0-9]{1,2}[/.\-][0-9]{4})$"
"""Figures in a form that is read, whether or not there is such a day."""


def without_time(texts: pl.Series) -> pl.Series:
    """The texts without the time of day that they end in."""
    return texts.str.replace(_TIME_AFTER, "").str.strip_chars_end()


def read_days(texts: pl.Series, order: DateOrder, locale: Locale) -> pl.Series:
    """Days (Date) of distinct texts without a time; NULL where a text is no day, or one that does not exist.

    Years first and names of months are read under any order. `excel`: a workbook's count is too, and figures with the year last
    are in the locale's order.
    """
    found = [_figures(texts, _YEAR_FIRST, "month", "day"), _named(texts, _DAY_NAMED), _named(texts, _NAME_FIRST)]
    if order == "ymd":
        found.append(_compact(texts))
    elif (order if order != "excel" else local_order(locale)) == "mdy":
        found.append(_figures(texts, _YEAR_LAST, "first", "second"))
    else:
        found.append(_figures(texts, _YEAR_LAST, "second", "first"))
    if order == "excel":
        found.append(_counted(texts))
    return pl.DataFrame({f"f{n}": days for n, days in enumerate(found)}).select(pl.coalesce("*")).to_series()


def local_order(locale: Locale) -> DateOrder:
    """The order of a base's language."""
    return "mdy" if locale == "en" else "dmy"


def existing(days: pl.Series) -> pl.Series:
    """There is no year 0, though it can be written."""
    return pl.select(pl.when(days.dt.year() > 0).then(days)).to_series()


def _figures(texts: pl.Series, pattern: str, month: str, day: str) -> pl.Series:
    parts = _groups(texts, pattern)
    return _dated(parts.select(pl.when(pl.col("sign") == pl.col("same")).then(_iso("year", month, day))).to_series())


def _named(texts: pl.Series, pattern: str) -> pl.Series:
    parts = _groups(texts, pattern)
    if parts["name"].null_count() == parts.height:
        return pl.Series([None], dtype=pl.Date).new_from_index(0, parts.height)
    month = parts["name"].str.to_lowercase().replace_strict(_MONTH_OF, default=None, return_dtype=pl.String)
    return _dated(parts.with_columns(month=month).select(_iso("year", "month", "day")).to_series())


def _compact(texts: pl.Series) -> pl.Series:
    return existing(
        pl.select(pl.when(texts.str.contains(_COMPACT)).then(texts)).to_series().str.to_date("%Y%m%d", strict=False)
    )


def _counted(texts: pl.Series) -> pl.Series:
    """A workbook's count of days, in which 1 is 1900-01-01."""
    count = texts.str.extract(_COUNT).cast(pl.Int64)
    after = pl.when(count > _BEFORE_THE_GAP).then(count - 1).when(count < _BEFORE_THE_GAP).then(count)
    days = pl.lit("1899-12-31").str.to_date() + pl.duration(days=after)
    return pl.select(pl.when(count <= _LAST_COUNT).then(days)).to_series()


def _groups(texts: pl.Series, pattern: str) -> pl.DataFrame:
    return pl.DataFrame({"text": texts}).select(pl.col("text").str.extract_groups(pattern).struct.unnest())


def _iso(year: str, month: str, day: str) -> pl.Expr:
    return pl.concat_str(year, pl.lit("-"), pl.col(month).str.zfill(2), pl.lit("-"), pl.col(day).str.zfill(2))


def _dated(iso: pl.Series) -> pl.Series:
    return existing(iso.str.to_date("%Y-%m-%d", strict=False))
