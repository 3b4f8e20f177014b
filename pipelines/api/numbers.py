"""Numbers by which programs know what Carnet knows by name: segments, values of selects (rest.md: ids are integers).

A number is given at the first call that needs it, kept in `data/api/numbers.json`, and never given again.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.api.files import alone, read_json, write_json
from pipelines.fields import Field

SEGMENTS = "segments"


class Numbers:
    """The numbers of one account, for the threads of one process; the file is read again once it is another one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read_at, self._kept = 0, dict[str, dict[str, int]]()

    def of(self, kind: str, names: Sequence[str], former: Sequence[tuple[str, str]] = ()) -> dict[str, int]:
        """Name → number, for all of `names`; those that have none yet are given some, in their order.

        `former`: (former name, present one) of what is called otherwise now, and keeps its number.
        """
        with self._lock:
            known = self._known().get(kind, {})
            if any(name not in known for name in names):
                known = self._give(kind, names, former)
        return {name: known[name] for name in names}

    def of_values(self, field: Field) -> dict[str, int]:
        """Value → number, for all that the list of a field has."""
        return self.of(f"values of {field.name}", field.codes, field.renamed)

    def another(self, kind: str) -> int:
        """A number of that kind for what has no name."""
        with self._lock, alone(self._path):
            document: dict[str, Any] = read_json(self._path, {"next": 1, "given": {}})
            document["given"].setdefault(kind, {})
            number, document["next"] = document["next"], document["next"] + 1
            write_json(self._path, document)
            return number

    def _known(self) -> dict[str, dict[str, int]]:
        at = self._path.stat().st_mtime_ns if self._path.exists() else 0
        if at != self._read_at:
            self._read_at, self._kept = at, read_json(self._path, {"given": {}})["given"]
        return self._kept

    def _give(self, kind: str, names: Sequence[str], former: Sequence[tuple[str, str]]) -> dict[str, int]:
        with alone(self._path):
            document: dict[str, Any] = read_json(self._path, {"next": 1, "given": {}})
            given = document["given"].setdefault(kind, {})
            for before, now in former:
                if before in given and now not in given and before not in names:
                    given[now] = given.pop(before)
            for name in names:
                if name not in given:
                    given[name], document["next"] = document["next"], document["next"] + 1
            write_json(self._path, document)
        return given
