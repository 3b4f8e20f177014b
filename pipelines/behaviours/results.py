"""What an import of events says of itself (contract: events)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from expectations.verdicts import Verdict
from pipelines.files.problems import LISTED_PROBLEMS
from pipelines.imports.results import Status


@dataclass(frozen=True)
class EventCounts:
    """rows = new + known + pending + rejected + left_out.

    New: of contacts of the base; known: there already, or twice in the file; pending: of people who are not in the base
    yet; rejected: refused rows; left_out: of a type that the declaration leaves out.
    """

    rows: int = 0
    new: int = 0
    known: int = 0
    pending: int = 0
    rejected: int = 0
    left_out: int = 0


@dataclass(frozen=True)
class EventImportResult:
    """The outcome of one file of events; `changed`: how many contacts it gave another state or consent.

    `header`: the names of its columns, as far as they were looked at; `hidden`: those that only people who may see them are shown.
    No file of events is mended: `mended_file` is there as an ImportResult has it.
    """

    import_id: int | None
    status: Status
    name: str
    model: str
    partition: str
    file: Path
    counts: EventCounts
    problems: pl.DataFrame
    verdicts: Mapping[str, tuple[Verdict, ...]]
    changed: int = 0
    report: Path | None = None
    mended_file: Path | None = None
    hidden: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of an import of events."""
        problems = self.problems.head(LISTED_PROBLEMS).select("rule", "severity", "line", "column", "message")
        return {
            "import_id": self.import_id,
            "status": self.status,
            **vars(self.counts),
            "changed": self.changed,
            "name": self.name,
            "model": self.model,
            "problems": problems.to_dicts(),
            "problems_total": self.problems.height,
            "report": None if self.report is None else str(self.report),
        }
