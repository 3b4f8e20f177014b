"""Contacts that set `do_not_track`: a criterion on what they do is NULL for them, alone or in a segment referred to (SEG-9).

Belongs here: what is left of a condition for them. Does not: the criteria themselves (`compiling`, `behaviours`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from pipelines.declarations.model import (
    BehaviourCriterion,
    Criterion,
    Declarations,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    Segment,
    SegmentCriterion,
    SqlCriterion,
    WebCriterion,
)
from pipelines.errors import UsageError
from pipelines.language import say
from pipelines.segments.literals import column

Leaf = (
    FieldCriterion
    | SegmentCriterion
    | ImportCriterion
    | OperationCriterion
    | BehaviourCriterion
    | WebCriterion
    | SqlCriterion
)
Judge = Callable[[Leaf], exp.Expr]

MAX_DEPTH = 25
"""Groups inside groups; what people write stays below five, and the SQL of more would not be read either."""

_TRUE, _FALSE, _UNDECIDED = exp.true(), exp.false(), exp.null()


def decided(holds: exp.Expr, contacts_alias: str) -> exp.Expr:
    """`holds`, and NULL for contacts that set `do_not_track`."""
    return exp.Case(ifs=[exp.If(this=exp.not_(_untracked(contacts_alias), copy=False), true=holds)])


def in_segment(segment: Segment, member: exp.Expr, judge: Judge, tracked: Tracked, contacts_alias: str) -> exp.Expr:
    """`member` (is among the view's contacts), and NULL where `segment` is not decided for a contact.

    A view leaves out both those that it denies and those that it cannot tell: whoever refers to it must tell them apart.
    """
    left = tracked.left_of(segment.root, judge)
    if left == _UNDECIDED:
        return decided(member, contacts_alias)
    if left in (_TRUE, _FALSE):
        return member
    return exp.Case(ifs=[exp.If(this=_untracked(contacts_alias), true=left)], default=member)


class Tracked:
    """The segments that behaviours decide, by themselves or through segments that they refer to."""

    def __init__(self, declarations: Declarations) -> None:
        self._segments: dict[str, Segment] = {}
        for segment in declarations.segments:
            if self.decide(segment.root):
                self._segments[segment.name] = segment

    @property
    def segments(self) -> Mapping[str, Segment]:
        """These segments by name."""
        return self._segments

    def decide(self, criterion: Criterion) -> bool:
        """Whether a behaviour may decide `criterion`."""
        match criterion:
            case BehaviourCriterion() | WebCriterion():
                return True
            case SegmentCriterion():
                return criterion.segment in self._segments
            case Group():
                return any(self.decide(inner) for inner in criterion.criteria)
            case _:
                return False

    def left_of(self, criterion: Criterion, judge: Judge, depth: int = 0) -> exp.Expr:
        """`criterion` for a contact that set `do_not_track`: behaviours are NULL, and what follows from that is worked out."""
        if depth > MAX_DEPTH:
            raise too_deep(criterion)
        match criterion:
            case BehaviourCriterion() | WebCriterion():
                return _UNDECIDED.copy()
            case SegmentCriterion() if criterion.segment in self._segments:
                left = self.left_of(self._segments[criterion.segment].root, judge, depth + 1)
                return left if criterion.inside else _not(left)
            case Group():
                parts = [self.left_of(inner, judge, depth + 1) for inner in criterion.criteria]
                if criterion.match == "any":
                    return _combined(parts, exp.or_, _FALSE, _TRUE)
                held = _combined(parts, exp.and_, _TRUE, _FALSE)
                return _not(held) if criterion.match == "not" else held
            case _:
                return judge(criterion)


def too_deep(criterion: Criterion) -> UsageError:
    """The error of criteria that are nested, or of segments that refer to each other, beyond what is read."""
    where = f"{criterion.place.file}:{criterion.place.line}: " if criterion.place else ""
    return UsageError(
        where + say("Criteria are nested more than {most} deep.", most=MAX_DEPTH),
        say(
            "Declare a part of them as a segment of its own; segments on behaviours count together with those they refer to."
        ),
    )


def _combined(
    parts: list[exp.Expr], combine: Callable[..., exp.Expr], neutral: exp.Expr, decisive: exp.Expr
) -> exp.Expr:
    """AND or OR without the parts that change nothing."""
    if decisive in parts:
        return decisive.copy()
    kept = [part for part in dict.fromkeys(parts) if part != neutral]
    return combine(*kept, copy=False) if kept else neutral.copy()


def _not(held: exp.Expr) -> exp.Expr:
    if held == _UNDECIDED:
        return held
    if held in (_TRUE, _FALSE):
        return (_FALSE if held == _TRUE else _TRUE).copy()
    return exp.not_(held, copy=False)


def _untracked(contacts_alias: str) -> exp.Expr:
    return exp.Is(this=column("do_not_track", contacts_alias), expression=exp.true())
