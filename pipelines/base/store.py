"""Opening the base for the one writer.

Belongs here: connections, the lock, migrations, when to publish. Does not: what is written, nor readers (`published`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines.base.columns import Reconciled, effective_base, reconcile
from pipelines.base.hash_key import HashKey
from pipelines.base.held import Elsewhere, all_events, holds
from pipelines.base.identity import mark_of, published_mark, require_own, require_there, ways_on
from pipelines.base.locking import exclusive, in_turn, is_awaited, scratch_folder
from pipelines.base.published import session
from pipelines.base.publishing import publish
from pipelines.base.statements import ROW_GROUP_ROWS, first_row, statement
from pipelines.base.storage_format import another_session, bring_to_format, is_newer, open_in_format
from pipelines.declarations.model import ContactBase
from pipelines.environment import seconds
from pipelines.errors import EnvironmentFaultError
from pipelines.faults import DamagedError, as_fault
from pipelines.language import say
from pipelines.layout import SQL, Layout
from pipelines.privacy import tighten

Connection = duckdb.DuckDBPyConnection
_DEFAULT_WAIT = 600.0
_LARGE = 500_000
"""Contacts from which on a checkpoint is spared what it need not do."""
_MOST_DEAD = 0.2
"""The share of a table's room that rows which were deleted or replaced may take."""


@dataclass
class Writer:
    """What the one writer holds: a connection, the base with its added values, a scratch folder, the key of keyed hashes.

    `stands`: sentences on what was committed, which whoever commits adds to, for the message of a fault that comes afterwards.
    `elsewhere`: who keeps events outside the base; None where it declares no lake.
    """

    connection: Connection
    contact_base: ContactBase
    reconciled: Reconciled
    scratch: Path
    hash_key: HashKey
    stands: list[str]
    elsewhere: Elsewhere | None = None

    @contextmanager
    def transaction(self, *, news: bool = True, everything: bool = False) -> Generator[Connection]:
        """All or nothing; a committed one makes the published copy stale, unless it holds no `news` for who reads that.

        `everything`: it looks at all events (`held.all_events`), and writes whatever else it likes.
        """
        self.connection.begin()
        try:
            with all_events(self.connection, self.elsewhere) if everything else nullcontext():
                yield self.connection
            if news:
                self.connection.execute("UPDATE main.counters SET value = value + 1 WHERE name = 'generation'")
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()

    def next_id(self, counter: str, count: int = 1) -> int:
        """The first of `count` new numbers of `counter`; never reused once committed."""
        row = first_row(
            self.connection,
            "UPDATE main.counters SET value = value + ? WHERE name = ? RETURNING value",
            [count, counter],
        )
        if row is None:
            raise EnvironmentFaultError(
                say("The base has no counter {counter!r}.", counter=counter),
                say("The file is damaged or not Carnet's."),
            )
        return row[0] - count + 1


@dataclass(frozen=True)
class _Held:
    """The base as it was opened once for several writers of one run."""

    connection: Connection
    scratch: Path
    opened: ExitStack


@dataclass
class Store:
    """One base: its folders, its declaration, who writes (for the lock's message and the history).

    `wait_seconds`: how long whoever writes waits for the lock; None: as long as the environment says. `elsewhere`: as for `Writer`.
    """

    layout: Layout
    contact_base: ContactBase
    who: str
    stands: list[str] = field(default_factory=list[str], compare=False)
    wait_seconds: float | None = field(default=None, compare=False)
    elsewhere: Elsewhere | None = field(default=None, compare=False)
    _held: _Held | None = field(default=None, init=False, repr=False)

    @contextmanager
    def hold(self, *, brief: bool = False) -> Generator[None]:
        """Wait for the lock and open the base once, for all that writes inside: whoever else would write waits for the end.

        A run has its turn among runs before; what is `brief` comes between the steps of another run too (`give_way`).
        LockHeldError, with who holds it, where the wait is over. Within another `hold`, nothing more is done.
        """
        if self._held is not None:
            yield
            return
        until = time.monotonic() + self._wait()
        with nullcontext() if brief else self._only_run():
            self._take_hold(max(0.0, until - time.monotonic()))
            try:
                yield
            finally:
                self._let_go()

    def give_way(self) -> None:
        """Between two steps of a run: whoever waits to write one thing does it now, and the run goes on after that.

        Nothing happens where nobody waits. To be called while no writer of the run is open.
        """
        if self._held is not None and is_awaited(self._lock):
            self._let_go()
            self._take_hold(self._wait())

    def _take_hold(self, wait_seconds: float) -> None:
        with ExitStack() as opened:
            connection, scratch = opened.enter_context(self._opened(wait_seconds))
            self._held = _Held(connection, scratch, opened.pop_all())

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.opened.close()

    @contextmanager
    def write(self) -> Generator[Writer]:
        """The one writer: waits for the lock, migrates, follows the declared fields. Publishes nothing."""
        with self._opened() as (connection, scratch):
            yield self._followed(connection, scratch)

    @contextmanager
    def write_within(self, scratch: Path) -> Generator[Writer]:
        """Like `write`, for who is `alone` already; the base is closed at the end."""
        with open_base(self.layout) as connection:
            migrate(connection)
            yield self._followed(connection, scratch)

    def _followed(self, connection: Connection, scratch: Path) -> Writer:
        connection.begin()
        try:
            reconciled = reconcile(connection, self.contact_base)
            if reconciled.changed:
                connection.execute("UPDATE main.counters SET value = value + 1 WHERE name = 'generation'")
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
        return self._writer(connection, reconciled, scratch)

    @contextmanager
    def rehearse(self) -> Generator[Writer]:
        """Like `write`, but whatever is done is undone at the end, the declared fields included (IMP-11)."""
        with self._opened() as (connection, scratch):
            connection.begin()
            try:
                reconciled = reconcile(connection, self.contact_base)
                yield self._writer(connection, reconciled, scratch)
            finally:
                connection.rollback()

    def _writer(self, connection: Connection, reconciled: Reconciled, scratch: Path) -> Writer:
        secret = HashKey(self.layout.base.with_name("hash.key"))
        return Writer(connection, reconciled.base, reconciled, scratch, secret, self.stands, self.elsewhere)

    @contextmanager
    def _opened(self, wait_seconds: float | None = None) -> Generator[tuple[Connection, Path]]:
        if self._held is not None:
            # A session of its own: what one writer left of temporary tables and settings is nothing to the next.
            with session(another_session(self._held.connection)) as connection:
                yield connection, self._held.scratch
            return
        with self._locked(wait_seconds) as scratch:
            if is_newer(self.layout.base):
                with open_base(self.layout):
                    pass  # It is this account's: no other one is rewritten.
                bring_to_format(self.layout.base, scratch)
            with open_base(self.layout) as connection:
                migrate(connection)
                _spare_vacuum(connection)
                yield connection, scratch

    @contextmanager
    def alone(self, wait_seconds: float | None = None) -> Generator[Path]:
        """Nobody else writes the base meanwhile, and no run is under way; gives a scratch folder. LockHeldError after the wait."""
        with self._only_run(wait_seconds), self._locked(wait_seconds) as scratch:
            yield scratch

    def _only_run(self, wait_seconds: float | None = None) -> AbstractContextManager[None]:
        """The one run: it keeps its place among runs while it gives way to what is brief."""
        return exclusive(self.layout.base.with_name("run.lock"), self._named(), self._wait(wait_seconds))

    @contextmanager
    def _locked(self, wait_seconds: float | None) -> Generator[Path]:
        if self._held is not None:
            raise RuntimeError("This run has the base open already: it would wait for itself.")
        tighten(self.layout)
        with (
            in_turn(self._lock, self._named(), self._wait(wait_seconds)),
            scratch_folder(self.layout.scratch) as scratch,
        ):
            yield scratch

    @property
    def _lock(self) -> Path:
        return self.layout.base.with_name("writer.lock")

    def _named(self) -> str:
        return say(
            "{who} (process {process}, since {since:%Y-%m-%d %H:%M:%S} UTC)",
            who=self.who,
            process=os.getpid(),
            since=datetime.now(UTC),
        )

    def _wait(self, wait_seconds: float | None = None) -> float:
        wait = self.wait_seconds if wait_seconds is None else wait_seconds
        return _wait_seconds() if wait is None else wait

    @contextmanager
    def annotate(self, wait_seconds: float | None = None) -> Generator[Writer]:
        """The writer of what stands beside the contacts, such as searches: follows no declaration, and is published at its end."""
        with self._opened(wait_seconds) as (connection, scratch):
            followed = Reconciled((), (), changed=False, base=effective_base(connection, self.contact_base))
            writer = self._writer(connection, followed, scratch)
            yield writer
            self._publish(writer)

    def publish(self) -> bool:
        """Bring the published copy up to the base; False where it already was."""
        with self.write() as writer:
            return self._publish(writer)

    def is_published(self) -> bool:
        """Whether the published copy is up to the base, the declared fields included."""
        with self.write() as writer:
            return self._is_published(writer)

    def _is_published(self, writer: Writer) -> bool:
        return mark_of(writer.connection) == published_mark(self.layout.published)

    def _publish(self, writer: Writer) -> bool:
        if self._is_published(writer):
            return False
        writer.connection.execute("CHECKPOINT")
        # The file is whole after a checkpoint, and the lock keeps every other writer out.
        holding = holds(writer.connection)
        publish(self.layout.base, self.layout.published, writer.scratch, holding=holding)
        return True


@contextmanager
def everything(writer: Writer) -> Generator[Connection]:
    """The writer's connection, to look at all events (`held.all_events`). What is written within is undone where any is held."""
    connection = writer.connection
    if not holds(connection):
        yield connection
        return
    connection.begin()
    try:
        with all_events(connection, writer.elsewhere):
            yield connection
    finally:
        connection.rollback()


def _spare_vacuum(connection: Connection) -> None:
    """Have checkpoints of a large base leave rows that are no longer there where they are, while they are few.

    By default a checkpoint brings the other rows together wherever that saves a row group: after each import it would write most of
    the contacts anew, for the few that changed. The setting is of the whole base, so each table that loses rows is looked at.
    """
    rooms = {table: (room, dead) for table, room, dead in connection.execute(statement("base/room")).fetchall()}
    if rooms["contacts"][0] < _LARGE:
        return
    if all(dead <= max(room * _MOST_DEAD, ROW_GROUP_ROWS) for room, dead in rooms.values()):
        connection.execute("SET max_vacuum_tasks = 0")


def _wait_seconds() -> float:
    return seconds("CARNET_LOCK_SECONDS", _DEFAULT_WAIT, say("Set it to a number such as 60."))


def _unopened(error: duckdb.Error, layout: Layout) -> EnvironmentFaultError:
    """Why the base does not open, and what to do: another program, the machine, or a file that is none."""
    if "Could not set lock" in str(error):
        return EnvironmentFaultError(
            say("The base {base} cannot be opened: {why}", base=layout.base, why=error),
            say("Another program has it open; analysts read data/contacts.duckdb instead."),
        )
    fault = as_fault(error)
    if fault is not None and not isinstance(fault, DamagedError):
        return fault
    wrong = say(
        "The base {base} does not open: it is damaged, or no base of this version of DuckDB. It was left as it is.\n"
        "DuckDB says: {why}",
        base=layout.base,
        why=str(error).splitlines()[0],
    )
    return DamagedError(wrong, ways_on(layout, opens=False))


@contextmanager
def open_base(layout: Layout, *, whatever_it_is: bool = False, checkpoint: bool = True) -> Generator[Connection]:
    """The base of the layout, or `whatever_it_is` that lies in its place; an empty one for a fresh account.

    `checkpoint`: whether closing it may bring its log into it. WrongBaseError where it is not this account's: it is closed again
    without a byte written (SEC-5).
    """
    if not whatever_it_is:
        require_there(layout)
    try:
        connection = open_in_format(layout.base)
    except duckdb.Error as error:
        raise _unopened(error, layout) from error
    with closing(connection):
        # Until it is known whose it is, closing it must not bring its log into it.
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        if not whatever_it_is:
            require_own(connection, layout)
        if checkpoint:
            connection.execute("PRAGMA enable_checkpoint_on_shutdown")
        with session(connection):
            yield connection


def migrate(connection: Connection) -> None:
    """Apply the numbered statements of `sql/schema/` that the base has not had yet, each in one transaction."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS main.schema_migrations (version INTEGER, name VARCHAR, applied_at TIMESTAMPTZ)"
    )
    done = {row[0] for row in connection.execute("SELECT version FROM main.schema_migrations").fetchall()}
    for script in sorted((SQL / "schema").glob("[0-9]*.sql")):
        version = int(script.name.split("_")[0])
        if version in done:
            continue
        connection.begin()
        try:
            connection.execute(script.read_text(encoding="utf-8"))
            connection.execute("INSERT INTO main.schema_migrations VALUES (?, ?, now())", [version, script.stem])
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
