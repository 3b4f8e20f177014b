"""Stray separators and quotes at the end of a value (IMP-2): telling them, and taking them off."""

from __future__ import annotations

import polars as pl

BLANKS = " \t\n\u00a0\u202f"
STRAYS = ";,"


def ends_in_stray(cell: pl.Expr) -> pl.Expr:
    """Say whether a cell ends in a stray `;`, `,` or `"` (IMP-2); a quote with a partner in the cell is not stray."""
    text = cell.str.strip_chars_end(BLANKS)
    quote = text.str.ends_with('"') & (text.str.count_matches('"', literal=True) % 2 == 1)
    return text.str.ends_with(";") | text.str.ends_with(",") | quote


def without_stray(cell: pl.Expr) -> pl.Expr:
    """Give the cell without the stray separators and quotes that it ends in; NULL where nothing is left."""
    text = cell.str.strip_chars_end(STRAYS + BLANKS)
    odd = text.str.ends_with('"') & (text.str.count_matches('"', literal=True) % 2 == 1)
    text = pl.when(odd).then(text.str.strip_suffix('"').str.strip_chars_end(STRAYS + BLANKS)).otherwise(text)
    return pl.when(ends_in_stray(cell)).then(pl.when(text != "").then(text)).otherwise(cell)
