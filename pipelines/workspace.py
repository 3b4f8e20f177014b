"""One account at work: its folders, its declarations, its base, the judge of its rules. What both front doors share."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipelines.base.published import read_published
from pipelines.declarations.default_segments import TO_PURGE
from pipelines.declarations.model import FILE_FORMATS, Audience, ContactBase, Declarations, Export, Group
from pipelines.declared import declared
from pipelines.environment import seconds, spark_address
from pipelines.errors import CarnetError, UnknownNameError, UsageError
from pipelines.files.opening import Opened
from pipelines.language import mark, say, say_many
from pipelines.layout import Layout
from pipelines.privacy import let_group_pass

# The rooms are imported by what works in them, so that a command pays for what it does alone: all of them take 0.5 s of CPU.
if TYPE_CHECKING:
    import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]
    from sqlglot import exp

    from expectations.judge import Judge
    from pipelines.answering import Answers
    from pipelines.base.held import Elsewhere
    from pipelines.base.inventory import Dropped
    from pipelines.base.store import Connection, Store
    from pipelines.behaviours.activity import Distribution
    from pipelines.behaviours.operations import Report
    from pipelines.exports.snapshots import Snapshot
    from pipelines.imports.contacts.by_hand import Edited
    from pipelines.imports.intake import ImportContext, ImportRequest, Observer, Surroundings
    from pipelines.imports.results import ImportResult
    from pipelines.imports.undoing import Undone
    from pipelines.lake.publishing import Published as LakePublished
    from pipelines.lake.spark import Work
    from pipelines.lake.tidying import Tidied
    from pipelines.rights.dossier import Dossier
    from pipelines.rights.erasing import Erased
    from pipelines.segments.counting import Refreshed
    from pipelines.segments.moving import Move
    from pipelines.segments.searches import Search
    from pipelines.spark_answers import SparkAnswers
    from pipelines.upkeep.merging import Merged
    from pipelines.upkeep.purging import Purged
    from pipelines.upkeep.retention import Retained


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


@dataclass(frozen=True)
class LakeBehind:
    """A publication in the lake that failed after the base was published: `told` says why. The next run goes on."""

    told: str


@dataclass(frozen=True)
class _Unjudged:
    """What is at hand where no rule is asked."""

    layout: Layout
    store: Store
    observe: Observer


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
        workspace = cls(layout, declared(layout.assets, layout.verdicts), who)
        workspace.finish_erasures()
        return workspace

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

    def take(self, request: ImportRequest, observe: Observer | None = None) -> ImportResult:
        """Import one file (`taking.take`), showing the listener and `observe` each step."""
        from pipelines.imports.taking import take

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

    def take_from_source(
        self, name: str, observe: Observer | None = None, settle: timedelta | None = None
    ) -> Iterator[ImportResult]:
        """Import what is new at the source of an event import, piece by piece, each an import of its own (LAK-3).

        `settle`: how long a file in a folder must have stayed the same. A kill leaves the pieces before, and the next call goes on.
        """
        from pipelines.base.locking import scratch_folder
        from pipelines.imports.intake import ImportRequest
        from pipelines.lake.sources import SETTLE, source_of

        declared = next(each for each in self.declarations.event_imports if each.name == name)
        source = source_of(declared, self.declarations.base, self.layout, SETTLE if settle is None else settle)
        with self.store.write() as writer:
            query = "SELECT name FROM main.imports WHERE model = ?"
            taken = [row[0] for row in writer.connection.execute(query, [name]).fetchall()]
        for piece in source.pieces(taken):
            with scratch_folder(self.layout.scratch) as folder:
                path = source.fetch(piece, folder)
                # Pieces may be alike, and each is to be found in the history.
                result = self.take(ImportRequest(str(path), name, name=piece.name, force=True), observe)
            yield result

    def judge_anew(self, request: ImportRequest) -> ImportResult:
        """What a preview of a file gives, with nobody watching."""
        from pipelines.imports.taking import take

        return take(request, self._context(lambda _: None))

    def _context(self, observe: Observer) -> ImportContext:
        from pipelines.imports.intake import ImportContext

        return ImportContext(self.layout, self.declarations, self.store, self.judge, observe, self._opened)

    def surroundings(self, who: str) -> Surroundings:
        """What an import of `who` that no file brought is written with: without a judge."""
        return _Unjudged(self.layout, replace(self.store, who=who), self.listener.step)

    def partition_of(self, request: ImportRequest) -> str:
        """The partition of the file that is asked for; `take` does not look at it again, while it stays the same."""
        from pipelines.imports.filing import partition_key
        from pipelines.imports.taking import look_at

        opened = look_at(request, self.declarations)
        self._opened[opened.path] = opened
        return partition_key(request.name or opened.path.name, opened.digest)

    def undo(self, import_id: int) -> Undone:
        """Undo one import (`undoing.undo_import`); segments and the published copy follow by the caller's leave."""
        from pipelines.imports.undoing import undo_import

        self.listener.step(say("Undoing import {number}", number=import_id))
        with self.store.write() as writer:
            undone = undo_import(writer, import_id, self.who, datetime.now(UTC))
            writer.stands.append(say("The undo of import {number} is committed.", number=import_id))
        self.listener.finished(undone)
        return undone

    def finish_erasures(self) -> None:
        """Go on with an erasure that a kill cut short (EXP-9); next to nothing where there is none."""
        from pipelines.rights.journal import unfinished

        if unfinished(self.layout):
            from pipelines.rights.erasing import finish

            finish(self.store, self.declarations)

    def erase_again(self) -> int:
        """In a base that was restored: erase whoever was erased since its backup; how many erasures stand (EXP-9, SEC-5)."""
        from pipelines.rights.erasing import reapply

        return reapply(self.store, self.declarations)

    def erase_contact(self, key: str) -> Erased:
        """Erase one person everywhere (`rights.erasing.erase`); segments follow, where they can be counted."""
        from pipelines.rights.erasing import erase

        self.listener.step(say("Erasing"))
        erased = erase(self.store, self.declarations, key)
        self.store.stands.append(say("The person is erased."))
        self.listener.finished(erased)
        return erased

    def dossier(self, key: str, place: Path) -> Dossier:
        """Write everything that is held about one person to a folder or a ZIP archive (EXP-12)."""
        from pipelines.rights.dossier import judge_place, write_dossier
        from pipelines.rights.gathering import gather

        judge_place(place)
        self.listener.step(say("Gathering"))
        self.store.publish()
        with self.published() as connection:
            held = gather(connection, self.layout, self.declarations, key, datetime.now(UTC))
        written = write_dossier(held, self.declarations.base, place)
        self.listener.finished(written)
        return written

    def edit_contact(self, key: str, values: Mapping[str, str], *, again: bool = False) -> Edited:
        """Add or edit one contact (`by_hand.edit_contact`); `again`: though the person was erased, since they ask for it."""
        from pipelines.imports.contacts.by_hand import edit_contact

        with self.store.write() as writer:
            if again:
                from pipelines.rights.lifting import lift

                lift(writer, self.layout, [key, *values.values()], self.who)
            edited = edit_contact(writer, key, values, self.who)
            writer.stands.append(say("The contact is written."))
        self.listener.finished(edited)
        return edited

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
        from pipelines.base.held import all_events
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

                @contextmanager
                def counted() -> Generator[None]:
                    with writer.transaction() as connection, all_events(connection, writer.elsewhere):
                        yield

                found = refresh(
                    writer.connection,
                    counted,
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

    @cached_property
    def on_spark(self) -> bool:
        """Whether Spark answers (LAK-2): where the base has a lake, and that or `CARNET_SPARK` says so."""
        lake = self.declarations.base.lake
        return lake is not None and (lake.engine == "spark" or spark_address() is not None)

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

    def publish(self) -> bool:
        """Bring the analysts' copy up to the base (`Store.publish`)."""
        self.listener.step(say("Publishing"))
        return self.store.publish()

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

    def draw(self) -> Path:
        """Write the pages of `data/docs/` from the published copy (SRV-3); where the base's own lies."""
        from pipelines.pictures.pages import document, draw

        self.listener.step(say("Drawing the base"))
        with self.published() as connection:
            page = draw(connection, self.layout, self.declarations.base)
        self.listener.step(say("Documenting the last imports"))
        document(self.layout)
        self.listener.finished(page)
        return page

    def segment_moves(self, names: Collection[str]) -> list[Move]:
        """How far the last refresh moved those of the segments that declare `warn_change` (SEG-6)."""
        from pipelines.segments.moving import last_moves

        if not any(s.warn_change is not None and s.name in names for s in self.declarations.segments):
            return []
        with self.store.write() as writer:
            return last_moves(writer.connection, self.declarations, names)

    def compute_activity(self) -> Distribution:
        """Compute who is active, and how much, as of now (BHV-3); segments and the published copy follow by the caller's leave."""
        from pipelines.base.held import all_events
        from pipelines.behaviours.activity import compute_activity

        self.listener.step(say("Computing activity"))
        instant = datetime.now(UTC)
        with self.store.hold():
            active = self._active_on_spark(instant) if self.on_spark else None
            with (
                self.store.write() as writer,
                writer.transaction() as connection,
                all_events(connection, writer.elsewhere),
            ):
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

    def _require_counted(self, segments: Collection[str]) -> Refreshed:
        """Refresh these segments; the error of one that fails on the base's values."""
        from pipelines.raw_segments.failing import as_error

        refreshed = self.refresh_segments(names=segments, force=True, anew=False)
        if refreshed.failures:
            raise as_error(refreshed.failures.values())
        return refreshed

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

    def purge(self, name: str) -> Purged:
        """Delete the contacts of the audience that one word names (`named_audience`), once an archive holds them (EXP-8)."""
        return self._purge(name, self.named_audience(name))

    def purge_contacts(self, name: str, contact_ids: Sequence[int]) -> Purged:
        """Delete these contacts, once an archive called `name` holds them (EXP-8)."""
        from sqlglot import exp

        listed = exp.Array(expressions=[exp.Literal.number(each) for each in contact_ids])
        return self._purge(name, Audience(), exp.select(exp.alias_(exp.Unnest(expressions=[listed]), "contact_id")))

    def _purge(self, name: str, audience: Audience, among: exp.Query | None = None) -> Purged:
        from pipelines.upkeep.purging import archive_of, archive_place, delete_archived, drop_unfinished

        at = datetime.now(UTC)
        # Nobody writes between the archive and the deletion: who is deleted is as the archive has them.
        with self.store.hold():
            with self.store.write() as writer:
                drop_unfinished(writer, self.layout)
            export = archive_of(audience, self.declarations.base)
            archive = self.export(export, archive_place(self.layout, name, at), among=among)
            self.listener.step(say_many("Purging {n} contacts", "Purging {n} contacts", archive.rows))
            with self.store.write() as writer:
                purged = delete_archived(writer, archive, name, self.who, at)
                told = say("The purge is committed: `carnet undo {number}` takes it back.", number=purged.import_id)
                writer.stands.append(told)
        self.listener.finished(purged)
        return purged

    def retain(self) -> Retained:
        """Notice who is to be purged, and purge those whose notice is over, where the retention says so (EXP-13)."""
        from pipelines.base.held import all_events
        from pipelines.upkeep.retention import due, notice, required

        retention = required(self.declarations.base)
        self.refresh_segments(names=(TO_PURGE,), force=True)
        at = datetime.now(UTC)
        with self.store.write() as writer, writer.transaction() as connection, all_events(connection, writer.elsewhere):
            found = notice(connection, at)
        purged = None
        if retention.action == "purge" and found.due(retention, at):
            purged = self._purge(TO_PURGE, Audience((TO_PURGE,)), due(retention, at))
        retained = found.after(purged)
        self.listener.finished(retained)
        return retained

    def merge(self, keep: str, other: str) -> Merged:
        """Unite two contacts (`merging.merge_contacts`); segments and the published copy follow by the caller's leave."""
        from pipelines.upkeep.merging import merge_contacts

        with self.store.write() as writer:
            merged = merge_contacts(writer, keep, other, self.who, datetime.now(UTC))
            told = say("The merge is committed: `carnet undo {number}` takes it back.", number=merged.import_id)
            writer.stands.append(told)
        self.listener.finished(merged)
        return merged

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
