"""The degrees of activity that the base keeps: computed from events, and brought to another scale once it has one (BHV-3).

Belongs here: the rows of `activity`, and the contacts' copy of them. Does not: what is told of them, nor when (`behaviours`).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb

from pipelines.base.statements import first_row, statement
from pipelines.declarations.events import ACTIVE_TYPES
from pipelines.declarations.model import ContactBase

if TYPE_CHECKING:
    import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

_FORMER = "former_degrees"
"""The setting of a base whose degrees are those of another scale (sql/schema/0015_activity_to_ten.sql)."""


def compute_degrees(
    connection: duckdb.DuckDBPyConnection, base: ContactBase, instant: datetime, active: pa.Table | None = None
) -> None:
    """The activity of all contacts as of `instant`, by the base's window, in days of its time zone. In the caller's transaction.

    `active`: what `active_days` would find in the events, where another engine found it.
    """
    _compute(connection, base, instant, active)
    connection.execute(statement("behaviours/copy_degrees"))


def follow_degrees(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> bool:
    """Compute degrees of another scale anew, as of when they were computed; False where there are none."""
    row = first_row(
        connection,
        "SELECT max(computed_at) FROM main.activity HAVING exists(FROM main.settings WHERE name = ?)",
        [_FORMER],
    )
    if row is None:
        return False
    connection.execute("CREATE OR REPLACE TEMP TABLE carnet_computed AS SELECT contact_id FROM main.activity")
    if row[0] is not None:
        _compute(connection, base, row[0])
    # Whoever came since has no degree yet.
    connection.execute("DELETE FROM main.activity WHERE contact_id NOT IN (FROM carnet_computed)")
    connection.execute(statement("behaviours/copy_degrees"))
    connection.execute("DELETE FROM main.settings WHERE name = ?", [_FORMER])
    return True


def _compute(
    connection: duckdb.DuckDBPyConnection, base: ContactBase, instant: datetime, active: pa.Table | None = None
) -> None:
    if active is None:
        connection.execute(statement("behaviours/active_days"), active_parameters(base, instant))
    else:
        connection.register("carnet_found", active)
        connection.execute("CREATE OR REPLACE TEMP TABLE carnet_active AS FROM carnet_found")
        connection.unregister("carnet_found")
    connection.execute("DELETE FROM main.activity")
    connection.execute(statement("behaviours/compute_activity"), {"instant": instant})
    connection.execute("DROP TABLE temp.carnet_active")


def active_parameters(base: ContactBase, instant: datetime) -> dict[str, Any]:
    """What the events are asked for: types, the days of the window, the time zone."""
    return {
        "types": list(ACTIVE_TYPES),
        "timezone": base.timezone,
        "instant": instant,
        "today": instant.astimezone(ZoneInfo(base.timezone)).date(),
        "window_days": base.activity.window_days,
        "active_within_days": base.activity.active_within_days,
    }
