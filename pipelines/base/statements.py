"""Statements from `sql/`, and identifiers and literals for those that declarations shape (SEC-1).

Belongs here: what every statement may need, without sqlglot (0.2 s of CPU). Does not: SQL that is made of declarations.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.errors import UsageError
from pipelines.language import say
from pipelines.layout import SQL

if TYPE_CHECKING:
    import polars as pl

ROW_GROUP_ROWS = 20_480
"""What the base packs together: a sixth of DuckDB's own, so that an import's rows are packed as they are written, on all cores."""


def first_row(connection: duckdb.DuckDBPyConnection, query: str, parameters: object = None) -> tuple[Any, ...] | None:
    """The first row that `query` yields, or None; the result is read to its end, as DuckDB 2.0 asks before other work."""
    rows = connection.execute(query, parameters).fetchall()
    return rows[0] if rows else None


def records(found: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """What a query that was executed yields, a dictionary a row."""
    columns = [column[0] for column in found.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


@cache
def statement(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def run_statements(connection: duckdb.DuckDBPyConnection, name: str, parameters: Mapping[str, Any]) -> None:
    """The statements of `sql/<name>.sql`, one after the other; each takes those of the parameters that it names."""
    for each in connection.extract_statements(statement(name)):
        connection.execute(each, {named: parameters[named] for named in each.named_parameters}).fetchall()


def identifier(name: str) -> str:
    """`name` quoted as a DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a DuckDB string literal, for the statements that cannot bind (COMMENT, CREATE VIEW)."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def at_hand(connection: duckdb.DuckDBPyConnection, **frames: pl.DataFrame) -> Generator[None]:
    """The frames as relations of the connection, by the names that they are given, for as long as the block lasts."""
    names = tuple(frames)
    try:
        for name in names:
            # Let go of at once: DuckDB reads the Arrow table, and a frame that was made for it alone need not stay beside that.
            table = frames.pop(name).to_arrow()
            # One core reads one batch, and packs what it reads where it is inserted.
            batches = table.to_batches(max_chunksize=ROW_GROUP_ROWS)
            connection.register(name, table.from_batches(batches, schema=table.schema))
        yield
    finally:
        for name in names:
            connection.unregister(name)


@contextmanager
def telling_what_is_missing() -> Generator[None]:
    """What is declared, but no run has brought into the base yet (a segment, a field, a view), is a UsageError."""
    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise UsageError(
            say("The base does not have what is asked for yet: {why}", why=str(error).splitlines()[0]),
            say("Declarations reach the base with the next run: `carnet segments --refresh`, or an import."),
        ) from error
