"""The frames that steps of an import hand on (docs/architecture.md): their names and what stands in their columns."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

LINE = "carnet_line"
"""The column of a CleanFrame that holds the line of the file on which the row begins."""

MALFORMED = "malformed:"
"""Before `email` or `mobile`: a Boolean column of a CleanFrame that says where that address was kept though malformed.

Its status was set by that; de-duplication keeps the two together. A colon cannot stand in a field's name.
"""


@dataclass(frozen=True)
class TextFrame:
    """A file as text.

    `headers`: trimmed, in NFC. `frame`: `line` (UInt32: physical line, from 1, on which the record begins), `cells`
    (UInt32: how many cells the record has in the file), then `c0`, `c1`, … (String as read, NULL when empty),
    one a header.
    """

    headers: tuple[str, ...]
    frame: pl.DataFrame
