"""Quoting: make every quote of a file regular, without changing what its cells hold (IMP-1).

A regular quote opens a cell, closes it, or is one of two that stand for one inside a quoted cell. `12" vinyl` and
`Dupont"` hold quotes that do none of this; readers disagree on them. Here they are read as Python's csv module reads
them, and written anew as `"12"" vinyl"`, so that whatever reads the bytes next can only read one thing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Offsets: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Bytes: TypeAlias = npt.NDArray[np.uint8]

QUOTE, NEWLINE = 0x22, 0x0A


@dataclass(frozen=True)
class Unclosed:
    """Where a quote opens that nothing closes; both count from 1, `column` in characters."""

    line: int
    column: int


@dataclass(frozen=True)
class Regular:
    """Bytes whose `quotes` are all regular, up to an unclosed one; `rewritten`: the lines (from 1) that had others.

    `loose`: those of them on which a cell that begins with a quote goes on behind the quote that closes it.
    """

    data: bytes
    quotes: Offsets
    unclosed: Unclosed | None = None
    rewritten: tuple[int, ...] = ()
    loose: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Rewrite:
    """A record that begins on line `line` (from 0), from `start` to `end`; `text` stands for it, None for itself."""

    line: int
    start: int
    end: int
    text: bytes | None


def make_regular(data: bytes, separator: bytes) -> Regular:
    """Give `data` (LF line ends, ending in one) with regular quotes and the same cells and lines.

    Where a quote is never closed, or closes in the midst of a cell on a later line, the data ends before its record.
    """
    signs = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(signs == QUOTE)
    if not len(quotes) or _all_regular(signs, quotes, separator):
        return Regular(data, quotes)
    newlines = np.flatnonzero(signs == NEWLINE)
    literal, odd = _irregular_lines(signs, quotes, newlines, separator)
    rewrites, unclosed, end = _rewrite(data, odd, newlines, separator)
    literal = _outside(literal[literal < end], rewrites)
    inserted = _around_literals(signs, literal, newlines, separator)
    changed = np.array([rewrite.line for rewrite in rewrites if rewrite.text is not None], np.int64)
    lines = np.union1d(np.searchsorted(newlines, literal), changed) + 1
    text = _assemble(signs[:end], inserted, rewrites)
    quotes = np.flatnonzero(np.frombuffer(text, np.uint8) == QUOTE)
    return Regular(text, quotes, unclosed, tuple(lines.tolist()), tuple((changed + 1).tolist()))


def _at_start(signs: Bytes, quotes: Offsets, separator: bytes) -> Flags:
    """Say for each quote whether a separator, a line end or nothing stands before it."""
    before = signs[np.maximum(quotes - 1, 0)]
    return (before == separator[0]) | (before == NEWLINE) | (quotes == 0)


def _may_open(signs: Bytes, quotes: Offsets, separator: bytes) -> Flags:
    """Say for each quote whether it can open a cell, or open it again: two in a quoted cell stand for one."""
    return _at_start(signs, quotes, separator) | (signs[np.maximum(quotes - 1, 0)] == QUOTE)


def _may_close(signs: Bytes, quotes: Offsets, separator: bytes) -> Flags:
    """Say for each quote whether it can close a cell, or be the first of two."""
    after = signs[quotes + 1]  # The data ends in a newline.
    return (after == separator[0]) | (after == NEWLINE) | (after == QUOTE)


def _all_regular(signs: Bytes, quotes: Offsets, separator: bytes) -> bool:
    if len(quotes) % 2:
        return False
    return bool(_may_open(signs, quotes[::2], separator).all() and _may_close(signs, quotes[1::2], separator).all())


def _irregular_lines(signs: Bytes, quotes: Offsets, newlines: Offsets, separator: bytes) -> tuple[Offsets, Offsets]:
    """Judge each line as if a record began on it.

    Gives the quotes of lines on which no cell begins with one (they are literal), and the numbers (from 0) of the other
    lines on which quotes are irregular or left open.
    """
    line = np.searchsorted(newlines, quotes)
    firsts = np.flatnonzero(np.diff(line, prepend=-1))
    sizes = np.diff(firsts, append=len(quotes))
    opening = (np.arange(len(quotes)) - np.repeat(firsts, sizes)) % 2 == 0
    fits = np.where(opening, _may_open(signs, quotes, separator), _may_close(signs, quotes, separator))
    sound = np.logical_and.reduceat(fits, firsts) & (sizes % 2 == 0)
    literal = ~np.logical_or.reduceat(_at_start(signs, quotes, separator), firsts)
    return quotes[np.repeat(literal, sizes)], line[firsts[~sound & ~literal]]


def _rewrite(
    data: bytes, odd: Offsets, newlines: Offsets, separator: bytes
) -> tuple[list[_Rewrite], Unclosed | None, int]:
    """Read the records that begin on odd lines, one by one: their rewrites, an unclosed quote, where the data ends."""
    sign = re.escape(separator)
    unquoted, quoted = rb'[^"\n' + sign + rb"]*+", rb'"[^"]*+(?:""[^"]*+)*+"'
    cell = rb"(?:" + quoted + rb"|" + unquoted + rb")"
    regular = re.compile(cell + rb"(?:" + sign + cell + rb")*+\n")
    loose = re.compile(
        rb'(?:"(?P<quoted>[^"]*+(?:""[^"]*+)*+)")?(?P<rest>[^\n' + sign + rb"]*+)(?P<end>[\n" + sign + rb"])"
    )
    rewrites: list[_Rewrite] = []
    reached = 0
    for number in odd.tolist():
        start = int(newlines[number - 1]) + 1 if number else 0
        if start < reached:
            continue  # The line stands inside a record that began above.
        if found := regular.match(data, start):
            reached = found.end()
            rewrites.append(_Rewrite(number, start, reached, None))
            continue
        cells, reached, opened = _loose_record(data, start, loose)
        if opened is not None:
            return rewrites, _unclosed(data, opened), start
        rewrites.append(_Rewrite(number, start, reached, separator.join(cells) + b"\n"))
    return rewrites, None, len(data)


def _loose_record(data: bytes, start: int, cell: re.Pattern[bytes]) -> tuple[list[bytes], int, int | None]:
    """Read one record whose quotes are irregular.

    Gives its cells, quoted anew, the offset at which the next record begins, and that of an unclosed quote.
    A quoted cell that goes over lines and then closes amid its text is taken for an unclosed one: it has most likely
    swallowed the line below.
    """
    cells: list[bytes] = []
    while True:
        found = cell.match(data, start)
        if found is None:
            return cells, start, start
        text, rest = found["quoted"], found["rest"]
        if text is None and rest.startswith(b'"'):
            return cells, start, start
        if text is not None and rest and b"\n" in text:
            return cells, start, start
        held = rest if text is None else text.replace(b'""', b'"') + rest
        cells.append(b'"' + held.replace(b'"', b'""') + b'"')
        start = found.end()
        if found["end"] == b"\n":
            return cells, start, None


def _unclosed(data: bytes, offset: int) -> Unclosed:
    start = data.rfind(b"\n", 0, offset) + 1
    return Unclosed(data.count(b"\n", 0, offset) + 1, len(data[start:offset].decode()) + 1)


def _outside(offsets: Offsets, rewrites: list[_Rewrite]) -> Offsets:
    """Keep the offsets that stand in no rewritten record."""
    edges = np.array([edge for rewrite in rewrites for edge in (rewrite.start, rewrite.end)], np.int64)
    return offsets[np.searchsorted(edges, offsets, side="right") % 2 == 0]


def _around_literals(signs: Bytes, literal: Offsets, newlines: Offsets, separator: bytes) -> Offsets:
    """Where to put quotes in so that cells with literal ones are quoted: around the cell, and before each quote."""
    if not len(literal):
        return literal
    ends = np.flatnonzero((signs == separator[0]) | (signs == NEWLINE))
    cell = np.unique(np.searchsorted(ends, literal))
    starts = np.where(cell > 0, ends[np.maximum(cell - 1, 0)] + 1, 0)
    return np.sort(np.concatenate((starts, literal, ends[cell])))


def _assemble(signs: Bytes, inserted: Offsets, rewrites: list[_Rewrite]) -> bytes:
    """Put the quotes in, and the rewritten records in the place of the former."""
    data = np.insert(signs, inserted, QUOTE).tobytes() if len(inserted) else signs.tobytes()
    texts = [(rewrite.start, rewrite.end, rewrite.text) for rewrite in rewrites if rewrite.text is not None]
    if not texts:
        return data
    edges = np.array([text[:2] for text in texts], np.int64)
    moved = edges + np.searchsorted(inserted, edges)
    pieces: list[bytes] = []
    reached = 0
    for (_, _, text), (start, end) in zip(texts, moved.tolist(), strict=True):
        pieces += (data[reached:start], text)
        reached = end
    return b"".join((*pieces, data[reached:]))
