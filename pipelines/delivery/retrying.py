"""Trying again what may work then, after pauses that grow (IMP-17)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from pipelines.errors import EnvironmentFaultError

PAUSES = (2.0, 8.0, 30.0)
LONGEST_WAIT = timedelta(hours=1)
SETTLE = timedelta(seconds=30)
"""How long a file at a source must have stayed the same before it is taken."""
_T = TypeVar("_T")


def with_retries(
    action: Callable[[], _T],
    progress: Callable[[], int],
    tell: Callable[[str], object],
    pauses: Sequence[float] = PAUSES,
) -> _T:
    """What `action` gives, after as many attempts as there are pauses and one more.

    Only EnvironmentFaultError is worth another attempt. An attempt that got further (`progress` grew) starts the pauses anew.
    """
    attempt = 0
    while True:
        before = progress()
        try:
            return action()
        except EnvironmentFaultError as fault:
            if progress() > before:
                attempt = 0
            if attempt >= len(pauses):
                raise
            tell(f"{fault.message} Trying again in {pauses[attempt]:g} s.")
            time.sleep(pauses[attempt])
            attempt += 1


def next_attempt(times: int, first: timedelta, now: datetime) -> datetime:
    """When to try again what failed `times` times in a row: after `first`, then twice as long each time, at most an hour."""
    return now + min(first * 2 ** min(times - 1, 20), max(LONGEST_WAIT, first))
