"""Scanning: where the records of a delimited file begin and end and how many cells each has, from its bytes (IMP-1).

Belongs here: the byte scan, in whole-file steps. Does not: encodings (`encodings`), irregular quotes (`quoting`),
cells' text. Bytes are UTF-8 with LF line ends: every sign that matters is one byte and stands in no other sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipelines.files.dialects import Contradiction, Understood, Way, understand
from pipelines.files.quoting import NEWLINE, QUOTE, Bytes, Flags, Offsets, Unclosed


@dataclass(frozen=True)
class Scan:
    """The records of a file, blank ones included.

    `data`: its bytes, every quote regular, ending in a newline. `cell_ends`: the offset of the separator or newline
    that ends each cell. `last`: for each record, the position in `cell_ends` of its last cell, whose end is the
    record's. `unclosed`: where a quote opens that nothing closes; `data` then ends before that record. `rewritten`:
    the lines whose quotes had to be made regular. `ways`: how the file writes quotes, where it does not double them;
    `contradiction`: where that could not be told. `rows_as_lines`: a record is a line, whatever its cells hold (IMP-1b).
    """

    data: bytes
    separator: bytes
    cell_ends: Offsets
    last: Offsets
    unclosed: Unclosed | None
    rewritten: tuple[int, ...]
    ways: tuple[Way, ...] = ()
    contradiction: Contradiction | None = None
    rows_as_lines: bool = False

    @property
    def records(self) -> int:
        """How many records, the header and blank ones included."""
        return len(self.last)

    @cached_property
    def ends(self) -> Offsets:
        """The offset of the newline that ends each record."""
        return self.cell_ends[self.last]

    @cached_property
    def starts(self) -> Offsets:
        """The offset of each record's first byte."""
        return np.concatenate((np.zeros(1, np.int64), self.ends[:-1] + 1)) if self.records else self.ends

    @cached_property
    def cells(self) -> Offsets:
        """How many cells each record has: a line of nothing has one."""
        return np.diff(self.last, prepend=-1)

    @cached_property
    def lines(self) -> Offsets:
        """The physical line, from 1, on which each record begins."""
        newlines = np.flatnonzero(self._bytes == NEWLINE)
        if self.rows_as_lines or len(newlines) == self.records:
            return np.arange(1, self.records + 1)
        return np.searchsorted(newlines, self.starts) + 1

    @cached_property
    def blank(self) -> Flags:
        """Which records hold nothing: no sign, or separators, blanks and empty quotes alone."""
        if not self.records:
            return np.zeros(0, np.bool_)
        # Above the quote in ASCII stand all letters and digits: quick to tell, and nearly always enough.
        plain = self._bytes > QUOTE
        plain[self.cell_ends] = False
        held = np.logical_or.reduceat(plain, self.starts)
        doubtful = ~held & (self.ends - self.starts >= self.cells)
        return ~(np.logical_or.reduceat(self._content, self.starts) if doubtful.any() else held)

    def holds(self, starts: Offsets, ends: Offsets) -> Flags:
        """Say for each stretch of bytes up to the newline at `ends` whether any of its cells holds something."""
        if not len(starts):
            return np.zeros(0, np.bool_)
        edges = np.stack((starts, ends + 1), axis=1).ravel()
        # An edge at the end of the data is none to reduceat: the last stretch goes as far by itself.
        return np.logical_or.reduceat(self._content, edges[edges < len(self.data)])[::2]

    def columns_ending_in(self, signs: bytes) -> Offsets:
        """Give the columns (from 0) in which some cell's text ends in one of these bytes."""
        table = np.zeros(256, np.bool_)
        table[list(signs)] = True
        # Few cells end so, or in the quote that may hide such an end: of these alone it is asked where they begin. Before the end
        # of an empty cell stands the end of another one.
        found = np.flatnonzero((table | (np.arange(256) == QUOTE))[self._bytes[self.cell_ends - 1]])
        ends = self.cell_ends[found]
        before = np.where(found > 0, self.cell_ends[found - 1], -1)
        sizes = ends - before - 1
        quoted = self._bytes[ends - 1] == QUOTE
        # `""` is empty; of other quoted cells the text ends before the closing quote.
        final = self._bytes[np.where(quoted & (sizes > 2), ends - 2, ends - 1)]
        found = found[(sizes > 0) & table[final] & (~quoted | (sizes > 2))]
        record = np.searchsorted(self.last, found)
        return np.unique(found - (self.last[record] - self.cells[record] + 1))

    @cached_property
    def _bytes(self) -> Bytes:
        return np.frombuffer(self.data, np.uint8)

    @cached_property
    def _content(self) -> Flags:
        """Which bytes are something that a cell holds; quotes only where two stand for one."""
        table = np.ones(256, np.bool_)
        table[list(b' \t\n"')] = False
        content = table[self._bytes]
        content[self.cell_ends] = False
        quotes = np.flatnonzero(self._bytes == QUOTE)
        doubled = quotes[::2][self._bytes[np.maximum(quotes[::2] - 1, 0)] == QUOTE]
        content[doubled[doubled > 0]] = True
        return content


def scan(data: bytes, separator: str, *, rows_as_lines: bool = False) -> Scan:
    """Find the records of `data` (UTF-8, LF line ends); `separator` is one ASCII sign."""
    sign = separator.encode()
    if data and not data.endswith(b"\n"):
        data += b"\n"
    return _index(understand(data, sign), sign, rows_as_lines=rows_as_lines)


def _index(understood: Understood, separator: bytes, *, rows_as_lines: bool) -> Scan:
    """Index data in which every quote is regular: what stands after an even number of quotes is outside of them."""
    regular = understood.regular
    signs = np.frombuffer(regular.data, np.uint8)
    ends = np.flatnonzero((signs == separator[0]) | (signs == NEWLINE))
    if len(regular.quotes):
        ends = ends[np.searchsorted(regular.quotes, ends) % 2 == 0]
    last = np.flatnonzero(signs[ends] == NEWLINE)
    return Scan(
        regular.data,
        separator,
        ends,
        last,
        regular.unclosed,
        regular.rewritten,
        understood.ways,
        understood.contradiction,
        rows_as_lines,
    )
