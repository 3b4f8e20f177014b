"""The analysts' copy: checkpoint, byte copy, fsync, rename (SEC-1). Readers keep the copy that they opened."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from pipelines.base.statements import first_row
from pipelines.syncing import sync

_GENERATION = "SELECT value FROM main.counters WHERE name = 'generation'"


def generation(connection: duckdb.DuckDBPyConnection) -> int:
    """How many times the base has changed."""
    row = first_row(connection, _GENERATION)
    return row[0] if row else 0


def published_generation(published: Path) -> int | None:
    """The generation of the published copy; None where there is none that opens."""
    if not published.exists():
        return None
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            return generation(connection)
    except duckdb.Error:
        # A copy that does not open (half a disk, a stray WAL) is replaced by the next publication.
        return None


def publish(base: Path, published: Path, scratch: Path) -> None:
    """Replace `published` by a copy of the checkpointed, closed file `base`, read-only, in one rename."""
    aside = scratch / published.name
    shutil.copyfile(base, aside)
    aside.chmod(0o400)
    sync(aside)
    # An analyst's left-over WAL would make the new file unopenable: it belongs to a file that is going.
    published.with_name(published.name + ".wal").unlink(missing_ok=True)
    published.parent.mkdir(parents=True, exist_ok=True)
    aside.replace(published)
    sync(published.parent)
