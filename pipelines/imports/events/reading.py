"""A file of events → the relation ROWS: its mapped columns as they stand, one row an event (BHV-1).

Columns: `line` (of the file; of Parquet, the row's number), `fault` (why the line cannot be read at all, or NULL), and
EVENT_FIELDS, NULL where the file has no such column. Belongs here: CSV, NDJSON and Parquet, what is measured of them as files, and
their rows as they have them. Does not: what a column (`columns`) or a cell (`resolving`) means, nor judging.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from pipelines.base.statements import at_hand, first_row, identifier, literal, statement
from pipelines.declarations.events import EVENT_FIELDS
from pipelines.declarations.model import EventImport
from pipelines.files.opening import Opened
from pipelines.files.reading import TextFrame
from pipelines.imports.events.columns import Columns, columns_of, keys_of
from pipelines.imports.intake import FileFacts

ROWS = "carnet_event_rows"
_NDJSON = (".ndjson", ".jsonl", ".json")
_PARQUET = (".parquet", ".pq")
_NO_OBJECT = (
    'No line of the file is a JSON object. One object a line is meant, such as {"email": …}, with no list around them '
    "and no object over several lines."
)


@dataclass(frozen=True)
class Records:
    """A file of records, NDJSON or Parquet, measured for the suite `records`.

    `measures`: of its rules; `words`: what each of them says where it fails; `needed`: whether an event can do without what
    `missing_columns` counts. `source`: the relation of its rows; `cells`: meaning → its expression there.
    """

    facts: FileFacts
    measures: dict[str, int | str]
    words: dict[str, str]
    needed: bool = True
    source: str = ""
    cells: Mapping[str, str] = field(default_factory=dict[str, str])


def format_of(path: Path) -> str:
    """`csv`, `ndjson` or `parquet`, by the file's suffix."""
    suffix = path.suffix.lower()
    return "ndjson" if suffix in _NDJSON else "parquet" if suffix in _PARQUET else "csv"


def measure_parquet(connection: duckdb.DuckDBPyConnection, opened: Opened, event_import: EventImport) -> Records:
    """Measure a Parquet file, whose rows are not read before the relation is; native instants stay instants."""
    scan = f"read_parquet({literal(str(opened.path))}, file_row_number = true)"
    try:
        described = connection.sql(f"DESCRIBE SELECT * FROM {scan}").fetchall()  # noqa: S608
        row = first_row(connection, f"SELECT count(*) FROM {scan}")  # noqa: S608
    except duckdb.Error as error:
        said = (
            f"This is no Parquet file: {str(error).splitlines()[0]} Write it again, or give it the ending that it has."
        )
        return Records(_facts(opened, "Parquet"), {"unreadable": 1}, {"unreadable": said})
    rows, types = row[0] if row else 0, {name: str(kind) for name, kind, *_ in described if name != "file_row_number"}
    columns = columns_of(event_import, tuple(types))
    return Records(
        _facts(opened, "Parquet", rows, columns, tuple(types)),
        {"unreadable": 0, "rows": rows, "missing_columns": columns.missing},
        {"rows": "The file has columns but no row. It needs at least one.", "missing_columns": columns.lacking},
        source=f"SELECT file_row_number + 1 AS line, NULL::VARCHAR AS fault, * FROM {scan}",  # noqa: S608
        cells={meaning: _native(name, types[name], meaning) for meaning, name in columns.found.items()},
    )


def measure_ndjson(connection: duckdb.DuckDBPyConnection, opened: Opened, event_import: EventImport) -> Records:
    """Measure a file with one JSON object a line; blank lines are none. A key with dots names a nested value.

    A mapped key may be absent from any line; absent from all of them, it is a missing column.
    """
    try:
        lines = _lines(opened)
    except pl.exceptions.ComputeError:
        said = "The file is not UTF-8 throughout: save it as UTF-8."
        return Records(_facts(opened, "NDJSON"), {"encoding": "unknown"}, {"encoding": said})
    if lines.is_empty():
        said = "The file is empty. It needs one JSON object a line, at least one."
        return Records(_facts(opened, "NDJSON"), {"encoding": "utf-8", "rows": 0}, {"rows": said})
    with at_hand(connection, carnet_event_lines=lines):
        return _measure_objects(connection, lines.height, opened, event_import)


def _measure_objects(
    connection: duckdb.DuckDBPyConnection, rows: int, opened: Opened, event_import: EventImport
) -> Records:
    """Leaves `carnet_event_objects`: of each line what its mapped keys hold."""
    names = {meaning: name for name, meaning in event_import.mapping.items() if meaning}
    pointers = [way for name in names.values() for way in (_pointer(name), _pointer(name, nested=True))]
    listed = ", ".join(map(literal, pointers))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE carnet_event_objects AS SELECT line, "  # noqa: S608
        "CASE WHEN NOT json_valid(text) OR json_type(text) <> 'OBJECT' THEN 'The line is no JSON object.' END AS fault, "
        f"CASE WHEN fault IS NULL THEN json_extract_string(text, [{listed}]) END AS cells FROM carnet_event_lines"
    )
    cells = {meaning: f"coalesce(cells[{2 * n + 1}], cells[{2 * n + 2}])" for n, meaning in enumerate(names)}
    counted = ", ".join(f"count({cell})" for cell in cells.values())
    row = first_row(connection, f"SELECT count(*) FILTER (fault IS NULL), {counted} FROM carnet_event_objects")  # noqa: S608
    objects, *given = row or (0,)
    if not objects:
        facts = _facts(opened, "NDJSON", rows)
        return Records(facts, {"encoding": "utf-8", "rows": rows, "unreadable": rows}, {"unreadable": _NO_OBJECT})
    silent = [name for name, count in zip(names.values(), given, strict=True) if not count]
    # A key without a value, null, is there.
    absent = [name for name in silent if not _occurs(connection, name)]
    keys = connection.execute(statement("events/object_keys")).fetchall() if absent else []
    columns = keys_of(event_import, absent, [name for (name,) in keys])
    return Records(
        _facts(opened, "NDJSON", rows, columns),
        {"encoding": "utf-8", "rows": rows, "unreadable": 0, "missing_columns": columns.missing},
        {"missing_columns": columns.lacking},
        needed=columns.needed,
        source="SELECT * FROM carnet_event_objects",
        cells=cells,
    )


def _facts(
    opened: Opened, kind: str, rows: int = 0, columns: Columns | None = None, header: tuple[str, ...] = ()
) -> FileFacts:
    described = {"Size": f"{opened.size:,} bytes", "Format": kind, "Rows": f"{rows:,}"}
    return FileFacts(header, columns.hidden if columns else (), None, rows, described)


def _lines(opened: Opened) -> pl.DataFrame:
    """`line` and `text` of the lines that hold something, without a byte order mark."""
    try:
        lines = pl.read_lines(io.BytesIO(opened.data) if opened.whole else opened.path)
    except pl.exceptions.NoDataError:
        lines = pl.DataFrame(schema={"line": pl.String})
    text = pl.col("line").str.strip_prefix("\ufeff").str.strip_chars()
    return lines.select(line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), text=text).filter(pl.col("text") != "")


def _occurs(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    pointers = [_pointer(name), _pointer(name, nested=True)]
    return first_row(connection, statement("events/key_occurs"), {"pointers": pointers}) is not None


def make_rows_of_text(connection: duckdb.DuckDBPyConnection, text: TextFrame, columns: Columns) -> None:
    """Make ROWS of a CSV file's cells."""
    cells = {meaning: identifier(f"c{text.headers.index(name)}") for meaning, name in columns.found.items()}
    with at_hand(connection, carnet_event_text=text.frame):
        connection.execute("CREATE OR REPLACE TEMP TABLE carnet_event_cells AS SELECT * FROM carnet_event_text")
    make_rows(connection, "SELECT *, NULL::VARCHAR AS fault FROM carnet_event_cells", cells)


def make_rows(connection: duckdb.DuckDBPyConnection, source: str, cells: Mapping[str, str]) -> None:
    """Make ROWS over a relation with `line` and `fault`; `cells`: meaning → its expression there."""
    listed = ", ".join(f"{cells.get(meaning, 'NULL::VARCHAR')} AS {identifier(meaning)}" for meaning in EVENT_FIELDS)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {ROWS} AS SELECT line::BIGINT AS line, fault, {listed} FROM ({source})"  # noqa: S608
    )


def originals(
    connection: duckdb.DuckDBPyConnection, opened: Opened, header: tuple[str, ...], lines: pl.Series
) -> pl.DataFrame:
    """Rows of the file just read as they stand in it: `line`, and `cells` (texts) in the order of its header.

    Of NDJSON, `cells` is the line's text alone.
    """
    asked = pl.DataFrame({"line": lines})
    kind = format_of(opened.path)
    if kind == "ndjson":
        return asked.join(_lines(opened), on="line").select("line", cells=pl.concat_list("text"))
    if kind == "parquet":
        scan = f"read_parquet({literal(str(opened.path))}, file_row_number = true)"
        source, columns = f"(SELECT file_row_number + 1 AS line, * FROM {scan})", header  # noqa: S608
    else:
        source, columns = "carnet_event_cells", tuple(f"c{position}" for position in range(len(header)))
    cells = ", ".join(f"r.{identifier(name)}::VARCHAR" for name in columns)
    with at_hand(connection, carnet_asked_lines=asked):
        return connection.sql(
            f"SELECT r.line::BIGINT AS line, [{cells}] AS cells FROM {source} AS r "  # noqa: S608
            "SEMI JOIN carnet_asked_lines AS a ON a.line = r.line"
        ).pl()


def _native(name: str, kind: str, meaning: str) -> str:
    column = identifier(name)
    return column if meaning == "occurred_at" and kind.startswith(("TIMESTAMP", "DATE")) else f"{column}::VARCHAR"


def _pointer(name: str, *, nested: bool = False) -> str:
    """The JSON pointer of a key; with `nested`, each dot leads one object down."""
    escaped = name.replace("~", "~0").replace("/", "~1")
    return "/" + (escaped.replace(".", "/") if nested else escaped)
