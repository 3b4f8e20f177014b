"""Where the objects of a JSON text begin and end: an array, objects one after the other, an object a line, all of them at once.

Belongs here: cutting a text (UTF-8) at its outermost braces, whatever stands around them. Does not: whether what lies between is
JSON, nor what it says. Quotes, braces and line ends are found by numpy: memory and time grow with the text alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from mmap import mmap
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

_QUOTE, _BACKSLASH, _OPEN, _CLOSE, _LINE_FEED = b'"\\{}\n'
_BETWEEN = " \t\r\n,[]\ufeff\x1e"
"""What may stand between two objects: blanks, and what makes an array of them; RFC 7464 has a sign of its own."""
_Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Objects:
    """`frame`: `line`, on which it begins, and `text` of each object, in their order; what stands between them and is no JSON too.

    `clean`: nothing does. `unfinished`: the line of the object that the text ends in, None where every one ends.
    """

    frame: pl.DataFrame
    clean: bool
    unfinished: int | None = None

    @property
    def a_line_each(self) -> bool:
        """Whether each begins on a line of its own."""
        return self.frame["line"].is_unique().all()


def cut_objects(data: bytes | mmap) -> Objects:
    """Cut a text into its objects."""
    signs = np.frombuffer(data, np.uint8)
    starts, ends, unfinished = _braced(signs)
    edges = np.empty(2 * len(starts) + 2, np.int64)
    edges[0], edges[-1] = 0, ends[-1] if len(ends) else 0
    edges[1:-1:2], edges[2:-1:2] = starts, ends
    texts = _slices(data, np.append(edges[:-1], len(data) if unfinished is None else unfinished))
    lines = _line_of(signs, edges[:-1])
    between = pl.int_range(len(texts), eager=True) % 2 == 0
    frame = pl.DataFrame({"line": lines, "text": texts}).with_columns(
        text=pl.when(between).then(pl.col("text").str.strip_chars(_BETWEEN)).otherwise("text")
    )
    stray = bool((frame.filter(between)["text"] != "").any())
    where = None if unfinished is None else int(_line_of(signs, np.array([unfinished]))[0])
    return Objects(frame.filter(pl.col("text") != ""), not stray and unfinished is None, where)


def _braced(signs: npt.NDArray[np.uint8]) -> tuple[_Places, _Places, int | None]:
    """Where outermost objects begin, and where what follows each begins; and where one begins that does not end."""
    quotes = _quotes(signs)
    braces = np.flatnonzero((signs == _OPEN) | (signs == _CLOSE))
    braces = braces[np.searchsorted(quotes, braces) % 2 == 0]
    steps = np.where(signs[braces] == _OPEN, 1, -1)
    depths = np.cumsum(steps)
    # A brace that closes nothing is a sign like any other: depths are counted from the lowest one yet.
    lowest = np.minimum(np.minimum.accumulate(depths), 0)
    closes_nothing = (steps == -1) & (np.diff(lowest, prepend=0) < 0)
    depths = depths - lowest
    starts = braces[(steps == 1) & (depths == 1)]
    ends = braces[(steps == -1) & (depths == 0) & ~closes_nothing] + 1
    if len(starts) > len(ends):
        return starts[:-1], ends, int(starts[-1])
    if len(quotes) % 2:
        return starts, ends, int(quotes[-1])
    return starts, ends, None


def _quotes(signs: npt.NDArray[np.uint8]) -> _Places:
    """The quotes that begin or end a text: not those behind an odd number of backslashes."""
    quotes = np.flatnonzero(signs == _QUOTE)
    slashes = np.flatnonzero(signs == _BACKSLASH)
    if not len(slashes) or not len(quotes):
        return quotes
    first = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)
    lengths = np.diff(first, append=len(slashes))
    behind = slashes[first] + lengths
    return quotes[~np.isin(quotes, behind[lengths % 2 == 1], assume_unique=True)]


def _slices(data: bytes | mmap, edges: npt.NDArray[np.int64]) -> pl.Series:
    """The texts between edges, which look at the bytes where they lie."""
    buffers: list[Any] = [None, pa.py_buffer(edges), pa.py_buffer(data)]
    texts = pa.LargeStringArray.from_buffers(len(edges) - 1, buffers[1], buffers[2])
    return pl.Series("text", texts)


def _line_of(signs: npt.NDArray[np.uint8], places: npt.NDArray[np.int64]) -> pl.Series:
    ends = np.flatnonzero(signs == _LINE_FEED)
    return pl.Series("line", np.searchsorted(ends, places) + 1, dtype=pl.Int64)
