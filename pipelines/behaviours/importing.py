"""One file of events through its import: read, resolved, judged, added, and what follows for the contacts (BHV-1, BHV-2).

Belongs here: the order of the steps. Does not: how any step is done. Whatever the order in which files come, and however often, the
same events give the same base.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl

from expectations.events import COLUMNS
from expectations.verdicts import Verdict
from pipelines.base.statements import first_row, statement
from pipelines.base.store import Writer
from pipelines.behaviours import recording
from pipelines.behaviours.intake import EventIntake, take
from pipelines.behaviours.reading import format_of, hidden_columns, read_ndjson, read_parquet, read_text
from pipelines.behaviours.resolving import resolve
from pipelines.behaviours.results import EventCounts, EventImportResult
from pipelines.behaviours.states import bind_pending, follow_events
from pipelines.contacts.revisions import begin
from pipelines.declarations.model import ImportModel
from pipelines.imports.file_problems import file_problems
from pipelines.imports.filing import (
    copy_aside,
    move_aside,
    write_aside,
)
from pipelines.imports.history import finish_killed_imports, last_import, mark_filed, record
from pipelines.imports.intake import Desk, ImportRequest
from pipelines.imports.masking import masked_problems
from pipelines.imports.problems import problems_frame
from pipelines.imports.profiling import file_options, measures, profile_file
from pipelines.imports.reading import read
from pipelines.layout import Layout

MOST_TEXT_BYTES = 1 << 32
"""Event files are no contact files: `max_file_bytes` does not bound them, the machine's memory does."""


def import_events(request: ImportRequest, desk: Desk) -> EventImportResult:
    """Import one file of events; refusals are results, not errors.

    UsageError where there is no such file or event import; EnvironmentFaultError where the machine is in the way.
    """
    wanted = desk.declarations.event_import(request.model)
    opened = desk.store.rehearse() if request.preview else desk.store.write()
    with opened as writer:
        filed = {} if request.preview else finish_killed_imports(writer, desk.layout)
        path = Path(request.path).absolute()
        if path in filed:
            done = filed[path]
            status = "refused" if done.refused else "skipped"
            return EventImportResult(
                done.import_id, status, done.name, wanted.name, done.partition, done.path, EventCounts(done.rows),
                problems_frame(), {},
            )  # fmt: skip
        intake = take(request, path, wanted, desk, writer)
        if not request.force and (known := _recognised(intake, writer, desk.layout)):
            return known
        with _step("read", intake, desk):
            problems, verdicts = _read(intake, writer, desk)
        if not problems.filter(pl.col("severity") == "critical").is_empty():
            return _refuse(intake, problems, verdicts, writer, desk)
        return _import(intake, problems, verdicts, writer, desk)


def _recognised(intake: EventIntake, writer: Writer, layout: Layout) -> EventImportResult | None:
    """IMP-14, for event files too: nothing would come of the same bytes again."""
    last = last_import(writer.connection, intake.wanted.name)
    if last is None or (last.sha256, last.declaration) != (intake.digest, intake.declaration):
        return None
    path = intake.path
    if intake.identity is not None and not intake.preview:
        path = move_aside(path, layout.archive, intake.wanted.name, intake.partition)
    result = _result(intake, EventCounts(rows=last.rows), problems_frame(), {})
    return replace(result, import_id=last.import_id, status="skipped", file=path)


@contextmanager
def _step(name: str, intake: EventIntake, desk: Desk) -> Generator[None]:
    desk.observe(f"{intake.name}: {name}")
    since = time.perf_counter()
    yield
    intake.seconds[name] = intake.seconds.get(name, 0.0) + time.perf_counter() - since


Judged = tuple[pl.DataFrame, dict[str, tuple[Verdict, ...]]]


def _read(intake: EventIntake, writer: Writer, desk: Desk) -> Judged:
    """The file as a relation, and what is wrong with it as a file; a critical problem refuses it."""
    kind, connection = format_of(intake.path), writer.connection
    if kind == "csv":
        return _read_csv(intake, writer, desk)
    reader = read_parquet if kind == "parquet" else read_ndjson
    unreadable = reader(connection, intake.path, intake.wanted)
    return problems_frame([unreadable.problem] if unreadable else []), {}


def _read_csv(intake: EventIntake, writer: Writer, desk: Desk) -> Judged:
    """A CSV file is judged as a contact file is (IMP-2), but for its size."""
    model = ImportModel(intake.wanted.name, intake.wanted.file, separator=intake.wanted.separator)
    separator = model.separator or ("\t" if intake.path.suffix.lower() in (".txt", ".tsv") else ";")
    base = replace(intake.base, max_file_bytes=MOST_TEXT_BYTES)
    profile, source = profile_file(intake.path, separator=separator, max_bytes=MOST_TEXT_BYTES)
    verdicts = desk.judge.judge("file", measures(profile), file_options(base, model))
    hidden = hidden_columns(intake.wanted, source.headers) if source else ()
    problems = masked_problems(file_problems(profile, verdicts), hidden)
    judged = {"file": verdicts}
    if source is None or not problems.filter(pl.col("severity") == "critical").is_empty():
        return problems, judged
    unreadable = read_text(writer.connection, read(source), intake.wanted)
    return pl.concat([problems, problems_frame([unreadable.problem] if unreadable else [])]), judged


def _import(
    intake: EventIntake, problems: pl.DataFrame, verdicts: dict[str, tuple[Verdict, ...]], writer: Writer, desk: Desk
) -> EventImportResult:
    connection = writer.connection
    with _step("resolve", intake, desk):
        resolve(connection, intake.wanted, intake.base)
    with _step("rules", intake, desk):
        [(rows, left_out, refused, accepted)] = connection.execute(statement("behaviours/tally")).fetchall()
        rejected = connection.sql(statement("behaviours/rejected")).pl() if refused else None
        broken = {name: [int(rejected[name].sum()) if rejected is not None else 0] for name in COLUMNS}
        verdicts = {**verdicts, "events": desk.judge.judge("events", broken, {})}
    if rejected is not None:
        problems = pl.concat([problems, recording.rejected_problems(rejected, intake.wanted)])
    counts = EventCounts(rows=rows, rejected=refused, left_out=left_out)
    result = _result(intake, counts, problems, verdicts)
    with _step("add", intake, desk):
        if intake.preview:
            return _add(intake, result, accepted, rejected, writer, desk)
        with writer.transaction():
            result = _add(intake, result, accepted, rejected, writer, desk)
    if intake.identity is not None:
        moved = move_aside(intake.path, desk.layout.archive, intake.wanted.name, intake.partition)
        with writer.transaction() as connection:
            mark_filed(connection, result.import_id or 0)
        result = replace(result, file=moved)
    return result


def _add(
    intake: EventIntake,
    result: EventImportResult,
    accepted: int,
    rejected: pl.DataFrame | None,
    writer: Writer,
    desk: Desk,
) -> EventImportResult:
    """Add what is new, give it to its contacts, and record the import: all in one transaction."""
    connection = writer.connection
    import_id = writer.next_id("import_id")
    fresh = _add_fresh(intake, accepted, import_id, writer)
    bind_pending(writer)
    changed = follow_events(writer, begin(writer, "events", desk.store.who, intake.started_at, import_id))
    row = first_row(connection, "SELECT count(*) FROM main.pending_events WHERE import_id = ?", [import_id])
    pending = row[0] if row else 0
    counts = replace(result.counts, new=fresh - pending, known=accepted - fresh, pending=pending)
    result = replace(result, counts=counts, changed=changed)
    if intake.preview:
        return result
    result = replace(result, import_id=import_id, status="imported")
    if rejected is not None:
        recording.record_rejected(connection, import_id, rejected)
    if not result.problems.is_empty():
        folder = desk.layout.rejects / str(import_id)
        text = recording.report_text(intake.name, result)
        report = write_aside(writer.scratch, folder / f"{intake.path.stem}.report.txt", text.encode())
        result = replace(result, report=report)
    record(connection, recording.event_row(intake, result, desk.store.who))
    return result


def _add_fresh(intake: EventIntake, accepted: int, import_id: int, writer: Writer) -> int:
    """Write the events that the base does not have; how many. Their contacts are left in `carnet_affected`."""
    connection, channel = writer.connection, intake.wanted.channel
    row = first_row(connection, "SELECT count(DISTINCT event_id) FROM carnet_events WHERE accepted")
    if row and row[0] < accepted:
        connection.execute(statement("behaviours/drop_repeated"))
    _add_operations(writer, channel)
    source = {"source": intake.wanted.name}
    connection.execute(statement("behaviours/fresh"), {**source, "channel": channel})
    added = {**source, "import_id": import_id}
    connection.execute(statement("behaviours/add_events"), added)
    connection.execute(statement("behaviours/add_pending"), added)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE carnet_affected AS "
        "SELECT DISTINCT contact_id FROM carnet_fresh WHERE contact_id IS NOT NULL"
    )
    connection.execute(statement("behaviours/date_operations"))
    row = first_row(connection, "SELECT count(*) FROM carnet_fresh")
    return row[0] if row else 0


def _add_operations(writer: Writer, channel: str) -> None:
    """Operations are known by name and channel; new ones get numbers in the order of their names."""
    connection = writer.connection
    names = connection.execute(statement("behaviours/new_operations"), {"channel": channel}).fetchall()
    if not names:
        return
    first = writer.next_id("operation_id", len(names))
    rows = [(first + n, name, channel) for n, (name,) in enumerate(names)]
    connection.executemany("INSERT INTO main.operations VALUES (?, ?, ?, NULL)", rows)


def _refuse(
    intake: EventIntake, problems: pl.DataFrame, verdicts: dict[str, tuple[Verdict, ...]], writer: Writer, desk: Desk
) -> EventImportResult:
    """Lay the file aside with a report; the base stays as it was but for the history (IMP-3)."""
    result = replace(_result(intake, EventCounts(), problems, verdicts), status="refused")
    if intake.preview:
        return result
    layout, name = desk.layout, intake.wanted.name
    report = layout.refused / name / intake.partition / f"{intake.path.stem}.report.txt"
    result = replace(
        result, report=write_aside(writer.scratch, report, recording.report_text(intake.name, result).encode())
    )
    if intake.identity is None:
        copy_aside(intake.path, layout.refused, name, intake.partition)
    with writer.transaction() as connection:
        result = replace(result, import_id=writer.next_id("import_id"))
        record(connection, recording.event_row(intake, result, desk.store.who))
    if intake.identity is not None:
        moved = move_aside(intake.path, layout.refused, name, intake.partition)
        with writer.transaction() as connection:
            mark_filed(connection, result.import_id or 0)
        result = replace(result, file=moved)
    return result


def _result(
    intake: EventIntake, counts: EventCounts, problems: pl.DataFrame, verdicts: dict[str, tuple[Verdict, ...]]
) -> EventImportResult:
    return EventImportResult(
        import_id=None,
        status="preview",
        name=intake.name,
        model=intake.wanted.name,
        partition=intake.partition,
        file=intake.path,
        counts=counts,
        problems=problems,
        verdicts=verdicts,
        seconds=intake.seconds,
    )
