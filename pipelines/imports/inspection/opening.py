"""Opening a file that somebody named: its bytes, or an error that says why there are none."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

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

    UsageError where there is none or where it is no file that ends (a folder, a device); EnvironmentFaultError where the
    machine is in the way.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise UsageError(f"{shown(path)} is {what}.", "Name the files themselves, such as FOLDER/*.csv.")
        with path.open("rb") as stream:
            # One byte more than allowed: a file that grows meanwhile is not read whole either.
            data = stream.read(HEAD if status.st_size > max_bytes else max_bytes + 1)
    except OSError as error:
        if error.errno in _NOWHERE:
            raise UsageError(f"There is no file {shown(path)}.", "Check its name and folder.") from error
        raise EnvironmentFaultError(
            f"The file {shown(path)} cannot be read: {error.strerror}.", "Check its permissions."
        ) from error
    size = max(status.st_size, len(data))
    if size > max_bytes:
        return Opened(shown(path.name), data[: data.rfind(b"\n", 0, HEAD) + 1] or data[:HEAD], size, whole=False)
    return Opened(shown(path.name), data, size, whole=True)


def shown(path: Path | str) -> str:
    """A path as text that can be printed: bytes that are no UTF-8 are shown as U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")
