"""The file format of the base: one that DuckDB 1.4 and every later version reads, for analysts have older tools (contract).

Belongs here: making a new base in it, bringing an older one to it. Does not: what the base holds (`store.migrate`).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from pipelines.base.statements import ROW_GROUP_ROWS, identifier, literal
from pipelines.syncing import sync

FORMAT = "v1.4.0"
_NEWEST = 67
"""The number that DuckDB 1.4 writes into a file's header; it reads no file of a higher one."""
_HEADER = 20
_REWRITTEN = "carnet_rewritten"
_OPEN = "carnet"
"""What the base is called while it is open."""


def format_of(base: Path) -> int | None:
    """The number of a file's format; None where it is no DuckDB file that is whole enough to say so."""
    try:
        with base.open("rb") as file:
            header = file.read(_HEADER)
    except FileNotFoundError:
        return None
    return int.from_bytes(header[12:_HEADER], "little") if header[8:12] == b"DUCK" else None


def open_in_format(base: Path) -> duckdb.DuckDBPyConnection:
    """The base, open for writing; a new file is made in the format, one that is there keeps its own.

    Attached, for only so can it be said how many rows are packed together (decision 22).
    """
    connection = duckdb.connect(config={"temp_directory": f"{base}.tmp"})
    options = f"ROW_GROUP_SIZE {ROW_GROUP_ROWS}"
    if not base.exists():
        options += f", STORAGE_VERSION {literal(FORMAT)}"
    try:
        connection.execute(f"ATTACH {literal(str(base))} AS {_OPEN} ({options})")
        connection.execute(f"USE {_OPEN}")
    except BaseException:
        connection.close()
        raise
    return connection


def another_session(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A session of its own on the base that `connection` has open."""
    cursor = connection.cursor()
    cursor.execute(f"USE {_OPEN}")
    return cursor


def is_newer(base: Path) -> bool:
    """Is the file of a format that DuckDB 1.4 does not read?"""
    return (format_of(base) or 0) > _NEWEST


def bring_to_format(base: Path, scratch: Path) -> None:
    """Rewrite a base of a newer format, aside and renamed over it; its generation grows, so that it is published again.

    The caller holds the base's lock, and nobody has it open. A kill leaves the former file or the new one. Its log is read in, and
    goes with the former file.
    """
    aside = scratch / base.name
    with duckdb.connect(config={"storage_compatibility_version": FORMAT}) as connection:
        connection.execute(f"ATTACH {literal(str(base))} AS former")
        # Its generation grows, and without its log the former file is whole too: what a kill leaves is one of the two.
        connection.execute("UPDATE former.main.counters SET value = value + 1 WHERE name = 'generation'")
        connection.execute("CHECKPOINT former")
        copy_database(connection, "former", aside, FORMAT)
        connection.execute("DETACH former")
    replace_base(aside, base)


def copy_database(connection: duckdb.DuckDBPyConnection, name: str, aside: Path, version: str | None) -> None:
    """All of an attached database in a new file of that storage format: tables, views, macros, comments, and no free block."""
    stored = f" (STORAGE_VERSION {literal(version)})" if version else ""
    connection.execute(f"ATTACH {literal(str(aside))} AS {_REWRITTEN}{stored}")
    try:
        connection.execute(f"COPY FROM DATABASE {identifier(name)} TO {_REWRITTEN}")
        connection.execute(f"CHECKPOINT {_REWRITTEN}")
    finally:
        connection.execute(f"DETACH {_REWRITTEN}")


def replace_base(aside: Path, path: Path) -> None:
    """A file that was rewritten in the place of the former one, whose log goes with it."""
    shutil.copymode(path, aside)
    sync(aside)
    aside.replace(path)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
    sync(path.parent)
