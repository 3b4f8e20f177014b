"""Events that the base holds in the lake instead of in its own file, and that are brought back from there (LAK-3).

A file that is written counts for nothing until the base names it: the table is at the snapshot that the base names, and what a
killed process wrote after that is rolled back by the next one. Belongs here: writing and looking into those files. Does not: which
events go there (`imports.events`), how the base names files (`base.held`).
"""

# pyarrow and pyiceberg have no type stubs, or partial ones.
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import duckdb

from pipelines.base.held import HeldFile, held_files, held_snapshot, is_here, name_files, read_files
from pipelines.base.statements import first_row
from pipelines.declarations.model import ContactBase
from pipelines.errors import RefusedError
from pipelines.lake.catalogs import LakeFaultError, declared_lake, load_io, open_catalog, telling_faults
from pipelines.lake.contents import FOLDED, PART, event_rows
from pipelines.lake.publications import HELD, ensured, table_named
from pipelines.language import say
from pipelines.layout import Layout

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.io import FileIO
    from pyiceberg.table import Table

_BATCH_ROWS = 1_000_000
"""Rows that are held in memory at a time."""
_SOURCE = "carnet_held_source"
_SMALL = 500_000
"""Events of a part that is put together with others: half a batch."""
_FEW = 8
"""Small parts that are left as they are: each reading opens them one by one, in no time."""
_MOST_PARTS = 200
"""Small parts that are put together at once: Iceberg looks a longer list of parts up in the files themselves."""
_MOST_EVENTS = 20_000_000
_RESTORED = "carnet.restored"
"""The property of a snapshot that says which backup its events came from."""
_EVENTS = f"* EXCLUDE ({PART}, {FOLDED}link)"


@dataclass(frozen=True)
class HeldEvents:
    """See `base.held.Elsewhere`; LakeFaultError where the lake is in the way: the caller's transaction is to be undone then."""

    base: ContactBase
    layout: Layout

    def hold(self, connection: duckdb.DuckDBPyConnection, where: str, bound: Mapping[str, Any]) -> int:
        """See `Elsewhere`."""
        leaving = f"{event_rows(connection, 'epoch_us(now())')} WHERE {where}"
        with _set_aside(connection, "carnet_leaving", leaving, bound) as count:
            if not count:
                return 0
            with telling_faults():
                table = self._table(connection)
                with table.transaction() as transaction:
                    for batch in _batches(connection, "carnet_leaving"):
                        transaction.append(batch)
                _name(connection, table)
        connection.execute(f"DELETE FROM main.events WHERE {where}", bound)  # noqa: S608
        return count

    def recall(self, connection: duckdb.DuckDBPyConnection, where: str, bound: Mapping[str, Any]) -> int:
        """See `Elsewhere`. The files that had these events are written anew without them."""
        with telling_faults():
            table = self._named_table(connection)
            source = _relation(connection, table)
            wanted = f"SELECT * FROM {source} WHERE {where}"  # noqa: S608
            with _set_aside(connection, "carnet_recalled", wanted, bound) as count:
                if not count:
                    return 0
                found = connection.execute(f"SELECT DISTINCT {PART} FROM carnet_recalled").fetchall()  # noqa: S608
                parts = {part for (part,) in found}
                listed = ", ".join(map(str, parts))
                others = f"SELECT * FROM {source} WHERE {PART} IN ({listed}) AND ({where}) IS NOT TRUE"  # noqa: S608
                with _set_aside(connection, "carnet_staying", others, bound):
                    _write_anew(connection, table, parts)
                _name(connection, table)
                connection.execute(f"INSERT INTO main.events BY NAME SELECT {_EVENTS} FROM carnet_recalled")  # noqa: S608
        return count

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """See `Elsewhere`."""
        with telling_faults():
            return _relation(connection, self._named_table(connection))

    def find(self, connection: duckdb.DuckDBPyConnection, ids: str) -> None:
        """See `Elsewhere`: the files' ids are read, and of the events that have one of these the rest."""
        source = self.relation(connection)
        with telling_faults():
            # The file's ids are what is held in memory, and those of the lake pass by them, whichever DuckDB takes for fewer.
            connection.execute("SET disabled_optimizers = 'join_order, build_side_probe_side'")
            try:
                connection.execute(
                    f"CREATE OR REPLACE TEMP TABLE carnet_held AS SELECT {_EVENTS} FROM {source} "  # noqa: S608
                    f"WHERE event_id IN ({ids})"
                )
            finally:
                connection.execute("RESET disabled_optimizers")

    def scattered(self, connection: duckdb.DuckDBPyConnection) -> int:
        """See `Elsewhere`."""
        with telling_faults():
            small = _small_parts(self._named_table(connection))
        return sum(part.files for part in small)

    def gather(self, connection: duckdb.DuckDBPyConnection) -> int:
        """See `Elsewhere`: their events are written anew, and those files are named no more."""
        with telling_faults():
            table = self._named_table(connection)
            small = _small_parts(table)
            if not small:
                return 0
            listed = ", ".join(str(part.number) for part in small)
            # Parts of a batch each: whatever brings an event back writes its part anew.
            part = f"epoch_us(now()) + (row_number() OVER () - 1) // {_BATCH_ROWS}"
            events = (
                f"SELECT * REPLACE ({part} AS {PART}) FROM {_relation(connection, table)} WHERE {PART} IN ({listed})"  # noqa: S608
            )
            with _set_aside(connection, "carnet_staying", events, {}):
                _write_anew(connection, table, {part.number for part in small})
            _name(connection, table)
        return sum(part.files for part in small)

    def put_back(self, connection: duckdb.DuckDBPyConnection, files: Sequence[Path], sign: str) -> int:
        """See `Elsewhere`. RefusedError where the lake holds other events than those that the base names."""
        with telling_faults():
            catalog = open_catalog(declared_lake(self.base), self.layout)
            named, table = held_files(connection), table_named(catalog, HELD)
            io = load_io(catalog, named[0].address)
            gone = sum(each.events for each in named if not io.new_input(each.address).exists())
            if not gone and table is not None and table.snapshot_by_id(held_snapshot(connection) or 0) is not None:
                return 0
            if gone and not files:
                return gone
            if table is not None:
                _require_ours(table, sign)
            source = (
                read_files([HeldFile(path.as_uri(), 0) for path in files]) if files else _read(connection, named, io)
            )
            connection.execute(f"CREATE OR REPLACE TEMP VIEW carnet_leaving AS FROM {source}")
            schema = connection.sql("FROM carnet_leaving LIMIT 0").to_arrow_table().schema
            table = at_snapshot(ensured(catalog, HELD, schema), None)
            with table.transaction() as transaction:
                for batch in _batches(connection, "carnet_leaving"):
                    transaction.append(batch, snapshot_properties={_RESTORED: sign})
            _name(connection, table)
            connection.execute("DROP VIEW carnet_leaving")
        return 0

    def _table(self, connection: duckdb.DuckDBPyConnection) -> Table:
        """The table as the base names it, made where there is none, for rows such as `carnet_leaving` has."""
        catalog = open_catalog(declared_lake(self.base), self.layout)
        schema = connection.sql("FROM carnet_leaving LIMIT 0").to_arrow_table().schema
        return at_snapshot(ensured(catalog, HELD, schema), held_snapshot(connection))

    def _named_table(self, connection: duckdb.DuckDBPyConnection) -> Table:
        table = table_named(open_catalog(declared_lake(self.base), self.layout), HELD)
        if table is None:
            raise lost()
        return at_snapshot(table, held_snapshot(connection))


def at_snapshot(table: Table, snapshot: int | None) -> Table:
    """The table at the snapshot that the base names (None: without a row): what a killed process wrote after it counts for nothing.

    LakeFaultError where it no longer has that snapshot.
    """
    from pyiceberg.expressions import AlwaysTrue

    head = table.current_snapshot()
    if (None if head is None else head.snapshot_id) == snapshot:
        return table
    if snapshot is None:
        if any(True for _ in table.scan().plan_files()):
            table.delete(AlwaysTrue())
    elif table.snapshot_by_id(snapshot) is None:
        raise lost()
    else:
        table.manage_snapshots().rollback_to_snapshot(snapshot).commit()
    return table.refresh()


@dataclass
class _Part:
    """A part of the table: its number, its files, its events."""

    number: int
    files: int = 0
    events: int = 0


def _small_parts(table: Table) -> list[_Part]:
    """The parts that are worth putting together, the oldest first; none where they are few."""
    parts: dict[int, _Part] = {}
    for task in table.scan().plan_files():
        part = parts.setdefault(task.file.partition[0], _Part(task.file.partition[0]))
        part.files += 1
        part.events += task.file.record_count
    small = sorted((part for part in parts.values() if part.events < _SMALL), key=lambda part: part.number)[
        :_MOST_PARTS
    ]
    together = accumulate(part.events for part in small)
    chosen = [part for part, events in zip(small, together, strict=True) if events <= _MOST_EVENTS]
    return chosen if len(chosen) >= _FEW else []


def _require_ours(table: Table, sign: str) -> None:
    """RefusedError where the table holds events that a restore of this backup did not put there."""
    head = table.current_snapshot()
    if head is None or (head.summary is not None and head.summary[_RESTORED] == sign):
        return
    if any(True for _ in table.scan().plan_files()):
        raise RefusedError(
            say("The lake holds other events than those of the backup; nothing was restored over them."),
            say("Declare another lake, or move that one aside; then restore again."),
        )


def lost() -> LakeFaultError:
    """The lake has lost what the base holds there."""
    return LakeFaultError(
        say("The lake no longer has the events that the base holds there."),
        say("Put the lake back from a backup of the same time as the base's: these events are nowhere else."),
    )


def _name(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """The base names the table's files as they are now."""
    table = table.refresh()
    head = table.current_snapshot()
    files = (HeldFile(task.file.file_path, task.file.record_count) for task in table.scan().plan_files())
    name_files(connection, 0 if head is None else head.snapshot_id, files)


def _relation(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """What DuckDB reads of the files that the base names; those of an object store by Arrow's readers."""
    return _read(connection, held_files(connection), table.io)


def _read(connection: duckdb.DuckDBPyConnection, files: list[HeldFile], io: FileIO) -> str:
    """The relation of these files."""
    if all(map(is_here, files)):
        return read_files(files)
    from pyarrow import dataset
    from pyiceberg.io.pyarrow import PyArrowFileIO

    if not isinstance(io, PyArrowFileIO):
        raise lost()
    places = [PyArrowFileIO.parse_location(each.address) for each in files]
    scheme, netloc, _ = places[0]
    system = io.fs_by_scheme(scheme, netloc)
    connection.register(_SOURCE, dataset.dataset([unquote(path) for *_, path in places], filesystem=system))
    return _SOURCE


def _write_anew(connection: duckdb.DuckDBPyConnection, table: Table, parts: set[int]) -> None:
    """Have the rows of `carnet_staying` in place of those that these parts have."""
    from pyiceberg.expressions import In

    with table.transaction() as transaction:
        transaction.delete(In(PART, parts))  # pyright: ignore[reportCallIssue]
        for batch in _batches(connection, "carnet_staying"):
            transaction.append(batch)


@contextmanager
def _set_aside(
    connection: duckdb.DuckDBPyConnection, name: str, query: str, bound: Mapping[str, Any]
) -> Generator[int]:
    """The rows of a query in a temporary table, which DuckDB puts on disk where they are many; how many these are."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}", dict(bound))
    row = first_row(connection, f"SELECT count(*) FROM {name}")  # noqa: S608
    yield row[0] if row else 0
    # A fault undoes the caller's transaction, and this table with it.
    connection.execute(f"DROP TABLE {name}")


def _batches(connection: duckdb.DuckDBPyConnection, relation: str) -> Iterator[pa.Table]:
    """The rows in tables that memory holds."""
    import pyarrow as pa

    with connection.sql(f"FROM {relation}").to_arrow_reader(_BATCH_ROWS) as reader:
        for batch in reader:
            yield pa.Table.from_batches([batch], reader.schema)
