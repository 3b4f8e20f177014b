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
from pipelines.base.store import Writer
from pipelines.behaviours import recording
from pipelines.behaviours.contesting import Contest, choose, conflicts, find_contest, rename_former
from pipelines.behaviours.intake import EventIntake, take
from pipelines.behaviours.reading import (
    EventFile,
    format_of,
    hidden_columns,
    originals,
    read_ndjson,
    read_parquet,
    read_text,
)
from pipelines.behaviours.resolving import resolve
from pipelines.behaviours.results import EventCounts, EventImportResult
from pipelines.behaviours.states import bind_pending, follow_events
from pipelines.contacts.revisions import begin
from pipelines.declarations.model import ImportModel
from pipelines.imports.file_problems import file_problems
from pipelines.imports.filing import (
    copy_aside,
    move_aside,
    stem_of,
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
    result = _result(intake, EventCounts(rows=last.rows))
    return replace(result, import_id=last.import_id, status="skipped", file=path)


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
    separator = model.separator or ("\t" if intake.path.suffix.lower() in (".txt", ".tsv") else ";")
    base = replace(intake.base, max_file_bytes=MOST_TEXT_BYTES)
    profile, source = profile_file(intake.path, separator=separator, max_bytes=MOST_TEXT_BYTES)
    verdicts = desk.judge.judge("file", measures(profile), file_options(base, model))
    hidden = hidden_columns(intake.wanted, source.headers) if source else ()
    problems = masked_problems(file_problems(profile, verdicts), hidden)
    judged = {"file": verdicts}
    if source is None or not problems.filter(pl.col("severity") == "critical").is_empty():
        headers = () if profile.contents is None else tuple(profile.contents.headers)
        return EventFile(headers), problems, judged
    file = read_text(writer.connection, read(source), intake.wanted)
    return file, pl.concat([problems, problems_frame(file.problems)]), judged


def _import(
    intake: EventIntake, file: EventFile, problems: pl.DataFrame, verdicts: Verdicts, writer: Writer, desk: Desk
) -> EventImportResult:
    connection = writer.connection
    with _step("resolve", intake, desk):
        resolve(connection, intake.wanted, intake.base)
        with nullcontext() if intake.preview else writer.transaction():
            rename_former(connection, intake.wanted.channel)
    with _step("rules", intake, desk):
        [(rows, left_out, refused, accepted)] = connection.execute(statement("behaviours/tally")).fetchall()
        rejected = connection.sql(statement("behaviours/rejected")).pl() if refused else None
        broken = {name: [int(rejected[name].sum()) if rejected is not None else 0] for name in COLUMNS}
        contest = find_contest(connection, intake.wanted.name, accepted)
        told = conflicts(connection, intake.wanted) if contest.contested else problems_frame()
        broken[CONFLICTING] = [told.height]
        verdicts = {**verdicts, "events": desk.judge.judge("events", broken, {})}
    if rejected is not None:
        problems = pl.concat([problems, recording.rejected_problems(rejected, intake.wanted)])
    problems = pl.concat([problems, told])
    counts = EventCounts(rows=rows, rejected=refused, left_out=left_out)
    result = replace(_result(intake, counts), header=file.headers, problems=problems, verdicts=verdicts)
    kept = None if rejected is None else (rejected, originals(connection, intake.path, file, rejected["line"]))
    with _step("add", intake, desk):
        if intake.preview:
            return _add(intake, result, contest, kept, writer, desk)
        with writer.transaction():
            result = _add(intake, result, contest, kept, writer, desk)
    if intake.identity is not None:
        moved = move_aside(intake.path, desk.layout.archive, intake.wanted.name, intake.partition)
        with writer.transaction() as connection:
            mark_filed(connection, result.import_id or 0)
        result = replace(result, file=moved)
    return result


def _add(
    intake: EventIntake,
    result: EventImportResult,
    contest: Contest,
    rejected: tuple[pl.DataFrame, pl.DataFrame] | None,
    writer: Writer,
    desk: Desk,
) -> EventImportResult:
    """Add what is new, give it to its contacts, and record the import: all in one transaction.

    `rejected`: the refused rows, and what the file has on their lines.
    """
    connection = writer.connection
    import_id = writer.next_id("import_id")
    fresh = _add_fresh(intake, contest, import_id, writer)
    bind_pending(writer)
    changed = follow_events(writer, begin(writer, "events", desk.store.who, intake.started_at, import_id))
    row = first_row(connection, "SELECT count(*) FROM main.pending_events WHERE import_id = ?", [import_id])
    pending = row[0] if row else 0
    counts = replace(result.counts, new=fresh - pending, known=contest.accepted - fresh, pending=pending)
    result = replace(result, counts=counts, changed=changed)
    if intake.preview:
        return result
    result = replace(result, import_id=import_id, status="imported")
    if rejected is not None:
        recording.record_rejected(connection, import_id, *rejected)
    if not result.problems.is_empty():
        folder = desk.layout.rejects / str(import_id)
        text = recording.report_text(intake.name, result)
        report = write_aside(writer.scratch, folder / f"{stem_of(intake.path)}.report.txt", text.encode())
        result = replace(result, report=report)
    record(connection, recording.event_row(intake, result, desk.store.who))
    return result


def _add_fresh(intake: EventIntake, contest: Contest, import_id: int, writer: Writer) -> int:
    """Write the events that the base does not have; how many. The contacts concerned are left in `carnet_affected`."""
    connection, channel, source = writer.connection, intake.wanted.channel, intake.wanted.name
    _add_operations(
        writer, channel
    )  # also of events that give way to others: which ones do depends on the order of files
    if contest.contested:
        choose(connection, source)
    if contest.repeated:
        connection.execute(statement("behaviours/drop_repeated"))
    connection.execute(statement("behaviours/fresh"), {"channel": channel})
    added = {"source": source, "import_id": import_id}
    connection.execute(statement("behaviours/add_events"), added)
    connection.execute(statement("behaviours/add_pending"), added)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE carnet_affected AS "
        "SELECT DISTINCT contact_id FROM carnet_fresh WHERE contact_id IS NOT NULL"
    )
    connection.execute(statement("behaviours/date_operations"))
    if contest.contested:
        connection.execute(
            "INSERT INTO carnet_affected SELECT contact_id FROM carnet_bereft WHERE contact_id IS NOT NULL"
        )
        connection.execute(statement("behaviours/redate_operations"))
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
    intake: EventIntake, file: EventFile, problems: pl.DataFrame, verdicts: Verdicts, writer: Writer, desk: Desk
) -> EventImportResult:
    """Lay the file aside with a report; the base stays as it was but for the history (IMP-3)."""
    result = _result(intake, EventCounts())
    result = replace(result, header=file.headers, problems=problems, verdicts=verdicts, status="refused")
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
    if intake.identity is not None:
        moved = move_aside(intake.path, layout.refused, name, intake.partition)
        with writer.transaction() as connection:
            mark_filed(connection, result.import_id or 0)
        result = replace(result, file=moved)
    return result


def _result(intake: EventIntake, counts: EventCounts) -> EventImportResult:
    return EventImportResult(
        import_id=None,
        status="preview",
        name=intake.name,
        model=intake.wanted.name,
        partition=intake.partition,
        file=intake.path,
        counts=counts,
        problems=problems_frame(),
        verdicts={},
        seconds=intake.seconds,
    )
