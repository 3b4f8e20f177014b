"""What is written in a file of any kind, in pieces of which one may be an address: for who knows people by hashes alone (EXP-9).

Belongs here: texts. Does not: which of them are somebody's.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from pipelines.files.kinds import kind_of

_BETWEEN = r"[;,\t\"\r<>|]"


def pieces_of(path: Path) -> Iterator[pl.Series]:
    """The distinct pieces of each text in the file; none of a file that cannot be read."""
    if path.suffix == ".parquet":
        yield from _columns(path)
        return
    for text in _unpacked(path.read_bytes()):
        plain = pl.Series([text]).str.replace_all(r"\\u0040", "@").str.replace_all(r"(?i)%40", "@")
        yield plain.str.replace_all(_BETWEEN, "\n").str.split("\n").explode().unique()


def _columns(path: Path) -> Iterator[pl.Series]:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError):
        return
    for name, kind in frame.schema.items():
        if kind == pl.String:
            yield frame[name].drop_nulls().unique()


def _unpacked(data: bytes) -> Iterable[str]:
    if kind_of(data).name not in ("zip", "xlsx", "ods", "document"):
        return [data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="replace")]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [archive.read(name).decode(errors="replace") for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, RuntimeError, EOFError):
        return []
