"""One criterion on one field → one boolean expression that is never NULL (SEG-3, SEG-4, SEG-4b).

Belongs here: what every operator means for every format. Does not: how criteria are combined (`compiling`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp

from pipelines.declarations.model import PERIODS, FieldCriterion
from pipelines.errors import UsageError
from pipelines.fields import OPERATORS, Field, Format
from pipelines.language import say
from pipelines.segments.literals import day_of, folded, literal, number, today

POSITIVE_OF = {
    "not_equals": "equals",
    "not_starts_with": "starts_with",
    "not_ends_with": "ends_with",
    "not_contains": "contains",
    "not_in": "in",
    "none_of": "in",
}
"""Negative operators, and what they deny; several values under one are ANDed, that is: none of them (SEG-4)."""

_ORDERS: dict[str, type[exp.Binary]] = {
    "less_than": exp.LT,
    "before": exp.LT,
    "at_most": exp.LTE,
    "greater_than": exp.GT,
    "after": exp.GT,
    "at_least": exp.GTE,
}
_TEXT_TESTS: dict[str, type[exp.Func]] = {
    "starts_with": exp.StartsWith,
    "ends_with": exp.EndsWith,
    "contains": exp.Contains,
}


_OLDEST = 10_000
"""Years that are added to a day, at most: no date holds more."""


def comparison(field: Field, criterion: FieldCriterion, column: exp.Column, timezone: str) -> exp.Expr:
    """Whether `column` of a contact satisfies `criterion`: TRUE or FALSE, empty ones as SEG-3 and `empty:` say.

    UsageError, with its place, where the operator does not fit the format or the values do not fit the operator.
    """
    _judge(field, criterion)
    if criterion.op == "is_empty":
        return _is_empty(column)
    if criterion.op == "is_not_empty":
        return _is_not_empty(column)
    positive = POSITIVE_OF.get(criterion.op)
    holds = _positive(field, criterion, positive or criterion.op, column, timezone)
    if positive is not None:
        holds = exp.not_(holds, copy=False)
    if _empty_holds(field, criterion):
        return exp.or_(_is_empty(column), holds, copy=False)
    return exp.and_(_is_not_empty(column), holds, copy=False)


def _judge(field: Field, criterion: FieldCriterion) -> None:
    fitting = OPERATORS[field.format]
    if criterion.op not in fitting:
        message = say(
            "{op!r} does not fit {field!r}, a {format} field.",
            op=criterion.op,
            field=field.name,
            format=field.format.value,
        )
        raise _fault(criterion, message, say("Use one of {names}.", names=", ".join(fitting)))
    if criterion.op in ("between", "age_between") and len(criterion.values) != 2:
        message = say("{op} takes two values, not {count}.", op=criterion.op, count=len(criterion.values))
        raise _fault(criterion, message, say("Write value: [first, last]."))
    if not criterion.values and criterion.op not in ("is_empty", "is_not_empty"):
        message = say("{op!r} on {field!r} has no value.", op=criterion.op, field=field.name)
        raise _fault(criterion, message, say("Give it one with value: …"))


def _fault(criterion: FieldCriterion, message: str, hint: str) -> UsageError:
    place = criterion.place
    return UsageError(f"{place.file}:{place.line}: {message}" if place else message, hint)


def _is_empty(column: exp.Column) -> exp.Expr:
    return exp.Is(this=column.copy(), expression=exp.Null())


def _is_not_empty(column: exp.Column) -> exp.Expr:
    return exp.Is(this=column.copy(), expression=exp.Not(this=exp.Null()))


def _empty_holds(field: Field, criterion: FieldCriterion) -> bool:
    if criterion.empty is not None:
        return criterion.empty == "include"
    return criterion.op in POSITIVE_OF and not field.is_select


def _positive(field: Field, criterion: FieldCriterion, op: str, column: exp.Column, timezone: str) -> exp.Expr:
    """The comparison itself, NULL where the column is."""
    match field.format:
        case Format.TEXT:
            return _text(criterion, op, column)
        case Format.MULTI_SELECT:
            return _multi_select(criterion, op, column)
        case Format.DATE:
            return _day(criterion, op, day_of(column, timezone) if field.instant else column, timezone)
        case Format.SINGLE_SELECT if op == "all_of":
            return exp.and_(*(exp.EQ(this=column.copy(), expression=literal(v)) for v in criterion.values), copy=False)
        case _:
            return _ordered(criterion, op, column)


Side = Callable[[exp.Expr], exp.Expr]


def _text(criterion: FieldCriterion, op: str, column: exp.Column) -> exp.Expr:
    side: Side = _as_is if criterion.exact else folded
    values = [side(literal(value)) for value in criterion.values]
    if op in _TEXT_TESTS:
        return _any_of(_TEXT_TESTS[op](this=side(column.copy()), expression=value) for value in values)
    return _among(side(column), values)


def _as_is(node: exp.Expr) -> exp.Expr:
    return node


def _multi_select(criterion: FieldCriterion, op: str, column: exp.Column) -> exp.Expr:
    """`equals` and `in`: any of the values is among the contact's; `all_of`: all of them are."""
    values = exp.Array(expressions=[literal(value) for value in criterion.values])
    test = exp.ArrayContainsAll if op == "all_of" else exp.ArrayOverlaps
    return test(this=column, expression=values)


def _day(criterion: FieldCriterion, op: str, day: exp.Expr, timezone: str) -> exp.Expr:
    """Days are compared with days; day counts as differences in days, which no count can overflow."""
    now = today(timezone)
    match op:
        case "in_last_days":
            return _any_of(_within(_days(now, day), _day_count(criterion, v) - 1) for v in criterion.values)
        case "in_next_days":
            return _any_of(_within(_days(day, now), _day_count(criterion, v) - 1) for v in criterion.values)
        case "anniversary_in_days":
            return _any_of(
                _within(_days(_anniversary(day, now, years), now), _day_count(criterion, v))
                for v in criterion.values
                for years in (0, 1)
            )
        case "before_days_ago":
            return _any_of(
                exp.GT(this=_days(now, day), expression=number(_day_count(criterion, v))) for v in criterion.values
            )
        case "in_current" | "in_previous":
            back = int(op == "in_previous")
            return _any_of(_in_period(day, now, _period(criterion, v), back) for v in criterion.values)
        case "age_between":
            youngest, oldest = (_day_count(criterion, v) for v in criterion.values)
            reached = exp.LTE(this=_birthday(day, youngest), expression=now.copy())
            passed = exp.LTE(this=_birthday(day, oldest + 1), expression=now.copy())
            return exp.and_(reached, exp.not_(passed, copy=False), copy=False)
        case _:
            return _ordered(criterion, op, day)


def _day_count(criterion: FieldCriterion, value: object) -> int:
    if isinstance(value, float | int) and value >= 0 and float(value).is_integer():
        return int(value)
    message = say(
        "{op!r} on {field!r} takes a whole number, not {value!r}.", op=criterion.op, field=criterion.field, value=value
    )
    raise _fault(criterion, message, say("Write a number such as 30."))


def _period(criterion: FieldCriterion, value: object) -> str:
    if isinstance(value, str) and value in PERIODS:
        return value
    message = say(
        "{op!r} on {field!r} takes a period, not {value!r}.", op=criterion.op, field=criterion.field, value=value
    )
    raise _fault(criterion, message, say("Use one of {names}.", names=", ".join(PERIODS)))


def _in_period(day: exp.Expr, now: exp.Expr, period: str, back: int) -> exp.Expr:
    """Whether the day lies in the current period, or the one so many before it; weeks begin on Monday."""
    first = _first_day(now, period)
    if back:
        interval = exp.Interval(this=exp.Literal.string(str(back)), unit=exp.Var(this=period.upper()))
        first = exp.Sub(this=first, expression=interval)
    return exp.EQ(this=_first_day(day, period), expression=first)


def _first_day(day: exp.Expr, period: str) -> exp.Expr:
    return exp.Anonymous(this="date_trunc", expressions=[exp.Literal.string(period), day.copy()])


def _birthday(day: exp.Expr, age: int) -> exp.Expr:
    """The day on which that age is reached; 29 February is the 28th in other years (SEG-4b)."""
    years = exp.Anonymous(this="to_years", expressions=[number(min(age, _OLDEST))])
    return exp.Add(this=day.copy(), expression=years)


def _days(later: exp.Expr, earlier: exp.Expr) -> exp.Expr:
    return exp.Sub(this=later.copy(), expression=earlier.copy())


def _within(days: exp.Expr, most: int) -> exp.Expr:
    return exp.Between(this=days, low=number(0), high=number(most))


def _anniversary(day: exp.Expr, now: exp.Expr, years: int) -> exp.Expr:
    """The anniversary in the current year, or `years` later; adding years puts 29 February on the 28th (SEG-4b)."""
    count: exp.Expr = exp.Sub(this=exp.Year(this=now.copy()), expression=exp.Year(this=day.copy()))
    if years:
        count = exp.Add(this=count, expression=number(years))
    interval = exp.Anonymous(this="to_years", expressions=[exp.cast(count, exp.DType.INT)])
    return exp.cast(exp.Add(this=day.copy(), expression=interval), exp.DType.DATE)


def _ordered(criterion: FieldCriterion, op: str, side: exp.Expr) -> exp.Expr:
    """Equality and order, for every format whose values stand in a row."""
    values = [literal(value) for value in criterion.values]
    if op == "between":
        return exp.Between(this=side, low=values[0], high=values[1])
    if op in _ORDERS:
        return _any_of(_ORDERS[op](this=side.copy(), expression=value) for value in values)
    return _among(side, values)


def _among(side: exp.Expr, values: list[exp.Expr]) -> exp.Expr:
    if len(values) == 1:
        return exp.EQ(this=side, expression=values[0])
    return exp.In(this=side, expressions=values)


def _any_of(tests: Iterable[exp.Expr]) -> exp.Expr:
    return exp.or_(*tests, copy=False)
