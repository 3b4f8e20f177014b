"""The history of imports (IMP-12): one row a file, what it did to whom, which rows it refused.

Belongs here: reading and writing `imports`, `import_contacts`, `import_rejects`. Does not: files, nor contacts.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import polars as pl

from pipelines.base.statements import at_hand, first_row, identifier, records, statement
from pipelines.base.store import Writer
from pipelines.declarations.model import EventImport, ImportModel
from pipelines.files.opening import FileIdentity
from pipelines.imports.filing import move_aside
from pipelines.imports.intake import FileFacts, Intake
from pipelines.imports.results import UNREACHABLE, Counts, EventCounts, ImportResult
from pipelines.layout import Layout

Connection = duckdb.DuckDBPyConnection
EVENTS = "events"
"""The `action` of an import of events."""
_LOG = logging.getLogger(__name__)


def import_row(intake: Intake[Any], result: ImportResult, facts: FileFacts, who: str) -> dict[str, Any]:
    """One row of `imports`: what was taken, and what came of it."""
    importer: ImportModel | EventImport = intake.importer
    return {
        "import_id": result.import_id,
        "name": intake.name,
        "model": importer.name,
        "action": importer.action if isinstance(importer, ImportModel) else EVENTS,
        "file": intake.path.name,
        "size": intake.opened.size,
        "sha256": intake.opened.digest,
        "status": result.status,
        **result.counts.in_history(),
        "warnings": result.problems.filter(pl.col("severity") == "warning").height,
        **result.unreachable,
        "started_at": intake.started_at,
        "ended_at": datetime.now(UTC),
        "who": who,
        "separator": facts.separator,
        "header": list(facts.header) or None,
        "partition": intake.partition,
        "declaration": intake.declaration,
        "taken_from": str(intake.opened.identity) if intake.in_inbox else None,
        "rejects_file": _text(result.rejects_file),
        "report": _text(result.report),
        "mended_file": _text(result.mended_file),
        "filed": not intake.in_inbox,
    }


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def record(connection: Connection, row: dict[str, Any]) -> None:
    """Add one import to the history, in the caller's transaction."""
    columns = ", ".join(identifier(name) for name in row)
    marks = ", ".join(f"${name}" for name in row)
    connection.execute(f"INSERT INTO main.imports ({columns}) VALUES ({marks})", row)  # noqa: S608


def record_rejects(connection: Connection, import_id: int, rejected: pl.DataFrame) -> None:
    """Keep the rejected rows: `line`, `reasons` (a list), and `cells`, as the file has them in the order of its header."""
    with at_hand(connection, carnet_rejects=rejected.select("line", "reasons", "cells")):
        connection.execute(
            "INSERT INTO main.import_rejects SELECT ?, line, reasons, cells FROM carnet_rejects", [import_id]
        )


def record_added_values(connection: Connection, import_id: int, added: Mapping[str, Sequence[str]]) -> None:
    """Keep which values an import added to the lists of selects (FLD-3 `add`): an undo leaves them there, and says so."""
    for field, values in added.items():
        with at_hand(connection, carnet_added=pl.DataFrame({"value": values}, schema={"value": pl.String})):
            connection.execute("INSERT INTO main.added_values SELECT ?, ?, value FROM carnet_added", [import_id, field])


def unreachable(connection: Connection, import_id: int, channel: str) -> dict[str, int]:
    """How many contacts of an import cannot be reached, by first reason (IMP-13)."""
    parameters = {"import_id": import_id, "channel": channel}
    row = first_row(connection, statement("imports/unreachable"), parameters)
    return dict(zip(UNREACHABLE, row or (0,) * len(UNREACHABLE), strict=True))


@dataclass(frozen=True)
class LastImport:
    """What tells whether a file is the model's last one (IMP-14)."""

    import_id: int
    sha256: str
    declaration: str
    rows: int


def last_import(connection: Connection, model: str) -> LastImport | None:
    """The model's last import that was not refused; None where that was undone."""
    row = first_row(
        connection,
        'SELECT import_id, sha256, declaration, "rows", undone_by FROM main.imports '
        "WHERE model = ? AND status = 'imported' AND action <> 'undo' ORDER BY import_id DESC LIMIT 1",
        [model],
    )
    return LastImport(*row[:-1]) if row and row[-1] is None else None


@dataclass(frozen=True)
class KeptImport:
    """What the history says of the import of a file."""

    import_id: int
    name: str
    model: str
    partition: str
    status: Literal["imported", "refused"]
    counts: Counts | EventCounts
    unreachable: dict[str, int]
    rejects_file: Path | None
    report: Path | None
    mended_file: Path | None


def latest_imports(connection: Connection, limit: int) -> list[KeptImport]:
    """The last imports of files, newest first; no undos."""
    columns = ["import_id", "name", "model", "partition", "status", "action", *vars(Counts()), "pending", *UNREACHABLE]
    columns += ["rejects_file", "report", "mended_file"]
    listed = ", ".join(identifier(column) for column in columns)
    found = connection.execute(
        f"SELECT {listed} FROM main.imports WHERE status IN ('imported', 'refused') AND action <> 'undo' "  # noqa: S608
        "ORDER BY import_id DESC LIMIT ?",
        [limit],
    )
    return [
        KeptImport(
            import_id=row["import_id"],
            name=row["name"],
            model=row["model"],
            partition=row["partition"],
            status=row["status"],
            counts=(EventCounts if row["action"] == EVENTS else Counts).from_history(row),
            unreachable={name: row[name] for name in UNREACHABLE},
            rejects_file=_path(row["rejects_file"]),
            report=_path(row["report"]),
            mended_file=_path(row["mended_file"]),
        )
        for row in records(found)
    ]


def mark_filed(connection: Connection, import_id: int) -> None:
    """The import's file lies where it belongs."""
    connection.execute("UPDATE main.imports SET filed = true WHERE import_id = ?", [import_id])


@dataclass(frozen=True)
class FiledImport:
    """An import that was committed by a run that was killed before it could file its file."""

    import_id: int
    name: str
    partition: str
    rows: int
    path: Path
    refused: bool


def finish_killed_imports(writer: Writer, layout: Layout) -> dict[Path, FiledImport]:
    """File what an import committed but was killed before filing; drop the rejects of one that never committed.

    Gives the imports that it finished, by the path in the inbox that their file had.
    """
    _drop_orphans(writer.connection, layout)
    unfiled = writer.connection.execute(
        'SELECT import_id, name, model, "partition", "rows", status, taken_from FROM main.imports WHERE NOT filed'
    ).fetchall()
    if not unfiled:
        return {}
    finished: dict[Path, FiledImport] = {}
    with writer.transaction() as connection:
        for import_id, name, model, partition, rows, status, taken_from in unfiled:
            path = Path(taken_from.split(":", 3)[3])
            room = layout.refused if status == "refused" else layout.archive
            if path.exists() and str(FileIdentity.of(path)) == taken_from:
                try:
                    place = move_aside(path, room, model, partition)
                except OSError as error:
                    # It stays unfiled, and holds up nothing else: the next writer tries again.
                    _LOG.warning("The file of import %s stays in the inbox: %s", import_id, error.strerror)
                    continue
                finished[path] = FiledImport(import_id, name, partition, rows, place, status == "refused")
            mark_filed(connection, import_id)
    return finished


def _drop_orphans(connection: Connection, layout: Layout) -> None:
    row = first_row(connection, "SELECT value FROM main.counters WHERE name = 'import_id'")
    last = row[0] if row else 0
    if not layout.rejects.is_dir():
        return
    for folder in layout.rejects.iterdir():
        if folder.name.isdigit() and int(folder.name) > last:
            shutil.rmtree(folder)
