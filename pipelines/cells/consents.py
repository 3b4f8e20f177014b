"""Consents: a column of cells, as a person would read them (IMP-5): refusals generously, a `yes` only where it is said."""

from __future__ import annotations

import polars as pl

from pipelines.cells.invisible import visible
from pipelines.cells.placeholders import NO_ANSWER, without_placeholders
from pipelines.cells.reading import Cells, faults, unread
from pipelines.cells.refusals import consent_said
from pipelines.cells.selects import ValueNames
from pipelines.fields import Field
from pipelines.language import say

_WORDS = "yes/no, oui/non, 1/0, true/false, x, subscribed/unsubscribed, abonné/désabonné"


def read_consents(cells: pl.Series, field: Field) -> Cells:
    """Codes of a consent (String): its own labels and codes first, then what people and tools write for them."""
    cells = without_placeholders(visible(cells), NO_ANSWER)
    names = ValueNames(field)
    distinct = cells.drop_nulls().unique()
    codes = [names.code(text) or _said(text, field) for text in distinct.to_list()]
    values = cells.replace_strict(distinct, pl.Series(codes, dtype=pl.String), default=None, return_dtype=pl.String)
    message = say(
        "{field} cannot be read from this: write {words}, or say in the model's `values` what it means.",
        field=field.name,
        words=_WORDS,
    )
    return Cells(values, faults(unread(cells, values), message))


def _said(text: str, field: Field) -> str | None:
    """The strictest consent of this field for what is said: there is no orange list for SMS."""
    said = consent_said(text)
    return said if said is None or said in field.codes else "no"
