"""SQL made of declarations, from DuckDB's dialect to Spark's: the same trees, with the same results (LAK-2).

sqlglot writes a tree for Spark; here stands what means another thing there: days, periods, lists, folded text, the current instant.
Belongs here: functions. Does not: what is asked (`segments`), nor whom (`spark`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from sqlglot import exp

from pipelines.errors import UsageError
from pipelines.lake.contents import FOLDED
from pipelines.language import say

_LAST_YEAR = 9999
_DAY_OF = {"month": "dayofmonth", "quarter": "dayofmonth", "year": "dayofyear"}
"""Period → what counts its days, or those of its month, from 1."""
_A_MONDAY = "1970-01-05"
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_DAYS = {"DAY": 1, "WEEK": 7}


def spark_sql(query: exp.Expr, instant: datetime, fold: Callable[[list[str]], Mapping[str, str]]) -> str:
    """The query in Spark's SQL, as of `instant` (with a time zone). `fold`: texts → the same folded, as the lake's columns are.

    UsageError for what has no equal there.
    """
    texts = [text for node in query.find_all(exp.Anonymous) if (text := _folded_literal(node)) is not None]
    folds = fold(texts) if texts else {}
    return _translated(query.copy(), instant, folds).sql("spark")


def _translated(node: exp.Expr, instant: datetime, folds: Mapping[str, str]) -> exp.Expr:
    """The node, then those below what came of it."""
    made = _ours(node, instant, folds)
    for below in list(made.iter_expressions()):
        below.replace(_translated(below, instant, folds))
    return made


def _folded_literal(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Anonymous) and node.name == "strip_accents":
        (text,) = node.expressions
        return cast("str", text.this) if isinstance(text, exp.Literal) else None
    return None


def _ours(  # noqa: PLR0912
    node: exp.Expr, instant: datetime, folds: Mapping[str, str]
) -> exp.Expr:
    """One node; those below it are DuckDB's still. One case a function: they are read together."""
    match node:
        case exp.Table():
            node.set("db", None)
            return node
        case exp.Literal(is_string=False) if not node.name.isdigit():
            # A decimal of Spark's would have no room for what a DOUBLE is compared with.
            return exp.cast(exp.Literal.string(node.name), exp.DType.DOUBLE)
        case exp.Lower(this=exp.Upper(this=exp.Anonymous(this="strip_accents", expressions=[text]))):
            return _folded(text, folds)
        case exp.Is(this=held, expression=exp.Boolean(this=True)):
            # Sail 0.7 fails on an IS TRUE that a query has twice.
            there = exp.Not(this=exp.Is(this=held.copy(), expression=exp.Null()))
            return exp.paren(exp.and_(there, held, copy=False), copy=False)
        case exp.CountIf(this=held):
            # Sail 0.7 takes it for a filter, and copies all columns of the rows that pass.
            return exp.Count(this=exp.Case(ifs=[exp.If(this=held, true=exp.Literal.number(1))]))
        case exp.Anonymous(this="now"):
            return exp.cast(exp.Literal.string(instant.isoformat(sep=" ")), exp.DType.TIMESTAMPTZ)
        case exp.Anonymous(this="date_trunc", expressions=[period, day]):
            return _first_day(period.name, day)
        case exp.AtTimeZone():
            return _call("from_utc_timestamp", node.this, node.args["zone"])
        case exp.Add(this=day, expression=exp.Anonymous(this="to_years", expressions=[years])):
            return _later(day, years)
        case exp.Sub(this=day, expression=exp.Interval() as interval):
            return _earlier(day, interval)
        case exp.Sub(this=later, expression=earlier) if _is_day(later) and _is_day(earlier):
            return _call("datediff", later, earlier)
        case exp.ArrayOverlaps():
            return _call("arrays_overlap", node.this, node.expression)
        case exp.ArrayContainsAll(this=held, expression=exp.Array(expressions=values)):
            return exp.and_(*(_call("array_contains", held.copy(), value) for value in values), copy=False)
        case exp.Anonymous(this=name) if name not in _OURS:
            raise UsageError(
                say("Spark has no {function!r}.", function=str(name)), say("Ask DuckDB, without CARNET_SPARK.")
            )
        case _:
            return node


_OURS = (
    *("from_utc_timestamp", "add_months", "date_sub", "datediff", "arrays_overlap", "array_contains"),
    *("dayofmonth", "dayofyear"),
)
"""What `_ours` makes."""


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _folded(text: exp.Expr, folds: Mapping[str, str]) -> exp.Expr:
    """The folded column beside a text, or a text that is folded already."""
    if isinstance(text, exp.Column):
        return exp.column(exp.to_identifier(FOLDED + text.name, quoted=True), table=text.args.get("table"))
    if isinstance(text, exp.Literal):
        return exp.Literal.string(folds[text.this])
    raise UsageError(
        say("Spark compares columns without case and accents, not {text}.", text=text.sql("duckdb")),
        say("Ask DuckDB, without CARNET_SPARK."),
    )


def _first_day(period: str, day: exp.Expr) -> exp.Expr:
    """The first day of the period in which the day lies. By days: `trunc` goes by instants, which do not reach as far on Sail."""
    if period == "week":
        return _call("date_sub", day, _days_since_monday(day))
    if period not in _DAY_OF:
        return day
    passed = exp.Sub(this=_call(_DAY_OF[period], day.copy()), expression=exp.Literal.number(1))
    first = _call("date_sub", day, passed)
    if period != "quarter":
        return first
    month = exp.Sub(this=exp.Month(this=day.copy()), expression=exp.Literal.number(1))
    months = exp.Mod(this=exp.Paren(this=month), expression=exp.Literal.number(3))
    return _call("add_months", first, exp.Neg(this=exp.Paren(this=months)))


def _days_since_monday(day: exp.Expr) -> exp.Expr:
    """Counted by ourselves: Sail 0.7 says -1 for `weekday` of a Sunday."""
    monday = exp.cast(exp.Literal.string(_A_MONDAY), exp.DType.DATE)
    week = exp.Literal.number(7)
    left = exp.Paren(this=exp.Mod(this=_call("datediff", day.copy(), monday), expression=week))
    return exp.Mod(this=exp.Paren(this=exp.Add(this=left, expression=week.copy())), expression=week.copy())


def _later(day: exp.Expr, years: exp.Expr) -> exp.Expr:
    """So many years later; no day is later than those that Spark has: who asks compares with the current one."""
    most = exp.Sub(this=exp.Literal.number(_LAST_YEAR), expression=exp.Year(this=day.copy()))
    months = exp.Mul(this=exp.Literal.number(12), expression=exp.Least(this=exp.Paren(this=years), expressions=[most]))
    return _call("add_months", day, months)


def _earlier(day: exp.Expr, interval: exp.Interval) -> exp.Expr:
    unit, count = str(interval.args["unit"]).upper(), int(interval.this.name)
    if unit in _DAYS:
        return _call("date_sub", day, exp.Literal.number(count * _DAYS[unit]))
    return _call("add_months", day, exp.Neg(this=exp.Literal.number(count * _MONTHS[unit])))


def _is_day(node: exp.Expr) -> bool:
    """Whether it is a day: a column that is counted from, or what was made one. Numbers are never counted from columns."""
    return isinstance(node, exp.Column) or (isinstance(node, exp.Cast) and node.to.this == exp.DType.DATE)
