"""Where the files of an import go: archive, refused, rejects; and how an import's partition is called.

Belongs here: names and moves of files. Does not: what is written in them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from stat import S_ISREG

from pipelines.declarations.model import EventImport, ImportModel
from pipelines.declarations.texts import HALF_A_CHARACTER
from pipelines.errors import UsageError
from pipelines.files.opening import sha256
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.privacy import close_to_others

_HASH_LENGTH = 12
_NAME_LENGTH = 100
_STEM_BYTES = 200
"""A file system takes names of 255 bytes: what is added to a name must fit too."""


def partition_key(name: str, digest: str) -> str:
    """The import's partition: its name (letters, digits, `.`, `-`, `_`; cut) and the first signs of its content's hash."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:_NAME_LENGTH]
    return f"{plain or 'import'}-{digest[:_HASH_LENGTH]}"


def stem_of(path: Path) -> str:
    """A file's name without its ending, cut so that the names of its report and of its mended copy can stand too."""
    return path.stem.encode()[:_STEM_BYTES].decode(errors="ignore")


def fits(name: str, pattern: str) -> bool:
    """Whether a model's `file` names this file: `*` and `?` stand for any signs, as in a shell; hidden files are nobody's."""
    return fnmatchcase(name, pattern) and not name.startswith(".")


def is_text(name: str) -> bool:
    """Whether a file's name is text: one that is not UTF-8 can stand in no history, no report and no run."""
    return HALF_A_CHARACTER.search(name) is None


def waiting_files(layout: Layout, model: str, pattern: str) -> list[Path]:
    """The files of a model's inbox that its pattern names, in order of arrival."""
    return [path for _, _, path in _waiting(layout, model, pattern)]


def _waiting(layout: Layout, model: str, pattern: str) -> list[tuple[int, str, Path]]:
    """When each was last written (nanoseconds since 1970), its name and path, in that order.

    Links are not followed: who may put a file into the inbox could name any file that Carnet may read (SEC-5).
    """
    folder = layout.inbox / model
    if not folder.is_dir():
        return []
    found: list[tuple[int, str, Path]] = []
    for path in folder.iterdir():
        if not (fits(path.name, pattern) and is_text(path.name)):
            continue
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue  # Taken away since the folder was listed.
        if S_ISREG(status.st_mode):
            found.append((status.st_mtime_ns, path.name, path))
    return sorted(found)


def links(layout: Layout, importers: Iterable[Importer]) -> list[Path]:
    """The symbolic links in the inbox, which nobody takes."""
    folders = [layout.inbox / each.name for each in importers]
    return sorted(path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_symlink())


Importer = ImportModel | EventImport


def all_waiting_files(layout: Layout, importers: Iterable[Importer]) -> list[tuple[Importer, Path]]:
    """The files that wait for any of the importers, in order of arrival."""
    found = [(arrived, each) for each in importers for arrived in _waiting(layout, each.name, each.file)]
    return [(each, path) for (_, _, path), each in sorted(found, key=lambda waiting: waiting[0])]


def find_partition_file(layout: Layout, model: str, pattern: str, partition: str) -> Path:
    """The file of a partition: archived, refused, or waiting in the inbox. UsageError where none is held."""
    for room in (layout.archive, layout.refused):
        folder = room / model / partition
        if folder.is_dir():
            originals = [p for p in sorted(folder.iterdir()) if ".mended." not in p.name and ".report." not in p.name]
            if originals:
                return originals[0]
    digest = partition.rpartition("-")[2]
    for path in waiting_files(layout, model, pattern):
        if sha256(path).startswith(digest):
            return path
    raise UsageError(
        say("No file of the partition {partition!r} of {model!r} is held here.", partition=partition, model=model),
        say(
            "Drop the file in {folder}, or run `carnet import FILE --model {model}`.",
            folder=layout.inbox / model,
            model=model,
        ),
    )


def move_aside(source: Path, room: Path, model: str, partition: str) -> Path:
    """Move a file of the inbox into `room/<model>/<partition>/`; its new place."""
    destination = room / model / partition / source.name
    destination.parent.mkdir(parents=True, exist_ok=True)
    if source != destination:
        shutil.move(source, destination)
        close_to_others(destination)
    return destination


def copy_aside(source: Path, room: Path, model: str, partition: str) -> Path:
    """Copy a file given by path into `room/<model>/<partition>/` (IMP-3: it is never moved)."""
    destination = room / model / partition / source.name
    destination.parent.mkdir(parents=True, exist_ok=True)
    if source.resolve() != destination.resolve():
        shutil.copy2(source, destination)
        close_to_others(destination)
    return destination
