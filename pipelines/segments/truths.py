"""Whether something holds, for many contacts at once: two bits a contact, in three-valued logic (SEG-9).

Belongs here: AND, OR, NOT and counting. Does not: what holds for whom (`vectors`, `tallying`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
WORD = 64


@dataclass(frozen=True)
class Truth:
    """For whom it holds and for whom it does not; neither where it is not decided. Words of 64 contacts, all of one length."""

    holds: Words
    fails: Words

    def __and__(self, other: Truth) -> Truth:
        return Truth(self.holds & other.holds, self.fails | other.fails)

    def __or__(self, other: Truth) -> Truth:
        return Truth(self.holds | other.holds, self.fails & other.fails)

    def __invert__(self) -> Truth:
        return Truth(self.fails, self.holds)

    def count(self) -> int:
        """How many contacts it holds for."""
        return int(np.bitwise_count(self.holds).sum())


def packed(flags: Flags) -> Words:
    """64 flags a word; there are a multiple of so many."""
    return np.packbits(flags).view(np.uint64)
