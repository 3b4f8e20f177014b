"""A JSON file → its objects: one a line, one after the other, in a list, printed over several lines (BHV-1).

Belongs here: which of these a file is. Does not: cutting a text (`files.objects`), what its objects say (`unfolding`).
"""

from __future__ import annotations

import io
import mmap
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import polars as pl

from pipelines.base.statements import at_hand
from pipelines.files.objects import Objects, cut_objects
from pipelines.files.opening import Opened
from pipelines.language import mark

_AROUND_LINES = r"^[\s\[,]+|[\s\],]+$"
"""What stands around an object a line of a list."""


@dataclass(frozen=True)
class Documents:
    """`frame`: `number`, `line`, `text` and `valid` (whether it is a JSON object) of each object, or of what stands in its place.

    `line`: on which it begins; where several begin on one, its number among the objects. `unfinished`: the line of the object that
    the file ends in, of a file that is not one object a line. `described`: for the report, to be said.
    """

    frame: pl.DataFrame
    described: str = mark("JSON, an object a line")
    unfinished: int | None = None

    @property
    def objects(self) -> int:
        """How many objects there are."""
        return int(self.frame["valid"].sum())


def documents_of(connection: duckdb.DuckDBPyConnection, opened: Opened) -> Documents:
    """The objects of a file; a polars ComputeError where it is not UTF-8."""
    lines = _judged(connection, _lines(opened))
    if lines["valid"].all():
        return Documents(lines)
    with _bytes_of(opened) as data:
        cut = cut_objects(data)
        found = _judged(connection, cut.frame.with_columns(number=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)))
    if not (cut.clean and found["valid"].all()):
        lines = _without_list(connection, lines)
        # Of a file that is one object a line, a line may be damaged: the others are objects all the same.
        if lines["valid"].sum() * 2 > lines.height:
            return Documents(lines)
    return _of_cut(cut, found)


def _of_cut(cut: Objects, found: pl.DataFrame) -> Documents:
    if cut.a_line_each:
        return Documents(found, "JSON", cut.unfinished)
    described = mark("JSON, several objects a line: « line » is the number of the object")
    return Documents(found.with_columns(line="number"), described, cut.unfinished)


def _lines(opened: Opened) -> pl.DataFrame:
    """The lines that hold something, without a byte order mark."""
    try:
        lines = pl.read_lines(io.BytesIO(opened.data) if opened.whole else opened.path)
    except pl.exceptions.NoDataError:
        lines = pl.DataFrame(schema={"line": pl.String})
    text = pl.col("line").str.strip_prefix("\ufeff").str.strip_chars()
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    return lines.select(number=number, line=number, text=text).filter(pl.col("text") != "")


def _without_list(connection: duckdb.DuckDBPyConnection, lines: pl.DataFrame) -> pl.DataFrame:
    text = pl.when("valid").then("text").otherwise(pl.col("text").str.replace_all(_AROUND_LINES, ""))
    return _judged(connection, lines.with_columns(text=text).filter(pl.col("text") != "").drop("valid"))


def _judged(connection: duckdb.DuckDBPyConnection, texts: pl.DataFrame) -> pl.DataFrame:
    """With `valid`: whether each text is a JSON object."""
    with at_hand(connection, carnet_event_texts_given=texts.select("text")):
        valid = connection.sql(
            "SELECT CASE WHEN json_valid(text) THEN json_type(text) = 'OBJECT' ELSE false END AS valid "
            "FROM carnet_event_texts_given"
        ).pl()
    return texts.select("number", "line", "text").with_columns(valid["valid"].cast(pl.Boolean))


@contextmanager
def _bytes_of(opened: Opened) -> Generator[bytes | mmap.mmap]:
    """The file's bytes; those of one that was not read whole where they lie."""
    if opened.whole:
        yield opened.data
        return
    with opened.path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped
