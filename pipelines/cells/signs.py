"""Which sign stands before decimals in a column of numbers, as far as its own cells tell (IMP-6b)."""

from __future__ import annotations

import polars as pl

from pipelines.cells.numbers import without_money
from pipelines.fields import Locale

_FIGURES = r"^[+-]?[0-9][0-9., \u00a0\u202f\u2009]*$"
_GROUPED = r"(?:[.,][0-9]{3}){2}"
_MAYBE_GROUPED = r"^[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}$"
_COMMA_BEFORE_DECIMALS = r",(?:[0-9]{1,2}|[0-9]{4,})$|\..*,|\..*\."


def doubtful_signs(cells: pl.Series, locale: Locale) -> pl.Series:
    """The cells that speak against how the others are read: none, unless `1,240` may be another number than the one it is read as.

    In `fr`, where either sign stands before decimals: those of the rarer sign where both occur; `1.240` beside `1.240.000`.
    In `en`: those whose comma is none between thousands, `12,5`, and those with points between thousands.
    """
    commas, points = (cells.str.contains(sign, literal=True).fill_null(value=False) for sign in (",", "."))
    none = pl.zeros(len(cells), pl.Boolean, eager=True)
    if not commas.any() and not points.any():
        return none
    plain = without_money(cells)
    figures = plain.str.contains(_FIGURES).fill_null(value=False)
    if locale == "en":
        return figures & plain.str.contains(_COMMA_BEFORE_DECIMALS).fill_null(value=False)
    commas, points = commas & figures, points & figures
    if commas.any() and points.any():
        rarer = commas if commas.sum() <= points.sum() else points
        return rarer | (commas & points)
    if (figures & plain.str.contains(_GROUPED).fill_null(value=False)).any():
        return figures & plain.str.contains(_MAYBE_GROUPED).fill_null(value=False)
    return none
