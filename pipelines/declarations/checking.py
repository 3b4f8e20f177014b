"""Judgements across documents: segments that refer to each other, and the order in which they can be made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from pipelines.declarations.model import Criterion, Group, Segment, SegmentCriterion, SqlCriterion
from pipelines.declarations.problems import Problems
from pipelines.language import say


def in_dependency_order(segments: Iterable[Segment], problems: Problems) -> tuple[Segment, ...]:
    """The segments as declared, but each after those it refers to; a cycle is reported where it closes (SEG-10)."""
    by_name = {segment.name: segment for segment in segments}
    ordered: dict[str, Segment] = {}
    for segment in by_name.values():
        _visit(segment, (), by_name, ordered, problems)
    return tuple(ordered.values())


def _visit(
    segment: Segment,
    path: tuple[str, ...],
    by_name: Mapping[str, Segment],
    ordered: dict[str, Segment],
    problems: Problems,
) -> None:
    path = (*path, segment.name)
    for reference in references(segment.root):
        if reference.segment in path:
            cycle = " -> ".join((*path[path.index(reference.segment) :], reference.segment))
            if reference.place is not None:
                problems.error(
                    reference.place, say("these segments refer to each other in a circle: {cycle}", cycle=cycle)
                )
        elif reference.segment in by_name and reference.segment not in ordered:
            _visit(by_name[reference.segment], path, by_name, ordered, problems)
    ordered.setdefault(segment.name, segment)


def with_dependencies(segments: Sequence[Segment], names: Collection[str] | None = None) -> list[Segment]:
    """Those of `segments`, which stand in the order of their dependencies, that `names` are or depend on; all for None."""
    if names is None:
        return list(segments)
    needed = set(names)
    for segment in reversed(segments):
        if segment.name in needed:
            needed |= {read.segment for read in references(segment.root)}
    return [segment for segment in segments if segment.name in needed]


def references(criterion: Criterion) -> Iterator[SegmentCriterion]:
    """Every segment that a criterion refers to, nested ones and those that raw SQL names included."""
    if isinstance(criterion, SegmentCriterion):
        yield criterion
    elif isinstance(criterion, SqlCriterion):
        yield from criterion.reads
    elif isinstance(criterion, Group):
        for inner in criterion.criteria:
            yield from references(inner)
