"""Files of SQLite's, told by their first bytes."""

from __future__ import annotations

from pathlib import Path

MAGIC = b"SQLite format 3\x00"


def is_sqlite(path: Path) -> bool:
    """Whether the file is a database of SQLite's."""
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC
