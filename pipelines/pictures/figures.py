"""What the page of the base shows, as numbers (SRV-3): counts by day, by standing, by reason; of nobody alone.

Belongs here: asking the published copy. Does not: drawing (`plots`), nor words (`page`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from pipelines.base.statements import first_row, records, statement

_MOST_IMPORTS, _MOST_REASONS, _MOST_SEGMENTS, _MOST_OPERATIONS = 20, 15, 40, 8
_DAYS = 90
STEPS = ("recipients", "delivered", "opened", "clicked", "converted")
"""The steps of a funnel."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Figures:
    """One base at one instant.

    `growth`: segment → (day, contacts), by day. `standings`: channel → standing → contacts. `imports`, `operations`: newest first.
    `rejections`: reason → rows of the last 90 days. `segments`: rows of `segment`, `label`, `contacts`, largest first.
    """

    at: datetime
    contacts: int
    growth: Mapping[str, list[tuple[date, int]]]
    standings: Mapping[str, Mapping[str, int]]
    imports: list[Row]
    rejections: Mapping[str, int]
    segments: list[Row]
    operations: list[Row]


def figures_of(connection: duckdb.DuckDBPyConnection, timezone: str, at: datetime) -> Figures:
    """The figures of the base that `connection` reads, its days in that time zone."""

    def rows(name: str, **parameters: object) -> list[Row]:
        return records(connection.execute(statement(f"pictures/{name}"), parameters))

    growth: dict[str, list[tuple[date, int]]] = {}
    for row in rows("growth", zone=timezone):
        growth.setdefault(row["segment"], []).append((row["counted_on"], row["contacts"]))
    standings: dict[str, dict[str, int]] = {"email": {}, "sms": {}}
    for row in rows("reachable"):
        standings[row["channel"]][row["standing"]] = row["contacts"]
    since = at - timedelta(days=_DAYS)
    rejections = rows("rejections", since=since, most=_MOST_REASONS)
    found = first_row(connection, "SELECT count(*) FROM main.contacts")
    return Figures(
        at=at,
        contacts=found[0] if found else 0,
        growth=growth,
        standings=standings,
        imports=rows("imports", most=_MOST_IMPORTS),
        rejections={row["reason"]: row["contacts"] for row in rejections},
        segments=rows("segments", most=_MOST_SEGMENTS),
        operations=rows("operations", most=_MOST_OPERATIONS),
    )
