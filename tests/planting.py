"""A fresh base put in its place: made once, for the statements of `sql/schema/` take a tenth of a second."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import duckdb

from pipelines.base.storage_format import open_in_format
from pipelines.base.store import migrate
from pipelines.layout import Layout


def plant(layout: Layout) -> None:
    """An empty base with an identity of its own, where the account has none yet."""
    if layout.base.exists() or layout.published.exists():
        return
    layout.base.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_fresh(), layout.base)
    with duckdb.connect(str(layout.base)) as connection:
        connection.execute("UPDATE main.settings SET value = uuid()::VARCHAR WHERE name = 'identity'")


@cache
def _fresh() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="carnet-fresh-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    base = folder / "fresh.duckdb"
    with open_in_format(base) as connection:
        migrate(connection)
    return base
