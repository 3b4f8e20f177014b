"""Reports of operations, and activity, as queries without DuckDB's own words, for an engine that is asked instead (LAK-2).

The second way to say what the view `operation_report` and `sql/behaviours/active_days.sql` say; a test holds them together. Belongs
here: the queries, and what their rows become. Does not: whom is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlglot import exp

from pipelines.base.degrees import active_parameters
from pipelines.behaviours.operations import RATES, Report
from pipelines.declarations.events import FIGURES
from pipelines.declarations.model import ContactBase
from pipelines.errors import UnknownNameError

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def report_query() -> exp.Select:
    """A row for each operation: its columns, and for each figure how many distinct contacts it counts."""
    each = exp.select("event.operation_id", "event.contact_id", *(_has(*figure) for figure in FIGURES.items()))
    each = each.from_("main.events AS event").group_by("event.operation_id", "event.contact_id")
    counted = exp.select("each_contact.operation_id", *(_counted(name) for name in FIGURES))
    counted = counted.from_(each.subquery("each_contact")).group_by("each_contact.operation_id")
    figures = [
        exp.alias_(exp.func("coalesce", exp.column(name, "counted"), exp.Literal.number(0)), name) for name in FIGURES
    ]
    query = exp.select(
        "operation.operation_id", "operation.name", "operation.channel", "operation.started_at", *figures
    )
    return query.from_("main.operations AS operation").join(
        counted.subquery("counted"), on="operation.operation_id = counted.operation_id", join_type="left"
    )


def _has(name: str, types: tuple[str, ...]) -> exp.Expr:
    """Whether the contact has an event of one of these types in the operation."""
    is_one = exp.In(this=exp.column("type", "event"), expressions=[exp.Literal.string(each) for each in types])
    flag = exp.Case(ifs=[exp.If(this=is_one, true=exp.Literal.number(1))], default=exp.Literal.number(0))
    return exp.alias_(exp.Max(this=flag), name)


def _counted(name: str) -> exp.Expr:
    return exp.alias_(exp.Sum(this=exp.column(name, "each_contact")), name)


def active_query(base: ContactBase, instant: datetime) -> exp.Select:
    """What `sql/behaviours/active_days.sql` finds in the events."""
    asked = active_parameters(base, instant)
    moment = exp.column("occurred_at", "event")
    zoned = exp.AtTimeZone(this=moment, zone=exp.Literal.string(asked["timezone"]))
    day = exp.cast(zoned, exp.DType.DATE)
    is_activity = exp.In(this=exp.column("type", "event"), expressions=[exp.Literal.string(t) for t in asked["types"]])
    until = exp.cast(exp.Literal.string(instant.isoformat(sep=" ")), exp.DType.TIMESTAMPTZ)
    each = exp.select("event.contact_id", exp.alias_(day, "day"), exp.alias_(exp.Max(this=moment.copy()), "last_at"))
    each = each.from_("main.events AS event").where(is_activity, exp.LTE(this=moment.copy(), expression=until))
    each = each.group_by("event.contact_id", day.copy())
    found = [
        exp.alias_(exp.CountIf(this=_after(asked["today"], asked["window_days"])), "active_days"),
        exp.alias_(exp.LogicalOr(this=_after(asked["today"], asked["active_within_days"])), "active"),
        exp.alias_(exp.Max(this=exp.column("last_at", "each_day")), "last_active_at"),
    ]
    query = exp.select("each_day.contact_id", *found).from_(each.subquery("each_day"))
    return query.group_by("each_day.contact_id")


def _after(today: date, days: int) -> exp.Expr:
    """Whether the day is one of the last so many, up to today."""
    # A window may reach back before the first day that there is.
    before = date.fromordinal(max(today.toordinal() - days, 1))
    last_before = exp.cast(exp.Literal.string(before.isoformat()), exp.DType.DATE)
    return exp.GT(this=exp.column("day", "each_day"), expression=last_before)


def reports_of(rows: Sequence[Mapping[str, Any]], name: str | None = None) -> list[Report]:
    """The reports of what `report_query` yields, newest first, or of the operations called `name`; UnknownNameError."""
    if name is not None and all(row["name"] != name for row in rows):
        raise UnknownNameError("operation", name, dict.fromkeys(row["name"] for row in rows))
    wanted = [row for row in rows if name is None or row["name"] == name]
    newest = sorted(wanted, key=lambda row: (row["started_at"] or _LONG_AGO, row["operation_id"]), reverse=True)
    return [_report(row) for row in newest]


def _report(row: Mapping[str, Any]) -> Report:
    figures = {name: int(row[name]) for name in FIGURES}
    rates = {rate: figures[part] / figures[whole] if figures[whole] else None for rate, (part, whole) in RATES.items()}
    return Report(row["operation_id"], row["name"], row["channel"], row["started_at"], figures, rates)
