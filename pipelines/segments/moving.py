"""How far a refresh moved the counts of segments, beside how far they may move (`warn_change`, SEG-6)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from pipelines.base.statements import statement
from pipelines.declarations.model import Declarations


@dataclass(frozen=True)
class Move:
    """A segment's last count and the one before it, None at the first; `allowed` is its `warn_change`."""

    segment: str
    before: int | None
    count: int
    allowed: float

    @property
    def share(self) -> float | None:
        """By what share of the count before it moved, 0 or more; None where there is nothing to compare with."""
        return abs(self.count - self.before) / self.before if self.before else None

    @property
    def too_far(self) -> bool:
        """Whether to warn: it moved by more than the share allowed, or somebody came into a segment that was empty."""
        if self.share is None:
            return self.before == 0 and self.count > 0
        return self.share > self.allowed


def last_moves(connection: duckdb.DuckDBPyConnection, declarations: Declarations, names: Collection[str]) -> list[Move]:
    """The last move of those of the segments `names` that declare `warn_change`, in the order of the declarations."""
    allowed = {s.name: s.warn_change for s in declarations.segments if s.warn_change is not None and s.name in names}
    rows = connection.execute(statement("segments/last_moves"), {"segments": list(allowed)}).fetchall()
    found = {segment: (before, count) for segment, count, before in rows}
    return [Move(name, *found[name], share) for name, share in allowed.items() if name in found]
