"""Files that come in, and imports that are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.language import say
from pipelines.layout import Layout
from pipelines.workspace.account import Account

if TYPE_CHECKING:
    from pipelines.base.store import Store
    from pipelines.imports.intake import ImportContext, ImportRequest, Observer, Surroundings
    from pipelines.imports.results import ImportResult
    from pipelines.imports.undoing import Undone


@dataclass(frozen=True)
class _Unjudged:
    """What is at hand where no rule is asked."""

    layout: Layout
    store: Store
    observe: Observer


class Importing(Account):
    """What is done with files."""

    def take(self, request: ImportRequest, observe: Observer | None = None) -> ImportResult:
        """Import one file (`taking.take`), showing the listener and `observe` each step."""
        from pipelines.imports.taking import take

        def show(message: str) -> None:
            self.listener.step(message)
            if observe is not None:
                observe(message)

        try:
            result = take(request, self._context(show))
        finally:
            self._opened.clear()
        self.listener.finished(result)
        return result

    def take_from_source(
        self, name: str, observe: Observer | None = None, settle: timedelta | None = None
    ) -> Iterator[ImportResult]:
        """Import what is new at the source of an event import, piece by piece, each an import of its own (LAK-3).

        `settle`: how long a file in a folder must have stayed the same. A kill leaves the pieces before, and the next call goes on.
        """
        from pipelines.base.locking import scratch_folder
        from pipelines.imports.intake import ImportRequest
        from pipelines.lake.sources import SETTLE, source_of

        declared = next(each for each in self.declarations.event_imports if each.name == name)
        source = source_of(declared, self.declarations.base, self.layout, SETTLE if settle is None else settle)
        with self.store.write() as writer:
            query = "SELECT name FROM main.imports WHERE model = ?"
            taken = [row[0] for row in writer.connection.execute(query, [name]).fetchall()]
        for piece in source.pieces(taken):
            with scratch_folder(self.layout.scratch) as folder:
                path = source.fetch(piece, folder)
                # Pieces may be alike, and each is to be found in the history.
                result = self.take(ImportRequest(str(path), name, name=piece.name, force=True), observe)
            yield result

    def judge_anew(self, request: ImportRequest) -> ImportResult:
        """What a preview of a file gives, with nobody watching."""
        from pipelines.imports.taking import take

        return take(request, self._context(lambda _: None))

    def _context(self, observe: Observer) -> ImportContext:
        from pipelines.imports.intake import ImportContext

        return ImportContext(self.layout, self.declarations, self.store, self.judge, observe, self._opened)

    def surroundings(self, who: str) -> Surroundings:
        """What an import of `who` that no file brought is written with: without a judge."""
        return _Unjudged(self.layout, replace(self.store, who=who), self.listener.step)

    def partition_of(self, request: ImportRequest) -> str:
        """The partition of the file that is asked for; `take` does not look at it again, while it stays the same."""
        from pipelines.imports.filing import partition_key
        from pipelines.imports.taking import look_at

        opened = look_at(request, self.declarations)
        self._opened[opened.path] = opened
        return partition_key(request.name or opened.path.name, opened.digest)

    def undo(self, import_id: int) -> Undone:
        """Undo one import (`undoing.undo_import`); segments and the published copy follow by the caller's leave."""
        from pipelines.imports.undoing import undo_import

        self.listener.step(say("Undoing import {number}", number=import_id))
        with self.store.write() as writer:
            undone = undo_import(writer, import_id, self.who, datetime.now(UTC))
            writer.stands.append(say("The undo of import {number} is committed.", number=import_id))
        self.listener.finished(undone)
        return undone
