"""Opening a file that somebody named: its bytes, or an error that says why there are none."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.errors import EnvironmentFaultError, UsageError

HEAD = 1 << 20
"""What is read of a file that is too large to be imported: enough to tell its columns by."""
_NOWHERE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}


@dataclass(frozen=True)
class Opened:
    """A file's bytes; not `whole`: whole lines of its beginning only, for it is larger than the base allows."""

    name: str
    data: bytes
    size: int
    whole: bool


def open_file(path: Path, max_bytes: int) -> Opened:
    """Read a file, at most `max_bytes` of it.

    The errors of `opened`.
    """
    with opened(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        # One byte more than allowed: a file that grows meanwhile is not read whole either.
        data = stream.read(HEAD if size > max_bytes else max_bytes + 1)
    size = max(size, len(data))
    if size > max_bytes:
        return Opened(shown(path.name), data[: data.rfind(b"\n", 0, HEAD) + 1] or data[:HEAD], size, whole=False)
    return Opened(shown(path.name), data, size, whole=True)


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
            what = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise UsageError(f"{shown(path)} is {what}.", "Name the files themselves, such as FOLDER/*.csv.")
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        if error.errno in _NOWHERE:
            raise UsageError(f"There is no file {shown(path)}.", "Check its name and folder.") from error
        raise EnvironmentFaultError(
            f"The file {shown(path)} cannot be read: {error.strerror}.", "Check its permissions."
        ) from error


def shown(path: Path | str) -> str:
    """A path as text that can be printed: bytes that are no UTF-8 are shown as U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")
