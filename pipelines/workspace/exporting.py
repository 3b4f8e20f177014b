"""Snapshot files that go out (EXP-1, EXP-7)."""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.base.published import read_published
from pipelines.declarations.model import FILE_FORMATS, Export
from pipelines.errors import UnknownNameError, UsageError
from pipelines.language import mark, say
from pipelines.privacy import let_group_pass
from pipelines.workspace.counting import Counting

if TYPE_CHECKING:
    from sqlglot import exp

    from pipelines.base.store import Connection
    from pipelines.exports.snapshots import Snapshot
    from pipelines.lake.spark import Work


class Exporting(Counting):
    """What is written for others."""

    def export(
        self,
        export: Export,
        destination: Path | None = None,
        since: int | None = None,
        among: exp.Query | None = None,
    ) -> Snapshot:
        """Write a snapshot file from the published copy, brought up to date first, keep it in the history, and deliver it.

        `since`: the number of the export since which movements are told, where not since the last one. `among`: a query of the
        contact_ids that it is about, where not all of its audience is meant. UndeliveredError where the file is whole here, and did
        not arrive.
        """
        from pipelines.exports.delivering import alone

        if since is not None and not export.delta:
            raise UsageError(
                say("The export {name!r} tells no movements.", name=export.name), say("Declare `delta: true` in it.")
            )
        with alone(export, self.layout, self.who):
            snapshot = self._deliver(self._write(export, destination, since, among))
        self.listener.finished(snapshot)
        return snapshot

    def _deliver(self, snapshot: Snapshot) -> Snapshot:
        """Send a snapshot where it is to go, and note that it has arrived."""
        from pipelines.exports.delivering import deliver
        from pipelines.exports.history import record_delivery

        if snapshot.deliver_to is None:
            return snapshot
        self.listener.step(say("{name}: delivering", name=snapshot.name))
        deliver(snapshot, self.listener.step)
        self.store.stands.append(say("It was delivered to {place}.", place=snapshot.deliver_to))
        with self.store.write() as writer, writer.transaction() as connection:
            delivered = record_delivery(connection, snapshot, datetime.now(UTC))
        self.store.publish()
        return delivered

    def _write(self, export: Export, destination: Path | None, since: int | None, among: exp.Query | None) -> Snapshot:
        from pipelines.base.locking import scratch_folder
        from pipelines.exports.kept import Keeping
        from pipelines.exports.snapshots import default_destination, take_snapshot
        from pipelines.segments.audiences import audience_query, segments_of, within

        self.listener.step(say("{name}: audience", name=export.name))
        export = replace(export, audience=self._resolved(export.audience))
        segments = segments_of(export.audience)
        query = audience_query(export.audience, self.declarations)
        if among is not None:
            query = within(query, among)
        with self.store.hold():
            current = self.store.is_published()
            # Counts alone make no other file: they are published with the export, which then stands in the history.
            if not (self._require_counted(segments).counts_alone and current) or self.on_spark:
                self.store.publish()
        self.listener.step(say("{name}: writing", name=export.name))
        keeping = Keeping.of(self.layout, export.name, self._arrived(export)) if export.delta else None
        kept = () if keeping is None else (keeping.folder,)
        with scratch_folder(self.layout.scratch) as scratch:
            with self._audience(export, query, segments, (scratch, *kept), among) as (connection, query, work):
                snapshot = take_snapshot(
                    connection,
                    export,
                    self.declarations.base,
                    query,
                    destination=destination or default_destination(self.layout.exports, export),
                    scratch=scratch,
                    instant=datetime.now(UTC),
                    keeping=keeping,
                    since=since,
                )
            if export.share == "group" and destination is None:
                let_group_pass(self.layout.data, self.layout.exports)
            self.store.stands.append(say("The file {path} is whole, with its manifest.", path=snapshot.path))
            snapshot = replace(self._recorded(snapshot), work=work)
            if keeping is not None and snapshot.kept is not None and snapshot.export_id is not None:
                # Last: what is not kept is told once more by the next delta, and nothing is left out.
                keeping.place(snapshot.export_id, snapshot.kept)
        return snapshot

    @contextmanager
    def _audience(
        self,
        export: Export,
        query: exp.Query,
        segments: Collection[str],
        folders: tuple[Path, ...],
        among: exp.Query | None,
    ) -> Generator[tuple[Connection, exp.Query, Work | None]]:
        """What an export reads, its audience there, and what Spark did: the published copy, or a base of what it found in the lake.

        Contacts that are chosen by what only the base knows (`among`) are DuckDB's.
        """
        if not self.on_spark or among is not None:
            with self.read(segments, *folders) as connection:
                yield connection, query, None
            return
        from pipelines.spark_answers import answer_base, everybody_query

        place = folders[0] / "answer.duckdb"
        with self.published() as copy, self._spark_answers(copy) as spark:
            found = spark.audience(export.audience)
        answer_base(found, self.layout.published, place)
        with read_published(place, *folders) as connection:
            yield connection, everybody_query(), spark.spark.work

    def _arrived(self, export: Export) -> frozenset[int] | None:
        """The numbers of the exports of its name that are where it is to be delivered; None where that is nowhere."""
        from pipelines.exports.history import arrived

        if export.deliver is None:
            return None
        with self.published() as copy:
            return arrived(copy, export.name, export.deliver)

    def _recorded(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot in the history, with its number, and published."""
        from pipelines.exports.history import record_export

        with self.store.hold():
            with self.store.write() as writer, writer.transaction() as connection:
                numbered = record_export(connection, writer.next_id("export_id"), snapshot, self.who)
            self.store.publish()
        return numbered

    def on_demand(self, audience: str, fields: str, file_format: str) -> Export:
        """The export that a command gives by hand: `audience` is a segment, or else a saved search.

        UnknownNameError names the nearest one, or the nearest field.
        """
        chosen = "main" if fields == "main" else tuple(name.strip() for name in fields.split(","))
        for name in () if chosen == "main" else chosen:
            self.declarations.base.field(name)
        if file_format not in FILE_FORMATS:
            raise UnknownNameError(mark("format"), file_format, FILE_FORMATS)
        return Export("on_demand", self.named_audience(audience), chosen, file_format)
