"""The log of the uses of keys (SEC-6): who called what, when, with which outcome; never a value.

A call is named by its route (`/contact/attribute/{contact_key}`), so that no key of a person stands in the log.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_SOON = 0.25
_LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True)
class Use:
    """One call. `key`: the name of its key, None where it had no right one; `route` None where there is none."""

    time: str
    key: str | None
    address: str
    method: str
    route: str | None
    status: int
    milliseconds: int


class Uses:
    """The file of JSON lines; once it is large, it begins anew and the former one stays beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._told: deque[Use] = deque()
        atexit.register(self.write)

    def keep(self, use: Use) -> None:
        """Add a line, soon: those of many calls are written at once. A line too few after a kill is nobody's loss.

        To be called in the loop that serves.
        """
        self._told.append(use)
        if len(self._told) == 1:
            asyncio.get_running_loop().call_later(_SOON, self.write)

    def write(self) -> None:
        """Write what was to be kept soon."""
        told = [self._told.popleft() for _ in range(len(self._told))]
        if told:
            self.keep_all(told)

    def keep_all(self, uses: Sequence[Use]) -> None:
        """Add a line for each."""
        lines = "".join(json.dumps(asdict(use), ensure_ascii=False) + "\n" for use in uses)
        with self._lock:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, lines.encode())
                large = os.fstat(descriptor).st_size > _LARGEST
            finally:
                os.close(descriptor)
            if large:
                self._path.replace(self._path.with_suffix(".log.1"))
