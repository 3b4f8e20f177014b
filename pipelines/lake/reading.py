"""A publication to read: the files of its snapshots, as Iceberg's own library plans them, and as DuckDB reads them (LAK-1).

Belongs here: which files make a table of one generation, the base of then as views. Does not: Spark (`spark`).
"""

# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

import duckdb

from pipelines.base.published import confine, session
from pipelines.base.statements import identifier, literal
from pipelines.declarations.model import ContactBase
from pipelines.errors import UsageError
from pipelines.lake.catalogs import LakeFaultError, declared_lake, open_catalog, telling_faults, warehouse_of
from pipelines.lake.contents import FOLDED, PART
from pipelines.lake.publications import HELD, PARTS, Publication, chosen, table_named
from pipelines.language import say
from pipelines.layout import Layout

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog


@dataclass(frozen=True)
class TableFiles:
    """A table of a publication: the addresses of its Parquet files, and its columns where it has none."""

    name: str
    files: tuple[str, ...]
    schema: pa.Schema


def tables_of(catalog: Catalog, publication: Publication) -> list[TableFiles]:
    """The tables of the base as that publication has them; `events` with those that the base holds in the lake alone."""
    from pyiceberg.io.pyarrow import schema_to_pyarrow

    found: list[TableFiles] = []
    with telling_faults():
        for name, snapshot in publication.snapshots.items():
            table = None if name == PARTS else table_named(catalog, name)
            if table is None:
                continue
            if snapshot is not None and table.snapshot_by_id(snapshot) is None:
                raise LakeFaultError(
                    say(
                        "The lake no longer has {table} as of generation {n}.",
                        table=name,
                        n=publication.mark.generation,
                    ),
                    say("`carnet lake` lists the publications that can be read."),
                )
            scan = None if snapshot is None else table.scan(snapshot_id=snapshot)
            files = () if scan is None else tuple(sorted(task.file.file_path for task in scan.plan_files()))
            schema = table.schema() if scan is None else scan.projection()
            found.append(TableFiles(name, files, schema_to_pyarrow(schema)))
    held = next((each.files for each in found if each.name == HELD), ())
    return [
        replace(each, files=(*each.files, *held)) if each.name == "events" else each
        for each in found
        if each.name != HELD
    ]


@contextmanager
def read_lake(
    base: ContactBase, layout: Layout, generation: int | None = None
) -> Generator[tuple[duckdb.DuckDBPyConnection, Publication]]:
    """The base as of a generation (or as last published there) in DuckDB: its tables under their names, and nothing else.

    UsageError where the lake keeps no such publication, or where its files lie on another machine.
    """
    lake = declared_lake(base)
    warehouse = warehouse_of(lake, layout)
    if not warehouse.startswith("file:"):
        raise UsageError(
            say("The lake lies in {warehouse}: DuckDB reads one on this machine alone.", warehouse=warehouse),
            say("Any reader of Iceberg tables reads it there; docs/lake.md says how."),
        )
    catalog = open_catalog(lake, layout)
    publication = chosen(catalog, generation)
    with session(duckdb.connect(":memory:")) as connection:
        for table in tables_of(catalog, publication):
            _show(connection, table)
        confine(connection, _path(warehouse))
        yield connection, publication


def _show(connection: duckdb.DuckDBPyConnection, table: TableFiles) -> None:
    """A view of the table without the columns that are the lake's own."""
    own = [name for name in table.schema.names if name == PART or name.startswith(FOLDED)]
    without = ", ".join(map(identifier, own))
    if table.files:
        source = (
            f"read_parquet([{', '.join(literal(str(_path(file))) for file in table.files)}], hive_partitioning = false)"
        )
        connection.execute(f"CREATE VIEW main.{identifier(table.name)} AS SELECT * EXCLUDE ({without}) FROM {source}")  # noqa: S608
        return
    empty = table.schema.empty_table()
    connection.register("carnet_empty", empty)
    connection.execute(f"CREATE TABLE main.{identifier(table.name)} AS SELECT * EXCLUDE ({without}) FROM carnet_empty")  # noqa: S608
    connection.unregister("carnet_empty")


def _path(address: str) -> Path:
    return Path(unquote(urlparse(address).path))
