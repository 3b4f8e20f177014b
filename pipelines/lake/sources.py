"""Files of events for the lake, in a folder or an object store, cut into pieces that memory holds (LAK-3).

A piece has a name of its own, which the history of imports keeps: whatever is in the history is not taken again, and a run that was
killed is gone on with behind the last piece that was committed. Belongs here: which pieces there are, and their bytes. Does not:
importing them (`imports`).
"""

# pyarrow and pyiceberg have no type stubs, or partial ones.
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pipelines.declarations.model import ContactBase, EventImport
from pipelines.errors import UsageError
from pipelines.lake.catalogs import declared_lake, open_catalog, telling_faults
from pipelines.language import say
from pipelines.layout import Layout

if TYPE_CHECKING:
    from pyarrow import fs

PIECE_ROWS = 1_000_000
"""Rows of a Parquet file that are taken together: whole row groups, so that one may be more."""
PIECE_BYTES = 1 << 28
"""Bytes of a file of lines that are taken together, to the end of a line."""
SETTLE = timedelta(seconds=30)
"""How long a file in a folder must have stayed the same: one that is still being written is left alone."""
_LINES = (".ndjson", ".jsonl")
_PARQUET = (".parquet", ".pq")
_CHUNK = 1 << 20
_PIECE = re.compile(r"(?: \d+/(?P<of>\d+))? #(?P<version>[0-9a-f]{8})$")


@dataclass(frozen=True)
class Piece:
    """A part of a file of the source. `start`, `end`: row groups of Parquet, bytes of lines; `name`: its own, in the history."""

    name: str
    path: str
    start: int
    end: int

    @property
    def file_name(self) -> str:
        """What the file is called that holds the piece alone."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class Source:
    """The files of an event import's `source` that its `file` names, in `system`, below `root`."""

    system: fs.FileSystem
    root: str
    pattern: str
    settle: timedelta

    def pieces(self, taken: Collection[str]) -> Iterator[Piece]:
        """Every piece but those whose names are `taken`, file by file in their order; those of a file that changed have others."""
        known, whole = frozenset(taken), _whole(taken)
        with telling_faults():
            for file in self._files():
                version = hashlib.sha256(f"{file.path} {file.size} {file.mtime_ns}".encode()).hexdigest()[:8]
                if version in whole:
                    continue
                told = file.path.removeprefix(self.root).strip("/")
                cuts = list(self._cuts(file))
                for number, (start, end) in enumerate(cuts, 1):
                    of = f" {number}/{len(cuts)}" if len(cuts) > 1 else ""
                    if (name := f"{told}{of} #{version}") not in known:
                        yield Piece(name, file.path, start, end)

    def fetch(self, piece: Piece, folder: Path) -> Path:
        """The piece as a file in the folder, under the name of the whole one."""
        place = folder / piece.file_name
        with telling_faults():
            if piece.path.endswith(_PARQUET):
                self._fetch_rows(piece, place)
            else:
                self._fetch_bytes(piece, place)
        return place

    def _files(self) -> list[Any]:
        from pyarrow import fs

        found = self.system.get_file_info(fs.FileSelector(self.root, recursive=True, allow_not_found=True))
        settled = datetime.now(UTC) - self.settle
        return sorted(
            (
                each
                for each in found
                if each.is_file
                and fnmatchcase(each.base_name, self.pattern)
                and not each.base_name.startswith((".", "_"))
                and each.mtime <= settled
            ),
            key=lambda each: each.path,
        )

    def _cuts(self, file: Any) -> Iterator[tuple[int, int]]:
        """Where the pieces of a file begin and end."""
        if file.path.endswith(_PARQUET):
            yield from self._row_groups(file.path)
        elif file.path.endswith(_LINES) and file.size > PIECE_BYTES:
            with self.system.open_input_file(file.path) as stream:
                begun = {_first_line(stream, place) for place in range(0, file.size, PIECE_BYTES)}
            yield from pairwise(sorted({*begun, file.size}))
        else:
            yield 0, file.size

    def _row_groups(self, path: str) -> Iterator[tuple[int, int]]:
        from pyarrow import parquet

        with self.system.open_input_file(path) as stream:
            metadata = parquet.ParquetFile(stream).metadata
        start = rows = 0
        for number in range(metadata.num_row_groups):
            more = metadata.row_group(number).num_rows
            if rows and rows + more > PIECE_ROWS:
                yield start, number
                start, rows = number, 0
            rows += more
        yield start, metadata.num_row_groups

    def _fetch_rows(self, piece: Piece, place: Path) -> None:
        from pyarrow import parquet

        with self.system.open_input_file(piece.path) as stream:
            file = parquet.ParquetFile(stream)
            with parquet.ParquetWriter(place, file.schema_arrow) as writer:
                for number in range(piece.start, piece.end):
                    writer.write_table(file.read_row_group(number))

    def _fetch_bytes(self, piece: Piece, place: Path) -> None:
        with self.system.open_input_file(piece.path) as stream, place.open("wb") as written:
            at = stream.seek(piece.start)
            while read := stream.read(min(_CHUNK, piece.end - at)):
                at += written.write(read)


def _first_line(stream: Any, place: int) -> int:
    """Where the first line begins from there on."""
    if not place:
        return 0
    at = place - 1
    stream.seek(at)
    while read := stream.read(_CHUNK):
        if (found := read.find(b"\n")) >= 0:
            return at + found + 1
        at += len(read)
    return at


def _whole(taken: Iterable[str]) -> set[str]:
    """The versions of files of which every piece stands among these names."""
    pieces = (match for name in taken if (match := _PIECE.search(name)))
    counted = Counter((match["version"], int(match["of"] or 1)) for match in pieces)
    return {version for (version, of), count in counted.items() if count == of}


def source_of(event_import: EventImport, base: ContactBase, layout: Layout, settle: timedelta = SETTLE) -> Source:
    """The source that an event import declares; UsageError where it declares none, LakeFaultError where it does not answer."""
    if event_import.source is None:
        raise UsageError(
            say("The event import {name!r} declares no source.", name=event_import.name),
            say("Declare `source:` in it, or put files in its inbox."),
        )
    address = event_import.source
    from pyarrow import fs

    if "://" not in address or address.startswith("file://"):
        path = unquote(address.removeprefix("file://"))
        folder = layout.data / Path(path).expanduser()
        if not folder.is_dir():
            raise UsageError(
                say("The source {folder} is no folder.", folder=folder), say("Make it, or correct `source`.")
            )
        return Source(fs.LocalFileSystem(), str(folder), event_import.file, settle)
    with telling_faults():
        from pyiceberg.io.pyarrow import PyArrowFileIO

        # The keys of the lake are those of its source, unless the environment of the machine gives others.
        properties = open_catalog(declared_lake(base), layout).properties
        scheme, netloc, path = PyArrowFileIO.parse_location(address, properties)
        system = PyArrowFileIO(properties).fs_by_scheme(scheme, netloc)
    # An object is there whole, or not at all.
    return Source(system, unquote(path).rstrip("/"), event_import.file, timedelta(0))
