"""Events of the base that lie in files of its lake (LAK-3): which files these are, and `main.events` as all of them together.

The base names the files: what they hold counts from the transaction on that lists them. Belongs here: that list, and how DuckDB
sees both. Does not: writing these files, nor bringing events back from them (`lake.held`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlparse

import duckdb

from pipelines.base.statements import first_row, literal
from pipelines.errors import UsageError
from pipelines.language import say

OWN = "own_events"
"""What the table of the base's own events is called where `main.events` is a view of all."""
_OWN_COLUMNS = "event_id, operation_id, contact_id, type, occurred_at, link, detail, import_id, person, kind, key"


@dataclass(frozen=True)
class HeldFile:
    """A file of the lake, and how many events it holds."""

    address: str
    events: int


class Elsewhere(Protocol):
    """Whoever keeps the events that the base holds elsewhere; each call in the caller's transaction."""

    def hold(self, connection: duckdb.DuckDBPyConnection, where: str, bound: Mapping[str, Any]) -> int:
        """Take those of the base's own events for which `where` is true out of the base, into a file; how many."""
        ...

    def recall(self, connection: duckdb.DuckDBPyConnection, where: str, bound: Mapping[str, Any]) -> int:
        """Bring the held events for which `where` is true back among the base's own; how many."""
        ...

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """What the connection reads of the held events, wherever they lie."""
        ...

    def scattered(self, connection: duckdb.DuckDBPyConnection) -> int:
        """How many small files there are to put together; 0 where they are few."""
        ...

    def gather(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Put small files together, the oldest first, as many as memory and disk bear at once; how many these were."""
        ...

    def put_back(self, connection: duckdb.DuckDBPyConnection, files: Sequence[Path], sign: str) -> int:
        """Have the events of a restored base where it names them, from a backup's `files`; how many are nowhere any more.

        Without such files, from where they lay. `sign`: of the backup, so that a restore that was killed is known again.
        """
        ...

    def find(self, connection: duckdb.DuckDBPyConnection, ids: str) -> None:
        """Leave the held events that have one of these ids (a query of `event_id`) in the temporary table `carnet_held`."""
        ...


def held_files(connection: duckdb.DuckDBPyConnection) -> list[HeldFile]:
    """The files that an open base, or a copy of one, holds events in."""
    rows = connection.execute("SELECT address, events FROM main.held_files ORDER BY address").fetchall()
    return [HeldFile(*row) for row in rows]


def held_snapshot(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The snapshot of the lake's table that has these files; None where no event is held."""
    row = first_row(connection, "SELECT any_value(snapshot) FROM main.held_files")
    return row[0] if row else None


def name_files(connection: duckdb.DuckDBPyConnection, snapshot: int, files: Iterable[HeldFile]) -> None:
    """From now on these are the files, in the caller's transaction."""
    connection.execute("DELETE FROM main.held_files")
    rows = [(each.address, each.events, snapshot) for each in files]
    if rows:
        connection.executemany("INSERT INTO main.held_files VALUES (?, ?, ?)", rows)


def holds(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether any event is held elsewhere."""
    return first_row(connection, "SELECT 1 FROM main.held_files LIMIT 1") is not None


def keeper(elsewhere: Elsewhere | None) -> Elsewhere:
    """Whoever keeps the held events; UsageError where the base holds some, and declares no lake any more."""
    if elsewhere is None:
        raise UsageError(
            say("The base holds events in a lake, and declares none."),
            say("Declare the `lake:` again that it had: these events are nowhere else."),
        )
    return elsewhere


def recall(connection: duckdb.DuckDBPyConnection, elsewhere: Elsewhere | None, where: str, **bound: Any) -> int:
    """`Elsewhere.recall`, of a base that may hold nothing."""
    return keeper(elsewhere).recall(connection, where, bound) if holds(connection) else 0


@contextmanager
def all_events(connection: duckdb.DuckDBPyConnection, elsewhere: Elsewhere | None) -> Generator[None]:
    """Within, `main.events` shows the held ones too, and cannot be written. In the caller's transaction, which a fault undoes."""
    if not show(connection, elsewhere):
        yield
        return
    yield
    hide(connection)


def show(connection: duckdb.DuckDBPyConnection, elsewhere: Elsewhere | None = None) -> bool:
    """Make `main.events` a view of all events, the base's own and the held ones; False where none is held.

    `elsewhere`: for this connection alone, who reads what DuckDB does not.
    """
    files = held_files(connection)
    if not files:
        return False
    comments = connection.execute(
        "SELECT column_name, comment FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = 'main' AND table_name = 'events' AND comment IS NOT NULL"
    ).fetchall()
    connection.execute(f"ALTER TABLE main.events RENAME TO {OWN}")
    connection.execute(
        f"CREATE VIEW main.events AS SELECT {_OWN_COLUMNS} FROM main.{OWN} UNION ALL BY NAME "  # noqa: S608
        f"SELECT {_OWN_COLUMNS} FROM {_read(files, connection, elsewhere)}"
    )
    connection.execute("COMMENT ON VIEW main.events IS 'What contacts did: the events of the base and of its lake'")
    for column, comment in comments:
        connection.execute(f"COMMENT ON COLUMN main.events.{column} IS {literal(comment)}")
    return True


def hide(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `main.events` the table of the base's own events again; nothing is done where it is."""
    own = f"SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND table_name = {literal(OWN)}"  # noqa: S608
    if first_row(connection, own) is not None:
        connection.execute("DROP VIEW main.events")
        connection.execute(f"ALTER TABLE main.{OWN} RENAME TO events")


def _read(files: list[HeldFile], connection: duckdb.DuckDBPyConnection, elsewhere: Elsewhere | None) -> str:
    """What DuckDB reads of the files; a relation that says why it cannot, where they lie in an object store."""
    if all(map(is_here, files)):
        return read_files(files)
    if elsewhere is not None:
        return elsewhere.relation(connection)
    first = urlparse(files[0].address)
    told = literal(
        say(
            "Events of this base lie in {place}, where DuckDB does not read: ask Spark (docs/lake.md).",
            place=f"{first.scheme}://{first.netloc}",
        )
    )
    # What is random is judged for a row that is asked for, not when the view is made, nor left out where a column is not.
    faulty = f"CASE WHEN random() < 2 THEN error({told}) END"
    columns = ", ".join(f"{faulty} AS {name}" for name in _OWN_COLUMNS.split(", "))
    return f"(SELECT {columns} FROM range(1) WHERE {faulty} IS NULL)"  # noqa: S608


def read_files(files: list[HeldFile]) -> str:
    """The relation of files on this machine."""
    listed = ", ".join(literal(str(path_of(each.address))) for each in files)
    return f"read_parquet([{listed}], hive_partitioning = false)"


def path_of(address: str) -> Path:
    """Where a `file:` address is on this machine."""
    return Path(unquote(urlparse(address).path))


def named_files(connection: duckdb.DuckDBPyConnection) -> list[HeldFile]:
    """`held_files` of whatever is opened: a copy from before there were any, or a base of an answer, names none."""
    named = "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND table_name = 'held_files'"
    return [] if first_row(connection, named) is None else held_files(connection)


def is_here(file: HeldFile) -> bool:
    """Whether it lies on this machine."""
    return file.address.startswith("file:")


def folders(connection: duckdb.DuckDBPyConnection) -> set[Path]:
    """Where the files lie that a published copy's `main.events` reads, on this machine."""
    return {path_of(each.address).parent for each in named_files(connection) if is_here(each)}
