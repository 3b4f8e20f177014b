"""Dagster's SQLite storages of runs and schedules, opened for less: what was made once is not judged at each start.

Dagster reads all of its 89 migrations to find which is the last one, for each of its files, at each start: 0.3 s for nothing,
as a home of any version is left there until `dagster instance migrate`. The files and what is in them are the same.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from pipelines.orchestration.dagster_private import (
    ConfigurableClassData,
    SqliteRunStorage,
    SqliteScheduleStorage,
    create_db_conn_string,
)


def revision_of(file: Path) -> str | None:
    """The version of Dagster's tables in a file; None where they are not all made, or the file is none of SQLite's."""
    if not file.exists():
        return None
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        # Dagster makes them, or says what is wrong.
        return None
    return found[0] if found else None


class AtHome:
    """A storage whose place is Dagster's own, so that nothing is to be said of it."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """No settings."""
        return {}


def home() -> Path:
    """The DAGSTER_HOME that the environment names."""
    return Path(os.environ["DAGSTER_HOME"])


class KnownSqliteRunStorage(AtHome, SqliteRunStorage):
    """The runs of DAGSTER_HOME, `history/runs.db`."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """The storage of the DAGSTER_HOME that the environment names."""
        del config_value
        folder = home() / "history"
        if revision_of(folder / "runs.db"):
            return cls(create_db_conn_string(str(folder), "runs"), inst_data)
        return cls.from_local(str(folder), inst_data)


class KnownSqliteScheduleStorage(AtHome, SqliteScheduleStorage):
    """The ticks of DAGSTER_HOME, `schedules/schedules.db`."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> SqliteScheduleStorage:
        """The storage of the DAGSTER_HOME that the environment names."""
        del config_value
        folder = home() / "schedules"
        if revision_of(folder / "schedules.db"):
            return cls(create_db_conn_string(str(folder), "schedules"), inst_data)
        return cls.from_local(str(folder), inst_data)
