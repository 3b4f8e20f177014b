"""Why one contact is in a segment, or is not: every criterion with the contact's value and the verdict (SEG-11).

Belongs here: what is asked of the base for one contact, and how verdicts combine. Does not: finding the contact, printing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from sqlglot import exp

from pipelines.base.statements import records, telling_what_is_missing
from pipelines.declarations.model import (
    BehaviourCriterion,
    Criterion,
    Declarations,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    SegmentCriterion,
    SqlCriterion,
    WebCriterion,
)
from pipelines.declarations.spelling import criterion_yaml
from pipelines.errors import UsageError
from pipelines.language import say
from pipelines.segments.behaviours import EVENT, Behaviour, event_test, of_types, types_of
from pipelines.segments.compiling import Criteria
from pipelines.segments.literals import column, number
from pipelines.segments.tracking import Leaf, decided

_CONTACTS = "contacts"
Verdict = bool | None


@dataclass(frozen=True)
class Explained:
    """A criterion as the operator writes it, what the contact has, and whether it holds; None: not decided (SEG-9).

    `value`: a field's value; `in` or `out`, `recipient` or `not_recipient`; of a behaviour, how many such events and the
    instant of the last. `criteria` are those of a group or of the segment that is referred to.
    """

    criterion: str
    value: Any
    holds: Verdict
    criteria: tuple[Explained, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """The contract's form of `explain`; `criteria` hold together or not: a segment of `any` has one, which is `any`."""

    contact_id: int
    segment: str
    holds: Verdict
    criteria: tuple[Explained, ...]


def explain(
    connection: duckdb.DuckDBPyConnection, declarations: Declarations, contact_id: int, segment: str
) -> Explanation:
    """The segment's criteria, and those of the segments that it refers to, for one contact of the base.

    UsageError where the base does not have the contact, or not yet what a criterion asks for.
    """
    root = declarations.segment(segment).root
    leaves = list(dict.fromkeys(_leaves(root, declarations)))
    explained = _Explainer(declarations, _facts(connection, declarations, contact_id, leaves)).group(root)
    criteria = explained.criteria if root.match == "all" else (explained,)
    return Explanation(contact_id, segment, explained.holds, criteria)


@dataclass(frozen=True)
class _Fact:
    """What the base says of one criterion and the contact."""

    holds: Verdict
    value: Any


class _Explainer:
    """Criteria explained from the facts; a segment that is referred to twice is explained once."""

    def __init__(self, declarations: Declarations, facts: Mapping[Leaf, _Fact]) -> None:
        self._declarations, self._facts = declarations, facts
        self._segments: dict[str, Explained] = {}

    def group(self, group: Group) -> Explained:
        criteria = tuple(self._criterion(inner) for inner in group.criteria)
        return Explained(group.match, None, _combined(group, [inner.holds for inner in criteria]), criteria)

    def _criterion(self, criterion: Criterion) -> Explained:
        match criterion:
            case Group():
                return self.group(criterion)
            case SegmentCriterion():
                return self._segment(criterion)
            case _:
                fact = self._facts[criterion]
                return Explained(criterion_yaml(criterion), fact.value, fact.holds)

    def _segment(self, criterion: SegmentCriterion) -> Explained:
        root = self._declarations.segment(criterion.segment).root
        if criterion.segment not in self._segments:
            self._segments[criterion.segment] = self.group(root)
        found = self._segments[criterion.segment]
        inner = found.criteria if root.match == "all" else (found,)
        holds = found.holds if criterion.inside else _not(found.holds)
        return Explained(criterion_yaml(criterion), _side(found.holds, "in", "out"), holds, inner)


def _combined(group: Group, verdicts: Sequence[Verdict]) -> Verdict:
    """Three-valued, as SQL combines them."""
    if group.match == "any":
        return _not(_all([_not(verdict) for verdict in verdicts]))
    return _not(_all(verdicts)) if group.match == "not" else _all(verdicts)


def _all(verdicts: Sequence[Verdict]) -> Verdict:
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _not(verdict: Verdict) -> Verdict:
    return None if verdict is None else not verdict


def _side(holds: Verdict, inside: str, outside: str) -> str | None:
    return None if holds is None else inside if holds else outside


def _leaves(group: Group, declarations: Declarations) -> Iterator[Leaf]:
    """The criteria below `group` that the base decides, those of segments that it refers to included."""
    for inner in group.criteria:
        match inner:
            case Group():
                yield from _leaves(inner, declarations)
            case SegmentCriterion():
                yield from _leaves(declarations.segment(inner.segment).root, declarations)
            case _:
                yield inner


def _facts(
    connection: duckdb.DuckDBPyConnection, declarations: Declarations, contact_id: int, leaves: Sequence[Leaf]
) -> dict[Leaf, _Fact]:
    """Verdict and value of each criterion, by the very conditions that the views are made of."""
    criteria = Criteria(declarations, _CONTACTS)
    asked = [column("contact_id", _CONTACTS)]
    asked += [
        exp.alias_(sql, f"{what}{number}")
        for number, leaf in enumerate(leaves)
        for what, sql in (("h", criteria.sql(leaf)), ("v", _value(leaf, declarations, contact_id)))
    ]
    query = (
        exp.Select(expressions=asked)
        .from_(exp.table_("contacts", db="main", alias=_CONTACTS), copy=False)
        .where(exp.EQ(this=column("contact_id", _CONTACTS), expression=number(contact_id)), copy=False)
    )
    with telling_what_is_missing():
        rows = records(connection.execute(query.sql("duckdb")))
    if not rows:
        raise UsageError(
            say("No contact has the contact_id {contact_id}.", contact_id=contact_id),
            say("Give the contact_id of one in the base."),
        )
    return {leaf: _fact(leaf, rows[0][f"h{n}"], rows[0][f"v{n}"]) for n, leaf in enumerate(leaves)}


def _value(leaf: Leaf, declarations: Declarations, contact_id: int) -> exp.Expr:
    match leaf:
        case FieldCriterion():
            return column(declarations.base.field(leaf.field).name, _CONTACTS)
        case BehaviourCriterion() | WebCriterion():
            return decided(_such_events(leaf, declarations.base.timezone, contact_id), _CONTACTS)
        case _:
            return exp.null()


def _such_events(leaf: Behaviour, timezone: str, contact_id: int) -> exp.Expr:
    """How many events of the contact the criterion counts, and when the last was."""
    found = exp.Struct(
        expressions=[
            exp.PropertyEQ(this=exp.to_identifier("count"), expression=exp.Count(this=exp.Star())),
            exp.PropertyEQ(this=exp.to_identifier("last"), expression=exp.Max(this=column("occurred_at", EVENT))),
        ]
    )
    events = exp.Select(expressions=[found]).from_(exp.table_("events", db="main", alias=EVENT), copy=False)
    own = exp.EQ(this=column("contact_id", EVENT), expression=number(contact_id))
    return events.where(own, of_types(types_of(leaf)), event_test(leaf, timezone), copy=False).subquery(copy=False)


def _fact(leaf: Leaf, holds: Verdict, value: Any) -> _Fact:
    match leaf:
        case ImportCriterion():
            return _Fact(holds, _side(holds is leaf.inside, "in", "out"))
        case OperationCriterion():
            return _Fact(holds, _side(holds is leaf.recipient, "recipient", "not_recipient"))
        case SqlCriterion():
            return _Fact(holds, _side(holds, "in", "out"))
        case _:
            return _Fact(holds, value)
