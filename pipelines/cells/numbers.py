"""Numbers and booleans, as people write them (IMP-6b)."""

from __future__ import annotations

import polars as pl

from pipelines.cells.reading import Cells, faults, unread
from pipelines.fields import Locale, fold

_BLANK = r"[ \u00a0\u202f\u2009]"
_EXPONENT = "(?:[eE][+-]?[0-9]{1,3})?"
_DIGITS = rf"[0-9]+|[0-9]{{1,3}}(?:{_BLANK}[0-9]{{3}})+"
_FORMS: dict[Locale, str] = {
    "fr": rf"^[+-]?(?:(?:{_DIGITS})(?:[.,][0-9]+)?|[.,][0-9]+){_EXPONENT}$",
    "en": rf"^[+-]?(?:(?:{_DIGITS}|[0-9]{{1,3}}(?:,[0-9]{{3}})+)(?:\.[0-9]+)?|\.[0-9]+){_EXPONENT}$",
}
_HINTS: dict[Locale, str] = {"fr": "1234,56 or 1 234.56", "en": "1234.56 or 1,234.56"}
BOOLEAN_WORDS = {"oui": True, "yes": True, "true": True, "vrai": True, "1": True, "x": True} | dict.fromkeys(
    ("non", "no", "false", "faux", "0"), False
)


def read_numbers(cells: pl.Series, locale: Locale) -> Cells:
    """Numbers (Float64); a zero has no sign."""
    plain = cells.str.replace_all("−", "-", literal=True)
    shaped = plain.str.contains(_FORMS[locale])
    bare = plain.str.replace_all(_BLANK, "").str.replace_all(",", "" if locale == "en" else ".", literal=True)
    number = bare.cast(pl.Float64, strict=False)
    unsigned = pl.when(number == 0).then(0.0).otherwise(number)
    values = pl.select(pl.when(shaped & number.is_finite()).then(unsigned)).to_series()
    return Cells(values, faults(unread(cells, values), f"This is no number: write it like {_HINTS[locale]}."))


def read_booleans(cells: pl.Series) -> Cells:
    """Booleans; an empty cell says nothing (FLD-7)."""
    distinct = cells.drop_nulls().unique()
    known = [BOOLEAN_WORDS.get(fold(text)) for text in distinct.to_list()]
    values = cells.replace_strict(distinct, pl.Series(known, dtype=pl.Boolean), default=None, return_dtype=pl.Boolean)
    return Cells(values, faults(unread(cells, values), "This is neither yes nor no: write oui/non, yes/no, 1/0 or x."))
