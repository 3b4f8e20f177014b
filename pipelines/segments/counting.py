"""All segments counted in one pass over the contacts, and the history of their counts (SEG-6).

The second way to say what the views say: each distinct criterion is one boolean column, segments are combinations of
those in the order of their dependencies. A property test holds the two ways together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

import duckdb
from sqlglot import exp

from pipelines.base.statements import statement
from pipelines.declarations.model import (
    Declarations,
    FieldCriterion,
    Group,
    ImportCriterion,
    Segment,
    SegmentCriterion,
    SqlCriterion,
)
from pipelines.segments.compiling import Leaf, combine, criterion_sql
from pipelines.segments.literals import column, count_where

_Judged = FieldCriterion | ImportCriterion | SqlCriterion
REFRESHED_BELOW = 200
"""SEG-6: from so many segments on, counts are refreshed on demand and before an export uses one."""


@dataclass(frozen=True)
class SegmentCount:
    """A segment as listed; `count` and `refreshed_at` are None until it is counted for the first time."""

    name: str
    label: str
    count: int | None
    refreshed_at: datetime | None


def due_after_import(declarations: Declarations) -> bool:
    """Whether an import refreshes the counts of all segments."""
    return len(declarations.segments) < REFRESHED_BELOW


def count_all(
    connection: duckdb.DuckDBPyConnection, declarations: Declarations, names: Collection[str] | None = None
) -> dict[str, int]:
    """How many contacts each segment holds now, or each of `names`; one query, in the order of the declarations."""
    wanted = [s for s in declarations.segments if names is None or s.name in names]
    if not wanted:
        return {}
    [counts] = connection.execute(counting_query(declarations, wanted).sql("duckdb")).fetchall()
    return {segment.name: count for segment, count in zip(wanted, counts, strict=True)}


def counting_query(declarations: Declarations, wanted: Collection[Segment]) -> exp.Select:
    """One row: a count for each of `wanted`, from columns of criteria (`c0`, …) and of segments (`s0`, …)."""
    needed = _with_dependencies(declarations, wanted)
    criteria = {leaf: f"c{n}" for n, leaf in enumerate(dict.fromkeys(_criteria(needed)))}
    columns = {segment.name: f"s{n}" for n, segment in enumerate(needed)}
    query = _criteria_select(declarations, criteria)
    for level in _levels(needed):
        combined = [
            exp.alias_(combine(segment.root, _reference(criteria, columns)), columns[segment.name]) for segment in level
        ]
        query = exp.Select(expressions=[exp.Star(), *combined]).from_(query.subquery("judged", copy=False), copy=False)
    counts = [count_where(exp.column(columns[segment.name])) for segment in wanted]
    return exp.Select(expressions=counts).from_(query.subquery("judged", copy=False), copy=False)


def _criteria_select(declarations: Declarations, criteria: dict[_Judged, str]) -> exp.Select:
    judged = [exp.alias_(criterion_sql(leaf, declarations, "contacts"), name) for leaf, name in criteria.items()]
    shared: dict[exp.Expr, str] = {}
    judged = [tree.transform(_share, shared) for tree in judged]
    prepared = [exp.Column(this=exp.Star(), table=exp.to_identifier("contacts"))]
    prepared += [exp.alias_(costly, name, quoted=True) for costly, name in shared.items()]
    contacts = exp.Select(expressions=prepared).from_(exp.table_("contacts", db="main", alias="contacts"), copy=False)
    # A query of segments without criteria of their own still needs a column, and its rows.
    judged = judged or [exp.alias_(exp.true(), "everybody")]
    return exp.Select(expressions=judged).from_(contacts.subquery("contacts", copy=False), copy=False)


def _share(node: exp.Expr, shared: dict[exp.Expr, str]) -> exp.Expr:
    """A column in the place of folded text and of the day of an instant: most of a count's time, once a field.

    DuckDB does not look for common parts inside AND and OR. No field has a blank in its name.
    """
    is_costly = isinstance(node, exp.Lower) or (isinstance(node, exp.Cast) and isinstance(node.this, exp.AtTimeZone))
    if not is_costly or node.find(exp.Column) is None:
        return node
    return column(shared.setdefault(node.copy(), f"shared {len(shared)}"), "contacts")


def _reference(criteria: dict[_Judged, str], columns: dict[str, str]) -> Callable[[Leaf], exp.Expr]:
    """Where a criterion stands in the query: a column, or its denial."""

    def reference(leaf: Leaf) -> exp.Expr:
        match leaf:
            case FieldCriterion() | SqlCriterion():
                return exp.column(criteria[leaf])
            case SegmentCriterion():
                found: exp.Expr = exp.column(columns[leaf.segment])
            case ImportCriterion():
                found = exp.column(criteria[ImportCriterion(leaf.source)])
        return found if leaf.inside else exp.not_(found, copy=False)

    return reference


def _criteria(segments: Collection[Segment]) -> Iterator[_Judged]:
    for segment in segments:
        for leaf in _leaves(segment.root):
            if isinstance(leaf, FieldCriterion | SqlCriterion):
                yield leaf
            elif isinstance(leaf, ImportCriterion):
                yield ImportCriterion(leaf.source)


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


def _levels(segments: Collection[Segment]) -> list[list[Segment]]:
    """Segments that refer to none, then those that refer to the former only, and so on."""
    depth: dict[str, int] = {}
    levels: list[list[Segment]] = []
    for segment in segments:
        level = 1 + max((depth[name] for name in _references(segment)), default=-1)
        depth[segment.name] = level
        if level == len(levels):
            levels.append([])
        levels[level].append(segment)
    return levels


def refresh_counts(
    connection: duckdb.DuckDBPyConnection,
    declarations: Declarations,
    *,
    instant: datetime,
    names: Collection[str] | None = None,
) -> dict[str, int]:
    """Count all segments, or `names` alone, and keep the counts: the current ones and their history.

    To be called in the caller's transaction. Segments that nothing declares any more keep their history only.
    """
    counts = count_all(connection, declarations, names)
    kept = [s.name for s in declarations.segments if names is not None and s.name not in counts]
    parameters = {"segments": list(counts), "counts": list(counts.values()), "instant": instant}
    connection.execute("DELETE FROM main.segment_counts WHERE segment NOT IN (SELECT unnest(?::VARCHAR[]))", [kept])
    connection.execute(statement("segments/add_counts"), parameters)
    connection.execute(statement("segments/add_history"), parameters)
    return counts


def listing(connection: duckdb.DuckDBPyConnection, declarations: Declarations) -> list[SegmentCount]:
    """Every declared segment with its count as last taken, in the order of the declarations."""
    rows = connection.execute("SELECT segment, count, refreshed_at FROM main.segment_counts").fetchall()
    known: dict[str, tuple[int, datetime]] = {name: (count, at) for name, count, at in rows}
    return [SegmentCount(s.name, s.label, *known.get(s.name, (None, None))) for s in declarations.segments]
