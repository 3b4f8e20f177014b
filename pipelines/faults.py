"""The machine in the way, told as what it is: errors of the system and of libraries → EnvironmentFaultError, in one place.

Belongs here: how no room, no memory, wrong rights and damaged files are recognised, and what to do. Does not: what had
been committed by then (`Store.stands`).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from pipelines.errors import CarnetError, EnvironmentFaultError
from pipelines.language import say

DEBUG = "CARNET_DEBUG"
"""The environment variable that has tracebacks shown."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_NO_RIGHTS = (errno.EACCES, errno.EPERM, errno.EROFS)
# What libraries that have no error of the system left say of it: DuckDB, polars, pyarrow, SQLite.
_ROOM_WORDS = ("no space left on device", "database or disk is full", "disk quota exceeded", "os error 28")
_RIGHTS_WORDS = ("permission denied", "readonly database", "read-only file system")
_MEMORY_WORDS = (
    "out of memory",
    "cannot allocate memory",
    "can't start new thread",
    "failed to allocate",
    "bad allocation",
)
_SQLITE_DAMAGE = ("file is not a database", "database disk image is malformed")
# What SQLite says of a full disk where its log cannot grow; of a failing one too.
_SQLITE_ROOM = ("disk i/o error", "unable to open database file")
_DUCKDB_DAMAGE = (
    "corrupt database file",
    "not a valid duckdb database",
    "could not read enough bytes",
    "trying to read a database file with version",
    "failed to load metadata",
    "database has been invalidated",
)


class NoRoomError(EnvironmentFaultError):
    """The disk is full."""


class NoMemoryError(EnvironmentFaultError):
    """The machine, or a limit set to the process, has no memory left."""


class NoRightsError(EnvironmentFaultError):
    """A file or folder may not be read or written."""


class DamagedError(EnvironmentFaultError):
    """A file of ours does not hold what was written to it."""


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those behind it, ours, Dagster's and libraries'."""
    seen: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in seen:
        seen.append(following)
        yield following
        following = getattr(following, "user_exception", None) or following.__cause__ or following.__context__


def as_fault(error: BaseException) -> EnvironmentFaultError | None:
    """What of the machine is behind an error; None where nothing is, or where an error of ours tells another thing."""
    ours = next((each for each in chain(error) if isinstance(each, CarnetError)), None)
    if ours is not None:
        return ours if isinstance(ours, EnvironmentFaultError) else None
    return next((fault for each in chain(error) if (fault := _fault(each)) is not None), None)


def is_damaged_sqlite(error: BaseException) -> bool:
    """Whether SQLite says, behind `error`, that a file of its is none."""
    return any(_says(each, _SQLITE_DAMAGE) for each in chain(error) if _of(each, "sqlite3", "sqlalchemy"))


def _fault(error: BaseException) -> EnvironmentFaultError | None:
    number, why = getattr(error, "errno", None), _first_line(error)
    if number in _NO_ROOM or (_of_library(error) and _says(error, _ROOM_WORDS)):
        return NoRoomError(say("There is no room left on the disk: {why}", why=why), say("Make room, then try again."))
    if isinstance(error, MemoryError) or (_of_library(error) and _says(error, _MEMORY_WORDS)):
        hint = say(
            "Close other programs, or raise the limit that is set to this one (`ulimit -v`, a container's), then try again."
        )
        return NoMemoryError(say("There is not enough memory: {why}", why=why), hint)
    if number in _NO_RIGHTS or (_of_library(error) and _says(error, _RIGHTS_WORDS)):
        hint = say(
            "Give the user that runs Carnet (number {user}) the right to read and write there.", user=os.getuid()
        )
        return NoRightsError(say("The permissions of a file or folder are in the way: {why}", why=why), hint)
    if isinstance(error, OSError):
        return _other(error)
    if _of(error, "sqlite3", "sqlalchemy") and _says(error, _SQLITE_ROOM):
        hint = say(
            "Make room, or look at the permissions of the folder of Dagster's storage (data/dagster), then try again."
        )
        return NoRoomError(say("There is no room left on the disk, or it fails: {why}", why=why), hint)
    if _of(error, "duckdb") and _says(error, _DUCKDB_DAMAGE):
        return DamagedError(
            say("A DuckDB file is damaged: {why}", why=why),
            say(
                "If it is the base, put a backup back, or `carnet base adopt --from-copy` goes on from the published copy. "
                "If it is the copy, `carnet segments --refresh` writes it anew."
            ),
        )
    if _of(error, "sqlite3", "sqlalchemy") and _says(error, _SQLITE_DAMAGE):
        return DamagedError(
            say("Dagster's storage is damaged: {why}", why=why),
            say("The next command sets it aside and makes it anew; the base is another file."),
        )
    return None


def _other(error: OSError) -> EnvironmentFaultError:
    where = error.filename2 or error.filename
    if isinstance(error, IsADirectoryError):
        return EnvironmentFaultError(
            say("{path} is a folder, where a file belongs.", path=where), say("Move it away, then try again.")
        )
    if isinstance(error, NotADirectoryError | FileExistsError):
        return EnvironmentFaultError(
            say("{path} is in the way: a folder belongs where a file is.", path=where),
            say("Move the file away, then try again."),
        )
    return EnvironmentFaultError(
        str(error) or type(error).__name__, say("The machine is in the way: look at disk, folders, permissions.")
    )


def _says(error: BaseException, words: tuple[str, ...]) -> bool:
    text = str(error).lower()
    return any(word in text for word in words)


def _of(error: BaseException, *libraries: str) -> bool:
    return any(kind.__module__.split(".")[0].removeprefix("_") in libraries for kind in type(error).__mro__)


def _of_library(error: BaseException) -> bool:
    """Not an error of ours that quotes such words, nor one of a raw segment's own text."""
    return (
        _of(error, "duckdb", "polars", "pyarrow", "sqlite3", "sqlalchemy", "pyo3_runtime")
        or type(error) is RuntimeError
    )


def _first_line(error: BaseException) -> str:
    """What the error says, without statements and parameters, which may hold persons' values (SEC-4)."""
    origin = getattr(error, "orig", None) or error
    return (str(origin).splitlines() or [type(error).__name__])[0]


def set_aside(path: Path, stamp: str) -> Path:
    """A damaged file and what goes with it (logs) under a name with the date; the file's new place."""
    place = path.with_name(f"{path.name}.damaged-{stamp}")
    for each in path.parent.glob(f"{path.name}*"):
        if ".damaged-" not in each.name:
            each.rename(each.with_name(f"{each.name}.damaged-{stamp}"))
    return place
