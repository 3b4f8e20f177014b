"""A base of many contacts after many imports, made by statements: what only size and history decide can be measured in minutes.

Belongs here: what such a base holds, as the imports would have left it. Does not: measuring (`lasting`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb

from benchmarks.files import MODEL, SQL
from expectations.judge import Judge
from pipelines.base.statements import identifier, statement
from pipelines.base.versions import FORMER
from pipelines.imports.history import record
from pipelines.imports.results import UNREACHABLE, Counts
from pipelines.layout import Layout

Connection = duckdb.DuckDBPyConnection
_PAST = datetime(2026, 1, 1, tzinfo=UTC)


def make_base(layout: Layout, judge: Judge, contacts: int, files: int, rows: int) -> None:
    """A base of so many contacts, added by one import, and `files` later ones of `rows` rows each, all of known contacts."""
    from benchmarks.importing import workspace_of

    workspace = workspace_of(layout, judge)
    with workspace.store.write() as writer:
        # A table that several threads fill is larger than what imports leave.
        writer.connection.execute("SET threads = 1")
        with writer.transaction() as connection:
            _add_contacts(connection, contacts)
            _import(connection, 1, "SELECT contact_id, 'inserted' AS outcome FROM main.contacts")
        for number in range(files):
            with writer.transaction() as connection:
                _import(
                    connection,
                    2 + number,
                    f"SELECT contact_id, 'updated' AS outcome FROM main.contacts WHERE (contact_id + {number}) % {max(1, contacts // rows)} = 0",
                )
        connection = writer.connection
        connection.execute("UPDATE main.counters SET value = ? WHERE name = 'contact_id'", [contacts])
        connection.execute("UPDATE main.counters SET value = ? WHERE name IN ('import_id', 'revision_id')", [files + 1])
        connection.execute("RESET threads")
    workspace.refresh_segments()
    workspace.store.publish()


def _add_contacts(connection: Connection, contacts: int) -> None:
    connection.execute(
        "CREATE TEMP TABLE numbers AS SELECT range AS n, 0 AS roll, false AS malformed FROM range(?)", [contacts]
    )
    query = (SQL / "contacts_csv.sql").read_text(encoding="utf-8")
    connection.execute(f"CREATE TEMP VIEW contact_file AS {query}")
    connection.execute((SQL / "long_contacts.sql").read_text(encoding="utf-8"), {"at": _PAST})
    connection.execute("DROP VIEW contact_file; DROP TABLE numbers")


def _import(connection: Connection, import_id: int, who: str) -> None:
    """What the import leaves: its row, outcomes, versions, consents."""
    connection.execute(f"CREATE TEMP TABLE carnet_imported AS {who}")
    connection.execute(
        "INSERT INTO main.import_contacts SELECT ?, contact_id, outcome FROM carnet_imported", [import_id]
    )
    fields = [
        row[0]
        for row in connection.execute("SELECT name FROM pragma_table_info('main.contacts')").fetchall()
        if row[0] != "contact_id"
    ]
    now = ", ".join(f"c.{identifier(name)}" for name in fields)
    former = ", ".join(
        f"CASE WHEN i.outcome = 'updated' THEN {'c.basket + 1' if name == 'basket' else 'c.' + identifier(name)} END AS {identifier(FORMER + name)}"
        for name in fields
    )
    connection.execute(
        f"CREATE TEMP VIEW carnet_changed AS SELECT c.contact_id, i.outcome, {now}, {former} "
        "FROM carnet_imported AS i JOIN main.contacts AS c USING (contact_id)"
    )
    connection.execute(
        "INSERT INTO main.contact_versions BY NAME SELECT ?::BIGINT AS revision_id, * FROM carnet_changed", [import_id]
    )
    connection.execute(
        statement("contacts/log_consents"), {"at": _PAST, "source": f"import {import_id}", "who": "benchmark"}
    )
    connection.execute(
        "INSERT INTO main.revisions VALUES ($1, 'import', $1, 'import ' || $1, 'benchmark', $2, false)",
        [import_id, _PAST],
    )
    counted = dict(connection.execute("SELECT outcome, count(*) FROM carnet_imported GROUP BY ALL").fetchall())
    record(connection, _row(import_id, counted.get("inserted", 0), counted.get("updated", 0)))
    connection.execute("DROP VIEW carnet_changed; DROP TABLE carnet_imported")


def _row(import_id: int, inserted: int, updated: int) -> dict[str, Any]:
    nothing = (*vars(Counts()), "warnings", *UNREACHABLE)
    return dict.fromkeys(nothing, 0) | {
        "import_id": import_id,
        "name": "past.csv",
        "model": MODEL,
        "action": "upsert",
        "file": "past.csv",
        "size": 0,
        "sha256": "",
        "status": "imported",
        "rows": inserted + updated,
        "inserted": inserted,
        "updated": updated,
        "started_at": _PAST,
        "ended_at": _PAST,
        "who": "benchmark",
        "separator": ";",
        "partition": f"past.csv-{import_id}",
        "declaration": "",
        "filed": True,
    }
