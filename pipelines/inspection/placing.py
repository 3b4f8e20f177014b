"""Where the header of a text stands: on its first line, below title lines, or nowhere (IMP-18).

An import takes the first line that holds something for the header. What is placed otherwise is read as the file should be: without
its title lines, or with a header put above; the lines that are told are the file's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pipelines.files.profiles import MOST_COLUMNS, Contents, Lines
from pipelines.files.profiling import record_cells
from pipelines.files.scanning import Scan, scan

_LOOKED_AT = 30
"""Records among which the header is looked for."""
_MEASURED = 1000
"""Records whose width is counted."""
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")
_DAY_OR_NUMBER = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|(?:\+|00|0)[\d .()/-]{8,}")


@dataclass(frozen=True)
class Placed:
    """A text whose first line is its header.

    `line`: on which line of the file that header stands, None where it has none. `titles`: the lines above it. `moved`: how many
    lines further down the text's lines stand in the file. `invented`: the header was put above.
    """

    text: bytes
    line: int | None
    titles: tuple[int, ...] = ()
    moved: int = 0
    invented: bool = False


def place_header(text: bytes, separator: str, known: Callable[[str], bool], column_name: str) -> Placed:
    """Find the header of a text (UTF-8, LF line ends); where it has none, columns are called `column_name` and a number."""
    scanned = scan(_first_lines(text), separator)
    filled = np.flatnonzero(~scanned.blank)
    if not len(filled):
        return Placed(text, None)
    width = _width(scanned, filled)
    looked_at = [_Record.of(scanned, int(record), known) for record in filled[:_LOOKED_AT]]
    header = _header_among(looked_at, width)
    titles = tuple(record.line for record in looked_at[:header])
    moved = looked_at[header].line - 1 if titles else 0
    text = _from_line(text, moved)
    if not _is_data(looked_at[header], looked_at[header + 1 :]):
        return Placed(text, looked_at[header].line, titles, moved)
    names = separator.join(f"{column_name} {number}" for number in range(1, min(width, MOST_COLUMNS) + 1))
    return Placed(names.encode() + b"\n" + text, None, titles, moved - 1, invented=True)


def moved_down(contents: Contents, lines: int) -> Contents:
    """The same measures, of a text that begins so many lines further down its file."""

    def moved(found: Lines) -> Lines:
        return Lines(found.count, tuple(line + lines for line in found.first))

    unclosed, nul_line = contents.unclosed, contents.nul_line
    return replace(
        contents,
        header_line=contents.header_line + lines,
        blank=moved(contents.blank),
        short=moved(contents.short),
        trailing=moved(contents.trailing),
        extra=moved(contents.extra),
        strays=tuple(replace(strays, line=strays.line + lines) for strays in contents.strays),
        unclosed=None if unclosed is None else replace(unclosed, line=unclosed.line + lines),
        nul_line=None if nul_line is None else nul_line + lines,
    )


@dataclass(frozen=True)
class _Record:
    """A record near the top: the line that it begins on, and its cells."""

    line: int
    cells: tuple[str, ...]
    understood: Callable[[str], bool]

    @property
    def filled(self) -> int:
        """How many cells hold something."""
        return sum(map(bool, self.cells))

    @cached_property
    def known(self) -> int:
        """How many cells are headers that the base understands."""
        return sum(self.understood(cell) for cell in self.cells if cell)

    @classmethod
    def of(cls, scanned: Scan, record: int, understood: Callable[[str], bool]) -> _Record:
        cells = record_cells(scanned, record)[:MOST_COLUMNS]
        return cls(int(scanned.lines[record]), tuple(cell.strip() for cell in cells), understood)


def _first_lines(text: bytes) -> bytes:
    """Enough of the text to find its header in."""
    end = text.rfind(b"\n", 0, 1 << 20)
    return text[: end + 1] if len(text) > 1 << 20 and end >= 0 else text[: 1 << 20]


def _width(scanned: Scan, filled: np.ndarray) -> int:
    """How many cells most records have."""
    widths, counts = np.unique(scanned.cells[filled[:_MEASURED]], return_counts=True)
    return int(widths[len(widths) - 1 - np.argmax(counts[::-1])])


def _header_among(records: Sequence[_Record], width: int) -> int:
    """The position of the header: the first record, or what follows titles, which fill half a line at most and name no column.

    That is the first record that names columns; or else, below titles that fill less than half a line, the first fuller one.
    """
    first = records[0]
    if width < 2 or first.known or first.filled * 2 > width:
        return 0
    named = (place for place, record in enumerate(records) if record.known * 2 >= record.filled)
    fuller = (place for place, record in enumerate(records) if record.filled * 2 > width > first.filled * 2)
    return next(named, next(fuller, 0))


def _is_data(record: _Record, below: Sequence[_Record]) -> bool:
    """A first line that is a contact: an e-mail address in it, or a day or a telephone number, above others of its kind."""
    if record.known * 2 >= max(record.filled, 1):
        return False
    if any(map(_ADDRESS.fullmatch, record.cells)):
        return True
    if record.known or not below:
        return False
    dated = {position for position, cell in enumerate(record.cells) if _DAY_OR_NUMBER.fullmatch(cell)}
    return any(
        _DAY_OR_NUMBER.fullmatch(cell)
        for other in below[:3]
        for position, cell in enumerate(other.cells)
        if position in dated
    )


def _from_line(text: bytes, lines: int) -> bytes:
    """The text without its first `lines` lines."""
    start = 0
    for _ in range(lines):
        start = text.index(b"\n", start) + 1
    return text[start:]
