"""A snapshot: the contacts of an audience at one instant, in one file with its manifest (EXP-1, EXP-4, EXP-10).

Belongs here: the order of the steps. Does not: SQL, formats, renaming (the other files of this room).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import duckdb
from sqlglot import exp

from pipelines.base.columns import effective_base
from pipelines.base.settings import settle_results
from pipelines.base.statements import statement, telling_what_is_missing
from pipelines.base.stopping import stoppable
from pipelines.declarations.model import ContactBase, Export
from pipelines.errors import EnvironmentFaultError, RefusedError
from pipelines.exports.audience import expected_count, rows
from pipelines.exports.columns import Column, plan_columns
from pipelines.exports.definition import definition
from pipelines.exports.placing import judge_destination, manifest_path, place_pair
from pipelines.exports.writing import BATCH_ROWS, write_rows


@dataclass(frozen=True)
class Snapshot:
    """A file that was written: where, how many contacts, of which instant, and the headers of its columns.

    `export_id` is None until it stands in the history (`history.record_export`).
    """

    name: str
    path: Path
    rows: int
    sha256: str
    manifest: Path
    taken_at: datetime
    columns: tuple[str, ...]
    definition: dict[str, Any]
    export_id: int | None = None
    status: Literal["exported"] = "exported"

    def as_json(self) -> dict[str, Any]:
        """What `carnet export --json` says (contract)."""
        return {
            "export_id": self.export_id,
            "name": self.name,
            "status": self.status,
            "path": str(self.path),
            "rows": self.rows,
            "sha256": self.sha256,
            "manifest": str(self.manifest),
            "taken_at": self.taken_at,
        }


def default_destination(exports: Path, export: Export) -> Path:
    """`<name>.<format>` in the folder of exports."""
    return exports / f"{export.name}.{export.format}"


def take_snapshot(
    connection: duckdb.DuckDBPyConnection,
    export: Export,
    base: ContactBase,
    audience: exp.Query,
    *,
    destination: Path,
    scratch: Path,
    instant: datetime,
) -> Snapshot:
    """Write the contacts of `audience` to `destination`, with its manifest; replaces former ones.

    `connection` reads the published copy; `audience` is a query with a column `contact_id`; `scratch` is a folder of
    the caller's; `instant` has a time zone. RefusedError where the file would not hold every contact of the audience,
    UsageError for what is not there, EnvironmentFaultError where the disk is in the way: nothing is replaced then.
    """
    judge_destination(destination)
    with _reading(connection) as session, _aside(scratch, destination) as folder:
        known = effective_base(session, base)
        columns = plan_columns(export, known)
        aside = folder / "snapshot"
        written = _write(session, export, columns, audience, aside)
        snapshot = Snapshot(
            export.name,
            destination,
            written,
            _digest(aside),
            manifest_path(destination),
            instant,
            tuple(column.header for column in columns),
            definition(export, known),
        )
        manifest = folder / "manifest"
        manifest.write_text(_manifest(snapshot, columns), encoding="utf-8")
        place_pair(aside, manifest, destination)
    return snapshot


def _write(
    session: duckdb.DuckDBPyConnection, export: Export, columns: tuple[Column, ...], audience: exp.Query, aside: Path
) -> int:
    """Write the rows aside; how many there are, which is how many the audience has."""
    with telling_what_is_missing():
        session.execute(statement("exports/macros")).fetchall()
        counted = session.execute(expected_count(export, audience).sql("duckdb")).fetchall()
        batches = session.sql(rows(columns, export, audience).sql("duckdb")).to_arrow_reader(BATCH_ROWS)
    written = write_rows(export, [column.header for column in columns], batches, aside)
    expected = counted[0][0]
    if written != expected:
        raise RefusedError(
            f"The export {export.name!r} would hold {written} rows; its audience has {expected} contacts. "
            "Nothing was replaced.",
            "An audience in SQL must yield the contact_id of contacts of the base, the same ones each time it is read.",
        )
    return written


@contextmanager
def _reading(connection: duckdb.DuckDBPyConnection) -> Generator[duckdb.DuckDBPyConnection]:
    """A session of its own on the same base, in one transaction: one instant, and no trace in the caller's session."""
    with connection.cursor() as session, stoppable(session):
        settle_results(session)
        session.begin()
        try:
            yield session
        finally:
            session.rollback()


@contextmanager
def _aside(scratch: Path, destination: Path) -> Generator[Path]:
    """A folder to write in, gone afterwards; what the disk refuses is an EnvironmentFaultError."""
    try:
        with tempfile.TemporaryDirectory(prefix="export-", dir=scratch) as folder:
            yield Path(folder)
    except OSError as error:
        raise EnvironmentFaultError(
            f"The export could not be written to {destination}: {error.strerror or error}.",
            "Make room on the disk, or name another place with --to.",
        ) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(snapshot: Snapshot, columns: tuple[Column, ...]) -> str:
    manifest = {
        "file": snapshot.path.name,
        "rows": snapshot.rows,
        "sha256": snapshot.sha256,
        "taken_at": snapshot.taken_at.isoformat(),
        "definition": snapshot.definition,
        "columns": [_column(column) for column in columns],
        "carnet": version("carnet"),
    }
    return json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"


def _column(column: Column) -> dict[str, str]:
    described = {"header": column.header, "field": column.field}
    return described if column.value is None else described | {"value": column.value}
