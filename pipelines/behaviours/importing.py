"""One file of events through its import: read, resolved, judged, added, and what follows for the contacts (BHV-1, BHV-2).

Belongs here: the order of the steps. Does not: how any step is done. Whatever the order in which files come, and however often, the
same events give the same base.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import polars as pl

from expectations.events import COLUMNS, CONFLICTING
from expectations.verdicts import Verdict
from pipelines.base.statements import first_row, statement
from pipelines.base.store import Connection, Writer
from pipelines.behaviours import recording
from pipelines.behaviours.intake import EventIntake, take
from pipelines.behaviours.results import EventCounts, EventImportResult
from pipelines.contacts.revisions import begin
from pipelines.contacts.states import affect, bind_pending, follow_events
from pipelines.declarations.model import EventImport, ImportModel
from pipelines.files.file_problems import file_problems
from pipelines.files.problems import problems_frame
from pipelines.files.profiling import measures, profile_file
from pipelines.files.reading import read
from pipelines.files.separators import default_separator
from pipelines.imports.contacts.judging import file_options
from pipelines.imports.events.adding import Plain, add_fresh, add_plain
from pipelines.imports.events.contesting import Contest, conflicts, find_contest, rename_former
from pipelines.imports.events.reading import (
    EventFile,
    format_of,
    hidden_columns,
    originals,
    read_ndjson,
    read_parquet,
    read_text,
)
from pipelines.imports.events.resolving import prepare, resolve
from pipelines.imports.filing import (
    copy_aside,
    move_aside,
    stem_of,
    write_aside,
)
from pipelines.imports.history import finish_killed_imports, last_import, mark_filed, record
from pipelines.imports.intake import Desk, ImportRequest
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
            file, problems, verdicts = _read(intake, writer, desk)
        if not problems.filter(pl.col("severity") == "critical").is_empty():
            return _refuse(intake, file, problems, verdicts, writer, desk)
        return _import(intake, file, problems, verdicts, writer, desk)


def _recognised(intake: EventIntake, writer: Writer, layout: Layout) -> EventImportResult | None:
    """IMP-14, for event files too: nothing would come of the same bytes again."""
    last = last_import(writer.connection, intake.wanted.name)
    if last is None or (last.sha256, last.declaration) != (intake.digest, intake.declaration):
        return None
    path = intake.path
    if intake.identity is not None and not intake.preview:
        path = move_aside(path, layout.archive, intake.wanted.name, intake.partition)
    counts = EventCounts(rows=last.rows)
    return replace(_result(intake, EventFile()), counts=counts, import_id=last.import_id, status="skipped", file=path)


@contextmanager
def _step(name: str, intake: EventIntake, desk: Desk) -> Generator[None]:
    desk.observe(f"{intake.name}: {name}")
    since = time.perf_counter()
    yield
    intake.seconds[name] = intake.seconds.get(name, 0.0) + time.perf_counter() - since


Verdicts = dict[str, tuple[Verdict, ...]]
Judged = tuple[EventFile, pl.DataFrame, Verdicts]


def _read(intake: EventIntake, writer: Writer, desk: Desk) -> Judged:
    """The file as a relation, and what is wrong with it as a file; a critical problem refuses it."""
    kind, connection = format_of(intake.path), writer.connection
    if kind == "csv":
        return _read_csv(intake, writer, desk)
    reader = read_parquet if kind == "parquet" else read_ndjson
    file = reader(connection, intake.path, intake.wanted)
    return file, problems_frame(file.problems), {}


def _read_csv(intake: EventIntake, writer: Writer, desk: Desk) -> Judged:
    """A CSV file is judged as a contact file is (IMP-2), but for its size."""
    model = ImportModel(intake.wanted.name, intake.wanted.file, separator=intake.wanted.separator)
    separator = model.separator or default_separator(intake.path.name)
    base = replace(intake.base, max_file_bytes=MOST_TEXT_BYTES)
    profile, source = profile_file(intake.path, separator=separator, max_bytes=MOST_TEXT_BYTES)
    verdicts = desk.judge.judge("file", measures(profile), file_options(base, model))
    problems = file_problems(profile, verdicts)
    judged = {"file": verdicts}
    if source is None or not problems.filter(pl.col("severity") == "critical").is_empty():
        headers = () if profile.contents is None else tuple(profile.contents.headers)
        return EventFile(headers, hidden=hidden_columns(intake.wanted, headers)), problems, judged
    file = read_text(writer.connection, read(source), intake.wanted)
    return file, pl.concat([problems, problems_frame(file.problems)]), judged


def _import(
    intake: EventIntake, file: EventFile, problems: pl.DataFrame, verdicts: Verdicts, writer: Writer, desk: Desk
) -> EventImportResult:
    result = replace(_result(intake, file), problems=problems, verdicts=verdicts)
    with nullcontext() if intake.preview else writer.transaction():
        result = _add(intake, file, result, writer, desk)
    return result if intake.preview else _file(intake, result, desk.layout.archive, writer)


def _file(intake: EventIntake, result: EventImportResult, folder: Path, writer: Writer) -> EventImportResult:
    """Move a file of the inbox to its place there; any other stays where it is."""
    if intake.identity is None:
        return result
    moved = move_aside(intake.path, folder, intake.wanted.name, intake.partition)
    with writer.transaction() as connection:
        mark_filed(connection, result.import_id or 0)
    return replace(result, file=moved)


def _add(
    intake: EventIntake, file: EventFile, result: EventImportResult, writer: Writer, desk: Desk
) -> EventImportResult:
    """Add what is new, give it to its contacts, and record the import: all in the caller's transaction."""
    connection, wanted, base = writer.connection, intake.wanted, intake.base
    import_id = writer.next_id("import_id")
    with _step("plain rows", intake, desk):
        prepare(connection, wanted, base)
        plain = add_plain(writer, wanted, import_id)
    with _step("resolve", intake, desk):
        resolve(connection, wanted, base)
        rename_former(connection, wanted.channel)
    with _step("rules", intake, desk):
        result, contest, rejected = _judge(wanted, result, plain, connection, desk)
        if rejected is not None and not intake.preview:
            cells = originals(connection, intake.path, file, rejected["line"])
            recording.record_rejected(connection, import_id, rejected, cells)
    with _step("add", intake, desk):
        fresh = plain.events + add_fresh(writer, wanted, contest, plain, import_id)
    with _step("states", intake, desk):
        affect(writer, import_id)
        bind_pending(writer)
        changed = follow_events(writer, begin(writer, "events", desk.store.who, intake.started_at, import_id))
    row = first_row(connection, "SELECT count(*) FROM main.pending_events WHERE import_id = ?", [import_id])
    pending = row[0] if row else 0
    known = plain.events + contest.accepted - fresh
    counts = replace(result.counts, new=fresh - pending, known=known, pending=pending)
    result = replace(result, counts=counts, changed=changed)
    return result if intake.preview else _record(intake, replace(result, import_id=import_id), writer, desk)


def _judge(
    wanted: EventImport, result: EventImportResult, plain: Plain, connection: Connection, desk: Desk
) -> tuple[EventImportResult, Contest, pl.DataFrame | None]:
    """The result with what the rules say of the rows, what is contested among them, and those refused, if any."""
    [(rows, left_out, refused, accepted)] = connection.execute(statement("events/tally")).fetchall()
    rejected = connection.sql(statement("events/rejected")).pl() if refused else None
    broken = {name: [int(rejected[name].sum()) if rejected is not None else 0] for name in COLUMNS}
    contest = find_contest(connection, wanted.name, accepted, new=plain.new)
    told = conflicts(connection, wanted) if contest.contested else problems_frame()
    broken[CONFLICTING] = [told.height]
    problems = [result.problems, told]
    if rejected is not None:
        problems.insert(1, recording.rejected_problems(rejected, wanted))
    judged = replace(
        result,
        counts=EventCounts(rows=plain.events + rows, rejected=refused, left_out=left_out),
        problems=pl.concat(problems),
        verdicts={**result.verdicts, "events": desk.judge.judge("events", broken, {})},
    )
    return judged, contest, rejected


def _record(intake: EventIntake, result: EventImportResult, writer: Writer, desk: Desk) -> EventImportResult:
    """The import in the history, with its report where there is something to say."""
    result = replace(result, status="imported")
    if not result.problems.is_empty():
        folder = desk.layout.rejects / str(result.import_id)
        text = recording.report_text(intake.name, result)
        report = write_aside(writer.scratch, folder / f"{stem_of(intake.path)}.report.txt", text.encode())
        result = replace(result, report=report)
    record(writer.connection, recording.event_row(intake, result, desk.store.who))
    return result


def _refuse(
    intake: EventIntake, file: EventFile, problems: pl.DataFrame, verdicts: Verdicts, writer: Writer, desk: Desk
) -> EventImportResult:
    """Lay the file aside with a report; the base stays as it was but for the history (IMP-3)."""
    result = replace(_result(intake, file), problems=problems, verdicts=verdicts, status="refused")
    if intake.preview:
        return result
    layout, name = desk.layout, intake.wanted.name
    report = layout.refused / name / intake.partition / f"{stem_of(intake.path)}.report.txt"
    result = replace(
        result, report=write_aside(writer.scratch, report, recording.report_text(intake.name, result).encode())
    )
    if intake.identity is None:
        copy_aside(intake.path, layout.refused, name, intake.partition)
    with writer.transaction() as connection:
        result = replace(result, import_id=writer.next_id("import_id"))
        record(connection, recording.event_row(intake, result, desk.store.who))
    return _file(intake, result, layout.refused, writer)


def _result(intake: EventIntake, file: EventFile) -> EventImportResult:
    return EventImportResult(
        import_id=None,
        status="preview",
        name=intake.name,
        model=intake.wanted.name,
        partition=intake.partition,
        file=intake.path,
        counts=EventCounts(),
        header=file.headers,
        hidden=file.hidden,
        problems=problems_frame(),
        verdicts={},
        seconds=intake.seconds,
    )
