"""Retention (EXP-13): who nothing happened to for years is noticed, and purged once the notice is over.

Belongs here: notices and who is due. Does not: whom the segment `to_purge` holds (`default_segments`), nor the purge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
from sqlglot import exp

from pipelines.base.statements import first_row, run_statements, statement
from pipelines.declarations.model import ContactBase, Retention
from pipelines.errors import UsageError
from pipelines.language import say
from pipelines.upkeep.purging import Purged


@dataclass(frozen=True)
class Retained:
    """How many contacts are to be purged, how many of them were noticed just now, how many were purged.

    `earliest`: when the first of them was noticed; None where none is.
    """

    to_purge: int
    noticed: int
    earliest: datetime | None = None
    purged: Purged | None = None

    def due(self, retention: Retention, at: datetime) -> bool:
        """Is the notice of any of them over?"""
        return self.earliest is not None and self.earliest <= _over(retention, at)

    def after(self, purged: Purged | None) -> Retained:
        """The same once that was purged."""
        return self if purged is None else replace(self, to_purge=self.to_purge - purged.deleted, purged=purged)

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of `retention`."""
        return {
            "to_purge": self.to_purge,
            "noticed": self.noticed,
            "purged": self.purged.deleted if self.purged else 0,
        }


def required(base: ContactBase) -> Retention:
    """What the base declares; UsageError where it declares none."""
    if base.retention is None:
        raise UsageError(
            say("The base declares no retention."),
            say("Declare it in the ContactBase: retention: {{inactive_years: 3, notice_days: 30, action: report}}"),
        )
    return base.retention


def look(connection: duckdb.DuckDBPyConnection) -> Retained:
    """How things stand, as of now: nothing is written."""
    row = first_row(connection, statement("upkeep/retained"))
    return Retained(*row) if row else Retained(0, 0)


def notice(connection: duckdb.DuckDBPyConnection, at: datetime) -> Retained:
    """Notice those whom the segment holds and who were not, in the caller's transaction; who has left it is noticed no longer."""
    fresh = look(connection).noticed
    run_statements(connection, "upkeep/notice", {"at": at})
    return replace(look(connection), noticed=fresh)


def due(retention: Retention, at: datetime) -> exp.Query:
    """The contact_id of those whose notice is over."""
    over = exp.cast(exp.Literal.string(_over(retention, at).isoformat()), exp.DType.TIMESTAMPTZ)
    return exp.select("contact_id").from_("main.retention_notices").where(exp.column("noticed_at") <= over)


def _over(retention: Retention, at: datetime) -> datetime:
    return at - timedelta(days=retention.notice_days)
