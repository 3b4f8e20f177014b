"""A file of events → the relation `carnet_event_rows`: its mapped columns as they stand, one row an event (BHV-1).

Columns: `line` (of the file; of Parquet, the row's number), `fault` (why the line cannot be read at all, or NULL), and
EVENT_FIELDS, NULL where the file has no such column. Belongs here: CSV, NDJSON and Parquet, and the rows of a file as it has them.
Does not: what a cell means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipelines.base.statements import first_row, identifier, literal, statement
from pipelines.declarations.events import EVENT_FIELDS
from pipelines.declarations.model import EventImport
from pipelines.errors import nearest
from pipelines.fields import SYSTEM_FIELDS, fold
from pipelines.files.file_problems import MissingColumn, lacking
from pipelines.files.problems import Problem
from pipelines.files.reading import TextFrame
from pipelines.imports.masking import hidden_names

ROWS = "carnet_event_rows"
_NDJSON = (".ndjson", ".jsonl", ".json")
_PARQUET = (".parquet", ".pq")


_NEEDED = ("type", "occurred_at")
WHO = ("email", "mobile", "contact_id")
"""What a row may name somebody by."""
_MEND = "Rename them in the file, or change the event import's mapping."


@dataclass(frozen=True)
class EventFile:
    """A file as it was read: its columns, and what is wrong with it as a whole.

    A critical problem refuses it. Of NDJSON, `headers` are the keys that were looked at in search of a missing one. `hidden`: those
    that may be persons' values, since the file seems to have no header (SEC-4).
    """

    headers: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    hidden: tuple[str, ...] = ()


def format_of(path: Path) -> str:
    """`csv`, `ndjson` or `parquet`, by the file's suffix."""
    suffix = path.suffix.lower()
    return "ndjson" if suffix in _NDJSON else "parquet" if suffix in _PARQUET else "csv"


def read_parquet(connection: duckdb.DuckDBPyConnection, path: Path, wanted: EventImport) -> EventFile:
    """Make the relation over a Parquet file, which is not read before it is asked for; native instants stay instants."""
    scan = f"read_parquet({literal(str(path))}, file_row_number = true)"
    try:
        described = connection.sql(f"DESCRIBE SELECT * FROM {scan}").fetchall()  # noqa: S608
    except duckdb.Error as error:
        message = (
            f"This is no Parquet file: {str(error).splitlines()[0]} Write it again, or give it the ending that it has."
        )
        return EventFile((), (Problem("unreadable", "critical", message),))
    types = {row[0]: str(row[1]) for row in described}
    headers = tuple(name for name in types if name != "file_row_number")
    found = _found(wanted, headers)
    if isinstance(found, Problem):
        return EventFile(headers, (found,), hidden_columns(wanted, headers))
    if first_row(connection, f"SELECT 1 FROM {scan} LIMIT 1") is None:  # noqa: S608
        return EventFile(
            headers, (Problem("rows", "critical", "The file has columns but no row. It needs at least one."),)
        )
    columns = {meaning: _native(name, types[name], meaning) for meaning, name in found.items()}
    _relation(connection, f"SELECT file_row_number + 1 AS line, NULL::VARCHAR AS fault, * FROM {scan}", columns)  # noqa: S608
    return EventFile(headers)


def read_ndjson(connection: duckdb.DuckDBPyConnection, path: Path, wanted: EventImport) -> EventFile:
    """Make the relation of a file with one JSON object a line; blank lines are none. A key with dots names a nested value.

    A mapped key may be absent from any line. Absent from all of them, it is a missing column: which is told, and refuses the file
    where no event could do without it.
    """
    try:
        texts = _lines(path)
    except pl.exceptions.ComputeError:
        return EventFile((), (Problem("encoding", "critical", "The file is not UTF-8 throughout: save it as UTF-8."),))
    if texts.is_empty():
        return EventFile(
            (), (Problem("rows", "critical", "The file is empty. It needs one JSON object a line, at least one."),)
        )
    names = [(meaning, name) for name, meaning in wanted.mapping.items() if meaning]
    paths = [way for _, name in names for way in (_pointer(name), _pointer(name, nested=True))]
    connection.register("carnet_event_lines", texts.to_arrow())
    listed = ", ".join(map(literal, paths))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE carnet_event_objects AS SELECT line, "  # noqa: S608
        "CASE WHEN NOT json_valid(text) OR json_type(text) <> 'OBJECT' THEN 'The line is no JSON object.' END AS fault, "
        f"CASE WHEN fault IS NULL THEN json_extract_string(text, [{listed}]) END AS cells FROM carnet_event_lines"
    )
    columns = {meaning: f"coalesce(cells[{2 * n + 1}], cells[{2 * n + 2}])" for n, (meaning, _) in enumerate(names)}
    file = _judged_keys(connection, wanted, columns)
    connection.unregister("carnet_event_lines")
    _relation(connection, "SELECT * FROM carnet_event_objects", columns)
    return file


def _lines(path: Path) -> pl.DataFrame:
    """`line` and `text` of the lines that hold something, without a byte order mark."""
    try:
        lines = pl.read_lines(path)
    except pl.exceptions.NoDataError:
        lines = pl.DataFrame(schema={"line": pl.String})
    text = pl.col("line").str.strip_prefix("\ufeff").str.strip_chars()
    return lines.select(line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), text=text).filter(pl.col("text") != "")


def _judged_keys(connection: duckdb.DuckDBPyConnection, wanted: EventImport, columns: Mapping[str, str]) -> EventFile:
    """What is to be said of the mapped keys that no object has; a key without a value, null, is there."""
    counted = ", ".join(f"count({column})" for column in columns.values())
    row = first_row(connection, f"SELECT count(*) FILTER (fault IS NULL), {counted} FROM carnet_event_objects")  # noqa: S608
    objects, *given = row or (0, *(0 for _ in columns))
    if not objects:
        message = (
            'No line of the file is a JSON object. One object a line is meant, such as {"email": …}, with no list around them '
            "and no object over several lines."
        )
        return EventFile((), (Problem("unreadable", "critical", message),))
    theirs = {meaning: name for name, meaning in wanted.mapping.items() if meaning}
    silent = [theirs[meaning] for meaning, count in zip(columns, given, strict=True) if not count]
    absent = [name for name in silent if not _occurs(connection, name)]
    if not absent:
        return EventFile()
    keys = tuple(name for (name,) in connection.execute(statement("events/object_keys")).fetchall())
    meant = {wanted.mapping[name] for name in absent}
    nobody = all(kind in meant for kind in WHO if kind in theirs)
    refused = nobody or any(meaning in meant for meaning in _NEEDED)
    optional = "" if refused else "They may be absent: nothing is read for them. "
    message = lacking("key", "the event import", _missing(wanted, absent, keys), keys, optional + _MEND)
    problem = Problem("missing_columns", "critical" if refused else "warning", message)
    mapped = _mapped(wanted)
    # An object's keys may be data, whatever other objects have.
    return EventFile(keys, (problem,), tuple(key for key in keys if fold(key) not in mapped))


def _occurs(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    pointers = [_pointer(name), _pointer(name, nested=True)]
    return first_row(connection, statement("events/key_occurs"), {"pointers": pointers}) is not None


def read_text(connection: duckdb.DuckDBPyConnection, text: TextFrame, wanted: EventImport) -> EventFile:
    """Make the relation of a CSV file's cells."""
    found, hidden = _found(wanted, text.headers), hidden_columns(wanted, text.headers)
    if isinstance(found, Problem):
        return EventFile(text.headers, (found,), hidden)
    columns = {meaning: identifier(f"c{text.headers.index(name)}") for meaning, name in found.items()}
    connection.register("carnet_event_text", text.frame.to_arrow())
    connection.execute("CREATE OR REPLACE TEMP TABLE carnet_event_cells AS SELECT * FROM carnet_event_text")
    connection.unregister("carnet_event_text")
    _relation(connection, "SELECT *, NULL::VARCHAR AS fault FROM carnet_event_cells", columns)
    return EventFile(text.headers, hidden=hidden)


def originals(connection: duckdb.DuckDBPyConnection, path: Path, file: EventFile, lines: pl.Series) -> pl.DataFrame:
    """Rows of the file just read as they stand in it: `line`, and `cells` (texts) in the order of its headers.

    Of NDJSON, `cells` is the line's text alone.
    """
    wanted = pl.DataFrame({"line": lines})
    kind = format_of(path)
    if kind == "ndjson":
        return wanted.join(_lines(path), on="line").select("line", cells=pl.concat_list("text"))
    if kind == "parquet":
        scan = f"read_parquet({literal(str(path))}, file_row_number = true)"
        source = f"(SELECT file_row_number + 1 AS line, * FROM {scan})"  # noqa: S608
        columns = file.headers
    else:
        source, columns = "carnet_event_cells", [f"c{position}" for position in range(len(file.headers))]
    cells = ", ".join(f"r.{identifier(name)}::VARCHAR" for name in columns)
    connection.register("carnet_wanted_lines", wanted.to_arrow())
    try:
        return connection.sql(
            f"SELECT r.line::BIGINT AS line, [{cells}] AS cells FROM {source} AS r "  # noqa: S608
            "SEMI JOIN carnet_wanted_lines AS w ON w.line = r.line"
        ).pl()
    finally:
        connection.unregister("carnet_wanted_lines")


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
    mapped = _mapped(wanted)
    return hidden_names(headers, recognised=any(fold(header) in mapped for header in headers))


def _mapped(wanted: EventImport) -> set[str]:
    """The names that the mapping has, as they are compared."""
    return set(map(fold, wanted.mapping))


def _found(wanted: EventImport, headers: Sequence[str]) -> dict[str, str] | Problem:
    """Each meaning's column, by its name, ignoring case, accents and blanks; a problem where one is missing."""
    by_form = {fold(header): header for header in headers}
    found = {
        meaning: by_form[fold(name)] for name, meaning in wanted.mapping.items() if meaning and fold(name) in by_form
    }
    missing = [name for name, meaning in wanted.mapping.items() if meaning and meaning not in found]
    if not missing:
        return found
    if hidden_columns(wanted, headers):
        unlike = [MissingColumn(name, None) for name in missing]
        said = lacking("column", "the event import", unlike, headers, f"Is its first line the header? {_MEND}")
    else:
        said = lacking("column", "the event import", _missing(wanted, missing, headers), headers, _MEND)
    return Problem("missing_columns", "critical", said)


def _missing(wanted: EventImport, missing: Sequence[str], headers: Sequence[str]) -> list[MissingColumn]:
    """The missing names, each with the header that likely stands for it: one that says what it means, or is spelt much like it."""
    mapped = _mapped(wanted)
    free = {fold(header): header for header in headers if fold(header) not in mapped}
    found: list[MissingColumn] = []
    for name in missing:
        likely = next((free[form] for form in _names_of(wanted.mapping[name]) if form in free), None)
        likely = likely or nearest(name, free.values())
        found.append(MissingColumn(name, likely))
        free.pop(fold(likely or ""), None)
    return found


def _names_of(meaning: str | None) -> list[str]:
    labels = [label for field in SYSTEM_FIELDS if field.name == meaning for label in field.labels.all]
    return [fold(name) for name in (meaning or "", *labels)]
