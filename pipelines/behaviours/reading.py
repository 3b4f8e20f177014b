"""A file of events → the relation `carnet_event_rows`: its mapped columns as they stand, one row an event (BHV-1).

Columns: `line` (of the file; of Parquet, the row's number), `fault` (why the line cannot be read at all, or NULL), and
EVENT_FIELDS, NULL where the file has no such column. Belongs here: CSV, NDJSON and Parquet. Does not: what a cell means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipelines.base.statements import identifier, literal
from pipelines.declarations.events import EVENT_FIELDS
from pipelines.declarations.model import EventImport
from pipelines.errors import nearest
from pipelines.fields import fold
from pipelines.imports.frames import TextFrame
from pipelines.imports.masking import hidden_names, masked_name
from pipelines.imports.problems import Problem

ROWS = "carnet_event_rows"
_NDJSON = (".ndjson", ".jsonl", ".json")
_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class Unreadable:
    """Why a file cannot be read as events; it is refused."""

    problem: Problem


def format_of(path: Path) -> str:
    """`csv`, `ndjson` or `parquet`, by the file's suffix."""
    suffix = path.suffix.lower()
    return "ndjson" if suffix in _NDJSON else "parquet" if suffix in _PARQUET else "csv"


def read_parquet(connection: duckdb.DuckDBPyConnection, path: Path, wanted: EventImport) -> Unreadable | None:
    """Make the relation over a Parquet file, which is not read before it is asked for; native instants stay instants."""
    scan = f"read_parquet({literal(str(path))}, file_row_number = true)"
    try:
        described = connection.sql(f"DESCRIBE SELECT * FROM {scan}").fetchall()  # noqa: S608
    except duckdb.Error as error:
        return Unreadable(Problem("unreadable", "critical", f"This is no Parquet file: {str(error).splitlines()[0]}"))
    types = {row[0]: str(row[1]) for row in described}
    found = _found(wanted, [name for name in types if name != "file_row_number"])
    if isinstance(found, Unreadable):
        return found
    columns = {meaning: _native(name, types[name], meaning) for meaning, name in found.items()}
    _relation(connection, f"SELECT file_row_number + 1 AS line, NULL::VARCHAR AS fault, * FROM {scan}", columns)  # noqa: S608
    return None


def read_ndjson(connection: duckdb.DuckDBPyConnection, path: Path, wanted: EventImport) -> Unreadable | None:
    """Make the relation of a file with one JSON object a line; blank lines are none. A key with dots names a nested value."""
    try:
        lines = pl.read_lines(path)
    except pl.exceptions.ComputeError:
        return Unreadable(Problem("encoding", "critical", "The file is not UTF-8 throughout: save it as UTF-8."))
    except pl.exceptions.NoDataError:
        lines = pl.DataFrame(schema={"line": pl.String})
    texts = lines.select(line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), text=pl.col("line").str.strip_chars())
    texts = texts.filter(pl.col("text") != "")
    names = [(meaning, name) for name, meaning in wanted.mapping.items() if meaning]
    paths = [way for _, name in names for way in (_pointer(name), _pointer(name, nested=True))]
    connection.register("carnet_event_lines", texts.to_arrow())
    listed = ", ".join(map(literal, paths))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE carnet_event_objects AS SELECT line, "  # noqa: S608
        "CASE WHEN NOT json_valid(text) OR json_type(text) <> 'OBJECT' THEN 'The line is no JSON object.' END AS fault, "
        f"CASE WHEN fault IS NULL THEN json_extract_string(text, [{listed}]) END AS cells FROM carnet_event_lines"
    )
    connection.unregister("carnet_event_lines")
    columns = {meaning: f"coalesce(cells[{2 * n + 1}], cells[{2 * n + 2}])" for n, (meaning, _) in enumerate(names)}
    _relation(connection, "SELECT * FROM carnet_event_objects", columns)
    return None


def read_text(connection: duckdb.DuckDBPyConnection, text: TextFrame, wanted: EventImport) -> Unreadable | None:
    """Make the relation of a CSV file's cells."""
    found = _found(wanted, text.headers)
    if isinstance(found, Unreadable):
        return found
    columns = {meaning: identifier(f"c{text.headers.index(name)}") for meaning, name in found.items()}
    connection.register("carnet_event_text", text.frame.to_arrow())
    connection.execute("CREATE OR REPLACE TEMP TABLE carnet_event_cells AS SELECT * FROM carnet_event_text")
    connection.unregister("carnet_event_text")
    _relation(connection, "SELECT *, NULL::VARCHAR AS fault FROM carnet_event_cells", columns)
    return None


def _relation(connection: duckdb.DuckDBPyConnection, source: str, columns: Mapping[str, str]) -> None:
    cells = ", ".join(f"{columns.get(meaning, 'NULL::VARCHAR')} AS {identifier(meaning)}" for meaning in EVENT_FIELDS)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {ROWS} AS SELECT line::BIGINT AS line, fault, {cells} FROM ({source})"  # noqa: S608
    )


def _native(name: str, kind: str, meaning: str) -> str:
    column = identifier(name)
    return column if meaning == "occurred_at" and kind.startswith(("TIMESTAMP", "DATE")) else f"{column}::VARCHAR"


def _pointer(name: str, *, nested: bool = False) -> str:
    """The JSON pointer of a key; with `nested`, each dot leads one object down."""
    escaped = name.replace("~", "~0").replace("/", "~1")
    return "/" + (escaped.replace(".", "/") if nested else escaped)


def hidden_columns(wanted: EventImport, headers: Sequence[str]) -> tuple[str, ...]:
    """The names of columns that may be persons' values, since none of them is mapped (SEC-4)."""
    mapped = set(map(fold, wanted.mapping))
    return hidden_names(headers, recognised=any(fold(header) in mapped for header in headers))


def _found(wanted: EventImport, headers: Sequence[str]) -> dict[str, str] | Unreadable:
    """Each meaning's column, by its name, ignoring case, accents and blanks; columns that may miss are left out."""
    by_form = {fold(header): header for header in headers}
    found = {
        meaning: by_form[fold(name)] for name, meaning in wanted.mapping.items() if meaning and fold(name) in by_form
    }
    missing = [name for name, meaning in wanted.mapping.items() if meaning and meaning not in found]
    if not missing:
        return found
    if hidden := hidden_columns(wanted, headers):
        hints, headers = " Is its first line the header?", [masked_name(name) for name in hidden]
    else:
        guesses = ((name, nearest(name, headers)) for name in missing)
        hints = "".join(f" Did you mean {like!r} for {name!r}?" for name, like in guesses if like)
    message = f"Mapped columns are missing: {', '.join(missing)}. The file has: {', '.join(headers)}.{hints}"
    return Unreadable(Problem("missing_columns", "critical", message))
