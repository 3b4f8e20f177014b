"""Readers: which reader the cells of a field need, in the forms of the file, and what they leave in doubt (IMP-6b).

Belongs here: one field, one column. Does not: what a fault of it means for the row (`cleaning`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipelines.cells.consents import read_consents
from pipelines.cells.dates import in_other_order, read_dates, read_instants
from pipelines.cells.days import local_order
from pipelines.cells.invisible import visible
from pipelines.cells.numbers import read_booleans, read_numbers
from pipelines.cells.placeholders import NO_DATE, NO_NUMBER, without_placeholders
from pipelines.cells.reading import Cells, unread
from pipelines.cells.selects import Selected, read_selects
from pipelines.cells.signs import doubtful_signs
from pipelines.channels import CONSENTS
from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.fields import DateOrder, DecimalSign, Field, Format
from pipelines.language import mark, say

_WORDS = {"dmy": mark("day first (DD/MM/YYYY)"), "mdy": mark("month first (MM/DD/YYYY)")}


@dataclass(frozen=True)
class FileForms:
    """How a file writes dates and numbers; None where the base's locale says it."""

    base: ContactBase
    dates: DateOrder | None = None
    decimal: DecimalSign | None = None

    @classmethod
    def of(cls, model: ImportModel, base: ContactBase) -> FileForms:
        """Those that the model says."""
        return cls(base, model.dates, model.decimal)


@dataclass(frozen=True)
class Doubt:
    """Cells, Boolean, one a row, that speak against how the column is read; `message` goes on from "In 3 cells"."""

    rule: str
    where: pl.Series
    message: str


def read_cells(cells: pl.Series, target: Field, forms: FileForms) -> Selected:
    """Tidy cells in the format of a field that takes one value; what only says that there is nothing is empty."""
    base = forms.base
    if target.name in CONSENTS:
        return Selected(read_consents(cells, target))
    match target.format:
        case Format.SINGLE_SELECT:
            return read_selects(cells, target)
        case Format.NUMBER:
            return Selected(read_numbers(without_placeholders(cells, NO_NUMBER), base.locale, forms.decimal))
        case Format.DATE:
            days = without_placeholders(cells, NO_DATE)
            if target.instant:
                return Selected(read_instants(days, base.locale, base.timezone, forms.dates))
            return Selected(read_dates(days, base.locale, forms.dates))
        case Format.BOOLEAN:
            return Selected(read_booleans(cells))
        case _:
            return Selected(Cells(visible(cells) if target.unique else cells))


def doubts(cells: pl.Series, values: pl.Series, target: Field, forms: FileForms) -> Iterator[Doubt]:
    """What the cells say against the order or the sign by which they were read as `values`, where no model fixes it."""
    if target.format is Format.DATE and forms.dates is None:
        own = local_order(forms.base.locale)
        other = "dmy" if own == "mdy" else "mdy"
        # A day that exists only in the other order could not be read.
        where = unread(cells, values)
        where = where & in_other_order(cells, forms.base.locale) if where.any() else where
        yield Doubt(
            "date_order",
            where,
            say(
                "stands a day that exists only {other_words}, while the column is read {own_words}: others may be read as days "
                "that are not meant. Set `dates: {other}` in the model, or `dates: {own}` where the column is right.",
                other_words=say(_WORDS[other]),
                own_words=say(_WORDS[own]),
                other=other,
                own=own,
            ),
        )
    elif target.format is Format.NUMBER and forms.decimal is None:
        yield Doubt(
            "decimal_sign",
            doubtful_signs(cells, forms.base.locale),
            say(
                "stands another sign than in the others before decimals or between thousands, so that 1,240 or 1.240 may be "
                'read as another number than is meant. Set `decimal: ","` or `decimal: "."` in the model.'
            ),
        )
