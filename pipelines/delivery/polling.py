"""One look at a source: new files that have stopped growing are fetched into the model's inbox, each once (IMP-17).

Nothing is deleted or renamed at the source. From the inbox a file goes on like any other.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

from pipelines.base.locking import LockHeldError, exclusive
from pipelines.declarations.addresses import SftpAddress
from pipelines.declarations.model import ImportModel
from pipelines.delivery.credentials import Credentials
from pipelines.delivery.faults import FileChangedError, NotReadableError, SourceBusyError
from pipelines.delivery.memory import Memory
from pipelines.delivery.retrying import PAUSES, SETTLE, with_retries
from pipelines.delivery.sftp import Limits, RemoteFile, SftpSession, open_session
from pipelines.delivery.taken import Ledger
from pipelines.errors import CarnetError, EnvironmentFaultError, UsageError
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.syncing import sync

_BATCH = 16
_LONGEST_NAME = 240


@dataclass(frozen=True)
class Manner:
    """How a poll goes about it. `settle`: how long a file must have stayed the same; `budget`: after which no file is begun.

    `patience`: how long after that the server is left, whatever it does.
    """

    settle: timedelta = SETTLE
    budget: timedelta = timedelta(minutes=10)
    patience: timedelta = timedelta(minutes=10)
    pauses: Sequence[float] = PAUSES
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass
class Polled:
    """What a poll found and did, in files.

    `settling` were seen for the first time, or still grow; `name_waits`: an earlier file of that name still waits in the inbox;
    `unfit`: the model's `file` does not fit them; `too_large` and `unreadable` ones (what is said of each) stay at the source;
    `left`: for the next poll.
    """

    listed: int = 0
    taken: int = 0
    settling: int = 0
    name_waits: int = 0
    unfit: int = 0
    too_large: tuple[RemoteFile, ...] = ()
    left: int = 0
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where the files of one model come from, and where they go."""

    model: ImportModel
    address: SftpAddress
    inbox: Path
    lock: Path
    most_bytes: int

    @classmethod
    def of(cls, model: ImportModel, layout: Layout, most_bytes: int) -> Source:
        """The source of a model; UsageError where it declares none."""
        if model.source is None:
            raise UsageError(
                say("The import model {model!r} has no source.", model=model.name),
                say("Declare `source: sftp://…` in it."),
            )
        address = SftpAddress.parse(model.source)
        return cls(model, address, layout.inbox / model.name, layout.automation / f"{model.name}.lock", most_bytes)

    def part(self, name: str) -> Path:
        """Where a file is written before it gets its name: hidden, so that nobody takes it."""
        return self.inbox / f".source-{hashlib.sha256(name.encode()).hexdigest()[:16]}.part"


def poll(source: Source, memory: Memory, tell: Callable[[str], object], manner: Manner | None = None) -> Polled:
    """Look once, with retries while the connection breaks; EnvironmentFaultError or TerminalError when that does not help.

    SourceBusyError where another process polls this source.

    What was taken before the fault stays taken, and is counted with the next poll's known files.
    """
    manner = manner or Manner()
    credentials = Credentials.of(source.address)
    with _alone(source):
        ledger = Ledger(memory, source.model.name, source.address)
        source.inbox.mkdir(parents=True, exist_ok=True)
        _finish_killed(source, ledger)
        visit = _Visit(source, ledger, manner, tell, credentials)
        return with_retries(visit.once, lambda: visit.taken, tell, manner.pauses)


@contextmanager
def _alone(source: Source) -> Generator[None]:
    try:
        with exclusive(source.lock, say("process {process}", process=os.getpid()), 0):
            yield
    except LockHeldError as error:
        raise SourceBusyError(
            say("The source of {model!r} is being polled by {holder}.", model=source.model.name, holder=error.holder),
            say("Its files come with that poll."),
        ) from None


def _finish_killed(source: Source, ledger: Ledger) -> None:
    """What a killed poll had fetched whole is placed; what it had not is fetched anew."""
    for file in ledger.placing():
        part = source.part(file.name)
        if not part.exists():
            # The rename is what makes it go: the inbox has had it.
            ledger.mark(file, "taken")
        elif not (source.inbox / file.name).exists():
            _rename(part, source.inbox / file.name, ledger, file)
        else:
            ledger.mark(file, "seen")
    for part in source.inbox.glob(".source-*.part"):
        part.unlink()


def _rename(part: Path, destination: Path, ledger: Ledger, file: RemoteFile) -> None:
    part.rename(destination)
    sync(destination.parent)
    ledger.mark(file, "taken")


class _Visit:
    """One poll over as many connections as it takes."""

    def __init__(
        self, source: Source, ledger: Ledger, manner: Manner, tell: Callable[[str], object], credentials: Credentials
    ) -> None:
        self._source, self._ledger, self._manner, self._tell = source, ledger, manner, tell
        self._credentials = credentials
        self._until = time.monotonic() + manner.budget.total_seconds()
        self._end = self._until + manner.patience.total_seconds()
        self.taken = 0

    def once(self) -> Polled:
        """List and fetch over one connection."""
        with open_session(self._source.address, self._credentials, self._manner.limits, self._end) as session:
            listing = session.list()
            found, fitting = self._sort(listing)
            now = self._manner.clock()
            self._ledger.look(fitting, now)
            ready = self._ledger.ready(fitting, self._manner.settle, now)
            found.settling = self._ledger.fresh(fitting) - len(ready)
            free = [file for file in ready if not (self._source.inbox / file.name).exists()]
            found.name_waits = len(ready) - len(free)
            self._tell(
                f"{found.listed} files at {self._source.address}: {len(free)} to take, {found.settling} to settle"
            )
            found.unreadable = tuple(self._take(session, free))
        found.taken = self.taken
        found.left = self._ledger.fresh(fitting) - found.settling - found.name_waits
        return found

    def _sort(self, listing: list[RemoteFile]) -> tuple[Polled, list[RemoteFile]]:
        """Counts of the listing, and the files that may be taken."""
        pattern = self._source.model.file
        named = [file for file in listing if fnmatchcase(file.name, pattern) and _nameable(file.name)]
        small = [file for file in named if file.size <= self._source.most_bytes]
        large = tuple(file for file in named if file.size > self._source.most_bytes)
        return Polled(listed=len(listing), unfit=len(listing) - len(named), too_large=large), small

    def _take(self, session: SftpSession, files: list[RemoteFile]) -> Iterator[str]:
        """Fetch and place in batches, oldest first; yields what nobody can fetch, raises what befell the connection."""
        for start in range(0, len(files), _BATCH):
            if time.monotonic() > self._until:
                return
            batch = files[start : start + _BATCH]
            fetched = session.fetch([(file, self._source.part(file.name)) for file in batch])
            sync(self._source.inbox)
            for one in fetched:
                if one.fault is None:
                    self._place(one.file, one.destination)
            yield from self._faults([one.fault for one in fetched if one.fault is not None])

    def _faults(self, faults: list[CarnetError]) -> Iterator[str]:
        for fault in faults:
            if isinstance(fault, EnvironmentFaultError) and not isinstance(fault, FileChangedError):
                raise fault
            self._tell(fault.message)
            if isinstance(fault, NotReadableError):
                yield fault.message

    def _place(self, file: RemoteFile, part: Path) -> None:
        """Into the inbox under its name. Whatever dies in between, the next poll knows whether the inbox has had it."""
        if (self._source.inbox / file.name).exists():
            part.unlink()
            return
        # The order of arrival in the inbox is the order in which the files were written at the source.
        os.utime(part, (file.modified, file.modified))
        self._ledger.mark(file, "placing")
        _rename(part, self._source.inbox / file.name, self._ledger, file)
        self.taken += 1


def _nameable(name: str) -> bool:
    return len(name.encode()) <= _LONGEST_NAME and not any(ord(sign) < 32 or ord(sign) == 127 for sign in name)
