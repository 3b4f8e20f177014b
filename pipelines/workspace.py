"""One account at work: its folders, its declarations, its base, the judge of its rules. What both front doors share."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Protocol

from expectations.judge import Judge
from pipelines.base.inventory import Dropped, drop_field
from pipelines.base.locking import scratch_folder
from pipelines.base.store import Connection, Store
from pipelines.behaviours.activity import Distribution, compute_activity
from pipelines.behaviours.operations import Report, reports
from pipelines.contacts.states import settle
from pipelines.declarations.model import Audience, Declarations, Export, Group
from pipelines.declared import declared
from pipelines.errors import UnknownNameError
from pipelines.exports.history import record_export
from pipelines.exports.snapshots import Snapshot, default_destination, take_snapshot
from pipelines.files.opening import Opened
from pipelines.imports.contacts.by_hand import Edited, edit_contact
from pipelines.imports.filing import partition_key
from pipelines.imports.intake import ImportContext, ImportRequest, Observer
from pipelines.imports.results import ImportResult
from pipelines.imports.taking import look_at, take
from pipelines.imports.undoing import Undone, undo_import
from pipelines.layout import Layout
from pipelines.raw_segments.failing import as_error, naming_what_fails, within_limits
from pipelines.segments.audiences import audience_query, named_audience, resolve, segments_of
from pipelines.segments.counting import Refreshed, due_after_import, listing, refresh
from pipelines.segments.moving import Move, last_moves
from pipelines.segments.searches import Search, record_search
from pipelines.segments.views import create_views


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
class Workspace:
    """Folders, declarations, who is at work, and a judge that starts when it is first needed.

    The judge is a process of its own, for Great Expectations takes seconds to import: ask for it early, close it at the end.
    """

    layout: Layout
    declarations: Declarations
    who: str
    listener: Listener = field(default_factory=Silence)
    _open: ExitStack = field(default_factory=ExitStack, repr=False)
    _opened: dict[Path, Opened] = field(default_factory=dict[Path, Opened], repr=False)

    @classmethod
    def open(cls, who: str, layout: Layout | None = None) -> Workspace:
        """The workspace that the environment names; DeclarationError where its YAML is wrong."""
        layout = layout or Layout.from_environment()
        return cls(layout, declared(layout.assets, layout.verdicts), who)

    @cached_property
    def store(self) -> Store:
        """The base."""
        return Store(self.layout, self.declarations.base, self.who)

    @cached_property
    def judge(self) -> Judge:
        """The judge, starting in the background."""
        return self._open.enter_context(Judge())

    def take(self, request: ImportRequest, observe: Observer | None = None) -> ImportResult:
        """Import one file (`taking.take`), showing the listener and `observe` each step."""

        def show(message: str) -> None:
            self.listener.step(message)
            if observe is not None:
                observe(message)

        try:
            result = take(request, self._context(show))
        finally:
            self._opened.clear()
        self.listener.finished(result)
        return result

    def judge_anew(self, request: ImportRequest) -> ImportResult:
        """What a preview of a file gives, with nobody watching."""
        return take(request, self._context(lambda _: None))

    def _context(self, observe: Observer) -> ImportContext:
        return ImportContext(self.layout, self.declarations, self.store, self.judge, observe, self._opened)

    def partition_of(self, request: ImportRequest) -> str:
        """The partition of the file that is asked for; `take` does not look at it again, while it stays the same."""
        opened = look_at(request, self.declarations)
        self._opened[opened.path] = opened
        return partition_key(request.name or opened.path.name, opened.digest)

    def undo(self, import_id: int) -> Undone:
        """Undo one import (`undoing.undo_import`); segments and the published copy follow by the caller's leave."""
        self.listener.step(f"Undoing import {import_id}")
        with self.store.write() as writer:
            undone = undo_import(writer, import_id, self.who, datetime.now(UTC))
            writer.stands.append(f"The undo of import {import_id} is committed.")
        self.listener.finished(undone)
        return undone

    def edit_contact(self, key: str, values: Mapping[str, str]) -> Edited:
        """Add or edit one contact (`by_hand.edit_contact`)."""
        with self.store.write() as writer:
            edited = edit_contact(writer, key, values, self.who)
            writer.stands.append("The contact is written.")
        self.listener.finished(edited)
        return edited

    def drop_field(self, name: str) -> Dropped:
        """Drop a field that is no longer declared (`inventory.drop_field`); views and the published copy follow."""
        with self.store.write() as writer, writer.transaction() as connection:
            dropped = drop_field(connection, name, self.declarations.base)
            create_views(connection, self.declarations)
        self.store.publish()
        return dropped

    def refresh_segments(self, *, force: bool = False, names: Collection[str] | None = None) -> Refreshed:
        """Make the views as declared; count all segments, or `names`, where that is due or forced (SEG-6).

        Gives the counts, empty where none were taken, and the segments that fail on the base's values: those alone stay uncounted.
        """
        self.listener.step("Counting segments")
        instant = datetime.now(UTC)
        with self.store.write() as writer:
            with writer.transaction() as connection:
                settle(writer, self.who, instant)
                made = create_views(connection, self.declarations)
            counting = force or due_after_import(self.declarations)
            before = {each.name: each.count for each in listing(writer.connection, self.declarations)}
            found = Refreshed({}, {})
            if counting:
                found = refresh(writer.connection, writer.transaction, self.declarations, instant=instant, names=names)
        moved = {name for name, count in found.counts.items() if count != before[name]}
        refreshed = replace(found, changed=tuple(name for name in before if name in made or name in moved))
        if counting:
            self.listener.finished(refreshed)
        return refreshed

    @contextmanager
    def read(self, segments: Collection[str] | None = None) -> Generator[Connection]:
        """The published copy, read-only; a segment that fails on its values, or by its time, is a UsageError that names it.

        `segments`: those that are asked for, where it is not any. An export reads in a session of its own, and takes what its rows
        take: its segments were counted just before, each within its limit.
        """
        with (
            self.store.read() as connection,
            naming_what_fails(connection, self.declarations, segments),
            within_limits(connection, self.declarations, segments),
        ):
            yield connection

    def publish(self) -> bool:
        """Bring the analysts' copy up to the base (`Store.publish`)."""
        self.listener.step("Publishing")
        return self.store.publish()

    def segment_moves(self, names: Collection[str]) -> list[Move]:
        """How far the last refresh moved those of the segments that declare `warn_change` (SEG-6)."""
        if not any(s.warn_change is not None and s.name in names for s in self.declarations.segments):
            return []
        with self.store.write() as writer:
            return last_moves(writer.connection, self.declarations, names)

    def compute_activity(self) -> Distribution:
        """Compute who is active, and how much, as of now (BHV-3); segments and the published copy follow by the caller's leave."""
        self.listener.step("Computing activity")
        with self.store.write() as writer, writer.transaction() as connection:
            computed = compute_activity(connection, self.declarations.base, datetime.now(UTC))
        self.listener.finished(computed)
        return computed

    def operation_reports(self) -> list[Report]:
        """What came of each operation, newest first, as the base knows it now (BHV-4)."""
        self.listener.step("Reporting on operations")
        with self.store.write() as writer:
            return reports(writer.connection)

    def export(self, export: Export, destination: Path | None = None) -> Snapshot:
        """Write a snapshot file from the published copy, brought up to date first, and keep it in the history."""
        self.listener.step(f"{export.name}: audience")
        export = replace(export, audience=self._resolved(export.audience))
        segments = segments_of(export.audience)
        self._require_counted(segments)
        self.store.publish()
        self.listener.step(f"{export.name}: writing")
        with self.read(segments) as connection, scratch_folder(self.layout.scratch) as scratch:
            base = self.declarations.base
            snapshot = take_snapshot(
                connection,
                export,
                base,
                audience_query(export.audience, self.declarations),
                destination=destination or default_destination(self.layout.exports, export),
                scratch=scratch,
                instant=datetime.now(UTC),
            )
        self.store.stands.append(f"The file {snapshot.path} is whole, with its manifest.")
        with self.store.write() as writer, writer.transaction() as connection:
            snapshot = record_export(connection, writer.next_id("export_id"), snapshot, self.who)
        self.store.publish()
        self.listener.finished(snapshot)
        return snapshot

    def _require_counted(self, segments: Collection[str]) -> None:
        """Refresh these segments; the error of one that fails on the base's values."""
        failing = self.refresh_segments(names=segments, force=True).failures
        if failing:
            raise as_error(failing.values())

    def on_demand(self, audience: str, fields: str, file_format: str) -> Export:
        """The export that a command gives by hand: `audience` is a segment, or else a saved search.

        UnknownNameError names the nearest one, or the nearest field.
        """
        chosen = "main" if fields == "main" else tuple(name.strip() for name in fields.split(","))
        for name in () if chosen == "main" else chosen:
            self.declarations.base.field(name)
        if file_format not in ("csv", "txt", "parquet"):
            raise UnknownNameError("format", file_format, ("csv", "txt", "parquet"))
        return Export("on_demand", self.named_audience(audience), chosen, file_format)

    def named_audience(self, name: str) -> Audience:
        """The audience that one word names: a segment, or else a saved search; UnknownNameError names the nearest of both."""
        if any(segment.name == name for segment in self.declarations.segments):
            return Audience((name,))
        with self.store.read() as connection:
            return named_audience(name, connection, self.declarations)

    def _resolved(self, audience: Audience) -> Audience:
        """With what only the base knows (`audiences.resolve`)."""
        if audience.search is None and audience.figure is None:
            return audience
        with self.store.read() as connection:
            return resolve(audience, connection, self.declarations)

    def keep_search(
        self, group: Group, count: int, *, name: str | None = None, wait_seconds: float | None = None
    ) -> Search:
        """Keep a search by hand, under `name` if it is to be found again, and publish it (SEG-8).

        LockHeldError where another run still writes after the wait.
        """
        with self.store.annotate(wait_seconds) as writer, writer.transaction() as connection:
            number = writer.next_id("search_id")
            return record_search(connection, number, group, count, instant=datetime.now(UTC), who=self.who, name=name)

    def close(self) -> None:
        """End the judge, if it was started."""
        self._open.close()
