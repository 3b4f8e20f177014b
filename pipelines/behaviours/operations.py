"""Reports of operations, and the contacts behind a figure (BHV-4).

Belongs here: reading `operation_report`, and who is counted in it. Does not: what the figures are (`declarations/events`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from pipelines.base.statements import records, statement, telling_what_is_missing
from pipelines.declarations.events import FIGURES, RETURNS
from pipelines.errors import UnknownNameError
from pipelines.language import mark

_IN_JSON = (
    "recipients",
    "delivered",
    "opened",
    "clicked",
    "submitted_form",
    "converted",
    "unsubscribed",
    "complained",
)
RATES: dict[str, tuple[str, str]] = {
    "delivery_rate": ("delivered", "recipients"),
    "bounce_rate": ("bounced", "recipients"),
    "open_rate": ("opened", "delivered"),
    "click_rate": ("clicked", "delivered"),
    "click_to_open_rate": ("clicked", "opened"),
    "form_rate": ("submitted_form", "delivered"),
    "conversion_rate": ("converted", "delivered"),
    "unsubscription_rate": ("unsubscribed", "delivered"),
    "complaint_rate": ("complained", "delivered"),
}
"""Rate of `operation_report` → the figure, and the figure that it is a share of."""
_RATE_OF = {figure: rate for rate, (figure, _) in RATES.items() if rate != "click_to_open_rate"}


@dataclass(frozen=True)
class Report:
    """What came of one operation: figure → distinct contacts; rates from 0 to 1, None over nobody."""

    operation_id: int
    operation: str
    channel: str
    started_at: datetime | None
    figures: dict[str, int]
    rates: dict[str, float | None]

    @property
    def returns(self) -> dict[str, int]:
        """The returns that occurred: event type → contacts."""
        return {name: self.figures[name] for name in RETURNS if self.figures[name]}

    @property
    def happened(self) -> dict[str, int]:
        """The figures, without the returns that did not occur."""
        return {name: count for name, count in self.figures.items() if count or name not in RETURNS}

    def rate(self, figure: str) -> float | None:
        """The share that a figure is of the recipients (delivered, bounced) or of those delivered to (what people did)."""
        return self.rates.get(_RATE_OF.get(figure, ""))

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of `operations`."""
        told = {name: self.figures[name] for name in _IN_JSON}
        return {"operation": self.operation, "channel": self.channel, **told, "returns": self.returns}


@dataclass(frozen=True)
class FigureContacts:
    """Who is counted in a figure: `contacts` has every column, by growing contact_id, up to the limit.

    `count`: those that are in the base; `gone`: those that no longer are; `left_out`: SEG-9.
    """

    count: int
    gone: int
    left_out: int
    contacts: list[dict[str, Any]]


def reports(connection: duckdb.DuckDBPyConnection, name: str | None = None) -> list[Report]:
    """The report of every operation, newest first, or of those called `name`, one a channel.

    UnknownNameError names the nearest one.
    """
    query = "FROM main.operation_report {} ORDER BY started_at DESC NULLS LAST, operation_id DESC"
    with telling_what_is_missing():
        if name is None:
            found = records(connection.execute(query.format("")))
        else:
            _operations(connection, name)
            found = records(connection.execute(query.format("WHERE operation = $name"), {"name": name}))
    return [_report(row) for row in found]


def _report(row: dict[str, Any]) -> Report:
    rates = {name: row[name] for name in RATES}
    figures = {name: row[name] for name in FIGURES}
    return Report(row["operation_id"], row["operation"], row["channel"], row["started_at"], figures, rates)


def figure_contacts(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    figure: str,
    limit: int = 100,
    *,
    everybody: bool = False,
    after: int | None = None,
) -> FigureContacts:
    """The contacts that a figure of the operations called `name` counts, at most `limit` of them (0: all).

    `after`: those of greater ids alone.

    Those that set `do_not_track` are counted, and left out of the list unless `everybody`. UnknownNameError names the nearest
    operation or figure.
    """
    types = event_types(figure)
    with telling_what_is_missing():
        asked = {"operations": _operations(connection, name), "types": types}
        [(ever, known, untracked)] = connection.execute(statement("behaviours/figure_tally"), asked).fetchall()
        listing = {**asked, "limit": limit or None, "everybody": everybody, "after": after}
        listed = records(connection.execute(statement("behaviours/figure_contacts"), listing))
    return FigureContacts(known, ever - known, 0 if everybody else untracked, listed)


def event_types(figure: str) -> list[str]:
    """The types of the events that a figure counts; UnknownNameError names the nearest figure."""
    if figure not in FIGURES:
        raise UnknownNameError(mark("figure"), figure, FIGURES)
    return list(FIGURES[figure])


def _operations(connection: duckdb.DuckDBPyConnection, name: str) -> list[int]:
    """The ids of the operations of that name: one a channel."""
    rows = connection.execute("SELECT name, operation_id FROM main.operations ORDER BY operation_id DESC").fetchall()
    found = [operation_id for known, operation_id in rows if known == name]
    if not found:
        raise UnknownNameError(mark("operation"), name, dict.fromkeys(known for known, _ in rows))
    return found
