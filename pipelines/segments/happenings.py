"""What contacts did, for many criteria at once: events are read once, with one bit a criterion (LAK-2, SEG-2).

An event counts for a criterion where its type, its operation, its link and its day all do: each says so for all criteria in one
number, whose bits are ANDed. A contact's number has the bits of all their events, or of those criteria that count enough of them.
Belongs here: that arithmetic. Does not: what a criterion means (`behaviours`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from pipelines.segments.behaviours import EVENT, of_types
from pipelines.segments.literals import column
from pipelines.segments.sharing import with_shared_parts

_LANE = 31
_BITS = 2 * _LANE
"""Criteria that one number has room for: a BIGINT without its sign, and of it two halves, so that two counts are one sum."""
_OPERATION = "its operation"
_OF_OPERATION = "operation"
"""Stands for the column by which an event's operation is judged, in a table of its own."""


@dataclass(frozen=True)
class _Counted:
    """Events of these types that pass the test, so many of them."""

    types: tuple[str, ...]
    happened: exp.Expr
    times: int

    @cached_property
    def tests(self) -> Mapping[str, exp.Expr]:
        """Column of an event → what must hold for it; `_OF_OPERATION` → what must hold for its operation."""
        found = {"type": of_types(self.types)}
        for part in self.happened.flatten() if isinstance(self.happened, exp.And) else (self.happened,):
            if isinstance(part, exp.Boolean):
                continue
            if isinstance(part, exp.In) and isinstance(query := part.args.get("query"), exp.Subquery):
                name, test = _OF_OPERATION, query.this.args["where"].this
            else:
                [name], test = {each.name for each in part.find_all(exp.Column)}, part
            found[name] = exp.and_(found[name], test) if name in found else test.copy()
        return found


_Word = Mapping[int, _Counted]
"""The criteria of one number: bit → criterion."""


class Happenings:
    """Which events are asked for, by criteria that one event decides, or by those that count `several`."""

    def __init__(self, *, several: bool) -> None:
        self._several = several
        self._counted: dict[_Counted, int] = {}

    def place(self, types: tuple[str, ...], happened: exp.Expr, times: int) -> tuple[int, int]:
        """Which number says whether a contact has `times` events or more that pass, and which bit of it."""
        word, at = divmod(self._counted.setdefault(_Counted(types, happened, times), len(self._counted)), _BITS)
        return word, 1 << at // 2 + _LANE * (at % 2)

    @property
    def words(self) -> int:
        """How many numbers a contact has."""
        return -(-len(self._counted) // _BITS)

    def query(self) -> exp.Select:
        """A row for each contact with such events: `contact_id`, and the numbers, called as `numbered` does."""
        words: list[dict[int, _Counted]] = [{} for _ in range(self.words)]
        for counted in self._counted:
            number, bit = self.place(counted.types, counted.happened, counted.times)
            words[number][bit] = counted
        types = tuple(dict.fromkeys(name for counted in self._counted for name in counted.types))
        judged = [exp.alias_(_judged(word, n), numbered("counts", n), quoted=True) for n, word in enumerate(words)]
        events = with_shared_parts([column("contact_id", EVENT), *judged], _with_operations(words), of_types(types))
        of_contact = _enough if self._several else _any
        held = [exp.alias_(of_contact(word, n), numbered("happened", n), quoted=True) for n, word in enumerate(words)]
        query = exp.Select(expressions=[column("contact_id", EVENT), *held])
        return query.from_(events.subquery(EVENT, copy=False), copy=False).group_by(
            column("contact_id", EVENT), copy=False
        )


def numbered(name: str, number: int) -> str:
    """The name of a column of numbers."""
    return f"{name} {number}"


def has(number: exp.Expr, bit: int) -> exp.Expr:
    """Whether the number has the bit; NULL where it is."""
    return exp.NEQ(this=_both(number, bigint(bit)), expression=bigint(0))


def bigint(number: int) -> exp.Expr:
    """A whole number that has room for the bits of all criteria."""
    return exp.cast(exp.Literal.number(number), exp.DType.BIGINT)


def _any(_: _Word, number: int) -> exp.Expr:
    """Of a contact's events: what one of them says."""
    return exp.BitwiseOrAgg(this=column(numbered("counts", number), EVENT))


def _enough(word: _Word, number: int) -> exp.Expr:
    """Of a contact's events: of which criteria there are enough. Two counts are one sum, which has room for 2 147 483 647."""
    held: dict[exp.Expr, int] = {}
    for bit, counted in word.items():
        lane, first = divmod(bit.bit_length() - 1, _LANE)
        shifted = exp.BitwiseRightShift(
            this=column(numbered("counts", number), EVENT), expression=exp.Literal.number(first)
        )
        both = exp.Sum(this=exp.BitwiseAnd(this=exp.paren(shifted, copy=False), expression=bigint(1 | 1 << _LANE)))
        count = both if lane else _both(both, bigint((1 << _LANE) - 1))
        held[exp.GTE(this=count, expression=bigint(counted.times << _LANE * lane))] = bit
    return _summed(held, 0)


def _judged(word: _Word, number: int) -> exp.Expr:
    """For which criteria of a number an event counts."""
    found = _summed(_grouped(word, "type"), 0)
    for name in ("occurred_at", "link"):
        tests = _grouped(word, name)
        if tests:
            found = _both(found, _of_their_types(word, tests, name))
    if _grouped(word, _OF_OPERATION):
        of_operation = exp.Coalesce(
            this=column(numbered("its counts", number), EVENT), expressions=[bigint(_rest(word, _OF_OPERATION))]
        )
        found = _both(found, of_operation)
    return found


def _of_their_types(word: _Word, tests: Mapping[exp.Expr, int], name: str) -> exp.Expr:
    """What the tests say of an event of a type that one of them is for; others are not looked at: a link takes time."""
    types = tuple(dict.fromkeys(each for counted in word.values() if name in counted.tests for each in counted.types))
    rest = _rest(word, name)
    return exp.Case(ifs=[exp.If(this=of_types(types), true=_summed(tests, rest))], default=bigint(rest))


def _grouped(word: _Word, name: str) -> dict[exp.Expr, int]:
    """Each test on this column → the bits of the criteria that make it."""
    found: dict[exp.Expr, int] = {}
    for bit, counted in word.items():
        if (test := counted.tests.get(name)) is not None:
            found[test] = found.get(test, 0) | bit
    return found


def _rest(word: _Word, name: str) -> int:
    """The bits of the criteria that do not look at this column."""
    return sum(bit for bit, counted in word.items() if name not in counted.tests)


def _summed(tests: Mapping[exp.Expr, int], rest: int) -> exp.Expr:
    """The bits of the tests that hold, and of `rest`: no two have one in common."""
    parts = [
        exp.Case(ifs=[exp.If(this=test.copy(), true=bigint(bits))], default=bigint(0)) for test, bits in tests.items()
    ]
    found = bigint(rest)
    for part in parts:
        found = exp.Add(this=found, expression=part)
    return exp.paren(found, copy=False)


def _with_operations(words: list[dict[int, _Counted]]) -> exp.Table | exp.Subquery:
    """The events with what their operations decide; events alone where no criterion looks at one."""
    events = exp.table_("events", db="main", alias=EVENT)
    tests = {number: found for number, word in enumerate(words) if (found := _grouped(word, _OF_OPERATION))}
    if not tests:
        return events
    rests = {number: _rest(word, _OF_OPERATION) for number, word in enumerate(words)}
    judged = [
        exp.alias_(_summed(found, rests[number]), numbered("its counts", number), quoted=True)
        for number, found in tests.items()
    ]
    its_own = exp.alias_(column("operation_id", "operation"), _OPERATION, quoted=True)
    operations = exp.Select(expressions=[its_own, *judged])
    operations = operations.from_(exp.table_("operations", db="main", alias="operation"), copy=False)
    same = exp.EQ(this=column("operation_id", EVENT), expression=column(_OPERATION, "operation"))
    both = [exp.Column(this=exp.Star(), table=exp.to_identifier(name)) for name in (EVENT, "operation")]
    rows = exp.Select(expressions=both).from_(events, copy=False)
    rows = rows.join(operations.subquery("operation", copy=False), on=same, join_type="left", copy=False)
    return rows.subquery(EVENT, copy=False)


def _both(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    return exp.paren(exp.BitwiseAnd(this=one, expression=other), copy=False)
