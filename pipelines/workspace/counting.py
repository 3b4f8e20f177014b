"""Segments, searches and activity: what is counted and computed from the base as it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from pipelines.declarations.model import Audience, Group
from pipelines.language import say
from pipelines.workspace.account import Account

if TYPE_CHECKING:
    import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

    from pipelines.base.inventory import Dropped
    from pipelines.behaviours.activity import Distribution
    from pipelines.behaviours.operations import Report
    from pipelines.segments.counting import Refreshed
    from pipelines.segments.moving import Move
    from pipelines.segments.searches import Search


class Counting(Account):
    """What is counted."""

    def drop_field(self, name: str) -> Dropped:
        """Drop a field that is no longer declared (`inventory.drop_field`); views and the published copy follow."""
        from pipelines.base.inventory import drop_field
        from pipelines.segments.views import create_views

        with self.store.write() as writer, writer.transaction() as connection:
            dropped = drop_field(connection, name, self.declarations.base)
            create_views(connection, self.declarations)
        self.store.publish()
        return dropped

    def refresh_segments(
        self, *, force: bool = False, names: Collection[str] | None = None, anew: bool | None = None
    ) -> Refreshed:
        """Make the views as declared; count all segments, or `names`, where that is due or forced (SEG-6).

        Gives the counts, empty where none were taken, and the segments that fail on the base's values: those alone stay uncounted.
        `anew`: everybody is looked at, by default where it is forced; else counts follow the contacts that changed, where they can.
        """
        from pipelines.contacts.states import settle
        from pipelines.segments.counting import Refreshed, due_after_import, refresh
        from pipelines.segments.following import count_anew, count_followed
        from pipelines.segments.listing import listing
        from pipelines.segments.views import create_views

        self.listener.step(say("Counting segments"))
        instant = datetime.now(UTC)
        with self.store.write() as writer:
            with writer.transaction() as connection:
                settled = settle(writer, self.who, instant)
                made = create_views(connection, self.declarations)
            counting = force or due_after_import(self.declarations)
            before = {each.name: each.count for each in listing(writer.connection, self.declarations)}
            found = Refreshed({}, {})
            if counting and not self.on_spark:
                found = refresh(
                    writer.connection,
                    partial(writer.transaction, everything=True),
                    self.declarations,
                    instant=instant,
                    names=names,
                    count=count_anew if (force if anew is None else anew) else count_followed,
                )
        if counting and self.on_spark:
            found = self._counted_on_spark(instant, names)
        moved = {name for name, count in found.counts.items() if count != before[name]}
        refreshed = replace(
            found,
            changed=tuple(name for name in before if name in made or name in moved),
            counts_alone=not settled and not made,
        )
        if counting:
            self.listener.finished(refreshed)
        return refreshed

    def _counted_on_spark(self, instant: datetime, names: Collection[str] | None) -> Refreshed:
        """The counts as Spark takes them, from the base as it is now, published there first; kept like any."""
        from pipelines.segments.counting import refresh

        with self.store.hold():
            self.store.publish()
            with (
                self.published() as copy,
                self._spark_answers(copy) as spark,
                self.store.write() as writer,
            ):
                found = refresh(
                    writer.connection,
                    writer.transaction,
                    self.declarations,
                    instant=instant,
                    names=names,
                    count=lambda _, __, wanted: spark.counts(wanted),
                )
                return replace(found, work=spark.spark.work)

    def _require_counted(self, segments: Collection[str]) -> Refreshed:
        """Refresh these segments; the error of one that fails on the base's values."""
        from pipelines.raw_segments.failing import as_error

        refreshed = self.refresh_segments(names=segments, force=True, anew=False)
        if refreshed.failures:
            raise as_error(refreshed.failures.values())
        return refreshed

    def segment_moves(self, names: Collection[str]) -> list[Move]:
        """How far the last refresh moved those of the segments that declare `warn_change` (SEG-6)."""
        from pipelines.segments.moving import last_moves

        if not any(s.warn_change is not None and s.name in names for s in self.declarations.segments):
            return []
        with self.store.write() as writer:
            return last_moves(writer.connection, self.declarations, names)

    def compute_activity(self) -> Distribution:
        """Compute who is active, and how much, as of now (BHV-3); segments and the published copy follow by the caller's leave."""
        from pipelines.behaviours.activity import compute_activity

        self.listener.step(say("Computing activity"))
        instant = datetime.now(UTC)
        with self.store.hold():
            active = self._active_on_spark(instant) if self.on_spark else None
            with self.store.write() as writer, writer.transaction(everything=True) as connection:
                computed = compute_activity(connection, self.declarations.base, instant, active)
        self.listener.finished(computed)
        return computed

    def _active_on_spark(self, instant: datetime) -> pa.Table:
        self.store.publish()
        with self.published() as copy, self._spark_answers(copy) as spark:
            return spark.active(instant)

    def operation_reports(self) -> list[Report]:
        """What came of each operation, newest first, as the base knows it now (BHV-4)."""
        from pipelines.base.store import everything
        from pipelines.behaviours.operations import reports

        self.listener.step(say("Reporting on operations"))
        if self.on_spark:
            self.store.publish()
            with self.answers() as answers:
                return answers.reports()
        with self.store.write() as writer, everything(writer) as connection:
            return reports(connection)

    def named_audience(self, name: str) -> Audience:
        """The audience that one word names: a segment, or else a saved search; UnknownNameError names the nearest of both."""
        from pipelines.segments.audiences import named_audience

        if any(segment.name == name for segment in self.declarations.segments):
            return Audience((name,))
        with self.published() as connection:
            return named_audience(name, connection, self.declarations)

    def _resolved(self, audience: Audience) -> Audience:
        """With what only the base knows (`audiences.resolve`)."""
        from pipelines.segments.audiences import resolve

        if audience.search is None and audience.figure is None:
            return audience
        with self.published() as connection:
            return resolve(audience, connection, self.declarations)

    def count(self, name: str) -> int:
        """How many contacts the audience that one word names has now (`named_audience`), in the published copy."""
        from sqlglot import exp

        from pipelines.segments.audiences import audience_query, segments_of

        audience = self._resolved(self.named_audience(name))
        query = exp.select(exp.Count(this=exp.Star())).from_(
            audience_query(audience, self.declarations).subquery("audience")
        )
        with self.read(segments_of(audience)) as connection:
            [(found,)] = connection.execute(query.sql("duckdb")).fetchall()
        return found

    def keep_search(
        self, group: Group, count: int, *, name: str | None = None, wait_seconds: float | None = None
    ) -> Search:
        """Keep a search by hand, under `name` if it is to be found again, and publish it (SEG-8).

        LockHeldError where another run still writes after the wait.
        """
        from pipelines.segments.searches import record_search

        with self.store.annotate(wait_seconds) as writer, writer.transaction() as connection:
            number = writer.next_id("search_id")
            return record_search(connection, number, group, count, instant=datetime.now(UTC), who=self.who, name=name)
