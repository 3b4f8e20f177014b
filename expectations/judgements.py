"""What was judged of each import, kept as a file for the pages that are made of it later (`documents`): verdicts, and no data.

Belongs here: keeping and reading them. Does not: making the pages. Imports no Great Expectations, so that an import pays nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from expectations.verdicts import Verdict

KEPT = 100
"""How many imports have pages."""


@dataclass(frozen=True)
class Judgement:
    """One import, by its number: the model (the name of the suite on its page), how it ended, when it began, each verdict."""

    import_id: int
    model: str
    status: str
    started_at: datetime
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Whether every rule held."""
        return all(verdict.passed for verdict in self.verdicts)

    @property
    def run(self) -> str:
        """What Great Expectations calls the run, in the order of the imports."""
        return f"{self.import_id:08d}"

    @property
    def page(self) -> str:
        """Where its page lies in the site."""
        began = self.started_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        return f"validations/{self.model}/{self.run}/{began}/{self.run}.html"


def keep(folder: Path, judgement: Judgement) -> None:
    """Keep one import's verdicts in `folder`, and let go of the one that is too old for a page."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = folder / f".{judgement.run}.part"
    aside.write_text(json.dumps(_told(judgement)), encoding="utf-8")
    os.replace(aside, _file(folder, judgement.import_id))
    _file(folder, judgement.import_id - KEPT).unlink(missing_ok=True)


def kept(folder: Path, most: int = KEPT) -> list[Judgement]:
    """The last imports whose verdicts are kept, newest first."""
    found = sorted(folder.glob("[0-9]*.json"), reverse=True) if folder.is_dir() else []
    return [_read(json.loads(path.read_bytes())) for path in found[:most]]


def _file(folder: Path, import_id: int) -> Path:
    return folder / f"{import_id:08d}.json"


def _told(judgement: Judgement) -> dict[str, Any]:
    # Which rows failed stands in the history; a page counts them.
    verdicts = [{**asdict(verdict), "rows": []} for verdict in judgement.verdicts]
    return {**vars(judgement), "started_at": judgement.started_at.isoformat(), "verdicts": verdicts}


def _read(told: Mapping[str, Any]) -> Judgement:
    verdicts: Sequence[Mapping[str, Any]] = told["verdicts"]
    return Judgement(
        told["import_id"],
        told["model"],
        told["status"],
        datetime.fromisoformat(told["started_at"]),
        tuple(_verdict(each) for each in verdicts),
    )


def _verdict(told: Mapping[str, Any]) -> Verdict:
    fields: dict[str, Any] = {**told, "rows": ()}
    return Verdict(**fields)
