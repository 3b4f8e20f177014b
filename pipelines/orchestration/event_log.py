"""Dagster's event log in the form that costs a run least: the files of its own SQLite storage, over connections that are kept.

Dagster opens a connection, and waits for the disk, for every event of a run, several times. What is written is the same, in the
same files: with or without this class, a home is read as it stands.

What a step says of its outputs comes many at a time, and is written many at a time: in the order in which it came, within a moment,
before anything else is written or read. A kill leaves the first so many of these events, as before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster import AssetKey, AssetRecordsFilter, DagsterEventType, EventLogEntry, EventRecordsResult
from sqlalchemy import Connection, Engine, event, text

from pipelines.orchestration.dagster_private import (
    INDEX_SHARD_NAME,
    SQLITE_BUSY_TIMEOUT_SECONDS,
    ConfigurableClassData,
    SqlEventLogStorageMetadata,
    SqliteEventLogStorage,
    create_engine,
)
from pipelines.orchestration.storages import AtHome, home, revision_of

_MOMENT, _MOST_WAITING = 0.02, 500
"""Seconds, and events, that one waits for those that follow it."""
_IN_CROWDS = frozenset(
    {
        DagsterEventType.ASSET_CHECK_EVALUATION,
        DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        DagsterEventType.ASSET_MATERIALIZATION,
        DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
        DagsterEventType.HANDLED_OUTPUT,
        DagsterEventType.STEP_OUTPUT,
    }
)
_OF_VERDICTS = frozenset(
    {DagsterEventType.ASSET_CHECK_EVALUATION, DagsterEventType.HANDLED_OUTPUT, DagsterEventType.STEP_OUTPUT}
)
_SAME = 0.1
"""Seconds for which the latest materialisation is the same, while nothing but verdicts is said."""
_MOST_KEPT = 4
"""Connections that are kept: to the index, and to the last runs."""


@dataclass(frozen=True)
class _Told:
    """What was asked of materialisations, what was found, until when it is said again."""

    asked: tuple[object, ...]
    found: EventRecordsResult
    until: float


@dataclass(frozen=True)
class _Together:
    """What is written now: a connection to each file, with its transaction, in the order in which they were opened."""

    opened: ExitStack
    connections: dict[str, Connection]

    def connection(self, shard: str, engine: Callable[[str], Engine]) -> Connection:
        if shard not in self.connections:
            connection = self.opened.enter_context(engine(shard).connect())
            connection.begin()
            self.connections[shard] = connection
        return self.connections[shard]

    def commit(self) -> None:
        for connection in self.connections.values():
            connection.commit()


class KeptSqliteEventLogStorage(AtHome, SqliteEventLogStorage):
    """The event log of DAGSTER_HOME, `history/runs/`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, tuple[int, Engine]] = {}
        self._at_work = threading.RLock()
        self._waiting: list[EventLogEntry] = []
        self._together: _Together | None = None
        self._soon: threading.Timer | None = None
        self._tables: set[str] = set()
        self._told: _Told | None = None
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> KeptSqliteEventLogStorage:
        """The storage of the DAGSTER_HOME that the environment names."""
        del config_value
        return cls(str(home() / "history" / "runs"), inst_data)

    def store_event(self, event: EventLogEntry) -> None:
        """Write an event: with those that follow at once, where they come in crowds."""
        with self._at_work:
            self._waiting.append(event)
            if event.dagster_event_type not in _OF_VERDICTS:
                self._told = None
            in_crowds = event.is_dagster_event and event.dagster_event_type in _IN_CROWDS
            if not in_crowds or len(self._waiting) >= _MOST_WAITING:
                self._write()
            elif self._soon is None:
                self._soon = threading.Timer(_MOMENT, self._write_soon)
                self._soon.daemon = True
                self._soon.start()

    def fetch_materializations(
        self,
        records_filter: AssetKey | AssetRecordsFilter,
        limit: int,
        cursor: str | None = None,
        ascending: bool = False,
    ) -> EventRecordsResult:
        """As Dagster's; who asks the same again within a moment, as each verdict of a crowd does, is told the same."""
        asked, now = (records_filter, limit, cursor, ascending), time.monotonic()
        with self._at_work:
            if self._told is None or self._told.asked != asked or now > self._told.until:
                found = super().fetch_materializations(records_filter, limit, cursor, ascending)
                self._told = _Told(asked, found, now + _SAME)
            return self._told.found

    def _write_soon(self) -> None:
        with self._at_work:
            self._soon, events = None, list(self._waiting)
            try:
                self._write()
            except Exception:  # Whoever writes or reads next is told: nobody listens to this thread.
                self._waiting = events

    def _write(self) -> None:
        """Write what waits, in one transaction a file; the index follows the files of runs."""
        events, self._waiting = self._waiting, []
        if not events:
            return
        with ExitStack() as opened:
            self._together = _Together(opened, {})
            try:
                for each in events:
                    super().store_event(each)
                self._together.commit()
            finally:
                self._together = None

    @contextmanager
    def _connect(self, shard: str) -> Generator[Connection]:
        with self._at_work:
            if self._together is not None:
                yield self._together.connection(shard, self._engine)
                return
            self._write()
            with self._engine(shard).connect() as connection, connection.begin():
                yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether the index has the table: looked up once, for a table stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

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
            self._initdb(engine, for_index_shard=shard == INDEX_SHARD_NAME)
        self._engines[shard] = (path.stat().st_ino, engine)
        for oldest in list(self._engines)[:-_MOST_KEPT]:
            self._engines.pop(oldest)[1].dispose()
        return engine

    def _initdb(self, engine: Engine, for_index_shard: bool = False) -> None:
        """Make the tables where they are missing; those of a run stand at the version of the index, which Dagster looked up."""
        if revision_of(Path(str(engine.url.database))):
            return
        index = None if for_index_shard else revision_of(Path(self.path_for_shard(INDEX_SHARD_NAME)))
        if index is None:
            super()._initdb(engine, for_index_shard)
            return
        with engine.connect() as connection:
            connection.execute(text("PRAGMA journal_mode = WAL"))
        SqlEventLogStorageMetadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
            connection.execute(text("INSERT OR IGNORE INTO alembic_version VALUES (:revision)"), {"revision": index})

    def dispose(self) -> None:
        """Write what waits, and close the connections."""
        with self._at_work:
            self._write()
        for _, engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _spare_the_disk(connection: Any, _record: object) -> None:
    """With a write-ahead log the file stays whole all the same; what a power cut may cost is the log of the last moments."""
    connection.execute("PRAGMA synchronous = NORMAL")
