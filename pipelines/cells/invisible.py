"""Signs that nobody sees: taken off keys, numbers, dates, selects and headers, wherever they come from (FLD-7).

Zero-width signs, marks of direction (as telephones and address books put them around what is copied), soft hyphens, selectors of
glyphs: what Unicode calls ignorable, and its other signs of format. Texts keep theirs: they join letters and pictures.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_INVISIBLE = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_PATTERN = re.compile(_INVISIBLE)


def visible(cells: pl.Series) -> pl.Series:
    """The cells without invisible signs; NULL where nothing else stood in one."""
    if cells.str.len_bytes().sum() == cells.str.len_chars().sum() or not cells.str.contains(_INVISIBLE).any():
        return cells
    return cells.str.replace_all(_INVISIBLE, "").str.strip_chars().replace("", None)


def holding_something(texts: pl.Series) -> pl.Series:
    """The texts as they are, NULL where nothing can be seen of one."""
    import polars as pl  # 0.3 s, which who only reads declarations does without

    return pl.select(pl.when(~texts.str.contains(f"^{_INVISIBLE}$")).then(texts)).to_series()


def visible_text(text: str) -> str:
    """One text without invisible signs."""
    return text if text.isascii() else _PATTERN.sub("", text)
