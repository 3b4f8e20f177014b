"""What the lake holds: its tables as queries on the base, cut into parts, each part known by a digest of its rows.

A part is what is written anew where one of its rows changed: a run of contacts, the events of an import, a day of consents. Belongs
here: tables, columns, parts. Does not: Iceberg (`publishing`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from pipelines.base.held import OWN
from pipelines.base.statements import identifier, literal
from pipelines.declarations.model import ContactBase
from pipelines.fields import Format

PART = "_part"
FOLDED = "_folded_"
"""Before the name of a text: the same without case and accents, as DuckDB folds it. No field's name begins so."""
PART_CONTACTS = 131_072
GROUPED_IMPORTS = 1_000
"""How many imports one part holds once they are old (`Bounds`)."""
GROUPED_DAYS = 30
_FOLDED_OF_EVENTS = ("link",)
Described = Sequence[tuple[str, str]]
"""Columns and their types."""
_STORED = {"UINTEGER": "BIGINT", "USMALLINT": "INTEGER", "UTINYINT": "INTEGER", "UBIGINT": "DECIMAL(20, 0)"}
"""Types that Iceberg does not have → those that hold their values."""


@dataclass(frozen=True)
class Bounds:
    """Imports and days (since 1970) below these share a part with others of their age: fewer and larger files."""

    imports: int = 0
    days: int = 0


@dataclass(frozen=True)
class LakeTable:
    """A table of the base that is published. `part`: the SQL of a row's part; `folded`: texts that have a folded column."""

    name: str
    part: str
    folded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contents:
    """A table as it is now: the query of its rows, what its columns are, and part → how many rows, and their digest."""

    table: LakeTable
    query: str
    signature: str
    parts: Mapping[int, tuple[int, str]]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(rows for rows, _ in self.parts.values())


def lake_tables(base: ContactBase, bounds: Bounds) -> tuple[LakeTable, ...]:
    """The tables, in the order in which they are published."""
    texts = tuple(field.name for field in base.fields if field.format is Format.TEXT)
    by_contact = f"contact_id // {PART_CONTACTS}"
    by_import = _grouped("import_id", bounds.imports, GROUPED_IMPORTS)
    by_day = _grouped("(epoch(occurred_at)::BIGINT // 86400)", bounds.days, GROUPED_DAYS)
    return (
        LakeTable("fields", "0"),
        LakeTable("imports", "0"),
        LakeTable("operations", "0"),
        LakeTable("segment_definitions", "0"),
        LakeTable("contacts", by_contact, texts),
        LakeTable("activity", by_contact),
        LakeTable("consents", by_day),
        LakeTable("import_contacts", by_import),
        LakeTable("events", by_import, _FOLDED_OF_EVENTS),
    )


def _grouped(number: str, bound: int, together: int) -> str:
    """The number, or below the bound a negative one that so many of them share."""
    return f"CASE WHEN {number} < {bound} THEN -1 - {number} // {together} ELSE {number} END"


def contents_of(connection: duckdb.DuckDBPyConnection, table: LakeTable) -> Contents:
    """The table as the base has it now: read once, for its digests."""
    own = OWN if table.name == "events" and _columns(connection, OWN) else table.name
    described = _columns(connection, own)
    source = f"FROM main.{identifier(own)}"
    part = f"({table.part})::BIGINT AS {PART}"
    hashed = ", ".join(identifier(name) for name, _ in described)
    found = connection.execute(
        f"SELECT {part}, count(*), sum(hash({hashed}))::VARCHAR {source} GROUP BY ALL HAVING count(*) > 0"
    ).fetchall()
    query = _query(table, described, source)
    shape = f"{duckdb.__version__} {described} {table.folded}"
    signature = hashlib.sha256(shape.encode()).hexdigest()
    return Contents(table, query, signature, {number: (rows, digest) for number, rows, digest in found})


def event_rows(connection: duckdb.DuckDBPyConnection, part: str) -> str:
    """The query of the base's own events as the lake has them, all in one part (an SQL expression); a WHERE may follow it."""
    return _query(LakeTable("events", part, _FOLDED_OF_EVENTS), _columns(connection, "events"), "FROM main.events")


def _query(table: LakeTable, described: Described, source: str) -> str:
    part = f"({table.part})::BIGINT AS {PART}"
    columns = (_stored(name, kind) for name, kind in described)
    return f"SELECT {', '.join([part, *columns, *map(_folded, table.folded)])} {source}"


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> Described:
    return connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = 'main' AND table_name = ? ORDER BY column_index",
        [table],
    ).fetchall()


def _stored(name: str, kind: str) -> str:
    quoted = identifier(name)
    if kind.startswith("ENUM"):
        return f"{quoted}::VARCHAR AS {quoted}"
    return f"{quoted}::{_STORED[kind]} AS {quoted}" if kind in _STORED else quoted


def _folded(name: str) -> str:
    return f"{folded_sql(identifier(name))} AS {identifier(FOLDED + name)}"


def folded_sql(text: str) -> str:
    """The SQL of a text without case and accents: what `segments.literals.folded` says, and a test holds the two together."""
    return f"lower(upper(strip_accents({text})))"


def fold_all(connection: duckdb.DuckDBPyConnection, texts: Sequence[str]) -> dict[str, str]:
    """Each text → the same folded, by DuckDB, as the columns of the lake are."""
    listed = ", ".join(literal(text) for text in dict.fromkeys(texts))
    query = f"SELECT text, {folded_sql('text')} FROM (SELECT unnest([{listed}]::VARCHAR[]) AS text)"  # noqa: S608
    return dict(connection.execute(query).fetchall())
