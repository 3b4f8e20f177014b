"""SQL that was judged fit before: it is judged once a content, not at every start, for 20 000 literals take seconds (SEG-10).

A verdict is found again by all that it depends on: the text, the base's fields, the names of the segments, DuckDB's version and
Carnet's own code. Only what was accepted is kept, and a file that is damaged, or of another day, is as good as none.
Belongs here: keeping. Does not: judging (`confining`, `binding`).
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from pipelines.declarations.model import Declarations, Segment
from pipelines.layout import SQL
from pipelines.raw_segments.confining import Confined, TableName, confine, with_tables

_ROOMS = ("raw_segments", "base", "declarations")


class Verdicts:
    """What was accepted, read from `path` and written there by `save`; without a path it is kept for as long as this object."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known = {} if path is None else _read(path)
        self._used: dict[str, Any] = {}

    def confine(self, text: str) -> Confined:
        """As `confining.confine` gives it, judged now or before."""
        key = _key("confined", text)
        found = self._used.get(key) or self._known.get(key)
        if found is None:
            confined = confine(text)
            found = [len(confined.typed.encode()), [_spelled(table) for table in confined.tables]]
        else:
            tables = tuple(TableName(*spelled) for spelled in found[1])
            confined = with_tables(text.encode()[: found[0]].decode(), tables)
        self._used[key] = found
        return confined

    def unbound(self, segments: Iterable[Segment], declarations: Declarations) -> list[Segment]:
        """Those of the raw segments that were not found to bind to the base that is declared."""
        return [s for s in segments if not self._recall(_bound_key(s, declarations))]

    def bound(self, segment: Segment, declarations: Declarations) -> None:
        """Keep that it binds."""
        self._used[_bound_key(segment, declarations)] = True

    def _recall(self, key: str) -> bool:
        known = self._known.get(key) is True
        if known:
            self._used[key] = True
        return known

    def save(self) -> None:
        """Write what was asked for since the start, and nothing else, where that is news; where that fails, it is judged again."""
        if self._path is None or self._used == self._known:
            return
        with contextlib.suppress(OSError):
            _write(self._path, self._used)
        self._known = dict(self._used)


def _spelled(table: TableName) -> list[object]:
    return [table.schema, table.name, table.offset, table.line, table.column]


def _bound_key(segment: Segment, declarations: Declarations) -> str:
    """Views of segments have the columns of contacts, whatever they hold: their names count, not their criteria."""
    names = sorted(each.name for each in declarations.segments)
    return _key("bound", json.dumps([segment.sql, repr(replace(declarations.base, place=None)), names]))


def _key(what: str, content: str) -> str:
    return sha256(f"{what}\n{_judges()}\n{content}".encode(errors="surrogatepass")).hexdigest()


@cache
def _judges() -> str:
    """Who judges: DuckDB's version, and the code and the schema that a verdict comes from, a few milliseconds."""
    found = sha256(duckdb.__version__.encode())
    ours = Path(__file__).resolve().parents[1]
    files = [file for room in _ROOMS for file in (ours / room).glob("*.py")]
    files += [*ours.glob("*.py"), *SQL.rglob("*.sql")]
    for file in sorted(files):
        found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()


def _read(path: Path) -> dict[str, Any]:
    """What stands in the file; nothing where it is not as it was written."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
        return json.loads(content) if sha256(content).hexdigest().encode() == digest else {}
    except (OSError, ValueError):
        return {}


def _write(path: Path, verdicts: dict[str, Any]) -> None:
    """Whole or not at all, for its owner alone: it is read by commands that begin meanwhile."""
    content = json.dumps(verdicts).encode()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(sha256(content).hexdigest().encode() + b"\n" + content)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
