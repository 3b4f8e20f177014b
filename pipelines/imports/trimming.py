"""The history is kept whole for the last imports only (IMP-12); of older ones stay name, counts, hash and membership.

Belongs here: what goes. Does not: contacts, which never do.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import duckdb

from pipelines.base.statements import statement
from pipelines.layout import Layout


def trim(connection: duckdb.DuckDBPyConnection, kept: int) -> list[int]:
    """Drop versions and rejects of imports older than the last `kept`, in the caller's transaction; their ids."""
    found = [row[0] for row in connection.execute(statement("imports/too_old"), {"kept": kept}).fetchall()]
    if found:
        ids = {"ids": found}
        for name in ("trim_unconverted", "trim_versions", "trim_revisions", "trim_rejects", "mark_trimmed"):
            connection.execute(statement(f"imports/{name}"), ids)
    return found


def drop_rejects(layout: Layout, imports: Sequence[int]) -> None:
    """Remove the rejects files and reports of these imports."""
    for import_id in imports:
        shutil.rmtree(layout.rejects / str(import_id), ignore_errors=True)
