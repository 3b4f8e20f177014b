"""Writes of many calls at a time: whoever comes first opens the base, and does what others ask meanwhile in the same opening.

Opening the base and publishing it cost more than one contact does, and fifty contacts little more than one. A call is answered once
the copy that has its write is published. Belongs here: turns. Does not: what is written.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar

from pipelines.base.locking import LockHeldError
from pipelines.workspace import Workspace

T = TypeVar("T")
_MOST_AT_ONCE = 50
"""Calls that one opening serves: the first of them waits for the last."""
Together = Callable[[Workspace, Sequence[Any]], Sequence[Any]]
"""What is done for several calls at once: what came of each, or its error."""


class _Turn:
    """One call's write, and what came of it."""

    def __init__(self, act: Together, asked: Any) -> None:
        self.act, self.asked, self.done = act, asked, False
        self.result: Any = None
        self.error: Exception | None = None


def _take(several: Sequence[_Turn], workspace: Workspace) -> None:
    """Do neighbours that ask for the same kind of write at once; an error is one call's alone, and no other's."""
    for act, group in groupby(several, key=attrgetter("act")):
        turns = list(group)
        try:
            found = act(workspace, [turn.asked for turn in turns])
        except Exception as error:
            if len(turns) == 1:
                turns[0].error = error
            for turn in turns if len(turns) > 1 else ():
                _take([turn], workspace)
            continue
        for turn, each in zip(turns, found, strict=True):
            turn.result, turn.error = (None, each) if isinstance(each, Exception) else (each, None)


class Turns:
    """The turns of one process. `opening` gives the workspace that writes, within seconds; `after` follows each publication."""

    def __init__(
        self, opening: Callable[[float], AbstractContextManager[Workspace]], after: Callable[[], None]
    ) -> None:
        self._opening, self._after = opening, after
        self._changed = threading.Condition()
        self._waiting: deque[_Turn] = deque()
        self._led = False

    def do(self, act: Callable[[Workspace], T], wait_seconds: float) -> T:
        """What `act` gives, once it is done and published; LockHeldError where its turn does not come in that time."""
        return self.do_together(lambda workspace, _: [act(workspace)], None, wait_seconds)

    def do_together(self, act: Together, asked: Any, wait_seconds: float) -> Any:
        """As `do`, of what `act` gives for `asked`; those who wait beside it with the same `act` are given to it too."""
        mine, until = _Turn(act, asked), time.monotonic() + wait_seconds
        with self._changed:
            self._waiting.append(mine)
        while self._must_lead(mine, until):
            self._lead(mine, until)
        if mine.error is not None:
            raise mine.error
        return mine.result

    def _must_lead(self, mine: _Turn, until: float) -> bool:
        """Wait until the turn is done, or nobody leads: then it is this thread that does."""
        with self._changed:
            while self._led and not mine.done:
                in_time = self._changed.wait(max(0.0, until - time.monotonic()) if mine in self._waiting else None)
                if not in_time and mine in self._waiting and self._led:
                    self._waiting.remove(mine)
                    raise LockHeldError("another call", round(time.monotonic() - until, 1))
            if mine.done:
                return False
            self._led = True
            return True

    def _lead(self, mine: _Turn, until: float) -> None:
        """Do what waits once the base is open: where it does not open in time, that is so for this turn, and others wait on."""
        several: list[_Turn] = []
        try:
            with self._opening(max(0.0, until - time.monotonic())) as workspace, workspace.store.hold(brief=True):
                several = self._next()
                _take(several, workspace)
                if workspace.publish():
                    self._after()
        except Exception as error:  # What was done is not published: it is so for each of them.
            several = several or [mine]
            for turn in several:
                turn.error = turn.error or error
        finally:
            self._end(several)

    def _next(self) -> list[_Turn]:
        with self._changed:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_AT_ONCE))]

    def _end(self, several: list[_Turn]) -> None:
        with self._changed:
            self._led = False
            for turn in several:
                turn.done = True
                if turn in self._waiting:
                    self._waiting.remove(turn)
            self._changed.notify_all()
