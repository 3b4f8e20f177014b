"""Reading: a scanned file → its cells as text (TextFrame). Judges nothing and changes no value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from pipelines.errors import CarnetError
from pipelines.files.repeating import repeats, same_line
from pipelines.files.scanning import Flags, Scan
from pipelines.files.separators import Hint
from pipelines.language import say

LINE, CELLS = "line", "cells"


@dataclass(frozen=True)
class TextFrame:
    """A file as text.

    `headers`: trimmed, in NFC. `frame`: `line` (UInt32: physical line, from 1, on which the record begins), `cells`
    (UInt32: how many cells the record has in the file), then `c0`, `c1`, … (String as read, NULL when empty),
    one a header.
    """

    headers: tuple[str, ...]
    frame: pl.DataFrame


@dataclass(frozen=True)
class Source:
    """A file's bytes and what was found in them, enough to read it without opening it again.

    `raw`: the bytes as they are in the file (None: of a workbook's sheet, which is no text there). `scan`: its records in normal
    form. `header`: which record is the header (None: there is none). `headers`: its cells, trimmed, NFC. `hint`: a first line that
    names the separator, blank in `scan`.
    """

    raw: bytes | None
    scan: Scan
    header: int | None
    headers: tuple[str, ...]
    hint: Hint | None = None

    @cached_property
    def rows(self) -> Flags:
        """Which records are rows: below the header, neither blank nor the header again."""
        rows = ~(self.scan.blank | self.repeated)
        rows[: len(rows) if self.header is None else self.header + 1] = False
        return rows

    @cached_property
    def repeated(self) -> Flags:
        """Which records are the header again, or the line that names the separator: files pasted together."""
        if self.header is None:
            return np.zeros(self.scan.records, np.bool_)
        again = repeats(self.scan, self.header)
        return again if self.hint is None else again | same_line(self.scan, self.hint.line)

    @cached_property
    def blank(self) -> Flags:
        """Which records hold nothing."""
        blank = self.scan.blank.copy()
        if self.hint is not None:
            blank[0] = False
        return blank

    @cached_property
    def text(self) -> TextFrame:
        """What `read` gives."""
        return _read(self)


class UnevenReadingError(CarnetError):
    """The reader found another number of records than the scan: one of the two is wrong, so nothing is imported."""

    def __init__(self, scanned: int, found: int) -> None:
        super().__init__(
            say(
                "The file was read in two ways that disagree: {scanned} records and {found}. Nothing was imported.",
                scanned=scanned,
                found=found,
            ),
            say("This is a fault of Carnet's: report it, if you can with the file."),
        )


def read(source: Source) -> TextFrame:
    """Read the rows, once: one a record that is not blank.

    A short line's missing cells are NULL; cells beyond the header are cut. UnevenReadingError where scan and reader
    differ.
    """
    return source.text


def _read(source: Source) -> TextFrame:
    scan = source.scan
    names = [f"c{position}" for position in range(len(source.headers))]
    if source.header is None:
        return TextFrame((), pl.DataFrame(schema={LINE: pl.UInt32(), CELLS: pl.UInt32()}))
    # The reader counts columns on the first line it sees, whatever the schema says: that must be the header.
    frame = pl.read_csv(
        scan.data[int(scan.starts[source.header]) :],
        has_header=False,
        schema=dict.fromkeys(names, pl.String()),
        separator=scan.separator.decode(),
        truncate_ragged_lines=True,
        extra_columns="ignore",
    )
    expected = scan.records - source.header
    if frame.height != expected:
        raise UnevenReadingError(expected, frame.height)
    numbers = {LINE: scan.lines[source.header :], CELLS: scan.cells[source.header :]}
    records = pl.DataFrame(numbers, schema={LINE: pl.UInt32(), CELLS: pl.UInt32()})
    rows = records.hstack(frame).filter(pl.Series(source.rows[source.header :]))
    return TextFrame(source.headers, rows.with_columns(pl.when(pl.col(names) != "").then(pl.col(names)).name.keep()))
