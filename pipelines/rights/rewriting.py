"""A DuckDB file written anew: rows that were deleted stand in no free block any more (EXP-9).

Belongs here: the account's base and the ones that were set aside. Does not: what is deleted from them (`tables`).
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb

from pipelines.base.held import holds
from pipelines.base.publishing import publish
from pipelines.base.statements import first_row
from pipelines.base.storage_format import copy_database, replace_base
from pipelines.base.store import open_base
from pipelines.layout import Layout


def rewrite_base(layout: Layout, scratch: Path) -> None:
    """Write the base anew and publish it; the caller is alone. A kill leaves the former file or the new one."""
    with open_base(layout) as connection:
        # The copy is to follow, whatever was published meanwhile.
        connection.execute("UPDATE main.counters SET value = value + 1 WHERE name = 'generation'")
        connection.execute("CHECKPOINT")
        holding = holds(connection)
        aside = copy_anew(connection, scratch)
    replace_base(aside, layout.base)
    publish(layout.base, layout.published, scratch, anew=True, holding=holding)


def rewrite_aside(path: Path, scratch: Path) -> None:
    """Write another DuckDB file anew."""
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("CHECKPOINT")
        aside = copy_anew(connection, scratch)
    replace_base(aside, path)


def copy_anew(connection: duckdb.DuckDBPyConnection, scratch: Path) -> Path:
    """The open database in a new file of the same storage format: tables, views, comments."""
    aside = scratch / "rewritten.duckdb"
    aside.unlink(missing_ok=True)
    [(name, version)] = connection.execute(
        "SELECT database_name, tags['storage_version'] FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchall()
    copy_database(connection, name, aside, version.removesuffix("+") if version else None)
    return aside


def is_base(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether an open DuckDB file has contacts."""
    query = "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND table_name = 'contacts'"
    return first_row(connection, query) is not None
