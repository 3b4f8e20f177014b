"""What an import says of itself: to the CLI's JSON (contract), to the history, to the Dagster UI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

import polars as pl

from expectations.verdicts import Verdict
from pipelines.files.problems import listed
from pipelines.language import mark

Status = Literal["imported", "refused", "skipped", "preview"]
LISTED_CHANGES, SHOWN_CHANGES = 1000, 5
"""How many changes of known contacts a preview lists, and an import's metadata shows, masked."""
UNREACHABLE = ("hard", "suppression_list", "orange_list", "unsubscribed", "no_consent")


COUNTED = {
    "rows": mark("rows"),
    "inserted": mark("inserted"),
    "updated": mark("updated"),
    "unchanged": mark("unchanged"),
    "deleted": mark("deleted"),
    "duplicates": mark("duplicates"),
    "rejected": mark("rejected"),
    "skipped_by_action": mark("skipped by action"),
    "suppressed": mark("suppressed"),
    "remembered": mark("remembered"),
    "new": mark("new"),
    "known": mark("known"),
    "pending": mark("pending"),
    "left_out": mark("left out"),
}
"""What people call the counts of contacts and events, to be said."""


@dataclass(frozen=True)
class Counts:
    """Of contacts: rows = inserted + updated + unchanged + deleted + duplicates + rejected + skipped_by_action (contract).

    Of those skipped, `suppressed` are new on the account's suppression list, and of `remembered` a refusal is kept (STA-5).
    """

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    duplicates: int = 0
    rejected: int = 0
    skipped_by_action: int = 0
    suppressed: int = 0
    remembered: int = 0

    def in_history(self) -> dict[str, int]:
        """As columns of `imports`."""
        return dict(vars(self))

    @classmethod
    def from_history(cls, row: Mapping[str, Any]) -> Counts:
        """What those columns say."""
        return cls(**{each.name: row[each.name] for each in fields(cls)})


@dataclass(frozen=True)
class EventCounts:
    """Of events: rows = new + known + pending + rejected + left_out.

    New: of contacts of the base; known: there already, or twice in the file; pending: of people who are not in the base
    yet; rejected: refused rows; left_out: of a type that the declaration leaves out.
    """

    rows: int = 0
    new: int = 0
    known: int = 0
    pending: int = 0
    rejected: int = 0
    left_out: int = 0

    def in_history(self) -> dict[str, int]:
        """As columns of `imports`: new events count as inserted, known ones as unchanged, those left out as skipped."""
        found = Counts(
            self.rows,
            inserted=self.new,
            unchanged=self.known,
            rejected=self.rejected,
            skipped_by_action=self.left_out,
        )
        return {**found.in_history(), "pending": self.pending}

    @classmethod
    def from_history(cls, row: Mapping[str, Any]) -> EventCounts:
        """What those columns say."""
        return cls(
            row["rows"], row["inserted"], row["unchanged"], row["pending"], row["rejected"], row["skipped_by_action"]
        )


@dataclass(frozen=True)
class ImportResult:
    """The outcome of one file, with the counts of its kind.

    `problems` is the frame of docs/architecture.md; `verdicts` are the rules' own, by suite. `hidden`: names of columns
    that only people who may see them are shown, since the file seems to have no header (`masking.hidden_names`).
    `data_docs`: where the page of its verdicts lies once Data Docs are made anew.
    `changed`: how many contacts were given another state or consent by events. `seconds`: the steps' wall-clock times.

    Of files of contacts alone: `changed_fields`, how many known contacts changed each field; `unreachable`, IMP-13; and for people
    who may see persons' values `stored`, the first rows as the base holds (or would hold) them, `mapping`, what became of each
    header, and `changes`, the first changes of known contacts. `in_full`: for the report, what messages cut short would say.
    """

    import_id: int | None
    status: Status
    name: str
    model: str
    partition: str
    file: Path
    counts: Counts | EventCounts
    problems: pl.DataFrame
    verdicts: Mapping[str, tuple[Verdict, ...]]
    hidden: tuple[str, ...] = ()
    rejects_file: Path | None = None
    report: Path | None = None
    mended_file: Path | None = None
    data_docs: Path | None = None
    changed: int = 0
    unreachable: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(UNREACHABLE, 0))
    stored: pl.DataFrame | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    changed_fields: Mapping[str, int] = field(default_factory=dict[str, int])
    changes: Sequence[Mapping[str, Any]] = ()
    in_full: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of `import`, and of `events`."""
        document: dict[str, Any] = {"import_id": self.import_id, "status": self.status}
        document |= vars(self.counts)
        if isinstance(self.counts, EventCounts):
            document["changed"] = self.changed
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
