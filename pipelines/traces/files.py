"""One file of any kind without the rows of a person: rewritten aside and renamed, removed where it cannot be rewritten (EXP-9).

Belongs here: which way a kind of file goes. Does not: databases, nor what follows from a file's being another one.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.files.kinds import kind_of
from pipelines.syncing import sync
from pipelines.traces.person import Traces
from pipelines.traces.texts import decoded, keyed, masked, without_examples, without_rows
from pipelines.traces.workbooks import without_rows_of_workbook

_JSON = (".json", ".ndjson", ".jsonl")
_MANIFEST = ".manifest.json"
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, UnicodeDecodeError)
_UNSEARCHABLE = ("pdf", "bzip2", "xz", "7z", "rar", "zstd", "image", "xls", "xlsb", "locked", "program")
_DEEPEST = 3


@dataclass(frozen=True)
class Removal:
    """What became of a file: how many rows went; whether the whole file did, or cannot be searched at all."""

    rows: int = 0
    whole: bool = False
    unsearchable: bool = False


class CannotRewriteError(Exception):
    """The file names the person, and nothing can take that out of it."""


class UnsearchableError(Exception):
    """What is in the file cannot be read."""


def remove_from(path: Path, traces: Traces, scratch: Path) -> Removal:
    """Take the person's rows out of the file; where that cannot be done, or its name is the person's, the file goes.

    `scratch`: a folder on the same file system. The file is replaced in one rename: a kill leaves the former one or the new one.
    """
    if any(traces.names(name) for name in (path.name, path.stem, Path(path.stem).stem)):
        path.unlink()
        return Removal(1, whole=True)
    try:
        count = _remove_from(path, traces, scratch)
    except UnsearchableError:
        return Removal(unsearchable=True)
    except CannotRewriteError:
        path.unlink()
        return Removal(1, whole=True)
    return Removal(count)


def _remove_from(path: Path, traces: Traces, scratch: Path) -> int:
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
    if kind_of(head).name == "parquet":
        return _remove_from_parquet(path, traces, scratch)
    data = path.read_bytes()
    kept, count = without(data, path.name, traces)
    if count:
        replace_file(path, kept, scratch)
    return count


def _remove_from_parquet(path: Path, traces: Traces, scratch: Path) -> int:
    from pyarrow import ArrowException  # pyright: ignore[reportMissingTypeStubs, reportAttributeAccessIssue]

    from pipelines.traces.parquet import without_rows_of_parquet

    aside = scratch / f"erased-{path.name}"
    try:
        count = without_rows_of_parquet(path, aside, traces)
    except (ArrowException, OSError) as error:
        raise UnsearchableError from error
    if count:
        _place(aside, path)
    return count


def without(data: bytes, name: str, traces: Traces, depth: int = 0) -> tuple[bytes, int]:
    """The bytes of a file without the person's rows, and how many there were.

    CannotRewriteError, UnsearchableError where that cannot be done.
    """
    kind = kind_of(data).name
    if kind in _UNSEARCHABLE or depth > _DEEPEST:
        raise UnsearchableError
    if kind in ("xlsx", "ods", "zip", "document"):
        return _without_in_archive(data, kind, traces, depth)
    if kind == "gzip":
        return _without_in_gzip(data, name, traces, depth)
    if name.endswith(".report.txt"):
        return masked(data, traces)
    if name.endswith(_MANIFEST):
        return data, 0
    if kind == "json" or name.lower().endswith(_JSON):
        return _without_objects(data, traces)
    return without_rows(data, traces)


def without_shown_cells(path: Path, scratch: Path) -> int:
    """Take the cells that a report of a refused file shows out of it; how many lines."""
    kept, count = without_examples(path.read_bytes())
    if count:
        replace_file(path, kept, scratch)
    return count


def _without_objects(data: bytes, traces: Traces) -> tuple[bytes, int]:
    """Of one object a line the lines; of any other JSON the items of its outermost list, written anew."""
    text = decoded(data)[0]
    try:
        document = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return without_rows(data, traces, objects=True)
    if not _object_names(document, traces):
        return data, 0
    if isinstance(document, list):
        kept = [item for item in document if not _object_names(item, traces)]
        return json.dumps(kept, ensure_ascii=False, indent=1).encode(), len(document) - len(kept)
    return b"", 1


def _object_names(document: Any, traces: Traces) -> bool:
    return traces.names(json.dumps(document, ensure_ascii=False)) or keyed(document, traces)


def _without_in_archive(data: bytes, kind: str, traces: Traces, depth: int) -> tuple[bytes, int]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [each for each in archive.infolist() if not each.is_dir()]
            parts = {each.filename: archive.read(each) for each in infos}
    except _DAMAGED as error:
        raise UnsearchableError from error
    if kind == "zip":
        kept, count = _without_members(parts, traces, depth)
    else:
        kept, count = without_rows_of_workbook(parts, traces)
    if any(traces.names(part.decode(errors="ignore")) for part in kept.values() if part[:1] == b"<" or kind != "zip"):
        raise CannotRewriteError  # In a comment, a chart, a property: the rows alone are not all.
    return (_packed(infos, kept), count) if count else (data, 0)


def _without_members(parts: dict[str, bytes], traces: Traces, depth: int) -> tuple[dict[str, bytes], int]:
    kept: dict[str, bytes] = {}
    total = 0
    for name, part in parts.items():
        if traces.names(name):
            total += 1
            continue
        kept[name], count = without(part, name, traces, depth + 1)
        total += count
    return kept, total


def _packed(infos: list[zipfile.ZipInfo], parts: dict[str, bytes]) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in infos:
            if each.filename in parts:
                archive.writestr(each, parts[each.filename], compress_type=each.compress_type)
    return found.getvalue()


def _without_in_gzip(data: bytes, name: str, traces: Traces, depth: int) -> tuple[bytes, int]:
    try:
        inside = gzip.decompress(data)
    except _DAMAGED as error:
        raise UnsearchableError from error
    kept, count = without(inside, name.removesuffix(".gz"), traces, depth + 1)
    return (gzip.compress(kept), count) if count else (data, 0)


def replace_file(path: Path, data: bytes, scratch: Path) -> None:
    """The file with other bytes, whole or not at all; its rights as they were."""
    aside = scratch / f"erased-{path.name[-100:]}"
    aside.write_bytes(data)
    _place(aside, path)


def _place(aside: Path, path: Path) -> None:
    shutil.copymode(path, aside)
    sync(aside)
    os.replace(aside, path)
    sync(path.parent)
