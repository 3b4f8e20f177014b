"""The inbox sensor (IMP-17): new, complete files of all models, several in one run, each taken once.

It lists folders and keeps a small cursor; it opens no base and reads no file.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from pipelines.declarations.model import Declarations
from pipelines.delivery.retrying import next_attempt
from pipelines.files.opening import FileIdentity
from pipelines.imports.filing import all_waiting_files, is_text, links
from pipelines.language import say, say_many
from pipelines.layout import Layout
from pipelines.orchestration.instance import close_dead_runs
from pipelines.orchestration.names import IMPORT_INBOX

INTERVAL_SECONDS = 5
MOST_FILES = 200
_FIRST_PAUSE = timedelta(seconds=30)
UNDER_WAY = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


@dataclass
class Seen:
    """What the cursor keeps of a waiting file.

    Its model and identity, how often a run was asked to take it, and from when on (seconds since 1970) another one may be.
    """

    model: str
    identity: str
    attempts: int = 0
    retry_at: float = 0.0

    def attempt(self, now: float) -> None:
        """A run is asked for; should the file still wait then, the next one comes after 30 s, 1 min, 2 min … 1 hour."""
        self.attempts += 1
        self.retry_at = next_attempt(self.attempts, _FIRST_PAUSE, datetime.fromtimestamp(now, UTC)).timestamp()


def inbox_sensor(
    declarations: Declarations, layout: Layout, clock: Callable[[], float] = time.time
) -> dg.SensorDefinition:
    """A sensor that asks for one run over all files that have kept their size since the last look.

    A file that stays in the inbox, for whatever reason, is asked for again after pauses that grow up to an hour.
    """

    @dg.sensor(
        name="inbox_sensor",
        job_name=IMPORT_INBOX,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=say("Takes the files dropped in `data/inbox/<model>/` once their size is stable."),
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        close_dead_runs(context.instance)
        before = read_cursor(context.cursor)
        now = look(declarations, layout, before)
        linked = links(layout, declarations.importers)
        if linked:
            context.log.warning(_told_of(linked))
        under_way = context.instance.get_runs(RunsFilter(job_name=IMPORT_INBOX, statuses=UNDER_WAY), limit=1)
        if under_way:
            context.update_cursor(write_cursor(now))
            return dg.SkipReason(say("A run is taking files; those that wait are next."))
        ready = [path for path, seen in now.items() if is_ready(path, seen, before, clock())][:MOST_FILES]
        for path in ready:
            now[path].attempt(clock())
        context.update_cursor(write_cursor(now))
        if not ready:
            return dg.SkipReason(_why_nothing(declarations, layout, now, clock()))
        return dg.SensorResult(run_requests=[request({path: now[path] for path in ready})])

    return inbox


def look(declarations: Declarations, layout: Layout, before: dict[str, Seen]) -> dict[str, Seen]:
    """The waiting files in order of arrival, with the attempts that are known of them."""
    found: dict[str, Seen] = {}
    for model in declarations.importers:
        (layout.inbox / model.name).mkdir(parents=True, exist_ok=True)
    for model, path in all_waiting_files(layout, declarations.importers):
        try:
            seen = Seen(model.name, str(FileIdentity.of(path)))
        except FileNotFoundError:
            continue  # Taken away since the folder was listed.
        known = before.get(str(path))
        if known and known.identity == seen.identity:
            seen.attempts, seen.retry_at = known.attempts, known.retry_at
        found[str(path)] = seen
    return found


def is_ready(path: str, seen: Seen, before: dict[str, Seen], now: float) -> bool:
    """Has the file been the same at two looks, and is its pause over?"""
    known = before.get(path)
    return known is not None and known.identity == seen.identity and seen.retry_at <= now


def request(files: dict[str, Seen]) -> dg.RunRequest:
    """One run over these files; its key holds each one's identity and attempt, so that none is asked for twice."""
    marks = "\n".join(f"{seen.identity} {seen.attempts}" for seen in files.values())
    return dg.RunRequest(
        run_key=hashlib.sha256(marks.encode()).hexdigest(),
        run_config={"ops": {"inbox": {"config": {"files": [_asked(path, seen) for path, seen in files.items()]}}}},
        tags={"carnet/files": str(len(files))},
    )


def _asked(path: str, seen: Seen) -> dict[str, str | int]:
    return {"path": path, "model": seen.model, "attempt": seen.attempts}


def _why_nothing(declarations: Declarations, layout: Layout, now: dict[str, Seen], moment: float) -> str:
    pausing = [seen.retry_at for seen in now.values() if seen.retry_at > moment]
    if pausing:
        soonest = datetime.fromtimestamp(min(pausing), UTC)
        return say_many(
            "{n} files could not be taken; the next attempt comes at {at:%H:%M:%S} UTC. Touch a file to have it tried at once.",
            "{n} files could not be taken; the next attempt comes at {at:%H:%M:%S} UTC. Touch a file to have it tried at once.",
            len(pausing),
            at=soonest,
        )
    linked = links(layout, declarations.importers)
    if linked:
        return _told_of(linked)
    if now:
        return say_many(
            "{n} files are still being written, or are seen for the first time.",
            "{n} files are still being written, or are seen for the first time.",
            len(now),
        )
    staying = [
        path
        for model in declarations.importers
        for path in (layout.inbox / model.name).iterdir()
        if path.is_file() and not path.name.startswith(".")
    ]
    if any(not is_text(path.name) for path in staying):
        return say("A file's name is not UTF-8: it stays in the inbox until it is renamed.")
    if staying:
        return say_many(
            "{n} files match no import model's `file`: they stay in the inbox.",
            "{n} files match no import model's `file`: they stay in the inbox.",
            len(staying),
        )
    return say("No file waits in the inbox.")


def _told_of(links: list[Path]) -> str:
    return say(
        "Symbolic links in the inbox are not followed ({count}): put the files themselves there.", count=len(links)
    )


def read_cursor(cursor: str | None) -> dict[str, Seen]:
    """The cursor as it was written; nothing where there is none."""
    return {path: Seen(**seen) for path, seen in json.loads(cursor or "{}").items()}


def write_cursor(files: dict[str, Seen]) -> str:
    """The cursor as JSON."""
    return json.dumps({path: asdict(seen) for path, seen in files.items()})
