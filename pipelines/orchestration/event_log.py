"""Dagster's event log in the form that costs a run least: the files of its own SQLite storage, over connections that are kept.

Dagster opens a connection, and waits for the disk, for every event of a run, several times. What is written is the same, in the
same files: with or without this class, a home is read as it stands.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from pipelines.orchestration.dagster_private import (
    SQLITE_BUSY_TIMEOUT_SECONDS,
    ConfigurableClassData,
    SqliteEventLogStorage,
    create_engine,
)

_MOST_KEPT = 4
"""Connections that are kept: to the index, and to the last runs."""


class KeptSqliteEventLogStorage(SqliteEventLogStorage):
    """The event log of DAGSTER_HOME, `history/runs/`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, tuple[int, Engine]] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Nothing is to be said: the place is Dagster's own."""
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> KeptSqliteEventLogStorage:
        """The storage of the DAGSTER_HOME that the environment names."""
        del config_value
        return cls(str(Path(os.environ["DAGSTER_HOME"]) / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Generator[Connection]:
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> Engine:
        """The engine of that file; another one where the file was removed, or made anew, since."""
        path = Path(self.path_for_shard(shard))
        inode, engine = self._engines.pop(shard, (0, None))
        if engine is None or not path.exists() or path.stat().st_ino != inode:
            if engine is not None:
                engine.dispose()
            engine = create_engine(
                self.conn_string_for_shard(shard), connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
            )
            event.listen(engine, "connect", _spare_the_disk)
            self._initdb(engine)
        self._engines[shard] = (path.stat().st_ino, engine)
        for oldest in list(self._engines)[:-_MOST_KEPT]:
            self._engines.pop(oldest)[1].dispose()
        return engine

    def dispose(self) -> None:
        """Close the connections."""
        for _, engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _spare_the_disk(connection: Any, _record: object) -> None:
    """With a write-ahead log the file stays whole all the same; what a power cut may cost is the log of the last moments."""
    connection.execute("PRAGMA synchronous = NORMAL")
