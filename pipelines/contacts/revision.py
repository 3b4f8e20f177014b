"""Who changes contacts, when, and by what: the words that versions, consents and the suppression list share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl

Kind = Literal["import", "hand", "undo", "events", "purge", "merge"]


@dataclass(frozen=True)
class Revision:
    """One change of any number of contacts. `import_id`: of the import (or the undo, which is one) that makes it."""

    revision_id: int
    kind: Kind
    who: str
    at: datetime
    import_id: int | None = None

    @property
    def source(self) -> str:
        """As `changes` and `consents` show it: `import 12`, `undo 13`, `events 14`, `hand`."""
        return self.kind if self.import_id is None else f"{self.kind} {self.import_id}"


def instant(at: datetime) -> pl.Expr:
    """The instant in the type that every column of instants has."""
    return pl.lit(at).cast(pl.Datetime("us", "UTC"))
