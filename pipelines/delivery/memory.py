"""What automation remembers from run to run: a small SQLite file apart from the base, so that a poll waits for no writer.

Every change is one durable transaction: a kill at any moment leaves what was before it or what comes after it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pipelines.delivery.retrying import next_attempt
from pipelines.errors import EnvironmentFaultError
from pipelines.language import say
from pipelines.layout import SQL, Layout

State = Literal["seen", "placing", "taken"]
_WAIT_SECONDS = 30
_FORGOTTEN = timedelta(days=400)
_TOLD_FORGOTTEN = timedelta(days=60)


@dataclass(frozen=True)
class Failure:
    """Something that keeps failing: how often in a row, since when, and when to try it again."""

    times: int
    since: datetime
    retry_at: datetime


class Memory:
    """The open memory of one base; see `sql/delivery/memory.sql` for its tables."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, layout: Layout) -> Generator[Memory]:
        """The memory in `data/automation/`, made where it is missing; EnvironmentFaultError where it cannot be opened."""
        path = memory_file(layout)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.executescript((SQL / "delivery" / "memory.sql").read_text())
                yield cls(connection)
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise EnvironmentFaultError(
                say("What automation remembers, {path}, cannot be used: {why}.", path=path, why=error),
                say(
                    "Look at the disk and the file's rights. Where the file is damaged, moving it away makes every source new: "
                    "its files are fetched once more."
                ),
            ) from error

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query, or of a statement that returns some."""
        return self._connection.execute(query, values).fetchall()

    def tell(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """One statement for each row of values."""
        self._connection.executemany(statement, rows)

    def failure(self, subject: str) -> Failure | None:
        """What is known of a thing's failing; None where it last worked, or was never tried."""
        found = self.ask("SELECT times, since, retry_at FROM failures WHERE subject = ?", subject)
        return Failure(found[0][0], _instant(found[0][1]), _instant(found[0][2])) if found else None

    def failed(self, subject: str, first: timedelta, now: datetime) -> Failure:
        """One more failure in a row; `first`: how long to wait after the first one."""
        known = self.failure(subject)
        times = known.times + 1 if known else 1
        failure = Failure(times, known.since if known else now, next_attempt(times, first, now))
        row = (subject, failure.times, failure.since.timestamp(), failure.retry_at.timestamp())
        self.tell("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?)", [row])
        return failure

    def worked(self, subject: str) -> None:
        """It worked: its failures are forgotten."""
        self.tell("DELETE FROM failures WHERE subject = ?", [(subject,)])

    def forget_the_old(self, now: datetime) -> None:
        """Drop what no listing has shown for more than a year, and what people were told two months ago."""
        self.tell("DELETE FROM files WHERE listed_at < ?", [((now - _FORGOTTEN).timestamp(),)])
        self.tell("DELETE FROM notices WHERE sent_at < ?", [((now - _TOLD_FORGOTTEN).timestamp(),)])


def memory_file(layout: Layout) -> Path:
    """Where the memory lies."""
    return layout.automation / "memory.sqlite"


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
