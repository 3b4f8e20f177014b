"""The segments as they are listed, with their counts as last taken. Does not belong here: counting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from pipelines.declarations.model import Declarations


@dataclass(frozen=True)
class SegmentCount:
    """A segment as listed; `count` and `refreshed_at` are None until it is counted for the first time."""

    name: str
    label: str
    count: int | None
    refreshed_at: datetime | None


def listing(connection: duckdb.DuckDBPyConnection, declarations: Declarations) -> list[SegmentCount]:
    """Every declared segment with its count as last taken, in the order of the declarations."""
    rows = connection.execute("SELECT segment, count, refreshed_at FROM main.segment_counts").fetchall()
    known: dict[str, tuple[int, datetime]] = {name: (count, at) for name, count, at in rows}
    return [SegmentCount(s.name, s.label, *known.get(s.name, (None, None))) for s in declarations.segments]
