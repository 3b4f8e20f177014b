"""Who is told what of the runs that nobody watches: refused files, files that keep failing, sources that fail (IMP-17).

A mail that cannot be sent is a warning in the run's log, and never fails what it is about.
"""

from __future__ import annotations

import traceback
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.declarations.model import ImportModel
from pipelines.delivery.mailing import MailServer, send_mail
from pipelines.delivery.memory import Failure, Memory
from pipelines.delivery.notices import Notice, hand_over, post
from pipelines.errors import CarnetError, EnvironmentFaultError
from pipelines.files.opening import FileIdentity
from pipelines.imports.notices import refusal
from pipelines.imports.results import ImportResult
from pipelines.layout import Layout
from pipelines.raw_segments.failing import Failure as SegmentFailure
from pipelines.workspace import Workspace

if TYPE_CHECKING:
    from pipelines.delivery.polling import Polled  # asyncssh, 0.2 s: only a poll pays for it

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
        body = (
            f"The file {Path(path).name} waits in the inbox of the import model {model}: {attempt} attempts to take it failed.\n\n"
            f"{reason}\n\nIt is tried again at intervals that grow up to an hour; the runs of the job import_inbox in the Dagster "
            f"UI say more.\nFile: {path}\n"
        )
        identity = str(FileIdentity.of(Path(path)))
        self._post(
            Notice(f"left:{identity}", self._people(model), f"Carnet: {Path(path).name} cannot be imported", body)
        )

    def source_failed(self, model: ImportModel, failure: Failure, error: CarnetError) -> None:
        """A source cannot be read; told once until it can again."""
        body = (
            f"The source of the import model {model.name} cannot be read: {model.source}\n\n{error}\n\n"
            f"It is tried again by itself, next after {failure.retry_at:%Y-%m-%d %H:%M} UTC; the job poll_{model.name} in the "
            "Dagster UI tries at once. You are told again only after it has worked in between.\n"
        )
        key = f"source:{model.name}:{failure.since.timestamp():.0f}"
        self._post(Notice(key, model.notify, f"Carnet: the source of {model.name} cannot be read", body))

    def left_at_source(self, model: ImportModel, polled: Polled, most_bytes: int) -> None:
        """Files that stay at the source: each is told once."""
        reasons = {
            f"{file.name}:{file.size}:{file.modified}": f"{file.name} has {file.size:,} bytes; at most {most_bytes:,} are taken "
            "(`max_file_bytes` of the base)."
            for file in polled.too_large
        } | {words: words for words in polled.unreadable}
        for what, words in reasons.items():
            body = f"A file of the source of the import model {model.name} is left where it is.\n\n{words}\n\n{model.source}\n"
            key = f"at source:{model.name}:{what}"
            self._post(Notice(key, model.notify, f"Carnet: a file of {model.name} is not fetched", body))

    def behind(self, step: str, reason: str) -> None:
        """A step that follows imports failed: told once a day, to all who are told of any importer."""
        body = (
            f"Files were imported, but the step {step} after them failed: what it makes is behind.\n\n{reason}\n\n"
            "The next run makes it anew; to have it now, materialise the asset published_base in the Dagster UI.\n"
        )
        key = f"behind:{step}:{datetime.now(UTC):%Y-%m-%d}"
        self._post(Notice(key, self._everybody(), f"Carnet: {step} failed after an import", body))

    def uncounted(self, failure: SegmentFailure) -> None:
        """A segment could not be counted: told once a day, to all who are told of any importer."""
        body = (
            f"The segment {failure.segment} could not be counted, and keeps its former count; the others are counted.\n\n"
            f"{failure.told}\n\nMend its SQL, or the values that it fails on; `carnet segments --refresh` counts it again.\n"
        )
        key = f"uncounted:{failure.segment}:{datetime.now(UTC):%Y-%m-%d}"
        self._post(Notice(key, self._everybody(), f"Carnet: the segment {failure.segment} could not be counted", body))

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
    return f"{type(error).__name__}, an error of the program, at {places}"


def source_subject(model: ImportModel) -> str:
    """What the failures of a model's source are remembered under."""
    return f"source {model.name}"


def remember_failure(layout: Layout, model: ImportModel) -> Failure:
    """One more failed poll in a row; the next one waits twice as long, up to an hour."""
    with Memory.open(layout) as memory:
        return memory.failed(source_subject(model), timedelta(minutes=model.interval_minutes), datetime.now(UTC))
