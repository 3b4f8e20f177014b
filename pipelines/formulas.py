"""Cells that a spreadsheet would run as a formula: neutralised when written, undone when read (EXP-3).

Undone too is the `'` that shops write before digits, `'75011`, so that a spreadsheet leaves them alone (IMP-6b): a text of the base
that is so gets one more when it is written.

Belongs here: the one definition of the rule, for exports (which write) and imports (which read). Does not: cells of
fields that are not text, which are never formulas.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# Rust (polars) and RE2 (DuckDB) read these patterns alike; to Python a `$` is `\Z`.
FORMULA = r"^(?:'*[=+\-@\t\r]|'+[0-9]+$)"
"""What begins so is a formula, or what an import would take for a neutralised one."""
LEFT_ALONE = r"[+-][0-9]+([.,][0-9]+)?"
"""Whole cells that begin like a formula and are numbers, E.164 ones included."""
NEUTRALISED = r"^'('*[=+\-@\t\r]|'*[0-9]+$)"

_formula, _left_alone, _neutralised = (
    re.compile(pattern.replace("$", r"\Z")) for pattern in (FORMULA, LEFT_ALONE, NEUTRALISED)
)


def neutralise(text: str) -> str:
    """`text` with one leading `'` more where a spreadsheet would run it, or where `undo` would take one away.

    >>> [neutralise(text) for text in ("=1+1", "'=1+1", "+33612345678", "-1,5", "l'été", "75011", "'75011")]
    ["'=1+1", "''=1+1", '+33612345678', '-1,5', "l'été", '75011', "''75011"]
    """
    return f"'{text}" if _formula.match(text) and not _left_alone.fullmatch(text) else text


def undo(text: str) -> str:
    """What `neutralise` was given; a cell that it did not touch is left as it is.

    >>> [undo(text) for text in ("'=1+1", "''=1+1", "+33612345678", "'quoted'", "'75011")]
    ['=1+1', "'=1+1", '+33612345678', "'quoted'", '75011']
    """
    return _neutralised.sub(r"\1", text)


def undone(text: pl.Expr) -> pl.Expr:
    """`undo` over a column of texts; NULL stays NULL."""
    return text.str.replace(NEUTRALISED, "${1}")
