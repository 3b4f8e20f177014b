"""What is kept of an export so that the next one can say what moved: whose rows it held, and their cells (EXP-11).

In `data/exports/.kept/<name>/`, for each export by its number: `.json` (what it was; written last, so that without it nothing is
kept), `.ids.parquet` (contact_id, a hash of the row) and `.cells.parquet` (contact_id and cells as text; of those alone who had
moved, or, now and then, of all). The ids of the last ten are kept, and the cells that these refer to.

Belongs here: those files. Does not: what moved (`deltas`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.exports.placing import place
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.syncing import sync

MOST_KEPT = 10
_MARK, _IDS, _CELLS = ".json", ".ids.parquet", ".cells.parquet"


@dataclass(frozen=True)
class Kept:
    """One export that is kept. `made`: how it was made, hashed; `whole`: its cells are those of all."""

    export_id: int
    made: str
    whole: bool


@dataclass(frozen=True)
class Aside:
    """What is to be kept of the export under way: two files of its own, and what `Kept` says."""

    ids: Path
    cells: Path
    made: str
    whole: bool


@dataclass(frozen=True)
class Keeping:
    """The kept exports of one name. `arrived`: the numbers of those that are where they go, None where they go nowhere."""

    folder: Path
    arrived: frozenset[int] | None = None

    @classmethod
    def of(cls, layout: Layout, name: str, arrived: frozenset[int] | None = None) -> Keeping:
        """Those of the export of that name."""
        return cls(layout.exports / ".kept" / name, arrived)

    def all(self) -> list[Kept]:
        """What is kept, oldest first; the oldest may have cells alone."""
        marks = sorted(self.folder.glob(f"*{_MARK}"))
        return [Kept(**json.loads(mark.read_text(encoding="utf-8"))) for mark in marks]

    def since(self, export_id: int | None) -> Kept | None:
        """The export of that number, or the last one that its readers have (None where there is none).

        UsageError where the one of that number is not kept. Movements since one that never arrived would leave out, for whoever
        follows, those that it had told.
        """
        known = [kept for kept in self.all() if self.ids(kept).exists()]
        if export_id is None:
            return next((kept for kept in reversed(known) if self._has_arrived(kept)), None)
        found = next((kept for kept in known if kept.export_id == export_id), None)
        if found is None:
            numbers = ", ".join(str(kept.export_id) for kept in known) or say("none")
            raise UsageError(
                say("Of this export, number {number} is not kept.", number=export_id),
                say("Kept are: {numbers}. Take the oldest, or the whole file.", numbers=numbers),
            )
        return found

    def _has_arrived(self, kept: Kept) -> bool:
        return self.arrived is None or kept.export_id in self.arrived

    def is_last(self, kept: Kept) -> bool:
        """Whether no other export was kept since."""
        return self.all()[-1].export_id == kept.export_id

    def due_whole(self) -> bool:
        """Whether the next export has to keep the cells of all, so that older ones may go."""
        return not any(kept.whole for kept in self.all()[-MOST_KEPT:])

    def ids(self, kept: Kept) -> Path:
        """Whose rows it held."""
        return self._file(kept.export_id, _IDS)

    def cells(self) -> list[Path]:
        """Every file of cells, oldest first."""
        return [self._file(kept.export_id, _CELLS) for kept in self.all()]

    def place(self, export_id: int, aside: Aside) -> None:
        """Keep the export under way under its number, and let go of what no delta can ask for any more."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = Kept(export_id, aside.made, aside.whole)
        mark = aside.ids.with_suffix(_MARK)
        mark.write_text(json.dumps(asdict(kept)), encoding="utf-8")
        for path, ending in ((aside.cells, _CELLS), (aside.ids, _IDS), (mark, _MARK)):
            sync(path)
            place(path, self._file(export_id, ending))
        # Later numbers are of a base that was put back since: they would be taken for the last ones.
        self._prune([each for each in self.all() if each.export_id <= export_id])

    def _prune(self, known: Sequence[Kept]) -> None:
        last = [kept for kept in known if self._has_arrived(kept)][-1:]
        asked_for = sorted({*known[-MOST_KEPT:], *last}, key=lambda kept: kept.export_id)
        oldest = asked_for[0].export_id
        base = max((kept.export_id for kept in known if kept.whole and kept.export_id <= oldest), default=oldest)
        wanted = {self._file(kept.export_id, ending) for kept in asked_for for ending in (_MARK, _IDS, _CELLS)}
        wanted |= {self._file(k.export_id, ending) for k in known if k.export_id >= base for ending in (_MARK, _CELLS)}
        for path in sorted(self.folder.iterdir(), key=lambda path: path.name.endswith(_MARK), reverse=True):
            if path not in wanted:
                path.unlink()

    def _file(self, export_id: int, ending: str) -> Path:
        return self.folder / f"{export_id:012}{ending}"
