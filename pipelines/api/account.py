"""The account that the interface serves: its declarations as they stand now, its published copy to read, its base to write.

Belongs here: what calls share while the process lasts. Does not: any call.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from pipelines.api.code_location import CodeLocation
from pipelines.api.faults import tell_fault
from pipelines.api.jobs import Jobs
from pipelines.api.keys import Keys
from pipelines.api.numbers import Numbers
from pipelines.api.turns import Turns
from pipelines.base.columns import is_followed
from pipelines.base.copies import SharedCopy
from pipelines.base.locking import LockHeldError
from pipelines.declarations.model import Declarations
from pipelines.declared import declared
from pipelines.layout import Layout
from pipelines.workspace import Workspace

WAIT_SECONDS = 25.0
"""How long a call waits while another run writes the base, before it is told to come again: clients wait for 30 s at least."""
COUNT_SECONDS = 2.0
END_SECONDS = 30.0
_Print = tuple[tuple[str, int, int, int], ...]


class Account:
    """One account, for the threads of one process."""

    def __init__(self, layout: Layout, environ: Mapping[str, str] = os.environ) -> None:
        self.layout, self.environ = layout, environ
        self.keys = Keys.of(layout, environ)
        self.numbers = Numbers(layout.api / "numbers.json")
        self.jobs = Jobs(layout.api / "jobs.json", layout.api / "files")
        self.turns = Turns(lambda wait: self.write("the API", wait), self.count_soon)
        self.location = CodeLocation(environ)
        self._copy = SharedCopy(layout.published, layout.scratch)
        self._loading, self._writing, self._running = threading.Lock(), threading.Lock(), threading.Lock()
        self._declarations: tuple[_Print, Declarations] | None = None
        self._prepared: _Print | None = None
        self._counting: threading.Timer | None = None
        self.ending = threading.Event()
        self._workers: list[threading.Thread] = []

    def declarations(self) -> Declarations:
        """What is declared now: read again once a file is another one. DeclarationError where it has errors."""
        return self._read()[1]

    def is_read(self) -> bool:
        """Whether what is declared now was read already: to ask costs next to nothing then."""
        return self._declarations is not None and self._declarations[0] == _print_of(self.layout.assets)

    def _read(self) -> tuple[_Print, Declarations]:
        found = _print_of(self.layout.assets)
        with self._loading:
            if self._declarations is None or self._declarations[0] != found:
                self._declarations = (found, declared(self.layout.assets, self.layout.verdicts))
            return self._declarations

    def work(self, act: Callable[[], None], name: str) -> None:
        """Begin `act` in a thread of its own: it is to return soon after `ending` is set."""
        worker = threading.Thread(target=act, name=name, daemon=True)
        self._workers.append(worker)
        worker.start()

    def close(self) -> None:
        """End what works, and let go of what is held open."""
        self.ending.set()
        for worker in self._workers:
            worker.join(END_SECONDS)
        self._copy.close()

    def most_bytes(self) -> int:
        """How large a file may be."""
        return self.declarations().base.max_file_bytes

    @contextmanager
    def workspace(self, who: str, *, patient: bool = False) -> Generator[Workspace]:
        """A workspace of `who`; a write in it waits WAIT_SECONDS, or as long as a command's where it is `patient`."""
        workspace = Workspace(self.layout, self.declarations(), who)
        if not patient:
            workspace.store.wait_seconds = WAIT_SECONDS
        try:
            yield workspace
        finally:
            workspace.close()

    @contextmanager
    def write(self, who: str, wait_seconds: float | None = None) -> Generator[Workspace]:
        """The one that writes, of the threads of this process; LockHeldError where others write for too long."""
        wait = WAIT_SECONDS if wait_seconds is None else wait_seconds
        until = time.monotonic() + wait
        if not self._writing.acquire(timeout=wait):
            raise LockHeldError("another call", wait)
        try:
            with self.workspace(who) as workspace:
                workspace.store.wait_seconds = max(0.0, until - time.monotonic())
                yield workspace
        finally:
            self._writing.release()

    @contextmanager
    def running(self, wait_seconds: float = WAIT_SECONDS) -> Generator[None]:
        """The one run of Dagster's, of the threads of this process; LockHeldError where another one lasts too long.

        DuckDB has one database for a path in a process: two exports, each confined to folders of its own, cannot read at once.
        """
        if not self._running.acquire(timeout=wait_seconds):
            raise LockHeldError("another call", wait_seconds)
        try:
            yield
        finally:
            self._running.release()

    def count_soon(self) -> None:
        """Have the segments counted anew in a while, in a thread of its own: once for all writes of that while (SEG-6)."""
        with self._loading:
            if self._counting is None:
                self._counting = threading.Timer(COUNT_SECONDS, self._count)
                self._counting.start()

    def _count(self) -> None:
        with self._loading:
            self._counting = None
        try:
            with self.write("the API") as workspace:
                workspace.refresh_segments()
                workspace.publish()
        except LockHeldError:
            self.count_soon()
        except Exception as error:  # What fails here is no call's fault, and the next run counts too.
            tell_fault(error, "counting")

    @contextmanager
    def read(self) -> Generator[tuple[duckdb.DuckDBPyConnection, Declarations]]:
        """The published copy, which has the fields as they are declared, for one call; and what is declared."""
        prints, declarations = self._read()
        if self._prepared != prints:
            self._prepare(declarations)
            self._prepared = prints
        with self._copy.read() as connection:
            yield connection, declarations

    def _prepare(self, declarations: Declarations) -> None:
        """Bring a base that is new, or has not had a run since its declarations changed, up to them."""
        if self.layout.published.exists():
            with self._copy.read() as connection:
                followed = is_followed(connection, declarations.base)
            if followed:
                return
        with self.write("the API") as workspace:
            workspace.refresh_segments()
            workspace.publish()


def _print_of(folder: Path) -> _Print:
    """What tells whether the files of declarations are the same as before."""
    found: list[tuple[str, int, int, int]] = []
    for path, _, names in os.walk(folder):
        for name in names:
            if name.endswith((".yaml", ".yml", ".sql")):
                place = os.path.join(path, name)
                with suppress(FileNotFoundError):  # Gone since the folder was listed, or a link to nothing.
                    status = os.stat(place)
                    # Two writes of one length in one tick of the clock are told apart by their files.
                    found.append((place, status.st_ino, status.st_mtime_ns, status.st_size))
    return tuple(sorted(found))
