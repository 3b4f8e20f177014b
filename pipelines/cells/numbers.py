"""Numbers and booleans, as people write them (IMP-6b)."""

from __future__ import annotations

import polars as pl

from pipelines.cells.invisible import visible
from pipelines.cells.placeholders import NO_ANSWER, without_placeholders
from pipelines.cells.reading import Cells, faults, unread
from pipelines.fields import DecimalSign, Locale, fold
from pipelines.language import mark, say

_BLANK = r"[ \u00a0\u202f\u2009'’]"
"""Between thousands; the apostrophe is Switzerland's."""
_MONEY = r"(?i)(?:\p{Sc}|%|eur|usd|gbp|chf)"
_BRACKETED = r"^\((.*)\)$"
_SIGNED_BEHIND = r"^([0-9.,][^\-]*)-$"
"""`45,00-`, as bookkeeping programs write less than nothing."""
_EXPONENT = "(?:[eE][+-]?[0-9]{1,3})?"
_DIGITS = rf"[0-9]+|[0-9]{{1,3}}(?:{_BLANK}[0-9]{{3}})+"
_EITHER = rf"^[+-]?(?:(?:{_DIGITS})(?:[.,][0-9]+)?|[.,][0-9]+){_EXPONENT}$"
"""Where nothing stands between thousands but blanks, either sign stands before decimals (`fr`)."""
_OTHER: dict[DecimalSign, DecimalSign] = {",": ".", ".": ","}
MOST_DIGITS = 15
"""What a number keeps of any text, wherever its point stands (FLD-9)."""
_TOO_LONG = mark(
    "The number has more digits than the {most} that a number keeps: declare the field as text, or round it."
)
_WRITTEN: dict[DecimalSign | None, str] = {
    ",": mark("1234,56 or 1.234,56"),
    ".": mark("1234.56 or 1,234.56"),
    None: mark("1234,56 or 1 234.56"),
}
_TRUE = "oui yes true vrai 1 x o y t on ja si sim wahr verdadero vero ✓ ✔ ☑ ✅"
_FALSE = "non no false faux 0 n f off nein nee nao falsch falso ☐ ✗ ✘ ❌"
BOOLEAN_WORDS: dict[str, bool] = {word: words is _TRUE for words in (_TRUE, _FALSE) for word in words.split()}


def read_numbers(cells: pl.Series, locale: Locale, decimal: DecimalSign | None = None) -> Cells:
    """Numbers (Float64); a zero has no sign. `decimal`: the file's own sign, where it is fixed."""
    cells, decimal = visible(cells), decimal or ("." if locale == "en" else None)
    plain = without_money(cells)
    shaped = plain.str.contains(_form(decimal))
    bare = plain.str.replace_all(_BLANK, "")
    if decimal is not None:
        bare = bare.str.replace_all(_OTHER[decimal], "", literal=True)
    number = bare.str.replace_all(",", ".", literal=True).cast(pl.Float64, strict=False)
    unsigned = pl.when(number == 0).then(0.0).otherwise(number)
    read = pl.select(pl.when(shaped & number.is_finite()).then(unsigned)).to_series()
    long = _too_long(plain, read)
    values = pl.select(pl.when(~long).then(read)).to_series() if long.any() else read
    where = unread(cells, values) & ~long
    return Cells(
        values, (*faults(where, _unread(cells, where, decimal)), *faults(long, say(_TOO_LONG, most=MOST_DIGITS)))
    )


def without_money(cells: pl.Series) -> pl.Series:
    """The cells without a currency or `%` around the number, brackets turned into a minus."""
    plain = cells.str.replace_all("−", "-", literal=True)
    if plain.str.ends_with("-").any():
        plain = plain.str.replace(_SIGNED_BEHIND, "-${1}")
    if plain.str.contains(rf"{_MONEY}|^\(").any():
        # A sign may stand on either side of the currency, and both inside the brackets of a bookkeeper.
        plain = _without_sign(plain.str.replace(_BRACKETED, "-${1}"))
    return plain


def _without_sign(cells: pl.Series) -> pl.Series:
    before = rf"^([+-]?){_BLANK}*{_MONEY}{_BLANK}*([+-]?)([0-9.,].*)$"
    after = rf"^(.*[0-9]){_BLANK}*{_MONEY}$"
    stripped = cells.str.replace(before, "${1}${2}${3}")
    return pl.select(pl.when(stripped == cells).then(cells.str.replace(after, "${1}")).otherwise(stripped)).to_series()


def _form(decimal: DecimalSign | None) -> str:
    if decimal is None:
        return _EITHER
    point, between = rf"\{decimal}", rf"\{_OTHER[decimal]}"
    return rf"^[+-]?(?:(?:{_DIGITS}|[0-9]{{1,3}}(?:{between}[0-9]{{3}})+)(?:{point}[0-9]+)?|{point}[0-9]+){_EXPONENT}$"


def _unread(cells: pl.Series, where: pl.Series, decimal: DecimalSign | None) -> pl.Series:
    hint = say(_WRITTEN[decimal])
    other = "." if decimal in (None, ",") else ","
    turned = pl.select(pl.when(where).then(without_money(cells))).to_series().str.contains(_form(other))
    fixed = say(
        'This is no number with the decimal sign that is read here: write it like {hint}, or set `decimal: "{other}"`.',
        hint=hint,
        other=other,
    )
    odd = say("This is no number: write it like {hint}.", hint=hint)
    message = pl.when(turned).then(pl.lit(fixed)).otherwise(pl.lit(odd))
    return pl.select(message).to_series()


def number_text(values: pl.Series) -> pl.Series:
    """Numbers in the shortest form that is read as the same: `75` for 75.0."""
    whole = (values == values.round(0)) & (values.abs() < 10.0**MOST_DIGITS)
    return pl.select(
        pl.when(whole).then(values.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(values.cast(pl.String))
    ).to_series()


def digits(texts: pl.Series) -> pl.Series:
    """The digits that count, without the zeros at either end."""
    return texts.str.replace("[eE].*$", "").str.replace_all("[^0-9]", "").str.strip_chars("0")


def _too_long(plain: pl.Series, values: pl.Series) -> pl.Series:
    """Whole numbers of more digits than a number keeps, and others of which it would keep some otherwise (FLD-9)."""
    suspect = (plain.str.len_chars() > MOST_DIGITS) & values.is_not_null()
    suspect = suspect.fill_null(value=False)
    if not suspect.any():
        return suspect
    texts, read = plain.filter(suspect), values.filter(suspect)
    given = digits(texts)
    long = (given.str.len_chars() > MOST_DIGITS) & (
        ~texts.str.contains("[.,eE]") | (given != digits(number_text(read)))
    )
    return suspect.scatter(suspect.arg_true(), long)


def read_booleans(cells: pl.Series) -> Cells:
    """Booleans; an empty cell says nothing (FLD-7)."""
    cells = without_placeholders(visible(cells), NO_ANSWER)
    distinct = cells.drop_nulls().unique()
    known = [BOOLEAN_WORDS.get(fold(text)) for text in distinct.to_list()]
    values = cells.replace_strict(distinct, pl.Series(known, dtype=pl.Boolean), default=None, return_dtype=pl.Boolean)
    return Cells(
        values, faults(unread(cells, values), say("This is neither yes nor no: write oui/non, yes/no, 1/0 or x."))
    )
