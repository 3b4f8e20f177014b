"""The base in the lake: published, followed, tidied (LAK-1)."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipelines.errors import CarnetError
from pipelines.language import say
from pipelines.workspace.account import Account

if TYPE_CHECKING:
    from pipelines.base.store import Connection
    from pipelines.lake.publishing import Published as LakePublished
    from pipelines.lake.tidying import Tidied


@dataclass(frozen=True)
class LakeBehind:
    """A publication in the lake that failed after the base was published: `told` says why. The next run goes on."""

    told: str


class InTheLake(Account):
    """What is done in the lake."""

    def publish_lake(self) -> LakePublished:
        """Bring the lake up to the published copy (LAK-1); UsageError where the base declares none."""
        from pipelines.lake.publishing import publish_lake
        from pipelines.lake.tidying import forget_former, is_owed

        self.listener.step(say("Publishing in the lake"))
        base = self.declarations.base
        if is_owed(self.layout):
            with self._tidying() as connection:
                published = forget_former(connection, base, self.layout).published
        else:
            with self.published() as connection:
                published = publish_lake(connection, base, self.layout)
        self.listener.finished(published)
        return published

    def follow_in_lake(self) -> LakePublished | LakeBehind | None:
        """After a publication: the lake too, where one is declared. What is in its way is told, and stops nobody."""
        if self.declarations.base.lake is None:
            return None
        try:
            return self.publish_lake()
        except CarnetError as error:
            behind = LakeBehind(str(error))
            self.listener.finished(behind)
            return behind

    def compact_lake(self) -> Tidied:
        """Put old parts of the lake together, and let go of publications that it no longer keeps."""
        from pipelines.lake.tidying import compact

        self.listener.step(say("Compacting the lake"))
        gathered = self._gather_held()
        with self._tidying() as connection:
            tidied = compact(connection, self.declarations.base, self.layout, datetime.now(UTC))
        tidied = replace(tidied, gathered=gathered)
        self.listener.finished(tidied)
        return tidied

    def _gather_held(self) -> int:
        """Small files of the events that the base holds in the lake put together; how many these were."""
        from pipelines.base.held import keeper

        if not self._holds():
            return 0
        with self.store.write() as writer:
            elsewhere = keeper(writer.elsewhere)
            if not elsewhere.scattered(writer.connection):
                return 0
            with writer.transaction() as connection:
                return elsewhere.gather(connection)

    @contextmanager
    def _tidying(self) -> Generator[Connection]:
        """The published copy, for who lets go of files of the lake; where events go there, nobody writes them meanwhile."""
        with ExitStack() as held:
            if any(each.into for each in self.declarations.event_imports) or self._holds():
                held.enter_context(self.store.hold())
                self.store.publish()
            yield held.enter_context(self.published())

    def _holds(self) -> bool:
        from pipelines.base.held import holds

        with self.published() as connection:
            return holds(connection)
