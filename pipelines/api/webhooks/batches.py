"""Batches of posted events, imported as files are: a run of Dagster's, a partition with its verdicts, a row of the history.

A batch lies in the inbox until its import has filed it in `archive/` or `refused/`, so that one that a kill cut short is taken
again or recognised, as every file of the inbox is; and the same event counts once (BHV-1). Belongs here: when, and what becomes of
a batch that fails. Does not: its import.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pipelines.api import handing
from pipelines.api.account import Account
from pipelines.api.faults import tell_fault
from pipelines.api.importing import Keeping
from pipelines.api.webhooks.spool import Batch, Spool
from pipelines.delivery.mailing import MailServer, send_mail
from pipelines.delivery.memory import Memory
from pipelines.delivery.notices import hand_over, post
from pipelines.environment import seconds
from pipelines.errors import EnvironmentFaultError
from pipelines.imports.intake import ImportRequest
from pipelines.imports.notices import refusal
from pipelines.imports.results import ImportResult
from pipelines.layout import Layout

_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 600.0


class Batches:
    """The imports of one process, one after the other, in a thread of its own."""

    def __init__(self, account: Account, spool: Spool) -> None:
        self._account, self._spool = account, spool
        self._every = seconds("CARNET_WEBHOOK_SECONDS", _SECONDS, "Set it to a number such as 60.")
        self._pauses: dict[Path, tuple[float, float]] = {}
        """Batch that failed → how long it waits, and until when."""

    def work(self) -> None:
        """Begin."""
        self._account.work(self._work, "carnet-webhooks")

    def _work(self) -> None:
        while not self._account.ending.wait(min(self._every, 1.0)):
            try:
                self._spool.finish(self._every)
                for batch in self._due():
                    if not self._account.ending.is_set():
                        self._take(batch)
            except Exception as error:  # The machine may be in the way for a while.
                tell_fault(error, "batches of posted events")

    def _due(self) -> list[Batch]:
        declared = {each.name for each in self._account.declarations().event_imports}
        now = time.monotonic()
        return [
            batch
            for batch in self._spool.batches()
            if batch.event_import in declared and self._pauses.get(batch.path, (0, 0))[1] <= now
        ]

    def _take(self, batch: Batch) -> None:
        """Import a batch; one that fails waits for longer each time, and holds up no other."""
        try:
            asked = {"path": str(batch.path), "event_import": batch.event_import, "who": batch.who}
            if handing.hand_over(self._account.layout, "batch", asked) is None:
                take(self._account, batch)
        except Exception as error:
            tell_fault(error, f"a batch of {batch.event_import}")
            pause = min(_LONGEST_PAUSE, 2 * self._pauses.get(batch.path, (_FIRST_PAUSE / 2, 0))[0])
            self._pauses[batch.path] = (pause, time.monotonic() + pause)
        else:
            self._pauses.pop(batch.path, None)


def take(account: Account, batch: Batch) -> ImportResult:
    """Import a batch, in the name of who posted it; people are told of one that is refused, as of any file that nobody watches."""
    from pipelines.cli.imports import run_import

    listener = Keeping()
    with account.running(-1), account.workspace(batch.who, patient=True) as workspace:
        workspace.listener = listener
        workspace.warm_judge()
        result = run_import(workspace, ImportRequest(str(batch.path), batch.event_import), listener.results)
        if result.status == "refused":
            workspace.publish()
            people = next(each.notify for each in workspace.declarations.importers if each.name == batch.event_import)
            _tell(account.layout, result, people)
    return result


def _tell(layout: Layout, result: ImportResult, people: tuple[str, ...]) -> None:
    try:
        with Memory.open(layout) as memory:
            now = datetime.now(UTC)
            post(memory, refusal(result, people), now)
            hand_over(memory, _send, lambda _: None, now)
    except EnvironmentFaultError as error:
        tell_fault(error, "telling of a refused batch")


def _send(people: Sequence[str], subject: str, body: str) -> None:
    send_mail(MailServer.from_environment(), people, subject, body)
