"""Everything that Dagster keeps, decoded: what a search for a person's value must read (SEC-4)."""

from __future__ import annotations

import contextlib
import gzip
import json
import pickletools
import shutil
import sqlite3
import tempfile
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

_SQLITE = b"SQLite format 3\x00"
_DEPTH = 12


def holdings(home: Path) -> Iterator[tuple[str, str]]:
    """(place, text) of all that lies in DAGSTER_HOME: each file's bytes, each cell of each SQLite table, each in every
    reading of it that succeeds: UTF-8, UTF-16, unpacked (zlib, gzip), unpickled strings, JSON inside JSON unescaped."""
    for path in sorted(found for found in home.rglob("*") if found.is_file()):
        place, content = str(path.relative_to(home)), path.read_bytes()
        yield place, place
        for text in readings(content):
            yield place, text
        if content.startswith(_SQLITE):
            yield from ((f"{place}: {cell}", text) for cell, text in _cells(path))


def _cells(path: Path) -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        # A copy with its write-ahead log: reading must not change what is read.
        for beside in path.parent.glob(f"{path.name}*"):
            shutil.copy(beside, folder)
        connection = sqlite3.connect(Path(folder) / path.name)
        connection.text_factory = bytes
        try:
            names = [
                row[0].decode() for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            for name in names:
                found = connection.execute(f'SELECT * FROM "{name}"')
                columns = [column[0] for column in found.description]
                for row in found:
                    for column, value in zip(columns, row, strict=True):
                        if isinstance(value, bytes):
                            yield from ((f"{name}.{column}", text) for text in readings(value))
        finally:
            connection.close()


def readings(content: bytes, depth: int = 0) -> Iterator[str]:
    """Every text that some bytes can be read as."""
    yield content.decode("utf-8", errors="replace")
    if depth > _DEPTH:
        return
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield content.decode("utf-16", errors="replace")
    for unpacked in _unpacked(content):
        yield from readings(unpacked, depth + 1)
    yield from _pickled(content)
    yield from _unescaped(content, depth)


def _unpacked(content: bytes) -> Iterator[bytes]:
    if content[:1] == b"\x78":
        with contextlib.suppress(zlib.error):
            yield zlib.decompress(content)
    if content[:2] == b"\x1f\x8b":
        with contextlib.suppress(OSError, EOFError, zlib.error):
            yield gzip.decompress(content)


def _pickled(content: bytes) -> Iterator[str]:
    if content[:1] != b"\x80":
        return
    try:
        for _, argument, _ in pickletools.genops(content):
            if isinstance(argument, str):
                yield argument
            elif isinstance(argument, bytes | bytearray):
                yield bytes(argument).decode("utf-8", errors="replace")
    except ValueError:
        return


def _unescaped(content: bytes, depth: int) -> Iterator[str]:
    """The strings of a JSON document, keys too, each read again: Dagster lays JSON in JSON."""
    if content.lstrip()[:1] not in (b"{", b"[", b'"'):
        return
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return
    for text in _strings(document):
        yield text
        if text.lstrip()[:1] in ("{", "[", '"'):
            yield from readings(text.encode("utf-8", errors="surrogatepass"), depth + 1)


def _strings(node: object) -> Iterator[str]:
    waiting = [node]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as pairs:
                waiting += [*pairs.keys(), *pairs.values()]
            case list() as items:
                waiting += items
            case _:
                pass


def folded(text: str) -> str:
    """The text without capitals, accents, blanks or signs between figures: how it was typed does not hide it."""
    bare = text.casefold()
    if not bare.isascii():
        bare = unicodedata.normalize("NFKD", bare)
        bare = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return "".join(bare.split())


def places_of(values: Iterable[str], home: Path) -> dict[str, set[str]]:
    """Where in DAGSTER_HOME each value stands; only those that stand somewhere."""
    wanted = {value: folded(value) for value in values}
    found: dict[str, set[str]] = {}
    for place, text in holdings(home):
        bare = folded(text)
        for value, form in wanted.items():
            if form in bare:
                found.setdefault(value, set()).add(place)
    return found
