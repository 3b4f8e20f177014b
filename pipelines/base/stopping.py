"""Statements that end: after a limit of time, and by Ctrl-C (SEG-6).

DuckDB keeps the thread that asks until a statement is through, signals and all: another thread tells it to stop.
Belongs here: how one is stopped. Does not: which limit holds for what (`raw_segments/failing`, `segments/vectors`).
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager

import duckdb

from pipelines.errors import UsageError
from pipelines.language import say

_AGAIN = 0.05
_ENDING = frozenset((signal.SIGINT, signal.SIGTERM))


class TookTooLongError(UsageError):
    """What ran longer than it may; `segment`: whose limit it was, where one segment was asked alone."""

    def __init__(self, seconds: float, segment: str | None = None) -> None:
        self.seconds, self.segment = seconds, segment
        super().__init__(
            say("What is asked for took longer than {seconds:g} seconds, and was stopped.", seconds=seconds),
            say("Ask for less at once, or declare a longer `timeout_seconds` on the segment."),
        )


@contextmanager
def at_most(connection: duckdb.DuckDBPyConnection, seconds: float, segment: str | None = None) -> Generator[None]:
    """Statements of `connection` inside are stopped after so many seconds in all: TookTooLongError."""
    done, late = threading.Event(), threading.Event()

    def stop() -> None:
        if done.wait(seconds):
            return
        late.set()
        # Again and again: between two statements there is nothing to stop.
        while not done.wait(_AGAIN):
            connection.interrupt()

    watcher = threading.Thread(target=stop, name="carnet-limit", daemon=True)
    watcher.start()
    try:
        yield
    except duckdb.InterruptException:
        if not late.is_set():
            raise
        raise TookTooLongError(seconds, segment) from None
    finally:
        done.set()
        # It must not stop the statement that comes after.
        watcher.join()


@contextmanager
def stoppable(connection: duckdb.DuckDBPyConnection) -> Generator[None]:
    """Ctrl-C stops what `connection` runs inside, as KeyboardInterrupt; other threads than the main one get no signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told = threading.Event()
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)

    def stop() -> None:
        while numbers := ours.recv(64):
            if not _ENDING.isdisjoint(numbers):
                told.set()
                connection.interrupt()

    former = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    watcher = threading.Thread(target=stop, name="carnet-interrupts", daemon=True)
    watcher.start()
    try:
        yield
    except (duckdb.InterruptException, RuntimeError) as error:
        # Between its tasks DuckDB looks at signals itself, and puts a RuntimeError in the place of what Python's handler raised.
        if not told.is_set() and str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from None
    finally:
        signal.set_wakeup_fd(former)
        theirs.close()
        watcher.join()
        ours.close()
