"""The views of schema `segments`: one a segment, made anew when its declaration or `contacts` changes (SEG-1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from pipelines.base.statements import statement
from pipelines.declarations.model import Declarations, Segment
from pipelines.segments.compiling import comment_sql, drop_sql, view_sql


@dataclass(frozen=True)
class _Made:
    """What a view was made from."""

    label: str
    definition: str
    columns: tuple[str, ...]


def create_views(connection: duckdb.DuckDBPyConnection, declarations: Declarations) -> tuple[str, ...]:
    """Make the views as declared, each after those it depends on, and drop those no longer declared.

    To be called in the caller's transaction. Views made from the same declaration and columns are left alone: gives the names of
    those that were made anew or dropped, none where the base has not changed.
    """
    columns = _columns(connection)
    wanted = {s.name: _Made(s.label, view_sql(s, declarations), columns) for s in declarations.segments}
    known, views = _stored(connection), _views(connection)
    stale = {name for name in (*views, *known) if name not in wanted}
    made = [s for s in declarations.segments if s.name not in views or known.get(s.name) != wanted[s.name]]
    # Dropped before others are made: names differ by case alone where a segment was renamed so, and DuckDB's do not.
    for name in sorted(stale & views):
        connection.execute(drop_sql(name))
    for segment in made:
        connection.execute(wanted[segment.name].definition)
        connection.execute(comment_sql(segment))
    if stale or made:
        _record(connection, stale, made, wanted)
    return (*sorted(stale), *(segment.name for segment in made))


def _columns(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    return tuple(row[0] for row in connection.execute(statement("segments/contact_columns")).fetchall())


def _views(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {row[0] for row in connection.execute(statement("segments/existing_views")).fetchall()}


def _stored(connection: duckdb.DuckDBPyConnection) -> dict[str, _Made]:
    rows = connection.execute("SELECT segment, label, definition, columns FROM main.segment_definitions").fetchall()
    return {name: _Made(label, definition, tuple(columns)) for name, label, definition, columns in rows}


def _record(
    connection: duckdb.DuckDBPyConnection, stale: Iterable[str], made: Iterable[Segment], wanted: dict[str, _Made]
) -> None:
    replaced = [*stale, *(segment.name for segment in made)]
    connection.execute(
        "DELETE FROM main.segment_definitions WHERE segment IN (SELECT unnest(?::VARCHAR[]))", [replaced]
    )
    for segment in made:
        view = wanted[segment.name]
        connection.execute(
            "INSERT INTO main.segment_definitions VALUES (?, ?, ?, ?)",
            [segment.name, view.label, view.definition, list(view.columns)],
        )
