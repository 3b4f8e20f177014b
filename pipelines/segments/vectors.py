"""Many criteria judged for every contact at once, from as few scans as can be (SEG-6).

Belongs here: what each criterion says by itself, as a vector. Does not: how segments combine them (`counting`), nor how events are
tallied (`tallying`). The second way to say what the views say: a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import polars as pl
from sqlglot import exp

from pipelines.base.stopping import at_most
from pipelines.declarations.model import (
    BehaviourCriterion,
    Declarations,
    FieldCriterion,
    ImportCriterion,
    OperationCriterion,
    SegmentCriterion,
    SqlCriterion,
    WebCriterion,
)
from pipelines.segments.behaviours import Behaviour, needed
from pipelines.segments.compiling import Criteria, imported, members
from pipelines.segments.literals import column
from pipelines.segments.sharing import with_shared_parts
from pipelines.segments.tallying import Happenings, Operations, Places, recipients_query, tally_recipients
from pipelines.segments.tracking import Leaf
from pipelines.segments.truths import Truth, Words

_CONTACTS = "contacts"


def affirmed(leaf: Leaf) -> Leaf:
    """The criterion that `leaf` affirms or denies: both share one vector."""
    match leaf:
        case SegmentCriterion() | ImportCriterion():
            return replace(leaf, inside=True, place=None)
        case OperationCriterion():
            return replace(leaf, recipient=True, place=None)
        case BehaviourCriterion() | WebCriterion():
            return replace(leaf, at_least=needed(leaf), negate=False, place=None)
        case FieldCriterion() | SqlCriterion():
            return leaf


def denies(leaf: Leaf) -> bool:
    """Whether `leaf` denies what its vector says."""
    match leaf:
        case SegmentCriterion() | ImportCriterion():
            return not leaf.inside
        case OperationCriterion():
            return not leaf.recipient
        case BehaviourCriterion() | WebCriterion():
            return leaf.negate
        case FieldCriterion() | SqlCriterion():
            return False


@dataclass(frozen=True)
class Vectors:
    """What each criterion says of every contact; `everybody` holds for each one."""

    everybody: Truth
    of: Mapping[Leaf, Truth]


def judge_all(connection: duckdb.DuckDBPyConnection, declarations: Declarations, leaves: Iterable[Leaf]) -> Vectors:
    """The vectors of `leaves`, criteria on segments excepted: those follow from their segments' own."""
    wanted = list(dict.fromkeys(affirmed(leaf) for leaf in leaves if not isinstance(leaf, SegmentCriterion)))
    # Criteria of all segments are judged together, and may take what their segments may.
    seconds = sum(segment.timeout_seconds for segment in declarations.segments if segment.sql is None)
    limit = at_most(connection, seconds) if seconds else nullcontext()
    with limit, ThreadPoolExecutor(2) as aside:
        people = _scan_people(connection)
        # Events first: their rows are tallied while the contacts are judged.
        tallies = [*_scan_events(connection, declarations, wanted, people.places, aside)]
        found = _scan_contacts(connection, declarations, people, wanted)
        for leaf in wanted:
            if isinstance(leaf, ImportCriterion):
                found[leaf] = people.told(_among(connection, imported(leaf.source, last=leaf.last), people.places))
        for leaf, held in (item for tally in tallies for item in tally.result().items()):
            found[leaf] = people.told(held) if isinstance(leaf, OperationCriterion) else people.decided(held)
    for leaf in wanted:
        if isinstance(leaf, SqlCriterion):
            with at_most(connection, declarations.segment(leaf.segment).timeout_seconds, leaf.segment):
                found[leaf] = people.told(_among(connection, members(leaf.segment), people.places))
        elif isinstance(leaf, BehaviourCriterion | WebCriterion) and not needed(leaf):
            found[leaf] = people.decided(people.everybody.holds)
    return Vectors(people.everybody, found)


@dataclass(frozen=True)
class _People:
    """All contacts, each in its place, and who may be tracked."""

    places: Places
    everybody: Truth
    tracked: Words

    def told(self, held: Words) -> Truth:
        """It holds in these places, and in no other."""
        return Truth(held & self.everybody.holds, ~held & self.everybody.holds)

    def judged(self, flags: pl.Series) -> Truth:
        """The flags of all, in the order of the scan; not decided where they are NULL."""
        held = self.told(self.places.marked(flags.fill_null(False)))
        return Truth(held.holds, self.places.marked(~flags.fill_null(True))) if flags.null_count() else held

    def decided(self, held: Words) -> Truth:
        """The same, but for contacts that set `do_not_track` (SEG-9)."""
        return Truth(held & self.tracked, ~held & self.tracked)


def _scan_people(connection: duckdb.DuckDBPyConnection) -> _People:
    """Everybody, in the order in which each scan of this transaction meets them."""
    untracked = exp.Is(this=column("do_not_track", _CONTACTS), expression=exp.true())
    columns = [column("contact_id", _CONTACTS), exp.alias_(exp.not_(untracked), "tracked")]
    frame = connection.sql(exp.Select(expressions=columns).from_(_contacts(), copy=False).sql("duckdb")).pl()
    places = Places(frame["contact_id"].to_numpy())
    all_ = places.marked(pl.repeat(True, frame.height, eager=True))
    return _People(places, Truth(all_, np.zeros_like(all_)), places.marked(frame["tracked"]))


def _scan_contacts(
    connection: duckdb.DuckDBPyConnection, declarations: Declarations, people: _People, wanted: Sequence[Leaf]
) -> dict[Leaf, Truth]:
    """One scan of the contacts, with a boolean column for each criterion on a field: what they say."""
    criteria = [leaf for leaf in wanted if isinstance(leaf, FieldCriterion)]
    if not criteria:
        return {}
    judge = Criteria(declarations, _CONTACTS)
    judged = [exp.alias_(judge.sql(leaf), f"c{number}") for number, leaf in enumerate(criteria)]
    frame = connection.sql(with_shared_parts(judged, _contacts()).sql("duckdb")).pl()
    return {leaf: people.judged(frame[f"c{number}"]) for number, leaf in enumerate(criteria)}


def _contacts() -> exp.Table:
    return exp.table_(_CONTACTS, db="main", alias=_CONTACTS)


def _among(connection: duckdb.DuckDBPyConnection, query: exp.Select, places: Places) -> Words:
    return places.among(places.of(connection.sql(query.sql("duckdb")).pl()["contact_id"].to_numpy()))


def _scan_events(
    connection: duckdb.DuckDBPyConnection,
    declarations: Declarations,
    wanted: Sequence[Leaf],
    places: Places,
    aside: Executor,
) -> Iterator[Future[dict[OperationCriterion, Words]] | Future[dict[Behaviour, Words]]]:
    """One scan of the events for all that was done and one for recipients: what they say.

    The rows of one are tallied `aside`, while the next ones, and the contacts, are read.
    """
    sent_to = [leaf for leaf in wanted if isinstance(leaf, OperationCriterion)]
    done = [leaf for leaf in wanted if isinstance(leaf, BehaviourCriterion | WebCriterion) and needed(leaf)]
    operations = Operations(connection)
    # What takes longest to tally comes first.
    if done:
        happenings = Happenings(done, declarations.base.timezone)
        events = connection.sql(happenings.query().sql("duckdb")).pl()
        yield aside.submit(happenings.tally, events, operations, places)
    if sent_to:
        events = connection.sql(recipients_query(sent_to, operations).sql("duckdb")).pl()
        yield aside.submit(tally_recipients, events, sent_to, operations, places)
