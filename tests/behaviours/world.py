"""Operations and events laid straight into the tables, for what is computed from them; bases as they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from pipelines.layout import SQL


@dataclass(frozen=True)
class Happened:
    """One event of one contact."""

    contact_id: int
    type: str
    occurred_at: datetime
    operation_id: int = 1


def make_base_before(connection: duckdb.DuckDBPyConnection, version: str) -> None:
    """An empty base with the migrations before that one."""
    connection.execute("CREATE TABLE schema_migrations (version INTEGER, name VARCHAR, applied_at TIMESTAMPTZ)")
    for script in sorted((SQL / "schema").glob("[0-9]*.sql")):
        if script.stem < version:
            connection.execute(script.read_text())
            connection.execute("INSERT INTO schema_migrations VALUES (?, '', now())", [int(script.stem[:4])])


def add_contacts(connection: duckdb.DuckDBPyConnection, ids: Iterable[int], untracked: Sequence[int] = ()) -> None:
    """Contacts that have an address, created and modified on one day; `untracked` set « do not track »."""
    rows = [(n, f"c{n}@ex.fr", n in untracked or None) for n in ids]
    connection.executemany(
        "INSERT INTO contacts (contact_id, email, do_not_track, created_at, modified_at) "
        "VALUES (?, ?, ?, TIMESTAMPTZ '2026-01-01 00:00:00Z', TIMESTAMPTZ '2026-01-01 00:00:00Z')",
        rows,
    ) if rows else None


def add_operation(
    connection: duckdb.DuckDBPyConnection, operation_id: int, name: str, channel: str = "email", day: int = 1
) -> None:
    """An operation that began on a day of October 2026."""
    connection.execute(
        "INSERT INTO operations VALUES (?, ?, ?, ?::TIMESTAMPTZ)",
        [operation_id, name, channel, f"2026-10-{day:02d} 08:00:00Z"],
    )


def add_events(connection: duckdb.DuckDBPyConnection, happened: Iterable[Happened]) -> None:
    """The events, each with an id of its own."""
    schema = {
        "event_id": pl.String,
        "operation_id": pl.Int64,
        "contact_id": pl.Int64,
        "type": pl.String,
        "occurred_at": pl.Datetime("us", "UTC"),
    }
    rows = [(f"e{n}", e.operation_id, e.contact_id, e.type, e.occurred_at) for n, e in enumerate(happened)]
    connection.register("happened", pl.DataFrame(rows, schema=schema, orient="row"))
    connection.execute(
        "INSERT INTO events BY NAME SELECT *, 1 AS import_id, NULL AS link, NULL AS detail FROM happened"
    )
    connection.unregister("happened")
