"""The published copy for a process that lasts: opened once for each publication, read by many threads at a time.

DuckDB has one database for a path in a process, whatever lies there meanwhile: whoever opened the copy anew while another thread
reads would get the former one. So each publication is opened under a name of its own, a link that is gone at once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipelines.base.held import folders
from pipelines.base.locking import scratch_folder
from pipelines.base.published import confine, open_copy
from pipelines.base.settings import settle_results
from pipelines.base.stopping import stoppable

_Identity = tuple[int, int, int]


@dataclass
class _Opened:
    """A publication. `idle`: its sessions that nobody reads in now: to settle one takes longer than most reads do."""

    identity: _Identity
    connection: duckdb.DuckDBPyConnection
    readers: int = 0
    idle: list[duckdb.DuckDBPyConnection] = field(default_factory=list[duckdb.DuckDBPyConnection])

    def close(self) -> None:
        for each in (*self.idle, self.connection):
            each.close()


class SharedCopy:
    """The published copy of one account; it is there, or else FileNotFoundError. `scratch`: a folder of its file system."""

    def __init__(self, path: Path, scratch: Path) -> None:
        self._path, self._scratch = path, scratch
        self._lock = threading.Lock()
        self._current: _Opened | None = None

    @contextmanager
    def read(self) -> Generator[duckdb.DuckDBPyConnection]:
        """A session of its own on the copy as it is now, read-only, without access to anything outside it.

        Another reader has it after: what is set in it is set back, and it stands for the same copy as long as it lives.
        """
        with self._lock:
            opened = self._newest()
            opened.readers += 1
            connection = opened.idle.pop() if opened.idle else None
        try:
            if connection is None:
                connection = opened.connection.cursor()
                settle_results(connection)
            with stoppable(connection):
                yield connection
        except BaseException:
            # Nobody knows what it was stopped in.
            if connection is not None:
                connection.close()
            connection = None
            raise
        finally:
            with self._lock:
                opened.readers -= 1
                if connection is not None:
                    opened.idle.append(connection)
                if opened is not self._current and not opened.readers:
                    opened.close()

    def close(self) -> None:
        """Let go of the copy, once nobody reads."""
        with self._lock:
            if self._current is not None and not self._current.readers:
                self._current.close()
                self._current = None

    def _newest(self) -> _Opened:
        former = self._current
        if former is not None and former.identity == _identity(self._path):
            return former
        with scratch_folder(self._scratch) as folder:
            link = folder / self._path.name
            os.link(self._path, link)
            connection = open_copy(link)
            confine(connection, *folders(connection))
            self._current = _Opened(_identity(link), connection)
        if former is not None and not former.readers:
            former.close()
        return self._current


def _identity(path: Path) -> _Identity:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_mtime_ns
