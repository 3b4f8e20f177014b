"""The profile of an import: how often any Python function was called, beside the rows of the file."""

from __future__ import annotations

import cProfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Called:
    """A function, the file that it stands in, how often it was called, and the seconds spent in it alone."""

    name: str
    calls: int
    seconds: float


def most_called(work: Callable[[], object], count: int = 10) -> list[Called]:
    """Run `work` and give the functions that were called most often, built-in ones included."""
    profile = cProfile.Profile()
    profile.enable()
    try:
        work()
    finally:
        profile.disable()
    profile.create_stats()
    # {(file, line, function): (calls that are not recursive, calls, seconds of its own, seconds in all, callers)}
    entries: Mapping[tuple[str, int, str], tuple[int, int, float, float, object]] = profile.stats  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    found = [
        Called(f"{Path(file).name}:{function}" if line else function, calls, own)
        for (file, line, function), (_, calls, own, _, _) in entries.items()
    ]
    return sorted(found, key=lambda called: -called.calls)[:count]
