"""How many examples a property is tried on that takes tenths of a second for each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
SHARE = float(os.environ.get("CARNET_EXAMPLES", "0.1"))


def examples(most: int) -> int:
    """A tenth of `most`, 2 at least; all of them with CARNET_EXAMPLES=1, more with more."""
    return max(2, round(most * SHARE))


def some(cases: Sequence[T], few: int) -> list[T]:
    """The first few of the cases, each once; all of them with CARNET_EXAMPLES=1."""
    return list(dict.fromkeys(cases if SHARE >= 1 else cases[:few]))
