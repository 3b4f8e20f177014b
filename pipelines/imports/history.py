"""The history of imports (IMP-12): one row a file, what it did to whom, which rows it refused.

Belongs here: reading and writing `imports`, `import_contacts`, `import_rejects`. Does not: files, nor contacts.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.base.statements import identifier, statement
from pipelines.errors import UnknownNameError
from pipelines.imports.filing import FileIdentity, move_aside
from pipelines.imports.results import UNREACHABLE, Counts
from pipelines.layout import Layout

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class ImportRow:
    """A row of `imports`, but for what is counted after the merge. `taken_from`: an inbox file's identity, until it is filed."""

    import_id: int
    name: str
    model: str
    action: str
    file: str
    size: int
    sha256: str
    status: str
    counts: Counts
    warnings: int
    started_at: datetime
    ended_at: datetime
    who: str
    separator: str
    header: list[str] | None
    partition: str
    declaration: str
    taken_from: str | None
    rejects_file: str | None
    report: str | None
    mended_file: str | None
    filed: bool


def record(connection: Connection, row: ImportRow, unreachable: Mapping[str, int]) -> None:
    """Add one import to the history, in the caller's transaction."""
    values = asdict(row)
    values |= values.pop("counts") | dict(unreachable)
    columns = ", ".join(identifier(name) for name in values)
    marks = ", ".join(f"${name}" for name in values)
    connection.execute(f"INSERT INTO main.imports ({columns}) VALUES ({marks})", values)  # noqa: S608


def record_rejects(connection: Connection, import_id: int, rejects: pl.DataFrame) -> None:
    """Keep the refused rows: `rejects` has `line`, `reasons` (list) and `cells` (list, in the header's order)."""
    if rejects.is_empty():
        return
    connection.register("carnet_rejects", rejects.select("line", "reasons", "cells").to_arrow())
    try:
        connection.execute(
            "INSERT INTO main.import_rejects SELECT ?, line, reasons, cells FROM carnet_rejects", [import_id]
        )
    finally:
        connection.unregister("carnet_rejects")


def unreachable(connection: Connection, import_id: int, channel: str) -> dict[str, int]:
    """How many contacts of an import cannot be reached, by first reason (IMP-13)."""
    parameters = {"import_id": import_id, "channel": channel}
    row = connection.execute(statement("imports/unreachable"), parameters).fetchone()
    return dict(zip(UNREACHABLE, row or (0,) * len(UNREACHABLE), strict=True))


def last_import(connection: Connection, model: str) -> tuple[int, str, str] | None:
    """The model's last import that was not refused: its id, the hash of its file, of its declaration (IMP-14)."""
    return connection.execute(
        "SELECT import_id, sha256, declaration FROM main.imports WHERE model = ? AND status = 'imported' "
        "ORDER BY import_id DESC LIMIT 1",
        [model],
    ).fetchone()


def import_of_file(connection: Connection, identity: FileIdentity) -> int | None:
    """The import that took this very file of the inbox already, before it was killed (exactly once: IMP-17)."""
    row = connection.execute(
        "SELECT import_id FROM main.imports WHERE taken_from = ? AND NOT filed", [str(identity)]
    ).fetchone()
    return row[0] if row else None


def mark_filed(connection: Connection, import_id: int) -> None:
    """The import's file lies where it belongs."""
    connection.execute("UPDATE main.imports SET filed = true WHERE import_id = ?", [import_id])


def finish_killed_imports(connection: Connection, layout: Layout) -> tuple[int, ...]:
    """File what an import committed but was killed before filing; drop the rejects of one that never committed.

    Gives the ids of the imports that it finished.
    """
    unfiled = connection.execute(
        'SELECT import_id, model, "partition", status, taken_from FROM main.imports WHERE NOT filed'
    ).fetchall()
    for import_id, model, partition, status, taken_from in unfiled:
        path = Path(taken_from.split(":", 3)[3])
        if path.exists() and str(FileIdentity.of(path)) == taken_from:
            move_aside(path, layout.refused if status == "refused" else layout.archive, model, partition)
        mark_filed(connection, import_id)
    _drop_orphans(connection, layout)
    return tuple(row[0] for row in unfiled)


def _drop_orphans(connection: Connection, layout: Layout) -> None:
    row = connection.execute("SELECT value FROM main.counters WHERE name = 'import_id'").fetchone()
    last = row[0] if row else 0
    if not layout.rejects.is_dir():
        return
    for folder in layout.rejects.iterdir():
        if folder.name.isdigit() and int(folder.name) > last:
            shutil.rmtree(folder)


_LISTED = """import_id, name, model, action, file, size, sha256, status, "rows", inserted, updated, unchanged, deleted,
    duplicates, rejected, skipped_by_action, suppressed, warnings, hard, suppression_list, orange_list, unsubscribed,
    no_consent, started_at, ended_at, who, "partition", rejects_file, report, mended_file"""


def list_imports(connection: Connection, import_id: int | None = None) -> list[dict[str, Any]]:
    """The contract's JSON of `imports`, newest first; of one where an id is given (UnknownNameError)."""
    where = "" if import_id is None else "WHERE import_id = ?"
    parameters = [] if import_id is None else [import_id]
    found = connection.execute(
        f"SELECT {_LISTED} FROM main.imports {where} ORDER BY import_id DESC", parameters  # noqa: S608
    ).pl()
    if import_id is not None and found.is_empty():
        known = connection.execute("SELECT import_id FROM main.imports ORDER BY import_id DESC LIMIT 20").fetchall()
        raise UnknownNameError("import", str(import_id), [str(row[0]) for row in known])
    return found.to_dicts()


def list_rejects(connection: Connection, import_id: int) -> list[dict[str, Any]]:
    """The contract's JSON of `rejects`: line, reasons, and the row by header."""
    list_imports(connection, import_id)
    rows = connection.execute(
        "SELECT r.line, r.reasons, r.cells, i.header FROM main.import_rejects AS r "
        "INNER JOIN main.imports AS i ON r.import_id = i.import_id WHERE r.import_id = ? ORDER BY r.line",
        [import_id],
    ).fetchall()
    return [
        {"line": line, "reasons": reasons, "row": dict(zip(header, cells, strict=False))}
        for line, reasons, cells, header in rows
    ]
