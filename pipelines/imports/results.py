"""What an import says of itself: to the CLI's JSON (contract), to the history, to the Dagster UI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from expectations.verdicts import Verdict
from pipelines.files.problems import listed

Status = Literal["imported", "refused", "skipped", "preview"]
LISTED_CHANGES, SHOWN_CHANGES = 1000, 5
"""How many changes of known contacts a preview lists, and an import's metadata shows, masked."""
UNREACHABLE = ("hard", "suppression_list", "orange_list", "unsubscribed", "no_consent")


@dataclass(frozen=True)
class Counts:
    """rows = inserted + updated + unchanged + deleted + duplicates + rejected + skipped_by_action (contract)."""

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    duplicates: int = 0
    rejected: int = 0
    skipped_by_action: int = 0
    suppressed: int = 0


@dataclass(frozen=True)
class ImportResult:
    """The outcome of one file.

    `problems` is the frame of docs/architecture.md; `verdicts` are the rules' own, by suite. `changed_fields`: how many known
    contacts changed each field. `stored` are the first rows as the base holds (or would hold) them, `mapping` what became of each
    header, `changes` the first changes of known contacts: all three only for people who may see them. `hidden`: names of columns
    that only they may see too, since the file seems to have no header (`masking.hidden_names`).
    `seconds` are the steps' wall-clock times.
    """

    import_id: int | None
    status: Status
    name: str
    model: str
    partition: str
    file: Path
    counts: Counts
    problems: pl.DataFrame
    verdicts: Mapping[str, tuple[Verdict, ...]]
    hidden: tuple[str, ...] = ()
    rejects_file: Path | None = None
    report: Path | None = None
    mended_file: Path | None = None
    unreachable: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(UNREACHABLE, 0))
    stored: pl.DataFrame | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    changed_fields: Mapping[str, int] = field(default_factory=dict[str, int])
    changes: Sequence[Mapping[str, Any]] = ()
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of `import`."""
        document: dict[str, Any] = {"import_id": self.import_id, "status": self.status}
        document |= vars(self.counts)
        document |= {
            "name": self.name,
            "model": self.model,
            "problems": self.listed_problems(),
            "problems_total": self.problems.height,
            "rejects_file": _text(self.rejects_file),
            "report": _text(self.report),
            "mended_file": _text(self.mended_file),
            "unreachable": dict(self.unreachable),
        }
        if self.status == "preview" and self.stored is not None:
            document["mapping"] = dict(self.mapping)
            document["preview_rows"] = self.stored.to_dicts()
            document["changed_fields"] = dict(self.changed_fields)
            document["changes"] = list(self.changes)
        return document

    def listed_problems(self) -> list[dict[str, Any]]:
        """The first problems, as people read them: critical ones first, then by line; the offending cell in the message."""
        return listed(self.problems)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
