"""`carnet backup`: a copy of the whole account, taken while runs go on.

The base is taken from its published copy, which is whole at every moment and has the same tables: a run that writes is not waited
for, and what it had not published yet is not in the backup. Files that wait, and what calls asked for, are copied before the base
and files that were imported after it: whatever moves meanwhile is there once at least, and an import of what is there twice changes
nothing (IMP-14).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines.backups.manifest import ASSETS, DATA, MANIFEST, Manifest, described, now, remember
from pipelines.base.identity import mark_of
from pipelines.base.locking import LockHeldError, scratch_folder
from pipelines.base.statements import first_row
from pipelines.base.store import Store
from pipelines.errors import EnvironmentFaultError, UsageError
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.privacy import close_to_others
from pipelines.sqlite_files import is_sqlite
from pipelines.syncing import sync

_MADE_ANEW = ("cache", "tmp", "docs", "bench", "contacts.duckdb", "contacts.duckdb.wal", "base", "lake")
"""Of `data/`: what every account makes by itself, and the base, which is copied in a way of its own."""
_PASSING = (".lock", ".sock", "-wal", "-shm", ".alive", ".sweep")


@dataclass(frozen=True)
class Backup:
    """A backup that was taken and checked: where, how much, and after how many changes of the base."""

    path: Path
    bytes: int
    generation: int | None
    contacts: int


def take_backup(store: Store, folder: Path) -> Backup:
    """Copy the account to `folder`, which must not hold anything yet; it is there whole, or not at all.

    UsageError where there is something already; EnvironmentFaultError where the disk is in the way, or the copy does not open.
    """
    folder = folder.absolute()
    _judge_place(folder, store.layout)
    _publish_if_nobody_writes(store)
    with _told(folder), _aside(folder) as aside:
        (aside / DATA).mkdir()
        _copy_tree(store.layout.inbox, aside / DATA / "inbox")
        _copy_api(store.layout.api, aside / DATA / store.layout.api.name)
        _copy_base(store.layout, aside / DATA / "base")
        for place in _places(store.layout):
            _copy_tree(place, aside / DATA / place.name)
        _copy_tree(store.layout.assets, aside / ASSETS)
        manifest = _described(aside)
        manifest.write(aside)
        _sync_tree(aside)
        with suppress(FileNotFoundError):
            folder.rmdir()
        aside.rename(folder)
        sync(folder.parent)
    remember(store.layout, folder, manifest)
    return Backup(folder, manifest.bytes, manifest.generation, manifest.contacts)


def _judge_place(folder: Path, layout: Layout) -> None:
    if folder.is_relative_to(layout.data) or folder.is_relative_to(layout.assets):
        raise UsageError(
            say("{folder} lies inside what is to be backed up.", folder=folder),
            say("Name a folder elsewhere, best on another disk."),
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            say("{folder} holds something already: a backup goes into a folder of its own.", folder=folder),
            say("Give each its date: carnet backup /backups/carnet-$(date +%F)"),
        )


def _publish_if_nobody_writes(store: Store) -> None:
    if not store.layout.base.exists() and not store.layout.published.exists():
        return
    with suppress(LockHeldError), store.annotate(wait_seconds=0):
        pass


@contextmanager
def _told(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentFaultError(
            say("The backup {folder} could not be written: {fault}.", folder=folder, fault=error.strerror or error),
            say("Make room, or name another folder. Nothing was left there."),
        ) from error


@contextmanager
def _aside(folder: Path) -> Generator[Path]:
    """A folder beside the meant one, gone at the end unless it was renamed; what a killed backup left goes too."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    room = folder.parent / ".carnet-backup"
    try:
        with scratch_folder(room) as scratch:
            aside = scratch / folder.name
            aside.mkdir()
            yield aside
    finally:
        with suppress(OSError):
            (room / ".sweep").unlink()
            room.rmdir()


def _places(layout: Layout) -> list[Path]:
    """What lies under `data/` and is neither the base nor made anew, the inbox first among those that others fill."""
    if not layout.data.is_dir():
        return []
    left_out = {*_MADE_ANEW, layout.inbox.name, layout.api.name}
    return sorted(each for each in layout.data.iterdir() if each.name not in left_out)


def _copy_api(source: Path, destination: Path) -> None:
    """The list of what calls asked for before the files that came with it: each that is listed has its file."""
    if not source.is_dir():
        return
    destination.mkdir(mode=0o700)
    for name in sorted(_names(source), key=lambda name: ((source / name).is_dir(), name)):
        _copy_tree(source / name, destination / name)


def _copy_base(layout: Layout, folder: Path) -> None:
    """The published copy in the base's place, with the key of the hashes; what is renamed over it meanwhile is another file."""
    if not layout.published.exists():
        return
    folder.mkdir()
    copy = folder / layout.base.name
    shutil.copyfile(layout.published, copy)
    copy.chmod(0o600)
    for beside in layout.base.parent.glob("*.key"):
        shutil.copy(beside, folder)


def _copy_tree(source: Path, destination: Path) -> None:
    """Files as they are, SQLite files as one of their transactions left them; what goes away meanwhile is left out."""
    if source.is_symlink() or not source.exists():
        return
    if source.is_file():
        with suppress(FileNotFoundError):
            _copy_file(source, destination)
        return
    destination.mkdir(mode=0o700)
    for name in _names(source):
        _copy_tree(source / name, destination / name)


def _names(folder: Path) -> Iterator[str]:
    with suppress(FileNotFoundError):
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            passing = entry.name.endswith(_PASSING) or entry.name == "__pycache__"
            if not passing and (entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)):
                yield entry.name


def _copy_file(source: Path, destination: Path) -> None:
    if is_sqlite(source):
        with (
            closing(sqlite3.connect(source, timeout=30)) as original,
            closing(sqlite3.connect(destination)) as copy,
        ):
            original.backup(copy)
    else:
        shutil.copy2(source, destination)
    close_to_others(destination)


def _described(aside: Path) -> Manifest:
    """What was copied, each file opened as what it is: a backup that does not open is none."""
    generation, contacts = _opened_base(aside / DATA / "base" / "carnet.duckdb")
    files = sorted(path for path in aside.rglob("*") if path.is_file())
    for path in files:
        if is_sqlite(path):
            _require_whole(path)
    told = {str(path.relative_to(aside)): described(path) for path in files if path.name != MANIFEST}
    return Manifest(version("carnet"), now(), generation, contacts, told)


def _opened_base(base: Path) -> tuple[int | None, int]:
    if not base.exists():
        return None, 0
    try:
        with duckdb.connect(str(base), read_only=True, config={"enable_external_access": "false"}) as connection:
            mark = mark_of(connection)
            row = first_row(connection, "SELECT count(*) FROM main.contacts")
    except duckdb.Error as error:
        raise EnvironmentFaultError(
            say("The copy of the base does not open: {fault}", fault=str(error).splitlines()[0]),
            say("Take the backup again."),
        ) from error
    return (mark.generation if mark else None), (row[0] if row else 0)


def _require_whole(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        found = [(str(error),)]
    if found != [("ok",)]:
        raise EnvironmentFaultError(
            say("The copy of {name} is damaged: {fault}.", name=path.name, fault=found[0][0]),
            say("Take the backup again."),
        )


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)
