"""Whose base lies there: the mark that a base and its published copy share, and what is told where the two do not fit.

Belongs here: reading marks, judging them. Does not: taking another base for this account's (`adopting`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import duckdb

from pipelines.base.statements import first_row
from pipelines.errors import EnvironmentFaultError
from pipelines.language import say
from pipelines.layout import Layout

T = TypeVar("T")
_MARK = """SELECT (SELECT value FROM main.settings WHERE name = 'identity'),
    (SELECT value FROM main.counters WHERE name = 'generation')"""
_CHANGES = "SELECT sum(value)::BIGINT FROM main.counters WHERE name IN ('revision_id', 'import_id')"
_TABLES = "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND NOT internal"


@dataclass(frozen=True)
class Mark:
    """Which base it is, and how many times it has changed; `identity` is None of one from before bases had one."""

    identity: str | None
    generation: int


class WrongBaseError(EnvironmentFaultError):
    """What lies in the base's place is not what the published copy was made of: nothing is written to either."""

    def __init__(self, wrong: str, layout: Layout) -> None:
        self.wrong = wrong
        super().__init__(
            say(
                "{wrong} Nothing was written: {base} and {copy} are as they were.",
                wrong=wrong,
                base=layout.base,
                copy=layout.published,
            ),
            ways_on(layout),
        )


def ways_on(layout: Layout, *, opens: bool = True) -> str:
    """What to do where the base that lies there cannot be gone on with by itself."""
    here = copy = ""
    if opens and layout.base.exists():
        here = say("`carnet base adopt` takes the base that lies there, ")
    if layout.published.is_file():
        copy = say("`carnet base adopt --from-copy` goes on from the published copy, ")
    return say(
        "Put the right base back from a backup (carnet.duckdb, and carnet.duckdb.wal where there is one). Or, if you mean it: "
        "{here}{copy}`carnet base adopt --empty` begins without any contact. What is replaced is kept aside.",
        here=here,
        copy=copy,
    )


def mark_of(connection: duckdb.DuckDBPyConnection) -> Mark | None:
    """The mark of an open base or copy; None where it is no base of Carnet."""
    try:
        row = first_row(connection, _MARK)
    except (duckdb.CatalogException, duckdb.BinderException):
        return None
    return Mark(*row) if row and row[1] is not None else None


def published_mark(published: Path) -> Mark | None:
    """The mark of the published copy; None where there is none that opens."""
    try:
        found = published.stat()
    except OSError:
        return None
    return _mark_in(published, found.st_ino, found.st_mtime_ns, found.st_size)


def published_changes(published: Path) -> int | None:
    """How many changes of contacts and imports the published copy holds; None where there is none that opens.

    It grows with whatever changes who is in the base or what is known of them, whoever did it, and with nothing else: a segment
    that is counted, a search that is kept or an export that is written leaves it as it is.
    """
    try:
        found = published.stat()
    except OSError:
        return None
    return _changes_in(published, found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=8)
def _mark_in(published: Path, *version: int) -> Mark | None:
    """As `published_mark`: opened once for a version of the copy, which is never written to but replaced."""
    del version
    return _asked(published, mark_of)


@lru_cache(maxsize=8)
def _changes_in(published: Path, *version: int) -> int | None:
    """As `published_changes`: opened once for a version of the copy."""
    del version
    row = _asked(published, lambda connection: first_row(connection, _CHANGES))
    return row[0] if row else None


def _asked(published: Path, what: Callable[[duckdb.DuckDBPyConnection], T]) -> T | None:
    try:
        # As readers of this process open it: DuckDB refuses a second way of opening one file.
        with duckdb.connect(str(published), read_only=True, config={"enable_external_access": "false"}) as connection:
            return what(connection)
    except duckdb.Error:
        # A copy that does not open (half a disk, a stray WAL) is replaced by the next publication.
        return None


def what_is_wrong(connection: duckdb.DuckDBPyConnection, layout: Layout) -> str | None:
    """A sentence on the open base in its place; None where it is this account's, or the first one of a fresh account.

    A copy that is behind is what a kill between commit and publication leaves: nothing is wrong then (SEC-1).
    """
    mark, copy = mark_of(connection), published_mark(layout.published)
    if mark is None:
        tables = {row[0] for row in connection.execute(_TABLES).fetchall()}
        if tables - {"schema_migrations"}:
            return say("{base} is a DuckDB file, but no base of Carnet.", base=layout.base)
        # A kill while the first base is made leaves no more than that; beside a copy, it is another base's place.
        empty = say("The base {base} is empty, though it was published before.", base=layout.base)
        return empty if layout.published.is_file() else None
    return None if copy is None else _compared(mark, copy, layout)


def _compared(mark: Mark, copy: Mark, layout: Layout) -> str | None:
    places = {"base": layout.base, "copy": layout.published}
    # A copy without an identity was published before there were any: the base got its own since.
    if copy.identity is not None and mark.identity not in (None, copy.identity):
        return say("The base {base} is not the one that {copy} was published from, but another account's.", **places)
    if mark.generation < copy.generation or (mark.identity is None and copy.identity is not None):
        return say(
            "The base {base} is older than its published copy {copy}: it had changed {own} times, the copy holds what stood "
            "after {copied} changes. It was restored from a backup, it seems.",
            **places,
            own=mark.generation,
            copied=copy.generation,
        )
    return None


def require_there(layout: Layout) -> None:
    """WrongBaseError where the base is missing beside a published copy: an empty one would take its place."""
    if layout.published.is_file() and not layout.base.exists():
        missing = say("The base {base} is missing, though it was published before.", base=layout.base)
        raise WrongBaseError(missing, layout)


def require_own(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """WrongBaseError where the open base is not this account's."""
    if wrong := what_is_wrong(connection, layout):
        raise WrongBaseError(wrong, layout)
