"""Their words → ours: what a model's `values` make of a column before it is read as a field (IMP-5)."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipelines.fields import fold

_ANY_OTHER = "*"


def translated(cells: pl.Series, words: Mapping[str, str | None]) -> tuple[pl.Series, pl.Series]:
    """The cells in our words, NULL for no value; and where `words` say nothing of a cell, which stays as it is.

    A word is matched exactly, or else ignoring case, accents and blanks; `*` stands for all others but empty cells.
    """
    folded = {fold(theirs): ours for theirs, ours in words.items() if theirs != _ANY_OTHER}
    others = {_ANY_OTHER: words[_ANY_OTHER]} if _ANY_OTHER in words else {}
    distinct = cells.drop_nulls().unique()
    found = [_found(text, words, folded, others) for text in distinct.to_list()]
    ours, told = [word for word, _ in found], [known for _, known in found]
    values = cells.replace_strict(distinct, pl.Series(ours, dtype=pl.String), default=None, return_dtype=pl.String)
    known = cells.replace_strict(distinct, pl.Series(told, dtype=pl.Boolean), default=True, return_dtype=pl.Boolean)
    return values, (cells.is_not_null() & ~known).fill_null(value=False)


def _found(
    text: str, words: Mapping[str, str | None], folded: Mapping[str, str | None], others: Mapping[str, str | None]
) -> tuple[str | None, bool]:
    """Our word for a text, and whether there is one."""
    if text in words and text != _ANY_OTHER:
        return words[text], True
    alike = fold(text)
    if alike in folded:
        return folded[alike], True
    return others.get(_ANY_OTHER, text), bool(others)
