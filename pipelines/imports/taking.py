"""The whole story of a file, whoever takes it (IMP-20): opened, recognised or judged, then refused or committed, and filed.

Belongs here: the order, and what every file is promised. Does not: what is particular to a kind of file (`contacts.contact_file`,
`events.event_file`), nor who is notified of it (`orchestration`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from expectations.judgements import Judgement as KeptJudgement
from expectations.judgements import keep
from pipelines.base.store import Writer
from pipelines.declarations.model import ContactBase, Declarations, ImportModel
from pipelines.files.opening import FileIdentity, Opened, open_file
from pipelines.files.problems import problems_frame
from pipelines.imports.contacts import contact_file
from pipelines.imports.erased_files import leave_out_erased
from pipelines.imports.events import event_file
from pipelines.imports.filing import move_aside, partition_key, stem_of
from pipelines.imports.history import finish_killed_imports, import_row, last_import, mark_filed, record
from pipelines.imports.intake import AnImporter, ImportContext, ImportRequest, Intake, Judgement, Refused, result_of
from pipelines.imports.refusing import lay_aside
from pipelines.imports.reporting import import_report
from pipelines.imports.results import Counts, EventCounts, ImportResult
from pipelines.imports.trimming import drop_rejects, trim
from pipelines.language import mark, say
from pipelines.layout import Layout
from pipelines.syncing import write_aside

Accepted = TypeVar("Accepted", bound=Judgement)


@dataclass(frozen=True)
class _Kind(Generic[AnImporter, Accepted]):
    """What is particular to a kind of file.

    `most_bytes`: how much of it is read at once, by its path and the base. `declaration_hash`: what of the declarations decides how
    it is imported (IMP-14). `judge` reads it and writes nothing; `commit` writes what it brings, in the caller's transaction.
    """

    counts: type[Counts] | type[EventCounts]
    most_bytes: Callable[[Path, ContactBase], int]
    declaration_hash: Callable[[AnImporter, ContactBase], str]
    judge: Callable[[Intake[AnImporter], ImportContext, Writer], Accepted | Refused]
    commit: Callable[[Accepted, Intake[AnImporter], ImportContext, Writer], ImportResult]


_CONTACTS = _Kind(
    Counts, contact_file.most_bytes, contact_file.declaration_hash, contact_file.judge, contact_file.commit
)
_EVENTS = _Kind(EventCounts, event_file.most_bytes, event_file.declaration_hash, event_file.judge, event_file.commit)


def take(request: ImportRequest, context: ImportContext) -> ImportResult:
    """Import one file, or say what it would do; refusals are results, not errors.

    UsageError where there is no such file or importer; EnvironmentFaultError where the machine is in the way.
    """
    importer = context.declarations.importer(request.model)
    if isinstance(importer, ImportModel):
        return _take(_CONTACTS, importer, request, context)
    return _take(_EVENTS, importer, request, context)


def look_at(request: ImportRequest, declarations: Declarations) -> Opened:
    """Open a file as `take` does, for who has to know its content beforehand (`ImportContext.opened`)."""
    importer, path = declarations.importer(request.model), Path(request.path).absolute()
    kind = _CONTACTS if isinstance(importer, ImportModel) else _EVENTS
    return open_file(path, kind.most_bytes(path, declarations.base))


def _take(
    kind: _Kind[AnImporter, Accepted], importer: AnImporter, request: ImportRequest, context: ImportContext
) -> ImportResult:
    with context.store.rehearse() if request.preview else context.store.write() as writer:
        result = _taken(kind, importer, request, context, writer)
        if not request.preview:
            leave_out_erased(context.layout, importer.name, result.partition, writer)
        return result


def _taken(
    kind: _Kind[AnImporter, Accepted],
    importer: AnImporter,
    request: ImportRequest,
    context: ImportContext,
    writer: Writer,
) -> ImportResult:
    path, layout = Path(request.path).absolute(), context.layout
    finished = {} if request.preview else finish_killed_imports(writer, layout)
    if filed := finished.get(path):
        # A run that was killed before it could file it has imported it: each file is taken once (IMP-17).
        status, counts = "refused" if filed.refused else "skipped", kind.counts(filed.rows)
        return ImportResult(
            filed.import_id,
            status,
            filed.name,
            importer.name,
            filed.partition,
            filed.path,
            counts,
            problems_frame(),
            {},
        )
    intake = _receive(kind, importer, path, request, context, writer.contact_base)
    if not request.force and (recognised := _recognise(intake, writer, context, kind)):
        return recognised
    judgement = kind.judge(intake, context, writer)
    if isinstance(judgement, Refused):
        return _refuse(judgement, intake, context, writer, kind.counts(judgement.facts.rows))
    return _commit(judgement, intake, context, writer, kind)


def _receive(
    kind: _Kind[AnImporter, Accepted],
    importer: AnImporter,
    path: Path,
    request: ImportRequest,
    context: ImportContext,
    base: ContactBase,
) -> Intake[AnImporter]:
    """What is known of a file before it is judged. It is looked at once, unless it changed since somebody else looked."""
    started_at = datetime.now(UTC)
    opened = context.opened.get(path)
    if opened is None or opened.identity != FileIdentity.of(path):
        opened = open_file(path, kind.most_bytes(path, base))
    name = request.name or path.name
    return Intake(
        opened=opened,
        name=name,
        importer=importer,
        base=base,
        partition=partition_key(name, opened.digest),
        declaration=kind.declaration_hash(importer, context.declarations.base),
        started_at=started_at,
        in_inbox=path.is_relative_to(context.layout.inbox),
        preview=request.preview,
    )


def _recognise(
    intake: Intake[AnImporter], writer: Writer, context: ImportContext, kind: _Kind[AnImporter, Accepted]
) -> ImportResult | None:
    """IMP-14: the bytes of the importer's last import, under the same declaration, are skipped."""
    last = last_import(writer.connection, intake.importer.name)
    if last is None or (last.sha256, last.declaration) != (intake.opened.digest, intake.declaration):
        return None
    path = intake.path
    if intake.in_inbox and not intake.preview:
        path = move_aside(path, context.layout.archive, intake.importer.name, intake.partition)
    counts = kind.counts(last.rows)
    return ImportResult(
        last.import_id,
        "skipped",
        intake.name,
        intake.importer.name,
        intake.partition,
        path,
        counts,
        problems_frame(),
        {},
    )


def _refuse(
    judgement: Refused, intake: Intake[AnImporter], context: ImportContext, writer: Writer, counts: Counts | EventCounts
) -> ImportResult:
    """The base stays as it was but for the history; a preview writes nothing at all."""
    result = result_of(intake, judgement, counts, "refused")
    if intake.preview:
        return result
    result = lay_aside(result, judgement, intake, writer, context.layout, context.store.who)
    result = _documented(result, intake, context.layout)
    return _file(result, intake, context.layout.refused, writer)


def _commit(
    judgement: Accepted,
    intake: Intake[AnImporter],
    context: ImportContext,
    writer: Writer,
    kind: _Kind[AnImporter, Accepted],
) -> ImportResult:
    """Write what was judged good, in one transaction, and record it; of a preview, the base undoes whatever was written."""
    if intake.preview:
        return replace(kind.commit(judgement, intake, context, writer), import_id=None, status="preview")
    with writer.transaction() as connection:
        result = kind.commit(judgement, intake, context, writer)
        # Written before the commit, under the import's number: a kill leaves either both or a folder that the next run drops.
        result = _report(result, judgement, intake, writer, context.layout)
        record(connection, import_row(intake, result, judgement.facts, context.store.who))
        trimmed = trim(connection, context.declarations.base.import_history)
    stands = mark("Import {number} ({name}) is committed: it need not be imported again.")
    writer.stands.append(say(stands, number=result.import_id, name=intake.name))
    drop_rejects(context.layout, trimmed)
    result = _documented(result, intake, context.layout)
    return _file(result, intake, context.layout.archive, writer)


def _report(
    result: ImportResult, judgement: Judgement, intake: Intake[AnImporter], writer: Writer, layout: Layout
) -> ImportResult:
    """The report, where there is something to say."""
    if result.problems.is_empty():
        return result
    place = layout.rejects / str(result.import_id) / f"{stem_of(intake.path)}.report.txt"
    return replace(result, report=write_aside(writer.scratch, place, import_report(result, judgement.facts).encode()))


def _documented(result: ImportResult, intake: Intake[AnImporter], layout: Layout) -> ImportResult:
    """Its verdicts kept for its page of Data Docs (SRV-3), which is made later: not on the path of an import."""
    verdicts = tuple(verdict for judged in result.verdicts.values() for verdict in judged)
    kept = KeptJudgement(result.import_id or 0, intake.importer.name, result.status, intake.started_at, verdicts)
    keep(layout.judgements, kept)
    return replace(result, data_docs=layout.data_docs / kept.page)


def _file(result: ImportResult, intake: Intake[AnImporter], room: Path, writer: Writer) -> ImportResult:
    """Move a file of the inbox to where it belongs now; any other stays where it is (IMP-3)."""
    if not intake.in_inbox:
        return result
    moved = move_aside(intake.path, room, intake.importer.name, intake.partition)
    with writer.transaction() as connection:
        mark_filed(connection, result.import_id or 0)
    return replace(result, file=moved)
