"""Batches of rows → one workbook (XLSX): one sheet, written row by row in constant memory (EXP-3).

Belongs here: Excel's limits, its formats of numbers, the frozen header. Does not: what a cell holds.
"""

# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import RefusedError
from pipelines.exports.columns import Column
from pipelines.fields import Locale
from pipelines.language import say

if TYPE_CHECKING:
    import polars as pl
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS, MOST_COLUMNS, MOST_SIGNS = 1_048_575, 16_384, 32_767
"""What Excel takes: rows below the header, columns, signs of a cell (those beyond U+FFFF count twice)."""
BATCH_ROWS = 8_192
"""Rows that are Python's objects at one time: a workbook's writer takes cell by cell."""
_SHEET = "Contacts"
_DAYS: dict[Locale, str] = {"fr": "dd/mm/yyyy", "en": "mm/dd/yyyy"}
_WIDTHS = {"number": 12, "day": 12, "instant": 20, "text": 22, "cross": 6}
_WIDEST = 40
_BEYOND = r"[\x{10000}-\x{10FFFF}]"


def judge_size(name: str, columns: int, rows: int) -> None:
    """RefusedError where no sheet has room for so many columns, or rows."""
    if columns > MOST_COLUMNS:
        raise RefusedError(
            say(
                "The export {name!r} does not fit a workbook: {columns} columns; a sheet has {most}. Nothing was replaced.",
                name=name,
                columns=columns,
                most=MOST_COLUMNS,
            ),
            say("`multi_select: joined`, or take `format: csv` or `parquet`, which have no such limit."),
        )
    if rows > MOST_ROWS:
        raise RefusedError(
            say(
                "The export {name!r} does not fit a workbook: {rows} rows; a sheet has {most} below its header. Nothing was "
                "replaced.",
                name=name,
                rows=rows,
                most=MOST_ROWS,
            ),
            say("Fewer contacts, or take `format: csv` or `parquet`, which have no such limit."),
        )


def write_workbook(
    name: str, columns: Sequence[Column], batches: Iterable[pl.DataFrame], path: Path, locale: Locale, instant: datetime
) -> int:
    """Write the batches (`audience.rows`) to `path` below the headers; how many rows. RefusedError for a cell that is too long.

    What is written meanwhile lies in the folder of `path`. OSError where the disk is in the way.
    """
    import xlsxwriter  # 0.05 s, for this format alone
    from xlsxwriter.exceptions import FileCreateError

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent), "use_zip64": True})
    book.set_properties({"created": instant})
    sheet = book.add_worksheet(_SHEET)
    formats = {kind: book.add_format({"num_format": shown}) for kind, shown in _number_formats(locale).items()}
    bold = book.add_format({"bold": True})
    written = 0
    try:
        _write_header(sheet, columns, bold)
        for batch in batches:
            _judge_lengths(name, columns, batch, written)
            _write_batch(sheet, columns, batch, written + 1, formats)
            written += batch.height
        book.close()
    except FileCreateError as error:  # The library's own word for an OSError, which it holds.
        raise (error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(str(error))) from None
    finally:
        if sheet.row_data_fh is not None:
            sheet.row_data_fh.close()
    return written


def _number_formats(locale: Locale) -> dict[str, str]:
    day = _DAYS[locale]
    return {"number": "General", "day": day, "instant": f"{day} hh:mm:ss"}


def _write_header(sheet: Worksheet, columns: Sequence[Column], bold: Format) -> None:
    for position, column in enumerate(columns):
        kind = column.native.kind if column.native else "text" if column.value is None else "cross"
        sheet.set_column(position, position, min(max(len(column.header) + 2, _WIDTHS[kind]), _WIDEST))
    sheet.freeze_panes(1, 0)
    for position, column in enumerate(columns):
        _write_text(sheet, 0, position, column.header, bold)


def _write_batch(
    sheet: Worksheet, columns: Sequence[Column], batch: pl.DataFrame, first: int, formats: dict[str, Format]
) -> None:
    """The rows of a batch, the first of them in the sheet's row `first` (from 0)."""
    shapes = [formats[column.native.kind] if column.native else None for column in columns]
    for row, cells in zip(count(first), _rows(columns, batch)):
        for position, cell in enumerate(cells):
            if cell is None:
                continue
            if isinstance(cell, float):
                sheet.write_number(row, position, cell, shapes[position])
            else:
                _write_text(sheet, row, position, cell)


def _rows(columns: Sequence[Column], batch: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Each row's cells: a number where something native stands, else the text, or None."""
    return zip(*(_cells(batch, position, column) for position, column in enumerate(columns)), strict=True)


def _cells(batch: pl.DataFrame, position: int, column: Column) -> list[Any]:
    texts = batch[f"c{position}"]
    if column.native is None:
        return texts.to_list()
    numbers = batch[f"n{position}"].to_list()
    if texts.null_count() == texts.len():
        return numbers
    return [text if number is None else number for text, number in zip(texts.to_list(), numbers, strict=True)]


def _write_text(sheet: Worksheet, row: int, position: int, text: str, shape: Format | None = None) -> None:
    """A string as it stands, never a formula or a link."""
    if text.startswith("<r>") and text.endswith("</r>"):
        # Such a string the library takes for XML of its own: in parts it is text again.
        sheet.write_rich_string(row, position, text[:1], text[1:2], text[2:], *([shape] if shape else []))
    else:
        sheet.write_string(row, position, text, shape)


def _judge_lengths(name: str, columns: Sequence[Column], batch: pl.DataFrame, before: int) -> None:
    """RefusedError where a cell has more signs than Excel takes: it would cut them off."""
    import polars as pl

    for position, column in enumerate(columns):
        texts = batch[f"c{position}"]
        if (texts.str.len_bytes().max() or 0) <= MOST_SIGNS:  # pyright: ignore[reportOperatorIssue]
            continue
        signs = pl.select(texts.str.len_chars() + texts.str.count_matches(_BEYOND)).to_series()
        place = (signs > MOST_SIGNS).fill_null(value=False).arg_max()
        if place is not None and signs[place] is not None and signs[place] > MOST_SIGNS:
            raise RefusedError(
                say(
                    "The export {name!r} does not fit a workbook: a cell of {signs} signs in the column {header!r}, row {row}; a "
                    "cell of a sheet has {most}. Nothing was replaced.",
                    name=name,
                    signs=signs[place],
                    header=column.header,
                    row=before + place + 2,
                    most=MOST_SIGNS,
                ),
                say("Take `format: csv` or `parquet`, which have no such limit."),
            )
