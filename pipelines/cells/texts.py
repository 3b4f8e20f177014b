"""Texts: cells as typed, tidied (FLD-7); every other kind reads what comes out of here."""

from __future__ import annotations

import polars as pl

from pipelines.cells.invisible import holding_something
from pipelines.formulas import NEUTRALISED

# White_Space of Unicode, and what is as invisible at the edges of a cell: zero-width space, word joiner, BOM.
BLANKS = (
    "\t\n\x0b\x0c\r \x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff"
)


_AS_TEXT = r'^="([^"]*)"$'
"""A text of a file for spreadsheets, written as a formula so that its zeros stay: `="0612"`."""
_NO_VALUE = "\\N"
"""What MySQL and PostgreSQL write where there is none."""


def tidy(cells: pl.Series) -> pl.Series:
    """Text as it is kept: trimmed, in NFC, a spreadsheet's guards undone (EXP-3), NULL where nothing is left."""
    plain = _is_ascii(cells)
    trimmed = cells.str.strip_chars() if plain else cells.str.strip_chars(BLANKS)
    if trimmed.str.starts_with('="').any():
        trimmed = trimmed.str.replace(_AS_TEXT, "${1}").str.strip_chars(BLANKS)
    if trimmed.str.starts_with("'").any():
        trimmed = _without_guard(trimmed)
    if not plain:
        trimmed = holding_something(_composed(trimmed))
    return trimmed.replace(["", _NO_VALUE], [None, None])


def _is_ascii(cells: pl.Series) -> bool:
    return cells.str.len_bytes().sum() == cells.str.len_chars().sum()


def _without_guard(cells: pl.Series) -> pl.Series:
    """EXP-3: an export puts one `'` before what a spreadsheet would run; that one is taken off again."""
    guarded = cells.str.contains(NEUTRALISED)
    return pl.select(pl.when(guarded).then(cells.str.slice(1).str.strip_chars(BLANKS)).otherwise(cells)).to_series()


def _composed(cells: pl.Series) -> pl.Series:
    """In NFC. Only texts that are not ASCII can change, and each distinct one is asked once."""
    distinct = cells.filter(cells.str.len_bytes() != cells.str.len_chars()).unique()
    composed = distinct.str.normalize("NFC")
    moved = distinct != composed
    if not moved.any():
        return cells
    return cells.replace(distinct.filter(moved), composed.filter(moved))
