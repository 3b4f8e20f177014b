"""A finished file and its manifest → their places, each in one rename, the manifest last (EXP-4).

Belongs here: fsync, rename, other file systems. Does not: what the files hold.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from pipelines.base.locking import is_held
from pipelines.errors import UsageError
from pipelines.language import say
from pipelines.syncing import sync

_PART = ".carnet-part"


def manifest_path(destination: Path) -> Path:
    """Where the manifest of a snapshot lies: beside it."""
    return destination.with_name(f"{destination.name}.manifest.json")


def judge_destination(destination: Path, *others: Path) -> None:
    """UsageError where the file, its manifest or one of the others would replace something else than a file."""
    for path in (destination, manifest_path(destination), *others):
        if path.exists() and not path.is_file():
            raise UsageError(
                say("{path} is not a file that can be replaced.", path=path), say("Name a file with --to.")
            )


def place_pair(aside: Path, manifest_aside: Path, destination: Path) -> None:
    """Both files on disk, then the snapshot renamed, then its manifest.

    After a crash in between, the snapshot is whole and its manifest is the former one, whose SHA-256 tells so.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    for path in (aside, manifest_aside):
        sync(path)
    place(aside, destination)
    place(manifest_aside, manifest_path(destination))


def place_alone(aside: Path, destination: Path) -> None:
    """The file on disk, then renamed."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    sync(aside)
    place(aside, destination)


def place(aside: Path, destination: Path) -> None:
    """`aside` renamed to `destination`, for good; by way of a copy where they lie on two file systems."""
    try:
        aside.replace(destination)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _place_from_elsewhere(aside, destination)
    sync(destination.parent)


def _place_from_elsewhere(aside: Path, destination: Path) -> None:
    prefix = f".{destination.name}."
    for left in destination.parent.iterdir():
        if left.name.startswith(prefix) and left.name.endswith(_PART) and not is_held(left):
            left.unlink(missing_ok=True)
    descriptor, name = tempfile.mkstemp(_PART, prefix, destination.parent)
    part = Path(name)
    try:
        # Held until the rename: a part that nobody holds was left by a killed process.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        shutil.copyfile(aside, part)
        shutil.copymode(aside, part)
        sync(part)
        part.replace(destination)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
