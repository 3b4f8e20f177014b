"""The history of imports as people and programs read it (IMP-12). Does not belong here: writing it (`history`)."""

from __future__ import annotations

import json
from typing import Any

import duckdb

from pipelines.base.statements import records
from pipelines.errors import UnknownNameError
from pipelines.files.headers import told_apart
from pipelines.language import mark

_LISTED = """import_id, name, model, action, file, size, sha256, status, "rows", inserted, updated, unchanged, deleted,
    duplicates, rejected, skipped_by_action, suppressed, remembered, warnings, hard, suppression_list, orange_list, unsubscribed,
    no_consent, pending, started_at, ended_at, who, "partition", rejects_file, report, mended_file, undone_by"""


def list_imports(connection: duckdb.DuckDBPyConnection, import_id: int | None = None) -> list[dict[str, Any]]:
    """The contract's JSON of `imports`, newest first; of one where an id is given (UnknownNameError)."""
    where = "" if import_id is None else "WHERE import_id = ?"
    parameters = [] if import_id is None else [import_id]
    query = f"SELECT {_LISTED} FROM main.imports {where} ORDER BY import_id DESC"  # noqa: S608
    found = records(connection.execute(query, parameters))
    if import_id is not None and not found:
        known = connection.execute("SELECT import_id FROM main.imports ORDER BY import_id DESC LIMIT 20").fetchall()
        raise UnknownNameError(mark("import"), str(import_id), [str(row[0]) for row in known])
    return found


def list_rejects(connection: duckdb.DuckDBPyConnection, import_id: int) -> list[dict[str, Any]]:
    """The contract's JSON of `rejects`: line, reasons, and the row by header; of a file without one, the object of the line."""
    list_imports(connection, import_id)
    rows = connection.execute(
        "SELECT r.line, r.reasons, r.cells, i.header FROM main.import_rejects AS r "
        "INNER JOIN main.imports AS i ON r.import_id = i.import_id WHERE r.import_id = ? ORDER BY r.line",
        [import_id],
    ).fetchall()
    return [
        {
            "line": line,
            "reasons": reasons,
            "row": dict(zip(told_apart(header), cells, strict=False)) if header else _object(cells),
        }
        for line, reasons, cells, header in rows
    ]


def _object(cells: list[str | None]) -> dict[str, Any]:
    """What an object of JSON says, empty where it is none."""
    try:
        read = json.loads(cells[0] or "") if cells else {}
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}  # pyright: ignore[reportUnknownVariableType]
