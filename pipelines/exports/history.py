"""The history of exports: one row for each file that was written (EXP-6).

Belongs here: reading and writing `exports`. Does not: files.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import duckdb

from pipelines.base.statements import statement
from pipelines.exports.snapshots import Snapshot

_FIELDS = ("export_id", "name", "status", "path", "rows", "sha256", "manifest", "taken_at")


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


def list_exports(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every export, newest first: export_id, name, status, path, rows, sha256, manifest, taken_at (contract)."""
    return [dict(zip(_FIELDS, row, strict=True)) for row in connection.execute(statement("exports/list")).fetchall()]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
