"""Events on disk before their sender is answered: appended to files of lines, of many posts with one wait for the disk.

Each process appends to files of its own, which it holds locked: a file whose lock is free is finished, or its process died. They
lie in the inbox, where backups and erasures look for what is not imported yet, hidden from the sensor. Belongs here: writing them,
and making batches of them. Does not: importing a batch (`batches`).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pipelines.api.files import read_json, write_json
from pipelines.base.locking import is_held
from pipelines.files.opening import sha256 as sha256_of
from pipelines.layout import Layout
from pipelines.syncing import sync

_ROOM = ".webhooks"
_OPEN, _BATCH = "open-*.ndjson", "webhook-*.ndjson"
_WHO = "who.json"
LARGEST = 32 * 1024 * 1024
"""Bytes after which a file is finished, whenever it was begun."""


@dataclass(frozen=True)
class Batch:
    """A finished file of `event_import`, posted by `who`."""

    path: Path
    event_import: str
    who: str


@dataclass
class _Open:
    """A file that is written to. `since`: when it was begun."""

    path: Path
    descriptor: int
    since: float
    size: int = 0

    def append(self, lines: bytes) -> None:
        """Write the lines to disk, or nothing of them."""
        try:
            left = memoryview(lines)
            while left:
                left = left[os.write(self.descriptor, left) :]
            os.fdatasync(self.descriptor)
        except BaseException:
            os.ftruncate(self.descriptor, self.size)
            raise
        self.size += len(lines)


@dataclass
class _Kept:
    """The lines of a post, and who waits for them."""

    event_import: str
    who: str
    lines: bytes
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    done: asyncio.Future[None] = field(init=False)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.done = self.loop.create_future()


class Spool:
    """The files of one process."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._waiting = threading.Condition()
        self._posts: list[_Kept] = []
        self._files = threading.Lock()
        self._open: dict[tuple[str, str], _Open] = {}
        self._writer: threading.Thread | None = None

    async def keep(self, event_import: str, who: str, lines: bytes) -> None:
        """Returns once the lines are on disk; OSError where they cannot be."""
        kept = _Kept(event_import, who, lines)
        with self._waiting:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="carnet-spool", daemon=True)
                self._writer.start()
            self._posts.append(kept)
            self._waiting.notify()
        await kept.done

    def _write(self) -> None:
        while True:
            with self._waiting:
                while not self._posts:
                    self._waiting.wait()
                posts, self._posts = self._posts, []
            self._append(posts)
            for loop in {post.loop for post in posts}:
                loop.call_soon_threadsafe(_answer, [post for post in posts if post.loop is loop])

    def _append(self, posts: list[_Kept]) -> None:
        """Those of one file at a time, with one wait for the disk."""
        together: dict[tuple[str, str], list[_Kept]] = {}
        for post in posts:
            together.setdefault((post.event_import, post.who), []).append(post)
        for (event_import, who), several in together.items():
            try:
                with self._files:
                    self._opened(event_import, who).append(b"".join(post.lines for post in several))
            except Exception as error:  # It is so for each of them, and for no other.
                for post in several:
                    post.error = error

    def _opened(self, event_import: str, who: str) -> _Open:
        found = self._open.get((event_import, who))
        if found is None:
            found = self._open[event_import, who] = _begin(_folder(self._layout, event_import, who), who)
        return found

    def finish(self, older_than: float) -> None:
        """Write no longer to files that were begun so many seconds ago, or are large: they become batches."""
        with self._files:
            for key, each in list(self._open.items()):
                if each.size and (time.monotonic() - each.since >= older_than or each.size >= LARGEST):
                    os.close(self._open.pop(key).descriptor)

    def batches(self) -> Iterator[Batch]:
        """What is finished, of this process and of those that died, the oldest of each folder first."""
        for folder in sorted(self._layout.inbox.glob(f"*/{_ROOM}/*/")):
            for path in sorted(folder.glob(_OPEN)):
                if not is_held(path):
                    _close(path)
            who = read_json(folder / _WHO, {"who": "webhook"})["who"]
            for path in sorted(folder.glob(_BATCH)):
                yield Batch(path, folder.parent.parent.name, who)

    def waiting(self, event_import: str) -> int:
        """The bytes that are kept and not imported yet."""
        files = (self._layout.inbox / event_import / _ROOM).glob("*/*.ndjson")
        return sum(path.stat().st_size for path in files if path.exists())


def room_of(layout: Layout, event_import: str) -> Path:
    """The folder of what was posted to an event import."""
    return layout.inbox / event_import / _ROOM


def _folder(layout: Layout, event_import: str, who: str) -> Path:
    """That of one key or sender: their batches are imported in its name."""
    return room_of(layout, event_import) / sha256(who.encode()).hexdigest()[:12]


def _begin(folder: Path, who: str) -> _Open:
    """A new file, locked before it has the name that others look for."""
    if not (folder / _WHO).exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_json(folder / _WHO, {"who": who})
    name = secrets.token_hex(6)
    aside, path = folder / f".{name}", folder / _OPEN.replace("*", name)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    aside.rename(path)
    sync(folder)
    return _Open(path, descriptor, time.monotonic())


def _close(path: Path) -> None:
    """Make a batch of a file that nobody writes to, named by its content; a line that was cut short goes."""
    with path.open("r+b") as file:
        whole = _whole_lines(file.read())
        file.truncate(whole)
    sync(path)
    if not whole:
        path.unlink()
        return
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{sha256_of(path)[:12]}"
    path.rename(path.with_name(_BATCH.replace("*", name)))
    sync(path.parent)


def _whole_lines(data: bytes) -> int:
    return data.rfind(b"\n") + 1


def _answer(posts: list[_Kept]) -> None:
    for post in posts:
        if post.done.done():
            continue  # Who asked went away.
        if post.error is None:
            post.done.set_result(None)
        else:
            post.done.set_exception(post.error)
