"""The analysts' copy: checkpoint, byte copy, fsync, rename (SEC-1). Readers keep the copy that they opened.

Of a base that holds events in its lake, the copy's `main.events` is a view of all (LAK-3).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from pipelines.base.held import show
from pipelines.syncing import sync


def publish(base: Path, published: Path, scratch: Path, *, holding: bool = False) -> None:
    """Replace `published` by a copy of the checkpointed, closed file `base`, read-only, in one rename.

    `holding`: as `held.holds` says.
    """
    aside = scratch / published.name
    shutil.copyfile(base, aside)
    if holding:
        aside.chmod(0o600)
        with duckdb.connect(str(aside)) as connection:
            show(connection)
    aside.chmod(0o400)
    sync(aside)
    # An analyst's left-over WAL would make the new file unopenable: it belongs to a file that is going.
    published.with_name(published.name + ".wal").unlink(missing_ok=True)
    published.parent.mkdir(parents=True, exist_ok=True)
    aside.replace(published)
    sync(published.parent)
