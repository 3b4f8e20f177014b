"""Instants as machines write them, beside those that people do: mail headers, logs, exports of senders (BHV-1).

Belongs here: other forms of a date, a time and a zone, written anew as the one form that `dates` reads. Does not: numbers of
seconds since 1970, nor ISO 8601 in its usual form, which take no text apart (sql/events/instants.sql).
"""

from __future__ import annotations

import polars as pl

from pipelines.cells.dates import read_instants
from pipelines.fields import Locale

_WORD = r"[A-Za-zÀ-ÿ]+\.?"
_DATES = (
    # Mon, 04 Mar 2024 · 4 mars 2024 · 04-Mar-2024
    rf"^(?:{_WORD},?\s)?(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?[\s-](?P<named>{_WORD})[\s-](?P<year>\d{{4}}),?(?P<rest>.*)$",
    # Mar 4, 2024 · Monday, March 4th, 2024
    rf"^(?:{_WORD},?\s)?(?P<named>{_WORD})\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<year>\d{{4}}),?(?P<rest>(?:\s.*)?)$",
    # 2024/03/04 · 2024.3.4 · 2024-3-4
    r"^(?P<year>\d{4})[/.-](?P<month>\d{1,2})[/.-](?P<day>\d{1,2})(?P<rest>(?:[Tt\s,].*)?)$",
    # 20240304T102030Z · 20240304102030
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})[Tt\s]?(?P<rest>\d{4}(?:\d{2}(?:[.,]\d+)?)?(?:\D.*)?)$",
    # 03/04/2024, in the order of the base's language
    r"^(?P<local>\d{1,2}[/.-]\d{1,2}[/.-]\d{4})(?P<rest>(?:[Tt\s,].*)?)$",
)
_YEAR_LAST = rf"^({_WORD}\s{_WORD}\s\d{{1,2}})\s(\d{{1,2}}:\S+)\s(?:(\S+)\s)?(\d{{4}})$"
"""Mon Mar  4 10:20:30 2024, with a zone before the year or without."""
_TIME = (
    r"^[Tt\s,]*(?:(?:at|à)\s)?(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9})\d*)?)?"
    r"\s?(?P<half>[AaPp]\.?\s?[Mm]\.?)?\s?(?P<zone>.*)$"
)
_ZONE = r"^(?:UTC|GMT)?(?P<side>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?(?:\s[A-Z]{1,5})?$"
_ZONES = {
    "": "", **dict.fromkeys(("Z", "UTC", "GMT", "UT"), "Z"), "CET": "+01:00", "CEST": "+02:00", "BST": "+01:00", "WET": "Z",
    "WEST": "+01:00", "EST": "-05:00", "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00", "MST": "-07:00", "MDT": "-06:00",
    "PST": "-08:00", "PDT": "-07:00",
}  # fmt: skip
"""The zones that mail headers name (RFC 2822), and Europe's; another one is not guessed."""
_MONTHS = (
    ("jan", "january", "janv", "janvier"),
    ("feb", "february", "fev", "fevr", "fevrier"),
    ("mar", "march", "mars"),
    ("apr", "april", "avr", "avril"),
    ("may", "mai"),
    ("jun", "june", "juin"),
    ("jul", "july", "juil", "juillet"),
    ("aug", "august", "aout"),
    ("sep", "sept", "september", "septembre"),
    ("oct", "october", "octobre"),
    ("nov", "november", "novembre"),
    ("dec", "december", "decembre"),
)
_MONTH_OF = {name: f"{number:02}" for number, names in enumerate(_MONTHS, 1) for name in names}


def read_moments(cells: pl.Series, locale: Locale, timezone: str) -> pl.Series:
    """Instants (Datetime, UTC), NULL where a text is none; without a zone in `timezone`, a day alone its first moment there."""
    if not len(cells):
        return read_instants(cells, locale, timezone).values
    return read_instants(_rewritten(cells), locale, timezone).values


def _rewritten(cells: pl.Series) -> pl.Series:
    """Each text as `YYYY-MM-DD HH:MM:SS.ffffff+HH:MM`; one that is none of these forms as it stands."""
    plain = cells.str.replace(r"\s*\([^()]*\)$", "").str.replace_all(r"\s+", " ")
    plain = plain.str.replace(_YEAR_LAST, "$1 $4 $2 $3").str.strip_chars()
    days, rest = _days(plain)
    times = rest.str.extract_groups(_TIME).struct.unnest()
    clock, zone = _clocks(times), _zones(times["zone"])
    alone = rest.str.strip_chars() == ""
    written = pl.select(
        pl.when(alone).then(days).otherwise(pl.concat_str(days, pl.lit(" "), clock, zone)).alias("written")
    ).to_series()
    return pl.select(pl.coalesce(written, cells)).to_series()


def _days(plain: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The days, in a form that `dates` reads, and what stands behind each; NULL where a text begins with none."""
    days: list[pl.Expr] = []
    rests: list[pl.Expr] = []
    found = pl.DataFrame({"text": plain})
    for place, form in enumerate(_DATES):
        parts = found["text"].str.extract_groups(form).struct.unnest()
        found = found.with_columns(**{f"{name}_{place}": parts[name] for name in parts.columns})
        rests.append(pl.col(f"rest_{place}"))
        if "local" in parts.columns:
            days.append(pl.col(f"local_{place}"))
            continue
        month = pl.col(f"month_{place}") if "month" in parts.columns else _month(pl.col(f"named_{place}"))
        day = pl.col(f"day_{place}").str.zfill(2)
        days.append(pl.concat_str(f"year_{place}", pl.lit("-"), month.str.zfill(2), pl.lit("-"), day))
    read = found.select(day=pl.coalesce(days), rest=pl.coalesce(rests))
    return read["day"], read["rest"]


def _month(named: pl.Expr) -> pl.Expr:
    """Its number; NULL where a word is no month, so that no date comes of it."""
    plain = named.str.to_lowercase().str.strip_chars(".").str.normalize("NFD").str.replace_all(r"\p{Mn}", "")
    return plain.replace_strict(_MONTH_OF, default=None, return_dtype=pl.String)


def _clocks(times: pl.DataFrame) -> pl.Series:
    """`HH:MM:SS` with what fraction there is; NULL where AM or PM stands behind no such hour."""
    hour, afternoon = pl.col("hour").cast(pl.Int64), pl.col("half").str.to_lowercase().str.starts_with("p")
    halved = pl.when(hour.is_between(1, 12)).then(hour % 12 + 12 * afternoon.cast(pl.Int64))
    of_day = pl.when(pl.col("half").is_null()).then(hour).otherwise(halved)
    fraction = pl.concat_str(pl.lit("."), "fraction").fill_null("")
    second = pl.col("second").fill_null("00")
    return times.select(
        clock=pl.concat_str(of_day.cast(pl.String).str.zfill(2), pl.lit(":"), "minute", pl.lit(":"), second, fraction)
    ).to_series()


def _zones(zones: pl.Series) -> pl.Series:
    """`Z`, `+HH:MM` or nothing; NULL where a zone is not known."""
    plain = zones.str.strip_chars().str.to_uppercase()
    parts = plain.str.extract_groups(_ZONE).struct.unnest()
    shifted = parts.select(
        shifted=pl.concat_str("side", pl.col("hours").str.zfill(2), pl.lit(":"), pl.col("minutes").fill_null("00"))
    ).to_series()
    named = plain.replace_strict(_ZONES, default=None, return_dtype=pl.String)
    return pl.select(pl.coalesce(shifted, named)).to_series()
