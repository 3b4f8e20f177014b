"""The account that a workspace works on: its folders, declarations, base and judge, and who answers from it.

Belongs here: what is opened, once, and read. Does not: anything that is done with it (the modules beside this one).
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipelines.base.published import read_published
from pipelines.declarations.model import ContactBase, Declarations
from pipelines.environment import seconds, spark_address
from pipelines.files.opening import Opened
from pipelines.language import say
from pipelines.layout import Layout

if TYPE_CHECKING:
    from expectations.judge import Judge
    from pipelines.answering import Answers
    from pipelines.base.held import Elsewhere
    from pipelines.base.store import Connection, Store
    from pipelines.spark_answers import SparkAnswers


class Listener(Protocol):
    """Who wants to know what happens while it happens: a terminal, or nobody."""

    def step(self, name: str) -> None:
        """A step begins."""

    def finished(self, result: object) -> None:
        """Something is done: an ImportResult, a Snapshot, what a refresh counted."""


class Silence:
    """The listener of runs that nobody watches."""

    def step(self, name: str) -> None:
        """Says nothing."""

    def finished(self, result: object) -> None:
        """Says nothing."""


@dataclass
class Account:
    """Folders, declarations, who is at work, and a judge that starts when it is first needed.

    The judge is a process of its own, for Great Expectations takes seconds to import: ask for it early, close it at the end.
    """

    layout: Layout
    declarations: Declarations
    who: str
    listener: Listener = field(default_factory=Silence)
    _open: ExitStack = field(default_factory=ExitStack, repr=False)
    _opened: dict[Path, Opened] = field(default_factory=dict[Path, Opened], repr=False)

    @cached_property
    def store(self) -> Store:
        """The base."""
        from pipelines.base.store import Store

        return Store(self.layout, self.declarations.base, self.who, elsewhere=self._elsewhere())

    def _elsewhere(self) -> Elsewhere | None:
        return elsewhere_of(self.declarations.base, self.layout)

    def adopt(self, declarations: Declarations) -> None:
        """Go on under other declarations: the base follows them with the next write, also of a run that holds it already."""
        self.declarations = declarations
        self.store.contact_base = declarations.base
        self.store.elsewhere = self._elsewhere()

    @cached_property
    def judge(self) -> Judge:
        """The judge: one that is warm already, or else one that starts in the background, and stays for a while."""
        from expectations.judge import Judge

        return self._open.enter_context(Judge(self.layout.judge, idle_seconds=_idle_seconds()))

    def warm_judge(self) -> None:
        """Wait until the judge has loaded: whoever waits for the base then does not wait for that too."""
        self.judge.judge("base", {"duplicate_keys": [0]}, {})

    @cached_property
    def on_spark(self) -> bool:
        """Whether Spark answers (LAK-2): where the base has a lake, and that or `CARNET_SPARK` says so."""
        lake = self.declarations.base.lake
        return lake is not None and (lake.engine == "spark" or spark_address() is not None)

    def published(self, *folders: Path) -> AbstractContextManager[Connection]:
        """The published copy, read-only, without access to anything outside it, but for files in `folders`."""
        return read_published(self.layout.published, *folders)

    @contextmanager
    def published_as_of(self, generation: int | None) -> Generator[Connection]:
        """The published copy, or the base as the lake has it of a generation (LAK-1), read-only."""
        if generation is None:
            with self.published() as connection:
                yield connection
            return
        from pipelines.lake.reading import read_lake

        with read_lake(self.declarations.base, self.layout, generation) as (connection, _):
            yield connection

    @contextmanager
    def read(self, segments: Collection[str] | None = None, *folders: Path) -> Generator[Connection]:
        """The published copy, read-only; a segment that fails on its values, or by its time, is a UsageError that names it.

        `segments`: those that are asked for, where it is not any. An export reads in a session of its own, and takes what its rows
        take: its segments were counted just before, each within its limit.
        """
        from pipelines.raw_segments.failing import naming_what_fails, within_limits

        with (
            self.published(*folders) as connection,
            naming_what_fails(connection, self.declarations, segments),
            within_limits(connection, self.declarations, segments),
        ):
            yield connection

    @contextmanager
    def answers(self, segments: Collection[str] | None = None) -> Generator[Answers]:
        """Who answers what people ask, of the base as it is published; `segments`: as `read` has them."""
        from pipelines.answering import DuckDBAnswers

        if not self.on_spark:
            with self.read(segments) as connection:
                yield DuckDBAnswers(connection, self.declarations)
            return
        with self.read(segments) as connection, self._spark_answers(connection) as spark:
            yield spark

    @contextmanager
    def _spark_answers(self, connection: Connection) -> Generator[SparkAnswers]:
        """Spark over the lake, brought up to the published copy that `connection` reads."""
        from pipelines.lake.publishing import publish_lake
        from pipelines.lake.spark import engine
        from pipelines.spark_answers import SparkAnswers

        publish_lake(connection, self.declarations.base, self.layout)
        with engine(self.declarations.base, self.layout) as spark:
            yield SparkAnswers(spark, connection, self.declarations)

    def publish(self) -> bool:
        """Bring the analysts' copy up to the base (`Store.publish`)."""
        self.listener.step(say("Publishing"))
        return self.store.publish()

    def close(self) -> None:
        """End the judge, if it was started."""
        self._open.close()


def elsewhere_of(base: ContactBase, layout: Layout) -> Elsewhere | None:
    """Who keeps events of a base in its lake, where it declares one (LAK-3)."""
    if base.lake is None:
        return None
    from pipelines.lake.held import HeldEvents

    return HeldEvents(base, layout)


def _idle_seconds() -> float:
    """How long a judge that is started now waits for another question."""
    from expectations.judge import IDLE_SECONDS

    hint = say("Set it to a number such as 300; 0: nothing stays behind.")
    return seconds("CARNET_JUDGE_SECONDS", IDLE_SECONDS, hint)
