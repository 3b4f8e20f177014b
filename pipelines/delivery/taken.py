"""Which files of a source were seen, and which were taken: each content of each file once (IMP-17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.declarations.addresses import SftpAddress
from pipelines.delivery.memory import Memory, State
from pipelines.delivery.sftp import RemoteFile


@dataclass(frozen=True)
class Ledger:
    """The memory of one model's source. A file is known by path, size and modification: another of them, another file."""

    memory: Memory
    model: str
    address: SftpAddress

    @property
    def _source(self) -> str:
        return f"{self.model} {self.address.server}"

    def look(self, listing: Sequence[RemoteFile], now: datetime) -> None:
        """Remember a listing; what is new in it is seen from now on. A file seen before and not as it was is new again."""
        instant = now.timestamp()
        rows = [(*self._key(file), instant, instant) for file in listing]
        with self.memory.transaction():
            self.memory.tell(
                "INSERT INTO files VALUES (?, ?, ?, ?, 'seen', ?, ?) ON CONFLICT DO UPDATE SET listed_at = excluded.listed_at",
                rows,
            )
            self.memory.tell(
                "DELETE FROM files WHERE source = ? AND state = 'seen' AND listed_at <> ?", [(self._source, instant)]
            )

    def ready(self, listing: Sequence[RemoteFile], settle: timedelta, now: datetime) -> list[RemoteFile]:
        """The files of the listing that are still to be taken and have stayed the same for `settle`, oldest first."""
        query = "SELECT path, size, modified FROM files WHERE source = ? AND state = 'seen' AND since <= ?"
        settled = set(self.memory.ask(query, self._source, (now - settle).timestamp()))
        return sorted(
            (file for file in listing if self._key(file)[1:] in settled), key=lambda file: (file.modified, file.name)
        )

    def fresh(self, listing: Sequence[RemoteFile]) -> int:
        """How many files of the listing are still to be taken."""
        waiting = set(
            self.memory.ask("SELECT path, size, modified FROM files WHERE source = ? AND state = 'seen'", self._source)
        )
        return sum(self._key(file)[1:] in waiting for file in listing)

    def mark(self, file: RemoteFile, state: State) -> None:
        """The file is in that state from now on."""
        self.memory.tell(
            "UPDATE files SET state = ? WHERE source = ? AND path = ? AND size = ? AND modified = ?",
            [(state, *self._key(file))],
        )

    def placing(self) -> list[RemoteFile]:
        """The files that a killed poll was about to place in the inbox."""
        query = "SELECT path, size, modified FROM files WHERE source = ? AND state = 'placing'"
        return [
            RemoteFile(path.rpartition("/")[2], size, modified)
            for path, size, modified in self.memory.ask(query, self._source)
        ]

    def _key(self, file: RemoteFile) -> tuple[str, str, int, int]:
        return self._source, self.address.path(file.name), file.size, file.modified
