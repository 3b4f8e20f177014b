"""Who is told what of runs: refused files, files that keep failing, sources that fail (IMP-17), exports (EXP-6).

A mail that cannot be sent is a warning in the run's log, and never fails what it is about.
"""

from __future__ import annotations

import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.declarations.model import Export, ImportModel
from pipelines.delivery.mailing import MailServer, send_mail
from pipelines.delivery.memory import Failure, Memory
from pipelines.delivery.notices import Notice, hand_over, post
from pipelines.errors import CarnetError, EnvironmentFaultError
from pipelines.files.opening import FileIdentity
from pipelines.imports.notices import refusal
from pipelines.imports.results import ImportResult
from pipelines.language import say, say_many
from pipelines.layout import Layout
from pipelines.raw_segments.failing import Failure as SegmentFailure
from pipelines.upkeep.retention import Retained
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.delivery.polling import Polled  # asyncssh, 0.2 s: only a poll pays for it
    from pipelines.exports.snapshots import Snapshot

NOTIFIED_AT = 3
"""The attempt of a file of the inbox from which on its failing is notified: before, it may pass by itself."""


class Notifier:
    """Keeps notices during a run and hands them over at its end. Nothing of it raises."""

    def __init__(self, workspace: Workspace, log: dg.DagsterLogManager) -> None:
        self._workspace, self._log = workspace, log

    def refused(self, result: ImportResult) -> None:
        """A file was refused."""
        self._post(refusal(result, self._people(result.model)))

    def left(self, path: str, model: str, attempt: int, reason: str) -> None:
        """A file of the inbox could not be taken, the `attempt`-th time; told once for each file."""
        if attempt < NOTIFIED_AT or not Path(path).exists():
            return
        body = say_many(
            "The file {file} waits in the inbox of the import model {model}: {n} attempts to take it failed.\n\n{reason}\n\n"
            "It is tried again at intervals that grow up to an hour; the runs of the job import_inbox in the Dagster UI say "
            "more.\nFile: {path}\n",
            "The file {file} waits in the inbox of the import model {model}: {n} attempts to take it failed.\n\n{reason}\n\n"
            "It is tried again at intervals that grow up to an hour; the runs of the job import_inbox in the Dagster UI say "
            "more.\nFile: {path}\n",
            attempt,
            file=Path(path).name,
            model=model,
            reason=reason,
            path=path,
        )
        identity = str(FileIdentity.of(Path(path)))
        subject = say("Carnet: {file} cannot be imported", file=Path(path).name)
        self._post(Notice(f"left:{identity}", self._people(model), subject, body))

    def source_failed(self, model: ImportModel, failure: Failure, error: CarnetError) -> None:
        """A source cannot be read; told once until it can again."""
        body = say(
            "The source of the import model {model} cannot be read: {source}\n\n{error}\n\nIt is tried again by itself, next "
            "after {at:%Y-%m-%d %H:%M} UTC; the job poll_{model} in the Dagster UI tries at once. You are told again only after "
            "it has worked in between.\n",
            model=model.name,
            source=model.source,
            error=error,
            at=failure.retry_at,
        )
        key = f"source:{model.name}:{failure.since.isoformat()}"
        subject = say("Carnet: the source of {model} cannot be read", model=model.name)
        self._post(Notice(key, model.notify, subject, body))

    def left_at_source(self, model: ImportModel, polled: Polled, most_bytes: int) -> None:
        """Files that stay at the source: each is told once."""
        reasons = {
            f"{file.name}:{file.size}:{file.modified}": say(
                "{file} has {size:,} bytes; at most {most:,} are taken (`max_file_bytes` of the base).",
                file=file.name,
                size=file.size,
                most=most_bytes,
            )
            for file in polled.too_large
        } | {words: words for words in polled.unreadable}
        subject = say("Carnet: a file of {model} is not fetched", model=model.name)
        for what, words in reasons.items():
            body = say(
                "A file of the source of the import model {model} is left where it is.\n\n{reason}\n\n{source}\n",
                model=model.name,
                reason=words,
                source=model.source,
            )
            self._post(Notice(f"at source:{model.name}:{what}", model.notify, subject, body))

    def exported(self, export: Export, snapshot: Snapshot) -> None:
        """An export is written, and delivered where it is to be."""
        self._worked(export)
        lines = [
            say_many(
                "The export {name} is written: {n:,} contacts.\n",
                "The export {name} is written: {n:,} contacts.\n",
                snapshot.rows,
                name=export.name,
            ),
            say("File: {path}", path=snapshot.path),
            say("Manifest: {path}", path=snapshot.manifest),
            *([say("Delivered to: {place}", place=snapshot.deliver_to)] if snapshot.delivered_at else []),
            say("Taken at: {at:%Y-%m-%d %H:%M} UTC\n", at=snapshot.taken_at),
        ]
        subject = say("Carnet: {name} is exported", name=export.name)
        self._post(Notice(f"exported:{snapshot.export_id}", export.notify, subject, "\n".join(lines)))

    def export_failed(self, export: Export, error: Exception) -> None:
        """An export failed; told once until one works again."""
        try:
            with Memory.open(self._workspace.layout) as memory:
                failure = memory.failed(_export_subject(export), timedelta(0), datetime.now(UTC))
        except EnvironmentFaultError as fault:
            self._log.warning(f"{export.name}: nobody can be told of its failure: {fault}")
            return
        body = say(
            "The export {name} failed.\n\n{error}\n\nA file that was exported before is whole where it is. You are told again "
            "only after the export has worked in between; the Dagster UI shows each of its runs.\n",
            name=export.name,
            error=public_message(error),
        )
        key = f"export failed:{export.name}:{failure.since.isoformat()}"
        self._post(Notice(key, export.notify, say("Carnet: the export {name} failed", name=export.name), body))

    def _worked(self, export: Export) -> None:
        try:
            with Memory.open(self._workspace.layout) as memory:
                memory.worked(_export_subject(export))
        except EnvironmentFaultError as fault:
            self._log.warning(f"{export.name}: what automation remembers does not know that it worked: {fault}")

    def behind(self, step: str, reason: str) -> None:
        """A step that follows imports failed: told once a day, to all who are told of any importer."""
        body = say(
            "Files were imported, but the step {step} after them failed: what it makes is behind.\n\n{reason}\n\nThe next run "
            "makes it anew; to have it now, materialise the asset published_base in the Dagster UI.\n",
            step=step,
            reason=reason,
        )
        key = f"behind:{step}:{datetime.now(UTC):%Y-%m-%d}"
        self._post(Notice(key, self._everybody(), say("Carnet: {step} failed after an import", step=step), body))

    def uncounted(self, failure: SegmentFailure) -> None:
        """A segment could not be counted: told once a day, to all who are told of any importer."""
        body = say(
            "The segment {segment} could not be counted, and keeps its former count; the others are counted.\n\n{why}\n\nMend "
            "its SQL, or the values that it fails on; `carnet segments --refresh` counts it again.\n",
            segment=failure.segment,
            why=failure.told,
        )
        key = f"uncounted:{failure.segment}:{datetime.now(UTC):%Y-%m-%d}"
        subject = say("Carnet: the segment {segment} could not be counted", segment=failure.segment)
        self._post(Notice(key, self._everybody(), subject, body))

    def retained(self, retained: Retained) -> None:
        """Contacts that are to be purged since the last look, or that were purged: to all who are told of any importer (EXP-13)."""
        if body := "\n\n".join(_of_retention(retained)):
            subject = (
                say("Carnet: contacts were purged") if retained.purged else say("Carnet: contacts are to be purged")
            )
            key = f"retention:{datetime.now(UTC).isoformat()}"
            self._post(Notice(key, self._everybody(), subject, body + "\n"))

    def hand_over(self) -> None:
        """Send what waits, of this run and of former ones."""
        try:
            with Memory.open(self._workspace.layout) as memory:
                hand_over(memory, self._send, self._log.warning, datetime.now(UTC))
        except EnvironmentFaultError as error:
            self._log.warning(f"Notices are not sent: {error}")

    @staticmethod
    def _send(people: Sequence[str], subject: str, body: str) -> None:
        send_mail(MailServer.from_environment(), people, subject, body)

    def _people(self, model: str) -> tuple[str, ...]:
        return next((found.notify for found in self._workspace.declarations.importers if found.name == model), ())

    def _everybody(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(p for each in self._workspace.declarations.importers for p in each.notify))

    def _post(self, notice: Notice) -> None:
        try:
            with Memory.open(self._workspace.layout) as memory:
                post(memory, notice, datetime.now(UTC))
        except EnvironmentFaultError as error:
            self._log.warning(f"{notice.subject}: nobody can be told: {error}")


def _of_retention(retained: Retained) -> Iterator[str]:
    if retained.noticed:
        yield say_many(
            "{n} contacts were neither active nor touched for as long as the retention says, since the last look.",
            "{n} contacts were neither active nor touched for as long as the retention says, since the last look.",
            retained.noticed,
        )
        yield say_many(
            "{n} contacts are in the segment to_purge now.",
            "{n} contacts are in the segment to_purge now.",
            retained.to_purge,
        )
    if retained.purged:
        yield say_many(
            "{n} contacts were purged; their archive: {archive}. `carnet undo {number}` takes it back.",
            "{n} contacts were purged; their archive: {archive}. `carnet undo {number}` takes it back.",
            retained.purged.deleted,
            archive=retained.purged.archive,
            number=retained.purged.import_id,
        )


@contextmanager
def notifying(workspace: Workspace, log: dg.DagsterLogManager) -> Generator[Notifier]:
    """A notifier that hands over at the end, however the run ends."""
    notifier = Notifier(workspace, log)
    try:
        yield notifier
    finally:
        notifier.hand_over()


def public_message(error: Exception) -> str:
    """What may be said of an error where everybody reads it (SEC-4): of one that is not ours, its kind and place alone."""
    if isinstance(error, CarnetError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}"
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno} ({frame.name})" for frame in reversed(frames))
    return say("{kind}, an error of the program, at {places}", kind=type(error).__name__, places=places)


def _export_subject(export: Export) -> str:
    """What the failures of an export are remembered under."""
    return f"export {export.name}"


def source_subject(model: ImportModel) -> str:
    """What the failures of a model's source are remembered under."""
    return f"source {model.name}"


def remember_failure(layout: Layout, model: ImportModel) -> Failure:
    """One more failed poll in a row; the next one waits twice as long, up to an hour."""
    with Memory.open(layout) as memory:
        return memory.failed(source_subject(model), timedelta(minutes=model.interval_minutes), datetime.now(UTC))
