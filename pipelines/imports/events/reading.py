"""A file of events → the relation ROWS: its mapped columns as they stand, one row an event (BHV-1).

Columns: `number` (of the row), `line` (of the file; of Parquet, the row's number; of JSON see `documents`), `item` (of a list,
where the line gives several events), `fault` (why the line cannot be read at all, or NULL), `several` (see `unfolding`), and
EVENT_FIELDS, NULL where the file has no such column. Belongs here: CSV, JSON and Parquet, what is measured of them as files, and
their rows as they have them. Does not: what a column (`columns`) or a cell (`resolving`) means, nor judging.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
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
from pipelines.imports.events.documents import documents_of
from pipelines.imports.events.several import first_of_several
from pipelines.imports.events.unfolding import UNFOLDED, unfold
from pipelines.imports.intake import FileFacts
from pipelines.language import mark, number, say

ROWS = "carnet_event_rows"
_JSON = (".ndjson", ".jsonl", ".json")
_PARQUET = (".parquet", ".pq")
_TEXT = (".csv", ".txt", ".tsv")
_NO_OBJECT = mark(
    'There is no JSON object in the file. Objects are meant, such as {{"email": …}}: one a line, one after the other, '
    "or in a list."
)
_PLAIN = "line AS number, NULL::VARCHAR AS item, NULL::VARCHAR AS fault, NULL::VARCHAR AS several"
Constants = Mapping[str, str]


@dataclass(frozen=True)
class Records:
    """A file of records, JSON or Parquet, measured for the suite `records`.

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
    """`csv`, `json` or `parquet`, by the file's suffix; by how it begins where the suffix says nothing."""
    suffix = path.suffix.lower()
    for format_, endings in (("csv", _TEXT), ("json", _JSON), ("parquet", _PARQUET)):
        if suffix in endings:
            return format_
    if not path.is_file():
        return "csv"
    with path.open("rb") as stream:
        head = stream.read(64).removeprefix(codecs.BOM_UTF8).lstrip()
    return "json" if head.startswith((b"{", b"[")) else "parquet" if head.startswith(b"PAR1") else "csv"


def measure_parquet(connection: duckdb.DuckDBPyConnection, opened: Opened, event_import: EventImport) -> Records:
    """Measure a Parquet file, whose rows are not read before the relation is; native instants stay instants."""
    scan = f"read_parquet({literal(str(opened.path))}, file_row_number = true)"
    try:
        described = connection.sql(f"DESCRIBE SELECT * FROM {scan}").fetchall()  # noqa: S608
        row = first_row(connection, f"SELECT count(*) FROM {scan}")  # noqa: S608
    except duckdb.Error as error:
        said = say(
            "This is no Parquet file: {why} Write it again, or give it the ending that it has.",
            why=str(error).splitlines()[0],
        )
        return Records(_facts(opened, "Parquet"), {"unreadable": 1}, {"unreadable": said})
    rows, types = row[0] if row else 0, {name: str(kind) for name, kind, *_ in described if name != "file_row_number"}
    columns = columns_of(event_import, tuple(types))
    return Records(
        _facts(opened, "Parquet", rows, columns, tuple(types)),
        {"unreadable": 0, "rows": rows, "missing_columns": columns.missing},
        {"rows": say("The file has columns but no row. It needs at least one."), "missing_columns": columns.lacking},
        source=f"SELECT *, file_row_number + 1 AS line, {_PLAIN} FROM {scan}",  # noqa: S608
        cells={meaning: _native(meaning, names, types) for meaning, names in columns.found.items()},
    )


def measure_json(connection: duckdb.DuckDBPyConnection, opened: Opened, event_import: EventImport) -> Records:
    """Measure a file of JSON objects, whatever stands around them; a key with dots names a nested value, `[]` the items of a list.

    A mapped key may be absent from any object; absent from all of them, it is a missing column.
    """
    try:
        found = documents_of(connection, opened)
    except pl.exceptions.ComputeError:
        said = say("The file is not UTF-8 throughout: save it as UTF-8.")
        return Records(_facts(opened, "JSON"), {"encoding": "unknown"}, {"encoding": said})
    facts, rows = _facts(opened, found.described, found.frame.height), found.frame.height
    if found.unfinished:
        said = say(
            "The file ends within the object that begins on line {line:,}: a quote or a brace is not closed, or the "
            "file was cut off. Nothing of it is taken. Have it written again, whole.",
            line=found.unfinished,
        )
        return Records(facts, {"encoding": "utf-8", "unreadable": 1}, {"unreadable": said})
    if not rows:
        said = say("The file is empty. It needs one JSON object at least, such as one a line.")
        return Records(facts, {"encoding": "utf-8", "rows": 0}, {"rows": said})
    if not found.objects:
        return Records(facts, {"encoding": "utf-8", "rows": rows, "unreadable": rows}, {"unreadable": say(_NO_OBJECT)})
    with at_hand(connection, carnet_event_lines=found.frame):
        absent = unfold(connection, event_import.theirs)
        keys = connection.execute(statement("events/object_keys")).fetchall() if absent else []
    columns = keys_of(event_import, absent, [name for (name,) in keys])
    [(events,)] = connection.execute(f"SELECT count(*) FROM {UNFOLDED}").fetchall()  # noqa: S608
    return Records(
        _facts(opened, found.described, events, columns),
        {"encoding": "utf-8", "rows": rows, "unreadable": 0, "missing_columns": columns.missing},
        {"missing_columns": columns.lacking},
        needed=columns.needed,
        source=f"SELECT * FROM {UNFOLDED}",  # noqa: S608
        cells={meaning: identifier(meaning) for meaning in event_import.theirs},
    )


def _facts(
    opened: Opened, kind: str, rows: int = 0, columns: Columns | None = None, header: tuple[str, ...] = ()
) -> FileFacts:
    size = say("{size:,} bytes", size=opened.size)
    described = {say("Size"): size, say("Format"): say(kind), say("Rows"): number(rows)}
    return FileFacts(header, columns.hidden if columns else (), None, rows, described)


def make_rows_of_text(
    connection: duckdb.DuckDBPyConnection, text: TextFrame, columns: Columns, constants: Constants
) -> None:
    """Make ROWS of a CSV file's cells."""
    cells = {
        meaning: first_of_several(meaning, [identifier(f"c{text.headers.index(name)}") for name in names])
        for meaning, names in columns.found.items()
    }
    with at_hand(connection, carnet_event_text=text.frame):
        connection.execute("CREATE OR REPLACE TEMP TABLE carnet_event_cells AS SELECT * FROM carnet_event_text")
    make_rows(connection, f"SELECT *, {_PLAIN} FROM carnet_event_cells", cells, constants)  # noqa: S608


def make_rows(
    connection: duckdb.DuckDBPyConnection, source: str, cells: Mapping[str, str], constants: Constants
) -> None:
    """Make ROWS over a relation with its first columns; `cells`: meaning → its expression there; `constants`: where it is empty."""
    given: dict[str, str] = {}
    for meaning in EVENT_FIELDS:
        cell = cells.get(meaning, "NULL::VARCHAR")
        if meaning in constants:
            cell = f"coalesce(nullif(trim({cell}::VARCHAR), ''), {literal(constants[meaning])})"
        given[meaning] = f"{cell} AS {identifier(meaning)}"
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {ROWS} AS SELECT number::BIGINT AS number, line::BIGINT AS line, item, fault, several, "  # noqa: S608
        f"{', '.join(given.values())} FROM ({source})"
    )


def originals(
    connection: duckdb.DuckDBPyConnection, opened: Opened, header: tuple[str, ...], lines: pl.Series
) -> pl.DataFrame:
    """Rows of the file just read as they stand in it: `line`, and `cells` (texts) in the order of its header.

    Of JSON, `cells` is the object's text alone.
    """
    asked = pl.DataFrame({"line": lines})
    kind = format_of(opened.path)
    if kind == "json":
        objects = documents_of(connection, opened).frame
        return objects.join(asked, on="line", how="semi").select("line", cells=pl.concat_list("text"))
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


def _native(meaning: str, names: Sequence[str], types: Mapping[str, str]) -> str:
    """The columns together, as text; instants as they are, where all of them are of one kind."""
    kinds = {types[name] for name in names}
    if meaning == "occurred_at" and len(kinds) == 1 and kinds.pop().startswith(("TIMESTAMP", "DATE")):
        return f"coalesce({', '.join(map(identifier, names))})"
    return first_of_several(meaning, [f"{identifier(name)}::VARCHAR" for name in names])
