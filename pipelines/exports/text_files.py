"""A query's rows → one CSV or TXT file, which DuckDB itself writes, on all cores (EXP-3).

Belongs here: separators, quotes, line endings, the head of the file. Does not: what a cell holds.
"""

from __future__ import annotations

import csv
import hashlib
import io
import threading
from collections.abc import Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from pipelines.base.statements import literal
from pipelines.declarations.model import Export
from pipelines.faults import DamagedError, as_fault

SEPARATORS = {"csv": ";", "txt": "\t"}
_CHUNK = 1 << 18
_LOOK_SECONDS = 0.02
_BOM = "\ufeff"


def write_text(
    session: duckdb.DuckDBPyConnection, export: Export, headers: Sequence[str], query: exp.Select, path: Path
) -> tuple[int, str]:
    """Write the rows of `query` (`audience.rows`) to `path` under the headers: how many, and the SHA-256 of the file.

    `path` lies in a folder that the session may write in. OSError where the disk is in the way.
    """
    separator = SEPARATORS.get(export.format, SEPARATORS["csv"])
    line_end = "\r\n" if export.excel else "\n"
    head = _head(headers, separator, line_end, export.excel)
    signs = f"DELIMITER {literal(separator)}, NEW_LINE {literal(_escaped(line_end))}"
    # DuckDB ends lines between rows alone, where it is told what stands before and after them.
    around = f"PREFIX {literal(head)}, SUFFIX {literal(line_end)}"
    with _Hashing(path) as hashing:
        written = copy_to(
            session, _no_blank_lines(query), path, f"FORMAT csv, HEADER false, USE_TMP_FILE false, {signs}, {around}"
        )
    if written:
        return written, hashing.sha256
    path.write_bytes(head.encode())
    return 0, hashlib.sha256(head.encode()).hexdigest()


class _Hashing:
    """What DuckDB writes to a file, hashed while it does so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()
        self._whole = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="carnet-export", daemon=True)
        self._fault: OSError | None = None

    @property
    def sha256(self) -> str:
        """Of the whole file."""
        return self._digest.hexdigest()

    def __enter__(self) -> _Hashing:
        self._path.touch()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._whole.set()
        self._thread.join()
        if self._fault is not None and kind is None:
            raise self._fault

    def _follow(self) -> None:
        try:
            chunk = memoryview(bytearray(_CHUNK))
            with self._path.open("rb", buffering=0) as rows:
                while True:
                    last = self._whole.is_set()
                    while held := rows.readinto(chunk):
                        self._digest.update(chunk[:held])
                    if last:
                        return
                    self._whole.wait(_LOOK_SECONDS)
        except OSError as error:
            self._fault = error


def copy_to(session: duckdb.DuckDBPyConnection, query: exp.Query, path: Path, options: str) -> int:
    """How many rows DuckDB wrote to `path`; OSError for what the disk refuses."""
    try:
        [(written,)] = session.execute(f"COPY ({query.sql('duckdb')}) TO {literal(str(path))} ({options})").fetchall()
    except duckdb.IOException as error:
        if isinstance(fault := as_fault(error), DamagedError):
            raise fault from error
        raise OSError(str(error).splitlines()[0]) from error
    return written


def _head(headers: Sequence[str], separator: str, line_end: str, excel: bool) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, delimiter=separator, lineterminator=line_end).writerow(headers)
    return (_BOM if excel else "") + line.getvalue()


def _no_blank_lines(query: exp.Select) -> exp.Select:
    """The empty cells of a single column as `""`, for a blank line would be no row at all."""
    if len(query.expressions) > 1:
        return query
    (cell,) = query.expressions
    filled = exp.Coalesce(this=cell.this, expressions=[exp.Literal.string("")])
    return query.select(exp.alias_(filled, cell.alias), append=False)


def _escaped(line_end: str) -> str:
    """As DuckDB's options name it."""
    return line_end.replace("\r", "\\r").replace("\n", "\\n")
