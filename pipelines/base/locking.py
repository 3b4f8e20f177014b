"""One writer at a time: a kernel lock that goes with its process, however that process dies (style: the house).

Belongs here: locks on files and the scratch folders that they keep alive. Does not: DuckDB.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import EnvironmentFaultError
from pipelines.language import say

_POLL_SECONDS = 0.02
_ALIVE = ".alive"


class LockHeldError(EnvironmentFaultError):
    """Somebody else still writes the base after the wait."""

    def __init__(self, holder: str, waited: float) -> None:
        self.holder = holder
        super().__init__(
            say("The base is being written by {holder}; waited {waited:g} s for it.", holder=holder, waited=waited),
            say(
                "Try again when that run has ended, or raise CARNET_LOCK_SECONDS. Nothing needs to be cleared by hand."
            ),
        )


@contextmanager
def exclusive(path: Path, holder: str, wait_seconds: float) -> Generator[None]:
    """Hold the lock on `path`, writing who holds it inside; LockHeldError after `wait_seconds`."""
    with _opened(path) as lock:
        _acquire(lock, wait_seconds, held_by=lock)
        _sign(lock, holder)
        yield


@contextmanager
def in_turn(path: Path, holder: str, wait_seconds: float) -> Generator[None]:
    """As `exclusive`; who lets go of it and comes again at once comes after whoever waits already."""
    until = time.monotonic() + wait_seconds
    with _opened(path) as lock:
        with _opened(_first_in_line(path)) as line:
            _acquire(line, wait_seconds, held_by=lock)
            _acquire(lock, max(0.0, until - time.monotonic()), held_by=lock)
        _sign(lock, holder)
        yield


def is_awaited(path: Path) -> bool:
    """Whether somebody waits for the lock on `path` by `in_turn`."""
    return is_held(_first_in_line(path))


def _first_in_line(path: Path) -> Path:
    return path.with_suffix(".next")


@contextmanager
def _opened(path: Path) -> Generator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _sign(descriptor: int, holder: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, holder.encode(), 0)


def _acquire(descriptor: int, wait_seconds: float, *, held_by: int) -> None:
    """Wait for the lock; LockHeldError with who has signed the file `held_by`."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(held_by, 200, 0).decode(errors="replace") or say("another process")
                raise LockHeldError(holder, round(wait_seconds, 1)) from None
            time.sleep(_POLL_SECONDS)
        else:
            return


@contextmanager
def scratch_folder(root: Path) -> Generator[Path]:
    """A folder of this process's own under `root`, gone at the end; those of dead processes are swept first.

    Whoever lives holds the lock on its folder's `.alive` file: a folder whose lock is free belongs to nobody.
    """
    root.mkdir(parents=True, exist_ok=True)
    sweep(root)
    with exclusive(root / ".sweep", "scratch", 10):
        folder = root / f"{os.getpid()}-{secrets.token_hex(4)}"
        folder.mkdir()
        alive = os.open(folder / _ALIVE, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(alive, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(alive)


def sweep(root: Path) -> None:
    """Remove the scratch folders of processes that died."""
    if not root.is_dir():
        return
    with exclusive(root / ".sweep", "scratch", 10):
        for folder in root.iterdir():
            if folder.is_dir() and not is_held(folder / _ALIVE):
                shutil.rmtree(folder, ignore_errors=True)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock on the file; False where there is none."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
