"""All segments counted together, and the history of their counts (SEG-6).

Each distinct criterion is judged once for everybody (`vectors`); segments combine those vectors, in the order of their
dependencies. The second way to say what the views say: a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

import duckdb

from pipelines.base.statements import statement
from pipelines.declarations.model import Declarations, Group, Segment, SegmentCriterion
from pipelines.raw_segments.failing import FAILING, Failure, failures, naming_what_fails
from pipelines.segments.tracking import Leaf
from pipelines.segments.truths import Truth
from pipelines.segments.vectors import Vectors, affirmed, denies, judge_all

if TYPE_CHECKING:
    from pipelines.lake.spark import Work

REFRESHED_BELOW = 200
"""SEG-6: from so many segments on, counts are refreshed on demand and before an export uses one."""


def due_after_import(declarations: Declarations) -> bool:
    """Whether an import refreshes the counts of all segments."""
    return len(declarations.segments) < REFRESHED_BELOW


def count_all(
    connection: duckdb.DuckDBPyConnection, declarations: Declarations, names: Collection[str] | None = None
) -> dict[str, int]:
    """How many contacts each segment holds now, or each of `names`, in the order of the declarations.

    To be called in a transaction where others write: the scans must see one state of the base.
    """
    wanted = [s for s in declarations.segments if names is None or s.name in names]
    if not wanted:
        return {}
    needed = _with_dependencies(declarations, wanted)
    vectors = judge_all(connection, declarations, (leaf for segment in needed for leaf in _leaves(segment.root)))
    held: dict[str, Truth] = {}
    for segment in needed:
        held[segment.name] = _combined(segment.root, vectors, held)
    return {segment.name: held[segment.name].count() for segment in wanted}


def _combined(group: Group, vectors: Vectors, segments: Mapping[str, Truth]) -> Truth:
    """Whether `group` holds for each contact, in three-valued logic (SEG-9); `segments` holds those it refers to."""
    parts = [
        _combined(inner, vectors, segments) if isinstance(inner, Group) else _judged(inner, vectors, segments)
        for inner in group.criteria
    ]
    match group.match:
        case "any":
            return reduce(or_, parts, ~vectors.everybody)
        case "all":
            return reduce(and_, parts, vectors.everybody)
        case "not":
            return ~reduce(and_, parts, vectors.everybody)


def _judged(leaf: Leaf, vectors: Vectors, segments: Mapping[str, Truth]) -> Truth:
    held = segments[leaf.segment] if isinstance(leaf, SegmentCriterion) else vectors.of[affirmed(leaf)]
    return ~held if denies(leaf) else held


def _leaves(group: Group) -> Iterator[Leaf]:
    for inner in group.criteria:
        if isinstance(inner, Group):
            yield from _leaves(inner)
        else:
            yield inner


def _references(segment: Segment) -> set[str]:
    return {leaf.segment for leaf in _leaves(segment.root) if isinstance(leaf, SegmentCriterion)}


def _with_dependencies(declarations: Declarations, wanted: Collection[Segment]) -> list[Segment]:
    """`wanted` and all that they refer to, in the order of the declarations (each after those it depends on)."""
    needed = {segment.name for segment in wanted}
    for segment in reversed(declarations.segments):
        if segment.name in needed:
            needed |= _references(segment)
    return [segment for segment in declarations.segments if segment.name in needed]


Counting = Callable[[duckdb.DuckDBPyConnection, Declarations, Collection[str]], dict[str, int]]
"""Who counts segments, as `count_all` does."""


def refresh_counts(
    connection: duckdb.DuckDBPyConnection,
    declarations: Declarations,
    *,
    instant: datetime,
    names: Collection[str] | None = None,
    without: Collection[str] = (),
    count: Counting = count_all,
) -> dict[str, int]:
    """Count all segments, or `names` alone, and keep the counts: the current ones and their history.

    `without`: segments that cannot be counted, with all that depend on them: theirs stay as they were last taken.
    To be called in the caller's transaction. Segments that nothing declares any more keep their history only.
    """
    wanted = [s.name for s in declarations.segments if (names is None or s.name in names) and s.name not in without]
    counts = count(connection, declarations, wanted)
    kept = [s.name for s in declarations.segments if s.name not in counts]
    parameters = {"segments": list(counts), "counts": list(counts.values()), "instant": instant}
    connection.execute("DELETE FROM main.segment_counts WHERE segment NOT IN (SELECT unnest(?::VARCHAR[]))", [kept])
    connection.execute(statement("segments/add_counts"), parameters)
    connection.execute(statement("segments/add_history"), parameters)
    return counts


@dataclass(frozen=True)
class Refreshed:
    """What a refresh counted, and the segments that it could not count, with why.

    `changed`: those whose count or view is another one now, in the order of the declarations. `work`: what Spark did for it,
    None where DuckDB counted. `counts_alone`: nothing but the counts is another one than before, of all that readers see.
    """

    counts: Mapping[str, int]
    failures: Mapping[str, Failure]
    changed: tuple[str, ...] = ()
    work: Work | None = None
    counts_alone: bool = False


def refresh(
    connection: duckdb.DuckDBPyConnection,
    transaction: Callable[[], AbstractContextManager[object]],
    declarations: Declarations,
    *,
    instant: datetime,
    names: Collection[str] | None = None,
    count: Counting = count_all,
) -> Refreshed:
    """`refresh_counts` in a transaction of the connection's, without the segments that fail on values or by their time.

    One that fails keeps no other from being counted: it is looked for once it has failed, for that costs as much as counting.
    """
    failing: dict[str, Failure] = {}
    while True:
        with naming_what_fails(connection, declarations, names):
            try:
                with transaction():
                    counts = refresh_counts(
                        connection, declarations, instant=instant, names=names, without=failing, count=count
                    )
                return Refreshed(counts, failing)
            except FAILING as error:
                found = failures(connection, declarations, names, known=failing.values(), error=error)
                if found.keys() <= failing.keys():
                    raise
                failing |= found
