"""Criteria on operations, behaviours and pages seen → the contacts whose events satisfy them (SEG-2, SEG-9, SEG-12).

Belongs here: which events a criterion counts, and how many it needs. Does not: what is not decided for contacts that set
`do_not_track`, once criteria are combined (`tracking`).
"""

from __future__ import annotations

from sqlglot import exp

from pipelines.declarations.behaviour_criteria import URL
from pipelines.declarations.events import BEHAVIOURS, FIGURES, RECIPIENT_TYPES
from pipelines.declarations.model import BehaviourCriterion, FieldCriterion, WebCriterion
from pipelines.segments.comparing import comparison
from pipelines.segments.literals import column, day_of, literal, number, today

Behaviour = BehaviourCriterion | WebCriterion
EVENT = "event"
_PAGE_SEEN = ("visited",)


def needed(criterion: Behaviour) -> int:
    """How many such events decide: at least that many, or, where it is negated, fewer. 0: no event is needed."""
    return max(criterion.at_least, 1) if criterion.negate else criterion.at_least


def recipients(*operations: str, and_what: exp.Expr | None = None) -> exp.Select:
    """The contacts to whom operations of these names were sent, or tried to be (SEG-12); `and_what` of their events besides."""
    found = _contacts(of_types(RECIPIENT_TYPES), of_operations(operations))
    return found if and_what is None else found.select(and_what, copy=False)


def counted_in(operation: str, figure: str) -> exp.Select:
    """The contacts that a figure (of `events.FIGURES`) of the operations of that name counts (BHV-4), whoever they are."""
    return _contacts(of_types(FIGURES[figure]), of_operations((operation,)))


def performers(criterion: Behaviour, timezone: str) -> exp.Select:
    """The contacts with as many such events as are `needed`, one at least; negation is the caller's."""
    found = _contacts(of_types(types_of(criterion)), *_tests(criterion, timezone))
    if needed(criterion) < 2:
        return found
    enough = exp.GTE(this=exp.Count(this=exp.Star()), expression=number(needed(criterion)))
    return found.group_by(column("contact_id", EVENT), copy=False).having(enough, copy=False)


def event_test(criterion: Behaviour, timezone: str) -> exp.Expr:
    """Whether a row of `main.events AS event`, of one of the criterion's types, is one that it counts."""
    return exp.and_(exp.true(), *_tests(criterion, timezone), copy=False)


def of_types(types: tuple[str, ...]) -> exp.Expr:
    """Whether a row of `main.events AS event` is of one of these types."""
    return _among("type", types)


def link_test(criterion: Behaviour, timezone: str) -> exp.Expr | None:
    """Whether the link of a row of `main.events AS event` is one that the criterion means; None where any is, or none."""
    if isinstance(criterion, BehaviourCriterion):
        return _among("link", criterion.links) if criterion.links else None
    if criterion.url_op is None:
        return None
    compared = FieldCriterion(URL.name, criterion.url_op, criterion.urls, criterion.exact, place=criterion.place)
    return comparison(URL, compared, column("link", EVENT), timezone)


def operations_of(criterion: Behaviour) -> tuple[str, ...] | None:
    """The names of the operations whose events the criterion counts; None where any, or none, will do."""
    return criterion.operations if isinstance(criterion, BehaviourCriterion) else None


def days_ago(timezone: str) -> exp.Expr:
    """How many days before today a row of `main.events AS event` happened (SEG-4b); below 0 for what is to come."""
    return exp.Sub(this=today(timezone), expression=day_of(column("occurred_at", EVENT), timezone))


def types_of(criterion: Behaviour) -> tuple[str, ...]:
    """The types of the events that show the behaviour."""
    return _PAGE_SEEN if isinstance(criterion, WebCriterion) else BEHAVIOURS[criterion.behaviour]


def _tests(criterion: Behaviour, timezone: str) -> list[exp.Expr]:
    operations, link = operations_of(criterion), link_test(criterion, timezone)
    parts = [] if operations is None else [of_operations(operations)]
    parts += [] if link is None else [link]
    if criterion.within_days is not None:
        # `days` in all, as `in_last_days` has it (SEG-4b).
        parts.append(exp.Between(this=days_ago(timezone), low=number(0), high=number(criterion.within_days - 1)))
    return parts


def _contacts(*tests: exp.Expr) -> exp.Select:
    events = exp.table_("events", db="main", alias=EVENT)
    found = exp.Select(expressions=[column("contact_id", EVENT)]).from_(events, copy=False)
    return found.where(*tests, copy=False)


def of_operations(names: tuple[str, ...]) -> exp.Expr:
    """Whether a row of `main.events AS event` is of an operation of one of these names."""
    operations = (
        exp.Select(expressions=[column("operation_id", "operation")])
        .from_(exp.table_("operations", db="main", alias="operation"), copy=False)
        .where(_among("name", names, "operation"), copy=False)
    )
    return exp.In(this=column("operation_id", EVENT), query=operations.subquery(copy=False))


def _among(name: str, texts: tuple[str, ...], table: str = EVENT) -> exp.Expr:
    values = [literal(text) for text in texts]
    if len(values) == 1:
        return exp.EQ(this=column(name, table), expression=values[0])
    return exp.In(this=column(name, table), expressions=values)
