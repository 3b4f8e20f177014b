"""The copy before the published one, kept so that the next publication writes only what has changed since.

Belongs here: when that file may be written to again, and bringing it up to the base. Does not: publishing (`publishing`).

Readers keep the file that they opened, so it is written to only where it is certain that nobody has it open: the kernel gives a
write lease on a file that no other descriptor and no mapping of any process refers to, and holds up whoever opens it meanwhile.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pipelines.syncing import sync

_OF_THIS_MACHINE = frozenset({"ext2", "ext3", "ext4", "f2fs", "tmpfs", "xfs"})
"""File systems of which no other kernel opens files: a lease says nothing of readers on other machines."""
_NFS_SERVER = Path("/sys/module/nfsd")
"""There where this machine may serve files to others by NFS, whose readers have none open between two reads."""
_HEADERS = 3 * 4096
"""Bytes before the first block of a DuckDB file."""
_BLOCK_BYTES_AT, _NUMBER = 4096 + 40, 8
_CHECKSUM = 8
"""Each block begins with so many bytes that depend on all others of it: blocks that have these in common are the same."""


def keep(published: Path, former: Path) -> None:
    """Have the published copy, which is about to be replaced, as `former` too, where it may be written to one day."""
    if _is_told_of_readers(published):
        with suppress(OSError):  # Without links there is none, and the next publication copies everything.
            os.link(published, former)


def bring_up(former: Path, base: Path, aside: Path) -> bool:
    """Make `aside` the same as the closed file `base` out of the former copy; False, and neither is there, where that may not be.

    The former copy is gone in any case: a kill leaves none that is half of one publication and half of another.
    """
    if not former.exists():
        return False
    former.replace(aside)
    sync(former.parent)  # After a power cut too: before anything is written to it.
    aside.chmod(0o600)
    with aside.open("r+b") as copy:
        done = _is_told_of_readers(aside) and _lease(copy.fileno()) and os.fstat(copy.fileno()).st_nlink == 1
        if done:
            _copy_changes(base, copy)
            copy.flush()
            done = fcntl.fcntl(copy.fileno(), fcntl.F_GETLEASE) == fcntl.F_WRLCK
    if not done:
        aside.unlink()
    return done


def _is_told_of_readers(path: Path) -> bool:
    """Does a lease on the file say that nobody reads it?"""
    if sys.platform != "linux" or _NFS_SERVER.exists():
        return False
    device = path.stat().st_dev
    numbers = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        mount, _, source = line.partition(" - ")
        if mount.split()[2] == numbers:
            return source.split()[0] in _OF_THIS_MACHINE
    return False


def _lease(descriptor: int) -> bool:
    """Whether nobody else has the file open; as long as the descriptor is open, whoever opens it waits."""
    # By default the kernel ends a process whose lease somebody waits for; this signal is ignored by default.
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError:
        return False
    return True


def _copy_changes(base: Path, copy: BinaryIO) -> None:
    with base.open("rb") as source:
        size = os.fstat(source.fileno()).st_size
        block = int.from_bytes(os.pread(source.fileno(), _NUMBER, _BLOCK_BYTES_AT), "little")
        for start in _changed(source.fileno(), copy.fileno(), size, block):
            copy.seek(start)
            copy.write(os.pread(source.fileno(), block, start))
        copy.seek(0)
        copy.write(os.pread(source.fileno(), _HEADERS, 0))
    copy.truncate(size)


def _changed(source: int, copy: int, size: int, block: int) -> Iterator[int]:
    """Where the blocks begin that differ."""
    for start in range(_HEADERS, size, block):
        if os.pread(source, _CHECKSUM, start) != os.pread(copy, _CHECKSUM, start):
            yield start
