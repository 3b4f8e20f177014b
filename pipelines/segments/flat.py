"""Criteria as conditions over contacts joined once with what they did: no query inside a condition, which engines may not take.

The third way to say what views and vectors say, of the same leaves (`comparing`, `behaviours`); a property test holds the three
together. Events are read once for all criteria that count the same types of them. Belongs here: joins and what is selected. Does
not: what an operator means, nor whom is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from pipelines.declarations.events import RECIPIENT_TYPES
from pipelines.declarations.model import (
    BehaviourCriterion,
    Declarations,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    SegmentCriterion,
    SqlCriterion,
    WebCriterion,
)
from pipelines.segments.behaviours import EVENT, event_test, needed, of_operations, of_types, types_of
from pipelines.segments.comparing import comparison
from pipelines.segments.compiling import combine, imported
from pipelines.segments.literals import column, count_where, number
from pipelines.segments.sharing import with_shared_parts
from pipelines.segments.tracking import Leaf, decided
from pipelines.segments.vectors import affirmed, denies

_CONTACTS, _DID = "contacts", "did"
_OPERATION = "its operation"
RAW = "carnet_raw_"
"""Before a number: the table of the contacts of a raw segment, which whoever asks has at hand (`Flat.raw`)."""


class Flat:
    """Conditions on contacts, and the tables that they are joined with; `raw` are the raw segments that they name, in order."""

    def __init__(self, declarations: Declarations) -> None:
        self._declarations = declarations
        self._counted: dict[tuple[str, ...], dict[exp.Expr, str]] = {}
        self._operations: dict[exp.Expr, str] = {}
        self._imports: dict[ImportCriterion, str] = {}
        self.raw: dict[str, str] = {}

    def condition(self, group: Group) -> exp.Expr:
        """Whether a contact satisfies `group`: TRUE, FALSE, or NULL where a behaviour decides it and they are not tracked."""
        return combine(group, self._leaf)

    def over_contacts(self, *selected: exp.Expr) -> exp.Select:
        """A query on the contacts, joined with all that the conditions so far need."""
        query = exp.Select(expressions=list(selected)).from_(_table("contacts", _CONTACTS), copy=False)
        for at, types in enumerate(self._counted):
            query = _joined(query, self._events(types), f"{_DID}{at}")
        for criterion, alias in self._imports.items():
            found = imported(criterion.source, last=criterion.last).distinct(copy=False)
            query = _joined(query, found, alias)
        for alias in self.raw.values():
            ids = exp.Select(expressions=[column("contact_id", "member")]).from_(_table(alias, "member"), copy=False)
            query = _joined(query, ids.distinct(copy=False), alias)
        return query

    def _leaf(self, leaf: Leaf) -> exp.Expr:
        if isinstance(leaf, FieldCriterion):
            field = self._declarations.base.field(leaf.field)
            return comparison(field, leaf, column(field.name, _CONTACTS), self._declarations.base.timezone)
        held = self._held(affirmed(leaf))
        return exp.not_(held, copy=False) if denies(leaf) else held

    def _held(self, leaf: Leaf) -> exp.Expr:
        match leaf:
            case SegmentCriterion():
                return exp.paren(self.condition(self._declarations.segment(leaf.segment).root), copy=False)
            case ImportCriterion():
                return _is_there(self._imports.setdefault(leaf, f"i{len(self._imports)}"))
            case OperationCriterion():
                return self._at_least(RECIPIENT_TYPES, of_operations((leaf.operation,)), 1)
            case BehaviourCriterion() | WebCriterion() if needed(leaf) < 1:
                return decided(exp.true(), _CONTACTS)
            case BehaviourCriterion() | WebCriterion():
                happened = event_test(leaf, self._declarations.base.timezone)
                return decided(self._at_least(types_of(leaf), happened, needed(leaf)), _CONTACTS)
            case SqlCriterion():
                return _is_there(self.raw.setdefault(leaf.segment, f"{RAW}{len(self.raw)}"))
            case FieldCriterion():
                return self._leaf(leaf)

    def _at_least(self, types: tuple[str, ...], happened: exp.Expr, times: int) -> exp.Expr:
        alike = self._counted.setdefault(types, {})
        name = alike.setdefault(happened.transform(self._of_joined), f"d{len(alike)}")
        counted = column(name, f"{_DID}{list(self._counted).index(types)}")
        enough = exp.GTE(this=counted, expression=number(times))
        # Who has no event has no count.
        return exp.Is(this=exp.paren(enough, copy=False), expression=exp.true())

    def _of_joined(self, node: exp.Expr) -> exp.Expr:
        """An event is of an operation of those names: said once for each operation, and joined to its events."""
        if isinstance(node, exp.In) and isinstance(query := node.args.get("query"), exp.Subquery):
            test = query.this.args["where"].this
            return column(self._operations.setdefault(test, f"o{len(self._operations)}"), EVENT)
        return node

    def _events(self, types: tuple[str, ...]) -> exp.Select:
        """For each contact, how many events of theirs each criterion on these types counts."""
        counts = [exp.alias_(exp.CountIf(this=test), name) for test, name in self._counted[types].items()]
        query = with_shared_parts(
            [column("contact_id", EVENT), *counts],
            _table("events", EVENT),
            of_types(types),
            joined=self._joined_operations() if self._operations else None,
        )
        return query.group_by(column("contact_id", EVENT), copy=False)

    def _joined_operations(self) -> tuple[exp.Subquery, exp.Expr]:
        flags = [exp.alias_(test, name) for test, name in self._operations.items()]
        its_own = exp.alias_(column("operation_id", "operation"), _OPERATION, quoted=True)
        query = exp.Select(expressions=[its_own, *flags]).from_(_table("operations", "operation"), copy=False)
        same = exp.EQ(this=column("operation_id", EVENT), expression=column(_OPERATION, "operation"))
        return query.subquery("operation", copy=False), same


def counts_query(flat: Flat, groups: Sequence[Group]) -> exp.Select:
    """One row: how many contacts each group holds, in their order."""
    counts = [count_where(flat.condition(group)) for group in groups]
    return flat.over_contacts(*(exp.alias_(count, f"n{n}") for n, count in enumerate(counts)))


def matching_query(flat: Flat, group: Group, fields: Sequence[str]) -> exp.Select:
    """These fields of the contacts that satisfy `group`."""
    held = flat.condition(group)
    return flat.over_contacts(*(column(name, _CONTACTS) for name in fields)).where(held, copy=False)


def _table(name: str, alias: str) -> exp.Table:
    return exp.table_(name, db="main", alias=alias)


def _joined(query: exp.Select, found: exp.Select, alias: str) -> exp.Select:
    same = exp.EQ(this=column("contact_id", alias), expression=column("contact_id", _CONTACTS))
    return query.join(found.subquery(alias, copy=False), on=same, join_type="left", copy=False)


def _is_there(alias: str) -> exp.Expr:
    return exp.Not(this=exp.Is(this=column("contact_id", alias), expression=exp.Null()))
