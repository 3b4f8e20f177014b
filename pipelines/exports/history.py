"""The history of exports: one row for each file that was written (EXP-6).

Belongs here: reading and writing `exports`. Does not: files.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.base.statements import records, statement

if TYPE_CHECKING:
    from pipelines.exports.snapshots import Snapshot


def record_export(connection: duckdb.DuckDBPyConnection, export_id: int, snapshot: Snapshot, who: str) -> Snapshot:
    """Add a snapshot to the history, in the caller's transaction; the snapshot with its number."""
    numbered = replace(snapshot, export_id=export_id)
    asked = {
        "format": snapshot.definition["format"],
        "audience": _json(snapshot.definition["audience"]),
        "fields": snapshot.definition["fields"],
        "definition": _json(snapshot.definition),
        "who": who,
    }
    connection.execute(statement("exports/record"), numbered.as_json() | asked).fetchall()
    return numbered


def record_delivery(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, instant: datetime) -> Snapshot:
    """Note that a snapshot has arrived, in the caller's transaction; the snapshot that says so."""
    values = {"export_id": snapshot.export_id, "delivered_at": instant}
    connection.execute(statement("exports/delivered"), values).fetchall()
    return replace(snapshot, delivered_at=instant)


def arrived(connection: duckdb.DuckDBPyConnection, name: str, address: str) -> frozenset[int]:
    """The numbers of the exports of that name which have arrived at that address."""
    found = connection.execute(statement("exports/arrived"), {"name": name, "address": address}).fetchall()
    return frozenset(number for (number,) in found)


def list_exports(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every export, newest first, as `Snapshot.as_json` has it (contract)."""
    return records(connection.execute(statement("exports/list")))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
