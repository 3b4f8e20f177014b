"""Statements from `sql/`, and identifiers and literals for those that declarations shape (SEC-1)."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from pipelines.errors import UsageError
from pipelines.layout import SQL

if TYPE_CHECKING:
    import polars as pl


def first_row(connection: duckdb.DuckDBPyConnection, query: str, parameters: object = None) -> tuple[Any, ...] | None:
    """The first row that `query` yields, or None; the result is read to its end, as DuckDB 2.0 asks before other work."""
    rows = connection.execute(query, parameters).fetchall()
    return rows[0] if rows else None


@cache
def statement(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def identifier(name: str) -> str:
    """`name` quoted as a DuckDB identifier."""
    return exp.to_identifier(name, quoted=True).sql("duckdb")


def literal(text: str) -> str:
    """`text` as a DuckDB string literal, for the statements that cannot bind (COMMENT, CREATE VIEW)."""
    return exp.Literal.string(text).sql("duckdb")


@contextmanager
def at_hand(connection: duckdb.DuckDBPyConnection, **frames: pl.DataFrame) -> Generator[None]:
    """The frames as relations of the connection, by the names that they are given, for as long as the block lasts."""
    names = tuple(frames)
    try:
        for name in names:
            # Let go of at once: DuckDB reads the Arrow table, and a frame that was made for it alone need not stay beside that.
            connection.register(name, frames.pop(name).to_arrow())
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
            f"The base does not have what is asked for yet: {str(error).splitlines()[0]}",
            "Declarations reach the base with the next run: `carnet segments --refresh`, or an import.",
        ) from error
