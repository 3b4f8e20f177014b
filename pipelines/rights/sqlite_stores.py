"""A person in SQLite files: Dagster's storages, what automation remembers; rows go or lose a text, the files are packed (EXP-9).

Dagster's own library is not asked: its files are read as they stand, whichever process has them open. Belongs here: runs that name
somebody, texts, free pages. Does not: logs beside the databases (`stores`).
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import zlib
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from pipelines.errors import EnvironmentFaultError
from pipelines.language import say
from pipelines.sqlite_files import is_sqlite
from pipelines.traces.person import Traces

_WAIT_SECONDS = 30
_GOING = ("STARTED", "STARTING", "CANCELING", "QUEUED", "NOT_STARTED")
_LINKED = {"asset_event_tags": ("event_id", "event_logs", "id")}
"""Tables without a run of their own: which column leads to which row that has one."""


class Dagster:
    """Dagster's home, for one person."""

    def __init__(self, home: Path, traces: Traces, contact_ids: Sequence[int]) -> None:
        self._home, self._traces = home, traces
        self._keyed = re.compile(rf'"key\\*":\s*\\*"(?:{"|".join(map(str, contact_ids))})\\*"') if contact_ids else None

    @property
    def _files(self) -> list[Path]:
        return sorted(path for path in self._home.rglob("*.db") if path.is_file() and is_sqlite(path))

    def named_runs(self) -> list[str]:
        """The runs that name the person."""
        return sorted(self._named_runs(self._files))

    def remove(self) -> tuple[int, list[str]]:
        """Remove the runs that name the person, and mask what else does; how many, and the runs that are still going."""
        files = self._files
        runs, going = self._named_runs(files), self._going(files)
        waiting = sorted(runs & going)
        runs -= going
        count = len(runs)
        for path in files:
            if path.stem in runs:
                _drop(path)
                continue
            count += self._clean(path, runs)
        for run in runs:
            shutil.rmtree(self._home / "storage" / run, ignore_errors=True)
        return count, waiting

    def _named_runs(self, files: Iterable[Path]) -> set[str]:
        """Runs of which any row names the person; of an edit by hand, the contact_id too."""
        found: set[str] = set()
        for path in files:
            with opened(path) as connection:
                for table in _tables(connection):
                    columns = _columns(connection, table)
                    run = "run_id" if "run_id" in columns else None
                    for row in _named_rows(connection, table, columns, self._names):
                        found |= {row[run]} if run and row[run] else set()
        return found

    def _names(self, text: str) -> bool:
        return self._traces.names(text) or (
            self._keyed is not None and "edit_contact" in text and self._keyed.search(text) is not None
        )

    def _going(self, files: Iterable[Path]) -> set[str]:
        marks = ", ".join("?" * len(_GOING))
        for path in files:
            with opened(path) as connection:
                if "runs" in _tables(connection):
                    rows = connection.execute(f"SELECT run_id FROM runs WHERE status IN ({marks})", _GOING)  # noqa: S608
                    return {row[0] for row in rows}
        return set()

    def _clean(self, path: Path, runs: Collection[str]) -> int:
        with opened(path) as connection:
            before = connection.total_changes
            with transaction(connection):
                for table in _tables(connection):
                    columns = _columns(connection, table)
                    if "run_id" in columns:
                        connection.executemany(f'DELETE FROM "{table}" WHERE run_id = ?', [(run,) for run in runs])  # noqa: S608
                for table, (column, other, theirs) in _LINKED.items():
                    if {table, other} <= set(_tables(connection)):
                        connection.execute(
                            f'DELETE FROM "{table}" WHERE "{column}" NOT IN (SELECT "{theirs}" FROM "{other}")'  # noqa: S608
                        )
                masked = mask(connection, self._traces)
            if connection.total_changes > before or names_bytes(path, self._traces):
                pack(connection, path)
        return masked


def clean_database(path: Path, traces: Traces) -> int:
    """Mask what any SQLite file says of the person, and pack it; how many cells."""
    with opened(path) as connection:
        with transaction(connection):
            count = mask(connection, traces)
        if count or names_bytes(path, traces):
            pack(connection, path)
    return count


@contextmanager
def opened(path: Path) -> Generator[sqlite3.Connection]:
    """The database, with a bounded wait for others; EnvironmentFaultError where it is in their hands or damaged."""
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA secure_delete = ON")
            yield connection
    except sqlite3.Error as error:
        raise EnvironmentFaultError(
            say("{path} cannot be cleared of the person: {why}.", path=path, why=error),
            say(
                "The erasure is written down as begun: the next command goes on with it. End whatever has the file open."
            ),
        ) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """All or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def mask(connection: sqlite3.Connection, traces: Traces) -> int:
    """Mask the texts that name the person; rows of packed bytes that do go."""
    count = 0
    for table in _tables(connection):
        columns = _columns(connection, table)
        for row in list(_named_rows(connection, table, columns, traces.names)):
            count += 1
            texts = {name: row[name] for name in columns if isinstance(row[name], str) and traces.names(row[name])}
            key = _key(connection, table, columns)
            where, bound = " AND ".join(f'"{name}" IS ?' for name in key), [row[name] for name in key]
            if any(isinstance(row[name], bytes) and traces.names(_read(row[name])) for name in columns):
                connection.execute(f'DELETE FROM "{table}" WHERE {where}', bound)  # noqa: S608
                continue
            changed = ", ".join(f'"{name}" = ?' for name in texts)
            new = [traces.masked(text) for text in texts.values()]
            connection.execute(f'UPDATE OR REPLACE "{table}" SET {changed} WHERE {where}', [*new, *bound])  # noqa: S608
    return count


def pack(connection: sqlite3.Connection, path: Path) -> None:
    """Leave no free page and no log: `VACUUM`, then the write-ahead log cut off."""
    connection.execute("VACUUM")
    busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise sqlite3.OperationalError(say("another process reads {file}", file=path.name))


def names_bytes(path: Path, traces: Traces) -> bool:
    """Whether the bytes of a database, or of its log, may name the person, in rows or in free pages."""
    return any(
        traces.may_name(beside.read_bytes()) for beside in (path, path.with_name(path.name + "-wal")) if beside.exists()
    )


def _drop(path: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).unlink()


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return [row[0] for row in rows]


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]


def _key(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> list[str]:
    named = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")') if row[5]]
    return named or list(columns)


def _named_rows(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], names: object
) -> Iterator[sqlite3.Row]:
    for row in connection.execute(f'SELECT * FROM "{table}"').fetchall():  # noqa: S608
        texts = (row[name] if isinstance(row[name], str) else _read(row[name]) for name in columns)
        if callable(names) and names("\n".join(texts)):
            yield row


def _read(value: object) -> str:
    """What packed bytes say, as far as that can be read."""
    if not isinstance(value, bytes):
        return ""
    with contextlib.suppress(zlib.error):
        value = zlib.decompress(value)
    return value.decode("utf-8", errors="replace")
