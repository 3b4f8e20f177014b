"""Unpacking: what is in a file that somebody named: text, the sheet of a workbook, or the one file in a ZIP archive (IMP-1b).

The size rule holds for what a file unpacks to: a ZIP or a workbook is counted unpacked, part by part, before anything else reads
it, and counting stops at the limit. Belongs here: from the bytes of a file to those of its text. Does not: what that text is
(`profiling`).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pipelines.files.kinds import CALC, JSON, LOCKED, TEXT, WORKBOOKS, ZIP, Kind, kind_of
from pipelines.files.opening import shown
from pipelines.files.sheets import Sheet, UnreadableFileError, read_sheet
from pipelines.language import mark, say, say_many

_CHUNK = 1 << 20
_LOCKED_BIT = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError)
_MANIFEST = "META-INF/manifest.xml"
_BY_THE_WAY = ("__MACOSX", "Thumbs.db", ".DS_Store", "desktop.ini")
"""What systems put into archives beside the files that people put there."""


@dataclass(frozen=True)
class Content:
    """What is in a file: its `name` (of the file in an archive, where it is in one) and `kind`.

    `data`: the bytes of a text or of JSON; `sheet`: of a workbook; neither where it cannot be read: `fault` says why where it
    should be readable. `size`: in bytes, as far as it was counted, unpacked where it is packed.
    """

    name: str
    kind: Kind
    size: int
    data: bytes | None = None
    sheet: Sheet | None = None
    fault: str | None = None
    archived: bool = False


def content_of(data: bytes, name: str, *, most_bytes: int, sheet: str | None = None, decimal: str = ".") -> Content:
    """Open the bytes of a whole file; nothing is raised for what it is. `sheet`: which one of a workbook, by default the first.

    `decimal`: how the text of a sheet writes its numbers.
    """
    found = Content(name, kind_of(data), len(data))
    try:
        if found.kind is ZIP:
            found, data = _only_member(found, data, most_bytes)
        if found.size > most_bytes:
            return found
        if found.kind in WORKBOOKS:
            return _with_sheet(found, data, most_bytes, sheet, decimal)
    except UnreadableFileError as error:
        return replace(found, fault=str(error))
    return replace(found, data=data) if found.kind in (TEXT, JSON) else found


def _only_member(found: Content, data: bytes, most_bytes: int) -> tuple[Content, bytes]:
    """The one file of an archive and its bytes; an archive that has none or several stays what it is, and says how many."""
    with _archive(
        data,
        mark("The ZIP archive is damaged: it cannot be unpacked. Was it sent whole? Send it again, or make it anew."),
    ) as archive:
        members = [each for each in archive.infolist() if not each.is_dir() and not _is_by_the_way(each.filename)]
        if len(members) != 1:
            advice = say_many(
                "it holds {n:,} file, and an archive is taken where it holds one: unpack it",
                "it holds {n:,} files, and an archive is taken where it holds one: unpack it",
                len(members),
            )
            return replace(found, kind=replace(ZIP, advice=advice)), data
        if members[0].flag_bits & _LOCKED_BIT:
            raise UnreadableFileError(
                say("The ZIP archive is locked with a password: unpack it, and send what is in it.")
            )
        inside = _read(archive, members[0], most_bytes)
    name = shown(PurePosixPath(members[0].filename.replace("\\", "/")).name)
    return Content(name, kind_of(inside), max(len(inside), members[0].file_size), archived=True), inside


def _with_sheet(found: Content, data: bytes, most_bytes: int, sheet: str | None, decimal: str) -> Content:
    with _archive(
        data, mark("The workbook is damaged: it cannot be unpacked. Was it sent whole? Send it again, or make it anew.")
    ) as archive:
        if found.kind is CALC and _is_locked(archive):
            return replace(found, kind=LOCKED)
        size = 0
        for each in archive.infolist():
            size += max(each.file_size, len(_read(archive, each, most_bytes - size)))
            if size > most_bytes:
                return replace(found, size=size)
    read = read_sheet(data, sheet, most_bytes, decimal)
    return replace(found, size=max(size, read.size), sheet=read)


@contextmanager
def _archive(data: bytes, damaged: str) -> Generator[zipfile.ZipFile]:
    """The parts of an archive; whatever is wrong with it is an UnreadableFileError, which says `damaged`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive
    except _DAMAGED as error:
        raise UnreadableFileError(say(damaged)) from error


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most_bytes: int) -> bytes:
    """The bytes of a member, at most one more than allowed."""
    with archive.open(member) as stream:
        return stream.read(most_bytes + 1)


def _is_by_the_way(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not parts or parts[-1].startswith("._") or any(part in _BY_THE_WAY for part in parts)


def _is_locked(archive: zipfile.ZipFile) -> bool:
    return _MANIFEST in archive.namelist() and b"encryption-data" in _read(archive, archive.getinfo(_MANIFEST), _CHUNK)
