"""The process that opens a workbook: its bytes in, the text of one sheet out (IMP-1b).

A workbook of a few kilobytes can make any reader ask for more memory than a machine has, and end the process that it runs in: so
it is opened in one of its own, whose memory is bounded. Belongs here: cells as a person sees them. Does not: what becomes of them
(`sheets`).
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.files.separators import SHEET_SEPARATOR

if TYPE_CHECKING:
    import fastexcel

_ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}
_DAY_MS = 86_400_000
_LIKE_AN_ERROR = (
    r"^(?:#N/A|#N/D|#DIV/0!|#VALUE!|#VALEUR!|#REF!|#NAME\?|#NOM\?|#NUM!|#NOMBRE!|#NULL!|#NUL!|#SPILL!|Err:\d{3})$"
)
_DIGITS = 15
"""So many does a workbook show; a computed 0.1 + 0.2 has more."""


def serve() -> None:
    """Read options (`sheet`, `decimal`, `max_bytes`, `memory`) from the arguments and a workbook from standard input.

    Writes one JSON line (`sheet`, `sheets`, `errors`, `size`; or `fault`), then the sheet as CSV, where it has at most `max_bytes`.
    """
    options: dict[str, Any] = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (options["memory"], options["memory"]))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Whatever a library prints must not be taken for an answer.
    about, text = read_sheet(sys.stdin.buffer.read(), options["sheet"], options["decimal"])
    about["size"] = len(text)
    answers.write(json.dumps(about).encode() + b"\n" + (text if len(text) <= options["max_bytes"] else b""))
    answers.flush()


def read_sheet(data: bytes, name: str | None, decimal: str) -> tuple[dict[str, Any], bytes]:
    """What is told of the sheet of that name, or else of the first that is shown, and its text, with that sign before decimals."""
    import fastexcel  # its process alone needs it

    try:
        book = fastexcel.read_excel(data)
        names = book.sheet_names
        if name is not None and name not in names:
            return {"sheets": names, "missing": True}, b""
        if not names:
            return {"sheets": []}, b""
        wanted = _first_shown(book, names) if name is None else name
        loads = {
            kind: book.load_sheet(wanted, header_row=None, skip_rows=0, dtypes=kind)
            for kind in ("string", "boolean", "duration")
        }
        frames = {kind: pl.DataFrame(sheet) for kind, sheet in loads.items()}
        _, found = loads["string"].to_arrow_with_errors()
    except fastexcel.FastExcelError as error:
        return {"fault": str(error).partition("\n")[0]}, b""
    # A time, too, is no text to the reader, which says so in the same list.
    failed = [] if found is None else [each for each in found.errors if "Error(" in each.detail]
    cells, marked = _without_errors(_as_seen(decimal, **{f"{kind}s": frame for kind, frame in frames.items()}))
    told = [(*each.offset_position, _sign(each.detail)) for each in failed]
    cells = _trimmed(cells)
    about = {"sheet": wanted, "sheets": names, "errors": _by_column([*told, *marked])}
    return about, cells.write_csv(include_header=False, separator=SHEET_SEPARATOR, quote_style="necessary").encode()


def _first_shown(book: fastexcel.ExcelReader, names: list[str]) -> str:
    """The first sheet that a person sees."""
    if len(names) == 1:
        return names[0]
    looks = ((name, book.load_sheet(name, header_row=None, n_rows=1).visible) for name in names)
    return next((name for name, look in looks if look == "visible"), names[0])


def _sign(detail: str) -> str:
    """`Expected string but got 'Error(NA)'` as a person sees it."""
    return _ERRORS.get(detail.rpartition("(")[2].partition(")")[0], "#N/A")


def _as_seen(decimal: str, strings: pl.DataFrame, booleans: pl.DataFrame, durations: pl.DataFrame) -> pl.DataFrame:
    """Each cell as a person sees it: days without an hour of theirs, hours without a day, numbers with 15 digits at most."""
    seen: list[pl.Series] = []
    for text, number, instant in zip(strings, booleans, durations, strict=True):
        passed = instant.dt.total_milliseconds()
        day = text.str.replace(r"[ T]00:00:00(?:\.0+)?$", "").str.replace("T", " ", literal=True)
        long = (
            number.is_not_null()
            & text.str.contains(r"^-?[0-9]*\.[0-9]+(?:[eE]-?[0-9]+)?$")
            & (text.str.len_chars() > _DIGITS)
        )
        plain = text.cast(pl.Float64, strict=False).round_sig_figs(_DIGITS).cast(pl.String)
        cell = (
            pl.when(instant.is_not_null() & (text.is_null() | (passed < _DAY_MS)))
            .then(_hours(passed))
            .when(instant.is_not_null())
            .then(day)
            .when(long)
            .then(plain.str.replace(".", decimal, literal=True))
            .when(number.is_not_null())
            .then(text.str.replace(".", decimal, literal=True))
            .otherwise(text.str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True))
        )
        seen.append(pl.select(cell.alias(text.name)).to_series())
    return pl.DataFrame(seen)


def _hours(passed: pl.Series) -> pl.Expr:
    """Milliseconds as `09:05:00`."""
    seconds = passed // 1000
    parts = (seconds // 3600, seconds // 60 % 60, seconds % 60)
    return pl.concat_str([part.cast(pl.String).str.zfill(2) for part in parts], separator=":")


def _without_errors(cells: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[int, int, str]]]:
    """The cells without those that hold the words of an error, and where these stood."""
    marked = [column.str.contains(_LIKE_AN_ERROR).fill_null(value=False) for column in cells]
    found = [
        (row, position, cells.item(row, position))
        for position, where in enumerate(marked)
        for row in where.arg_true().to_list()
    ]
    kept = [
        pl.select(pl.when(~where).then(column)).to_series().alias(column.name)
        for column, where in zip(cells, marked, strict=True)
    ]
    return pl.DataFrame(kept), found


def _by_column(errors: list[tuple[int, int, str]]) -> list[dict[str, Any]]:
    """For each column (from 0) how many cells hold an error, the first line, and the error there."""
    if not errors:
        return []
    frame = pl.DataFrame(errors, schema=["line", "column", "sign"], orient="row").sort("line")
    return (
        frame.group_by("column")
        .agg(pl.len().alias("count"), (pl.col("line").first() + 1), pl.col("sign").first())
        .sort("column")
        .to_dicts()
    )


def _trimmed(cells: pl.DataFrame) -> pl.DataFrame:
    """The sheet without the empty columns at its right and the empty rows at its end: formats without cells."""
    held = [column.is_not_null() & (column.str.strip_chars() != "") for column in cells]
    last = max((place for place, each in enumerate(held) if each.any()), default=-1)
    if last < 0:
        return pl.DataFrame()
    rows = pl.DataFrame(held).select(pl.any_horizontal(pl.all())).to_series().arg_true()
    return cells[:, : last + 1].head(int(rows[-1]) + 1)


if __name__ == "__main__":
    serve()
