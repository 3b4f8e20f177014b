"""A snapshot: the contacts of an audience at one instant, in one file with its manifest (EXP-1, EXP-4, EXP-10).

Belongs here: the order of the steps. Does not: SQL, formats, renaming (the other files of this room).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import duckdb
from sqlglot import exp

from pipelines.base.columns import effective_base
from pipelines.base.settings import settle_results
from pipelines.base.statements import statement, telling_what_is_missing
from pipelines.base.stopping import stoppable
from pipelines.declarations.model import ContactBase, Export
from pipelines.errors import EnvironmentFaultError, RefusedError
from pipelines.exports.audience import count_audience, rows
from pipelines.exports.columns import Column, plan_columns
from pipelines.exports.definition import definition
from pipelines.exports.deltas import Delta, Moved, delta_path, write_delta
from pipelines.exports.kept import Aside, Keeping
from pipelines.exports.placing import judge_destination, manifest_path, place_alone, place_pair
from pipelines.exports.workbooks import judge_size
from pipelines.exports.writing import write_rows
from pipelines.fields import Locale
from pipelines.language import say
from pipelines.privacy import share_with_group

if TYPE_CHECKING:
    from pipelines.lake.spark import Work


@dataclass(frozen=True)
class Snapshot:
    """A file that was written: where, how many contacts, of which instant, and the headers of its columns.

    `export_id` is None until it stands in the history (`history.record_export`), `delivered_at` until it is at `deliver_to`.
    `work`: what Spark did for it, None where DuckDB found the contacts.
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
    deliver_to: str | None = None
    delta: Delta | None = None
    kept: Aside | None = field(default=None, repr=False, compare=False)
    delivered_at: datetime | None = None
    work: Work | None = field(default=None, compare=False)

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
            "deliver_to": self.deliver_to,
            "delivered_at": self.delivered_at,
            "delta": str(self.delta.path) if self.delta else None,
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
    keeping: Keeping | None = None,
    since: int | None = None,
) -> Snapshot:
    """Write the contacts of `audience` to `destination`, with its manifest; replaces former ones.

    `connection` reads the published copy; `audience` is a query with a column `contact_id`; `scratch` is a folder of
    the caller's; `instant` has a time zone. RefusedError where the file would not hold every contact of the audience,
    UsageError for what is not there, EnvironmentFaultError where the disk is in the way: nothing is replaced then.

    `keeping`: where the export's movements are to be told too, since the export of the number `since`, or the last one; what is
    then to be kept of this one lies in `scratch` (`Keeping.place`).
    """
    judge_destination(destination, *([delta_path(destination)] if keeping else []))
    with _reading(connection) as session, _aside(scratch, destination) as folder:
        known = effective_base(session, base)
        columns = plan_columns(export, known)
        aside = folder / "snapshot"
        rows, digest, people = _write(session, export, columns, audience, aside, known.locale, instant)
        moved: Moved | None = None
        if keeping is not None:
            moved = write_delta(session, export, known, people, keeping, since, destination=destination, folder=scratch)
            _require_all(export, moved.compared, rows)
        snapshot = Snapshot(
            export.name,
            destination,
            rows,
            digest,
            manifest_path(destination),
            instant,
            tuple(column.header for column in columns),
            definition(export, known),
            deliver_to=export.deliver,
            delta=moved and moved.delta,
            kept=moved and moved.kept,
        )
        manifest = folder / "manifest"
        manifest.write_text(_manifest(snapshot, columns), encoding="utf-8")
        written = [aside, manifest, *([moved.aside] if moved else [])]
        if export.share == "group":
            for path in written:
                share_with_group(path)
        if moved is not None:
            # First: movements that are told twice do no harm, those that are never told do.
            place_alone(moved.aside, moved.delta.path)
        place_pair(aside, manifest, destination)
    return snapshot


def _write(
    session: duckdb.DuckDBPyConnection,
    export: Export,
    columns: tuple[Column, ...],
    audience: exp.Query,
    aside: Path,
    locale: Locale,
    instant: datetime,
) -> tuple[int, str, exp.Query | None]:
    """Write the rows aside: how many, which is how many the audience has; the file's SHA-256; the people as `rows` takes them."""
    with telling_what_is_missing():
        session.execute(statement("exports/macros")).fetchall()
        expected, everybody = count_audience(session, export, audience)
        if export.format == "xlsx":
            judge_size(export.name, len(columns), expected)
        people = None if everybody else audience
        query = rows(columns, export, people)
        written, digest = write_rows(session, export, columns, query, aside, locale, instant)
    _require_all(export, written, expected)
    return written, digest, people


def _require_all(export: Export, written: int, expected: int) -> None:
    if written != expected:
        raise RefusedError(
            say(
                "The export {name!r} would hold {written} rows; its audience has {expected} contacts. Nothing was replaced.",
                name=export.name,
                written=written,
                expected=expected,
            ),
            say(
                "An audience in SQL must yield the contact_id of contacts of the base, the same ones each time it is read."
            ),
        )


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
            say(
                "The export could not be written to {destination}: {fault}.",
                destination=destination,
                fault=error.strerror or error,
            ),
            say("Make room on the disk, or name another place with --to."),
        ) from error


def _manifest(snapshot: Snapshot, columns: tuple[Column, ...]) -> str:
    manifest: dict[str, Any] = {
        "file": snapshot.path.name,
        "rows": snapshot.rows,
        "sha256": snapshot.sha256,
        "taken_at": snapshot.taken_at.isoformat(),
        "definition": snapshot.definition,
        "columns": [_column(column) for column in columns],
        "carnet": version("carnet"),
    }
    if snapshot.delta is not None:
        manifest["delta"] = snapshot.delta.as_json()
    return json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"


def _column(column: Column) -> dict[str, str]:
    described = {"header": column.header, "field": column.field}
    return described if column.value is None else described | {"value": column.value}
