"""What tools write where there is no date or no number: `0000-00-00`, `--`, `n/a` are empty cells (IMP-6b)."""

from __future__ import annotations

import re

import polars as pl

_NOTHING = r"[-–—]+|#?n/?a|n\.a\.|null|\\n|none|nan"
_ZERO_TIME = r"(?:[t\s]+[0:.]+\s*(?:[ap]m|z)?)?"
_ZERO_DAY = r"0|0{8}|0{1,4}[/.\-]0{1,2}[/.\-]0{1,4}"
_COUNTED_ZERO = r"0{1,2}[/.\-]0?1[/.\-]1900|0?1[/.\-]0{1,2}[/.\-]1900"
"""What a workbook shows for its day 0."""
NO_NUMBER = rf"(?i)^(?:{_NOTHING})$"
NO_DATE = rf"(?i)^(?:{_NOTHING}|(?:{_ZERO_DAY}|{_COUNTED_ZERO}){_ZERO_TIME})$"
NO_ANSWER = r"(?i)^(?:[-–—]+|#?n/?a|#value!|#ref!|null|\\n|nan|\?)$"
"""Of consents, booleans and addresses: `none` may be an answer there, and is left to the model."""


def says_nothing(text: str) -> bool:
    """Does an answer say that there is none?"""
    return re.match(NO_ANSWER, text) is not None


def without_placeholders(cells: pl.Series, pattern: str) -> pl.Series:
    """The cells, NULL where one says that there is nothing; `pattern`: NO_NUMBER or NO_DATE."""
    nothing = cells.str.contains(pattern)
    return pl.select(pl.when(~nothing).then(cells)).to_series() if nothing.any() else cells
