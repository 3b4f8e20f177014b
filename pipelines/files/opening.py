"""Opening a file that somebody named: one look at its bytes, its size, its hash and which file it is; or why there are none."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import EnvironmentFaultError, UsageError
from pipelines.language import mark, say

HEAD = 1 << 20
"""What is read of a file that is too large to be imported: enough to tell its columns by."""
_CHUNK = 1 << 20
_NOWHERE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}


@dataclass(frozen=True)
class FileIdentity:
    """A file at one moment: if these four are the same, so is the file."""

    path: Path
    inode: int
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> FileIdentity:
        """The identity of an existing file."""
        return cls.told_by(path, path.stat())

    @classmethod
    def told_by(cls, path: Path, status: os.stat_result) -> FileIdentity:
        """The identity of the file of that status."""
        return cls(path, status.st_ino, status.st_size, status.st_mtime_ns)

    def __str__(self) -> str:
        return f"{self.inode}:{self.size}:{self.modified_ns}:{self.path}"


@dataclass(frozen=True)
class Opened:
    """A file as it was at one look.

    `data`: its bytes; not `whole`: whole lines of its beginning only, for it is larger than what was to be read.
    """

    identity: FileIdentity
    data: bytes
    whole: bool

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.identity.path

    @property
    def name(self) -> str:
        """Its name, as text that can be printed."""
        return shown(self.path.name)

    @property
    def size(self) -> int:
        """Its bytes."""
        return max(self.identity.size, len(self.data))

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of its bytes, in hexadecimal; a file that was not read whole is read again for it."""
        return hashlib.sha256(self.data).hexdigest() if self.whole else sha256(self.path)


def open_file(path: Path, most_bytes: int) -> Opened:
    """Look at a file once, and read at most `most_bytes` of it.

    The errors of `opened`.
    """
    with opened(path) as stream:
        identity = FileIdentity.told_by(path, os.fstat(stream.fileno()))
        # One byte more than allowed: a file that grows meanwhile is not read whole either.
        data = stream.read(HEAD if identity.size > most_bytes else most_bytes + 1)
    whole = max(identity.size, len(data)) <= most_bytes
    return Opened(identity, data if whole else data[: data.rfind(b"\n", 0, HEAD) + 1] or data[:HEAD], whole)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal. The errors of `opened`: of a pipe, which may never end, too."""
    digest = hashlib.sha256()
    with opened(path) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def opened(path: Path) -> Generator[BinaryIO]:
    """The file's bytes as a stream.

    UsageError where there is none or where it is no file that ends (a folder, a pipe, a device); EnvironmentFaultError where the
    machine is in the way.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            # A pipe or a terminal is never opened: that alone may wait for ever.
            what = mark("{path} is a folder.") if stat.S_ISDIR(mode) else mark("{path} is no regular file.")
            raise UsageError(say(what, path=shown(path)), say("Name the files themselves, such as FOLDER/*.csv."))
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        if error.errno in _NOWHERE:
            raise UsageError(
                say("There is no file {path}.", path=shown(path)), say("Check its name and folder.")
            ) from error
        raise EnvironmentFaultError(
            say("The file {path} cannot be read: {why}.", path=shown(path), why=error.strerror),
            say("Check its permissions."),
        ) from error


def shown(path: Path | str) -> str:
    """A path as text that can be printed: bytes that are no UTF-8 are shown as U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")
