"""The published copy → the lake: the parts that differ from the last publication are written, then it is noted (LAK-1).

What differs is told by digests of the rows, not by who changed them: whatever moved a row (an import, a degree of activity, a list
in another order, an undo, a restored backup, an erasure), the lake is equal to the base afterwards. Belongs here: the order, and
what is written. Does not: what the tables hold (`contents`).
"""

# pyarrow and pyiceberg have no type stubs, or partial ones.
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.base.held import held_snapshot
from pipelines.base.identity import mark_of
from pipelines.base.locking import exclusive
from pipelines.declarations.model import ContactBase
from pipelines.errors import UsageError
from pipelines.lake.catalogs import declared_lake, open_catalog, telling_faults
from pipelines.lake.contents import PART, Bounds, Contents, contents_of, lake_tables
from pipelines.lake.publications import (
    HELD,
    PARTS,
    Publication,
    ensured,
    generation_property,
    note,
    publications,
    table_named,
)
from pipelines.language import say
from pipelines.layout import Layout

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table, Transaction

_BATCH_ROWS = 1_000_000
"""Rows that are held in memory at a time."""
_WAIT_SECONDS = 600.0


@dataclass(frozen=True)
class Published:
    """What one publication did: `rows` written by table (those that changed, and those beside them); empty where nothing had."""

    generation: int
    rows: Mapping[str, int] = field(default_factory=dict[str, int])
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """As `carnet lake publish --json` prints it."""
        return {"generation": self.generation, "rows": dict(self.rows), "seconds": round(self.seconds, 3)}


def publish_lake(
    connection: duckdb.DuckDBPyConnection, base: ContactBase, layout: Layout, bounds: Bounds | None = None
) -> Published:
    """Bring the lake up to the published copy that `connection` reads. `bounds`: which imports and days are old, if others now.

    LakeFaultError where the lake is in the way: it holds the former publication then, or this one.
    """
    lake = declared_lake(base)
    with exclusive(layout.lake / "publishing.lock", say("the publication of the lake"), _WAIT_SECONDS):
        return _publish(connection, base, open_catalog(lake, layout), bounds)


def _publish(
    connection: duckdb.DuckDBPyConnection, base: ContactBase, catalog: Catalog, bounds: Bounds | None
) -> Published:
    begun = datetime.now(UTC)
    mark = mark_of(connection)
    if mark is None:
        raise UsageError(say("The published copy is no base of Carnet."), say("`carnet segments --refresh` writes it."))
    with telling_faults():
        last = next(iter(publications(catalog)), None)
        bounds = bounds or (last.bounds if last else Bounds())
        if last is not None and (last.mark, last.bounds) == (mark, bounds):
            return Published(mark.generation)
        known = _known_parts(catalog, last)
        written: dict[str, int] = {}
        snapshots: dict[str, int | None] = {}
        told: list[Contents] = []
        for each in lake_tables(base, bounds):
            contents = contents_of(connection, each)
            former = known.get(each.name)
            table, rows = _bring(connection, catalog, contents, former, last, generation_property(mark))
            snapshots[each.name] = _head(table)
            written |= {each.name: rows} if rows is not None else {}
            told.append(contents)
        if (held := held_snapshot(connection)) is not None:
            snapshots[HELD] = held
        snapshots[PARTS] = _tell_parts(catalog, told, known, last, generation_property(mark))
        at = datetime.now(UTC)
        note(catalog, Publication(mark, at, snapshots, bounds))
    return Published(mark.generation, written, (at - begun).total_seconds())


Digests = Mapping[int, tuple[int, str]]


@dataclass(frozen=True)
class _Known:
    """A table as the last publication has it."""

    signature: str
    parts: Digests


def _known_parts(catalog: Catalog, last: Publication | None) -> dict[str, _Known]:
    """What the last publication holds, by table."""
    table = table_named(catalog, PARTS)
    if last is None or table is None or last.snapshots.get(PARTS) is None:
        return {}
    found: dict[str, tuple[str, dict[int, tuple[int, str]]]] = {}
    for row in table.scan(snapshot_id=last.snapshots[PARTS]).to_arrow().to_pylist():
        _, parts = found.setdefault(row["table"], (row["signature"], {}))
        if row["part"] is not None:
            parts[row["part"]] = (row["rows"], row["digest"])
    return {name: _Known(signature, parts) for name, (signature, parts) in found.items()}


def _bring(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    contents: Contents,
    known: _Known | None,
    last: Publication | None,
    properties: dict[str, str],
) -> tuple[Table, int | None]:
    """The table of the lake with these contents: it, and how many rows were written, None where nothing had to be."""
    schema = connection.sql(f"{contents.query} LIMIT 0").to_arrow_table().schema
    table = ensured(catalog, contents.table.name, schema)
    table = _at_last(table, last.snapshots.get(contents.table.name) if last else None)
    alike = known is not None and known.signature == contents.signature
    changed = _differing(known.parts if known is not None and alike else {}, contents.parts)
    if not changed and (alike or _head(table) is None):
        return table, None
    rows = 0
    with table.transaction() as transaction:
        if not alike:
            _follow_schema(transaction, schema)
        _remove(transaction, [part for part in changed if known and part in known.parts] if alike else None)
        for batch in _batches(connection, contents, [part for part in changed if part in contents.parts]):
            transaction.append(batch, snapshot_properties=properties)
            rows += batch.num_rows
    return table, rows


def _at_last(table: Table, snapshot: int | None) -> Table:
    """The table with the head that the last publication names: what a killed one wrote after it counts for nothing."""
    if snapshot is not None and _head(table) != snapshot:
        table.manage_snapshots().rollback_to_snapshot(snapshot).commit()
        return table.refresh()
    return table


def _head(table: Table) -> int | None:
    head = table.current_snapshot()
    return None if head is None else head.snapshot_id


def _differing(former: Digests, now: Digests) -> list[int]:
    """The parts that are another now, gone ones included."""
    return sorted(part for part in {*former, *now} if former.get(part) != now.get(part))


def _follow_schema(transaction: Transaction, schema: pa.Schema) -> None:
    """Give the table these columns, in their order; one whose type is another is a new column of the same name."""
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    former = _kinds(schema_to_pyarrow(transaction.table_metadata.schema()))
    wanted = _kinds(schema)
    if list(former.items()) == list(wanted.items()):
        return
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        for name, kind in former.items():
            if wanted.get(name) != kind:
                update.delete_column(name)
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        update.union_by_name(schema)
    with transaction.update_schema() as update:
        for before, name in pairwise(schema.names):
            update.move_after(name, before)


def _kinds(schema: pa.Schema) -> dict[str, str]:
    return {each.name: _kind(each.type) for each in schema}


def _kind(type_: pa.DataType) -> str:
    """What a column holds: whether texts are large, and what items of lists are called, is Arrow's own business."""
    import pyarrow as pa

    if isinstance(type_, pa.ListType | pa.LargeListType):
        return f"list of {_kind(type_.value_type)}"
    return "text" if pa.types.is_string(type_) or pa.types.is_large_string(type_) else str(type_)


def _remove(transaction: Transaction, parts: Collection[int] | None) -> None:
    """Take the rows of these parts out, or all: whole files go, for each is of one part."""
    from pyiceberg.expressions import AlwaysTrue, In

    if transaction.table_metadata.current_snapshot_id is None or (parts is not None and not parts):
        return
    with warnings.catch_warnings():
        # A table that has no row any more is emptied again where its columns change.
        warnings.filterwarnings("ignore", message="Delete operation did not match any records")
        transaction.delete(AlwaysTrue() if parts is None else In(PART, set(parts)))  # pyright: ignore[reportCallIssue]


def _batches(connection: duckdb.DuckDBPyConnection, contents: Contents, parts: list[int]) -> Iterator[pa.Table]:
    """The rows of these parts, a part's together, in tables that memory holds."""
    import pyarrow as pa

    for together in _grouped(parts, {part: rows for part, (rows, _) in contents.parts.items()}):
        listed = ", ".join(map(str, together))
        found = connection.sql(f"SELECT * FROM ({contents.query}) WHERE {PART} IN ({listed})")  # noqa: S608
        with found.to_arrow_reader(_BATCH_ROWS) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch], reader.schema)


def _grouped(parts: list[int], rows: Mapping[int, int]) -> Iterator[list[int]]:
    """The parts in groups of at most so many rows, or of one part."""
    group: list[int] = []
    held = 0
    for part in parts:
        if group and held + rows[part] > _BATCH_ROWS:
            yield group
            group, held = [], 0
        group.append(part)
        held += rows[part]
    if group:
        yield group


def _tell_parts(
    catalog: Catalog,
    contents: list[Contents],
    known: Mapping[str, _Known],
    last: Publication | None,
    properties: dict[str, str],
) -> int | None:
    """Note what the tables hold now, for the next publication; the snapshot of that."""
    import pyarrow as pa

    number, text = pa.int64(), pa.string()
    schema = pa.schema(
        [(PART, number), ("table", text), ("signature", text), ("part", number), ("rows", number), ("digest", text)]
    )
    table = _at_last(ensured(catalog, PARTS, schema), last.snapshots.get(PARTS) if last else None)
    moved = {n: c for n, c in enumerate(contents) if known.get(c.table.name) != _Known(c.signature, c.parts)}
    if moved:
        rows = [
            {PART: n, "table": c.table.name, "signature": c.signature, "part": part, "rows": many, "digest": digest}
            for n, c in moved.items()
            # A row without a part says that the table is known, were it empty.
            for part, (many, digest) in {None: (0, ""), **c.parts}.items()
        ]
        with table.transaction() as transaction:
            _remove(transaction, [n for n, c in moved.items() if c.table.name in known])
            transaction.append(pa.Table.from_pylist(rows, schema), snapshot_properties=properties)
    return _head(table)
