"""The history is kept whole for the last imports only (IMP-12); of older ones stay name, counts, hash and membership.

Belongs here: what goes. Does not: contacts, which never do.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import duckdb

from pipelines.base.statements import statement
from pipelines.layout import Layout

DROPPED = ("trim_settings", "trim_unconverted", "trim_versions", "trim_revisions", "trim_rejects")
"""What goes, in this order: what settings may be dropped follows from the versions, and these are found by the revisions."""


def trim(connection: duckdb.DuckDBPyConnection, kept: int) -> list[int]:
    """Drop versions, rejects and settings of imports older than the last `kept`, in the caller's transaction; their ids."""
    found = [row[0] for row in connection.execute(statement("imports/too_old"), {"kept": kept}).fetchall()]
    if found:
        for name in (*DROPPED, "mark_trimmed"):
            connection.execute(statement(f"imports/{name}"), {"ids": found})
    return found


def drop_rejects(layout: Layout, imports: Sequence[int]) -> None:
    """Remove the rejects files and reports of these imports."""
    for import_id in imports:
        shutil.rmtree(layout.rejects / str(import_id), ignore_errors=True)
