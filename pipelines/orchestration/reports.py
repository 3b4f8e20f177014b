"""What came of each operation, as the Dagster UI shows it (BHV-4): counts only, an operation's name is the operator's own word."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.behaviours.operations import Report
from pipelines.language import mark, number, say, say_many, words
from pipelines.orchestration.markdown import markdown_table
from pipelines.workspace import Workspace

_MOST_SHOWN = 50
_SHOWN = (
    mark("recipients"),
    mark("delivered"),
    mark("opened"),
    mark("clicked"),
    mark("unsubscribed"),
    mark("bounced"),
)
"""In columns of their own; what else occurred stands in one, so that the table is no wider than its page."""

Metadata = dict[str, Any]


def report_metadata(workspace: Workspace) -> Metadata:
    """How many operations there are, and a table of the latest."""
    zone, reports = ZoneInfo(workspace.declarations.base.timezone), workspace.operation_reports()
    rows = [_row(report, zone) for report in reports[:_MOST_SHOWN]]
    titles = (say("operation"), say("since"), *map(words, _SHOWN), say("also"))
    shown: Metadata = {
        "dagster/row_count": len(reports),
        "reports": dg.MetadataValue.md(markdown_table(titles, rows)),
    }
    if len(reports) > _MOST_SHOWN:
        shown["older_operations"] = say_many(
            "{n} older ones: `carnet operations` lists them.",
            "{n} older ones: `carnet operations` lists them.",
            len(reports) - _MOST_SHOWN,
        )
    return shown


def _row(report: Report, zone: ZoneInfo) -> list[object]:
    started = report.started_at.astimezone(zone).date() if report.started_at else None
    also = ", ".join(
        f"{words(name)} {number(count)}" for name, count in report.figures.items() if count and name not in _SHOWN
    )
    return [f"{report.operation} ({report.channel})", started, *(_with_rate(report, name) for name in _SHOWN), also]


def _with_rate(report: Report, figure: str) -> str:
    share, count = report.rate(figure), report.figures[figure]
    return number(count) if share is None else f"{number(count)} ({number(share, '.1%')})"
