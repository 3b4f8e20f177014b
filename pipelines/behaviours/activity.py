"""Activity of contacts (BHV-3): a degree from 0 to 10 and active or not, computed from behaviours and kept as last computed.

Belongs here: computing it, and how it is distributed. Does not: when that is done (`orchestration`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.base.degrees import compute_degrees
from pipelines.base.statements import statement, telling_what_is_missing
from pipelines.declarations.model import ContactBase
from pipelines.language import mark

if TYPE_CHECKING:
    import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]

DEGREES = ("0", "1", "2", "3", "4–5", "6–7", "8–11", "12–15", "16–23", "24–31", mark("32 or more"))
"""Degree → on how many days of the window something was done."""


@dataclass(frozen=True)
class Distribution:
    """How many contacts have each degree and are active, as last computed.

    `computed_at`: None until it is computed for the first time; `not_computed`: contacts that came since.
    """

    computed_at: datetime | None
    contacts: int
    active: int
    degrees: dict[int, int]
    not_computed: int

    @property
    def inactive(self) -> int:
        """Contacts that are not active; those that came since count among them (SEG-5)."""
        return self.contacts - self.active

    def as_json(self) -> dict[str, Any]:
        """The JSON of `activity`."""
        return {
            "computed_at": self.computed_at,
            "contacts": self.contacts,
            "active": self.active,
            "inactive": self.inactive,
            "degrees": {str(degree): count for degree, count in self.degrees.items()},
            "not_computed": self.not_computed,
        }


def compute_activity(
    connection: duckdb.DuckDBPyConnection, base: ContactBase, instant: datetime, active: pa.Table | None = None
) -> Distribution:
    """Compute the activity of all contacts as of `instant`, into `activity` and `contacts.activity_degree`.

    To be called in the caller's transaction. The window and what counts as active are the base's `activity`, in days of its time
    zone. `active`: what the events say of it, where another engine was asked (`asked.active_query`).
    """
    compute_degrees(connection, base, instant, active)
    return distribution(connection)


def distribution(connection: duckdb.DuckDBPyConnection) -> Distribution:
    """The activity as last computed, of the contacts that are in the base now."""
    with telling_what_is_missing():
        rows = connection.execute(statement("behaviours/activity_distribution")).fetchall()
    known = {degree: contacts for degree, contacts, _, _ in rows}
    return Distribution(
        computed_at=max((computed_at for *_, computed_at in rows if computed_at), default=None),
        contacts=sum(known.values()),
        active=sum(active for _, _, active, _ in rows),
        degrees={degree: known.get(degree, 0) for degree in range(len(DEGREES))},
        not_computed=known.get(None, 0),
    )
