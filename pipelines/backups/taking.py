"""`carnet backup`: a copy of the whole account, taken while runs go on.

The base is taken from its published copy, which is whole at every moment and has the same tables: a run that writes is not waited
for, and what it had not published yet is not in the backup. Files that wait, and what calls asked for, are copied before the base
and files that were imported after it: whatever moves meanwhile is there once at least, and an import of what is there twice changes
nothing (IMP-14). Of the lake, the files that hold events of the base are copied, as that copy names them: all else is published
there anew.
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
from urllib.parse import urlparse

import duckdb

from pipelines.backups.manifest import ASSETS, DATA, HELD, MANIFEST, Manifest, described, now, remember
from pipelines.base.held import HeldFile, is_here, named_files, path_of, read_files
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
_TRIES = 5
"""How often the base is copied again, where the lake was tidied while its files were copied."""
_PASSING = (".lock", ".sock", "-wal", "-shm", ".alive", ".sweep")


@dataclass(frozen=True)
class Backup:
    """A backup that was taken and checked: where, how much, and after how many changes of the base.

    `held`: events that it has from the lake; `left`: those that it has not, for they lie in an object store, at `place`.
    """

    path: Path
    bytes: int
    generation: int | None
    contacts: int
    held: int = 0
    left: int = 0
    place: str | None = None


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
        named = _copy_base(store.layout, aside / DATA / "base")
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
    return _told_of(folder, manifest, named)


def _told_of(folder: Path, manifest: Manifest, named: list[HeldFile]) -> Backup:
    held, left = (sum(each.events for each in named if is_here(each) is here) for here in (True, False))
    place = next((urlparse(each.address) for each in named if not is_here(each)), None)
    where = place and f"{place.scheme}://{place.netloc}"
    return Backup(folder, manifest.bytes, manifest.generation, manifest.contacts, held, left, where)


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


def _copy_base(layout: Layout, folder: Path) -> list[HeldFile]:
    """The published copy in the base's place, with the key of the hashes and the events that it names in the lake; their files.

    What is renamed over it meanwhile is another file; a file of the lake that is gone meanwhile is none of the copy after it.
    """
    if not layout.published.exists():
        return []
    for _ in range(_TRIES):
        folder.mkdir()
        copy = folder / layout.base.name
        shutil.copyfile(layout.published, copy)
        copy.chmod(0o600)
        named = _named_files(copy)
        try:
            _copy_held(named, folder / HELD)
        except FileNotFoundError:
            shutil.rmtree(folder)
            continue
        for beside in layout.base.parent.glob("*.key"):
            shutil.copy(beside, folder)
        return named
    raise EnvironmentFaultError(
        say("Files of the lake that hold events of the base are not there."),
        say("Put the lake back from a backup of the same time as the base's: these events are nowhere else."),
    )


def _named_files(base: Path) -> list[HeldFile]:
    with _looking(base) as connection:
        return named_files(connection)


def _copy_held(named: list[HeldFile], folder: Path) -> None:
    """The files of events on this machine, each by its number; FileNotFoundError where one is gone."""
    here = [path_of(each.address) for each in named if is_here(each)]
    if here:
        folder.mkdir(mode=0o700)
    for number, path in enumerate(here):
        _copy_file(path, folder / f"{number:06}.parquet")


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
    base = aside / DATA / "base" / "carnet.duckdb"
    generation, contacts = _opened_base(base)
    if (base.parent / HELD).exists():
        _require_held(base)
    files = sorted(path for path in aside.rglob("*") if path.is_file())
    for path in files:
        if is_sqlite(path):
            _require_whole(path)
    told = {str(path.relative_to(aside)): described(path) for path in files if path.name != MANIFEST}
    return Manifest(version("carnet"), now(), generation, contacts, told)


def _opened_base(base: Path) -> tuple[int | None, int]:
    if not base.exists():
        return None, 0
    with _looking(base) as connection:
        mark = mark_of(connection)
        row = first_row(connection, "SELECT count(*) FROM main.contacts")
    return (mark.generation if mark else None), (row[0] if row else 0)


@contextmanager
def _looking(base: Path) -> Generator[duckdb.DuckDBPyConnection]:
    """The copy of the base, read-only; EnvironmentFaultError where it does not open."""
    try:
        with duckdb.connect(str(base), read_only=True, config={"enable_external_access": "false"}) as connection:
            yield connection
    except duckdb.Error as error:
        raise EnvironmentFaultError(
            say("The copy of the base does not open: {fault}", fault=str(error).splitlines()[0]),
            say("Take the backup again."),
        ) from error


def _require_held(base: Path) -> None:
    """The copied files of events open, and have as many as the base says."""
    with _looking(base) as connection:
        meant = sum(each.events for each in named_files(connection) if is_here(each))
    copied = [HeldFile(path.as_uri(), 0) for path in sorted((base.parent / HELD).iterdir())]
    with duckdb.connect() as connection:
        try:
            found = first_row(connection, f"SELECT count(*) FROM {read_files(copied)}")  # noqa: S608
        except duckdb.Error:
            found = None
    if found != (meant,):
        raise EnvironmentFaultError(
            say("The copy of {name} is damaged: {fault}.", name=HELD, fault=say("not every event is there")),
            say("Take the backup again."),
        )


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
