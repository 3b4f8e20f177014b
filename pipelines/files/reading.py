"""Reading: a scanned file → its cells as text (TextFrame). Judges nothing and changes no value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from pipelines.errors import CarnetError
from pipelines.files.scanning import Flags, Scan

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

    `raw`: the bytes as they are in the file. `scan`: its records in normal form. `header`: which record is the header
    (None: there is none). `headers`: its cells, trimmed, NFC.
    """

    raw: bytes
    scan: Scan
    header: int | None
    headers: tuple[str, ...]

    @cached_property
    def rows(self) -> Flags:
        """Which records are rows: below the header, and not blank."""
        rows = ~self.scan.blank
        rows[: len(rows) if self.header is None else self.header + 1] = False
        return rows

    @cached_property
    def text(self) -> TextFrame:
        """What `read` gives."""
        return _read(self)


class UnevenReadingError(CarnetError):
    """The reader found another number of records than the scan: one of the two is wrong, so nothing is imported."""

    def __init__(self, scanned: int, found: int) -> None:
        super().__init__(
            f"The file was read in two ways that disagree: {scanned} records and {found}. Nothing was imported.",
            "This is a fault of Carnet's: report it, if you can with the file.",
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
