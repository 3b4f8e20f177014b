"""Criteria as conditions over contacts joined once with what they did: no query inside a condition, which engines may not take.

The third way to say what views and vectors say, of the same leaves (`comparing`, `behaviours`); a property test holds the three
together. Events are read once for all criteria that count the same types of them. Belongs here: joins and what is selected. Does
not: what an operator means, nor whom is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
from pipelines.segments.behaviours import event_test, needed, of_operations, types_of
from pipelines.segments.comparing import comparison
from pipelines.segments.compiling import combine, imported
from pipelines.segments.happenings import Happenings, bigint, has, numbered
from pipelines.segments.literals import column, count_where
from pipelines.segments.sharing import with_shared_parts
from pipelines.segments.tracking import Leaf, decided
from pipelines.segments.vectors import affirmed, denies

_CONTACTS, _ONCE, _SEVERAL = "contacts", "once", "several"
RAW = "carnet_raw_"
"""Before a number: the table of the contacts of a raw segment, which whoever asks has at hand (`Flat.raw`)."""


@dataclass(frozen=True)
class _Column:
    """What a contact has worked out once; `depth`: 0, or for a segment one more than that of what it refers to."""

    name: str
    held: exp.Expr
    depth: int = 0


class Flat:
    """Conditions on contacts, and the tables that they are joined with; `raw` are the raw segments that they name, in order.

    Each distinct criterion, and each segment that another refers to, is a column of the contacts.
    """

    def __init__(self, declarations: Declarations) -> None:
        self._declarations = declarations
        self._columns: dict[Leaf, _Column] = {}
        self._depths: dict[str, int] = {}
        self._once, self._several = Happenings(several=False), Happenings(several=True)
        self._imports: dict[ImportCriterion, str] = {}
        self.raw: dict[str, str] = {}

    def condition(self, group: Group) -> exp.Expr:
        """Whether a contact satisfies `group`: TRUE, FALSE, or NULL where a behaviour decides it and they are not tracked."""
        return combine(group, self._leaf)

    def over_contacts(self, *selected: exp.Expr, contacts: exp.Table | exp.Subquery | None = None) -> exp.Select:
        """A query on the contacts, with all that the conditions so far need; or on `contacts`, which are called so."""
        rows = self._joined(contacts or _table("contacts", _CONTACTS))
        layers: dict[int, list[_Column]] = {}
        for each in self._columns.values():
            layers.setdefault(each.depth, []).append(each)
        for depth in sorted(layers):
            rows = _with_columns(rows, layers[depth]).subquery(_CONTACTS, copy=False)
        return exp.Select(expressions=list(selected)).from_(rows, copy=False)

    def _joined(self, contacts: exp.Table | exp.Subquery) -> exp.Table | exp.Subquery:
        """The contacts beside what is known of them elsewhere."""
        found: dict[str, exp.Select] = {}
        known: list[_Column] = []
        for name, happenings in ((_ONCE, self._once), (_SEVERAL, self._several)):
            if happenings.words:
                found[name] = happenings.query()
                known += [each for number in range(happenings.words) for each in _happened(name, number)]
        for criterion, alias in self._imports.items():
            found[alias] = imported(criterion.source, last=criterion.last).distinct(copy=False)
            known.append(_Column(_there(alias), _is_there(alias)))
        for alias in self.raw.values():
            ids = exp.Select(expressions=[column("contact_id", "member")]).from_(_table(alias, "member"), copy=False)
            found[alias] = ids.distinct(copy=False)
            known.append(_Column(_there(alias), _is_there(alias)))
        if not found:
            return contacts
        every = exp.Column(this=exp.Star(), table=exp.to_identifier(_CONTACTS))
        looked_up = [exp.alias_(each.held, each.name, quoted=True) for each in known]
        query = exp.Select(expressions=[every, *looked_up]).from_(contacts, copy=False)
        for alias, table in found.items():
            same = exp.EQ(this=column("contact_id", alias), expression=column("contact_id", _CONTACTS))
            query = query.join(table.subquery(alias, copy=False), on=same, join_type="left", copy=False)
        return query.subquery(_CONTACTS, copy=False)

    def _leaf(self, leaf: Leaf) -> exp.Expr:
        wanted = affirmed(leaf)
        if wanted not in self._columns:
            held = self._held(wanted)
            # What it refers to has its columns by now.
            beneath = [self._depths[each.name] for each in held.find_all(exp.Column) if each.name in self._depths]
            depth = 1 + max(beneath, default=0) if isinstance(wanted, SegmentCriterion) else 0
            made = _Column(f"criterion {len(self._columns)}", held, depth)
            self._columns[wanted], self._depths[made.name] = made, depth
        held = column(self._columns[wanted].name, _CONTACTS)
        return exp.not_(held, copy=False) if denies(leaf) else held

    def _held(self, leaf: Leaf) -> exp.Expr:
        match leaf:
            case SegmentCriterion():
                return self.condition(self._declarations.segment(leaf.segment).root)
            case ImportCriterion():
                return column(_there(self._imports.setdefault(leaf, f"i{len(self._imports)}")), _CONTACTS)
            case OperationCriterion():
                return self._happened(RECIPIENT_TYPES, of_operations((leaf.operation,)), 1, decided_by_them=False)
            case BehaviourCriterion() | WebCriterion() if needed(leaf) < 1:
                return decided(exp.true(), _CONTACTS)
            case BehaviourCriterion() | WebCriterion():
                happened = event_test(leaf, self._declarations.base.timezone)
                return self._happened(types_of(leaf), happened, needed(leaf), decided_by_them=True)
            case SqlCriterion():
                return column(_there(self.raw.setdefault(leaf.segment, f"{RAW}{len(self.raw)}")), _CONTACTS)
            case FieldCriterion():
                field = self._declarations.base.field(leaf.field)
                return comparison(field, leaf, column(field.name, _CONTACTS), self._declarations.base.timezone)

    def _happened(self, types: tuple[str, ...], happened: exp.Expr, times: int, *, decided_by_them: bool) -> exp.Expr:
        """Whether a contact has so many of these events; `decided_by_them`: NULL for whom that is not for anybody to know."""
        name, asked = (_ONCE, self._once) if times < 2 else (_SEVERAL, self._several)
        number, bit = asked.place(types, happened, times)
        return has(column(_known(name, number, decided_by_them=decided_by_them), _CONTACTS), bit)


def _happened(name: str, number: int) -> tuple[_Column, _Column]:
    """A number of what contacts did: 0 without any event, and the same NULL where they are not tracked."""
    there = exp.Coalesce(this=column(numbered("happened", number), name), expressions=[bigint(0)])
    return (
        _Column(_known(name, number, decided_by_them=False), there),
        _Column(_known(name, number, decided_by_them=True), decided(there.copy(), _CONTACTS)),
    )


def _known(name: str, number: int, *, decided_by_them: bool) -> str:
    return numbered(f"{name} decided" if decided_by_them else name, number)


def _there(alias: str) -> str:
    return f"in {alias}"


def counts_query(flat: Flat, groups: Sequence[Group]) -> exp.Select:
    """One row: how many contacts each group holds, in their order."""
    counts = [count_where(flat.condition(group)) for group in groups]
    return flat.over_contacts(*(exp.alias_(count, f"n{n}") for n, count in enumerate(counts)))


def matching_query(flat: Flat, group: Group, fields: Sequence[str]) -> exp.Select:
    """These fields of the contacts that satisfy `group`."""
    held = flat.condition(group)
    return flat.over_contacts(*(column(name, _CONTACTS) for name in fields)).where(held, copy=False)


def _with_columns(rows: exp.Table | exp.Subquery, columns: Iterable[_Column]) -> exp.Select:
    """The contacts with all their columns and these. No column of a contact has a blank in its name."""
    every = exp.Column(this=exp.Star(), table=exp.to_identifier(_CONTACTS))
    return with_shared_parts([every, *(exp.alias_(each.held, each.name, quoted=True) for each in columns)], rows)


def _table(name: str, alias: str) -> exp.Table:
    return exp.table_(name, db="main", alias=alias)


def _is_there(alias: str) -> exp.Expr:
    return exp.Not(this=exp.Is(this=column("contact_id", alias), expression=exp.Null()))
