"""What the operator typed, and what a contact holds, as the nodes that criteria are built of (SEC-1, SEG-4).

Belongs here: literals, columns, folded text, days, counts. Does not: which operator compares them how (`comparing`).
"""

from __future__ import annotations

import unicodedata
from datetime import date
from math import isfinite

from sqlglot import exp

from pipelines.declarations.model import Scalar
from pipelines.errors import UsageError
from pipelines.language import say

_EXACT_DIGITS = 15
"""A decimal literal of so many digits becomes the very DOUBLE that it names; a longer one is written as a DOUBLE."""


def literal(value: Scalar) -> exp.Expr:
    """One typed value as a DuckDB literal; UsageError for a number that is not finite."""
    if isinstance(value, bool):
        return exp.convert(value)
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), exp.DType.DATE)
    if isinstance(value, str):
        return exp.Literal.string(unicodedata.normalize("NFC", value))
    return number(value)


def number(value: float) -> exp.Expr:
    """A number that DuckDB reads as the DOUBLE `value`, bit for bit; whole ones without a decimal point."""
    if not isfinite(value):
        raise UsageError(
            say("{value} is not a number to compare with.", value=value),
            say("Give a finite number, such as 12 or 0.5."),
        )
    if abs(value) < 10**_EXACT_DIGITS and int(value) == value:
        return exp.convert(int(value))
    text = repr(abs(value))
    digits = sum(character.isdigit() for character in text)
    node = exp.Literal.number(text if "e" in text or digits <= _EXACT_DIGITS else f"{text}e0")
    return exp.Neg(this=node) if value < 0 else node


def column(name: str, table: str) -> exp.Column:
    """A column of the contacts, its name quoted."""
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(table))


def folded(text: exp.Expr) -> exp.Expr:
    """Text without case and accents: canonically decomposed marks go, then every letter goes the way of its capital.

    Upper before lower, so that `ς` and `Σ` meet. Letters are compared one by one: `œ` is not `oe`, `ß` is not `ss`.
    The operator's text is folded by the same expression, so that both sides agree whatever DuckDB's Unicode version.
    """
    return exp.Lower(this=exp.Upper(this=exp.Anonymous(this="strip_accents", expressions=[text])))


def day_of(instant: exp.Expr, timezone: str) -> exp.Expr:
    """The day on which an instant falls in the base's time zone, whatever the session's (SEG-4b)."""
    zoned = exp.AtTimeZone(this=instant, zone=exp.Literal.string(timezone))
    return exp.cast(zoned, exp.DType.DATE)


def today(timezone: str) -> exp.Expr:
    """The current day in the base's time zone."""
    return day_of(exp.Anonymous(this="now"), timezone)


def count_where(holds: exp.Expr) -> exp.Expr:
    """How many rows hold: 0 over no row at all, where DuckDB 2.0's count_if gives NULL; faster than a FILTER."""
    return exp.Coalesce(this=exp.CountIf(this=holds), expressions=[number(0)])
