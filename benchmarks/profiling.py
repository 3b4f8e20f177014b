"""The profile of an import: how often any Python function was called, beside the rows of the file."""

from __future__ import annotations

import cProfile
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Called:
    """A function (with the file that it stands in, unless it is built in) and how often it was called."""

    name: str
    calls: int


def calls_of(work: Callable[[], object]) -> dict[str, int]:
    """Run `work` and give how often each function was called, built-in ones included, in all threads that it starts."""
    profiles: list[cProfile.Profile] = []

    def profiled(*_: object) -> None:
        """Take the place of whoever is told of the thread's calls: the first of them ends here."""
        profiles.append(cProfile.Profile())
        profiles[-1].enable()

    threading.setprofile(profiled)
    profiled()
    own = profiles[0]
    try:
        work()
    finally:
        own.disable()
        threading.setprofile(None)
    counted: Counter[str] = Counter()
    for profile in profiles:
        counted.update(_counted(profile))
    return dict(counted)


def _counted(profile: cProfile.Profile) -> Counter[str]:
    profile.create_stats()
    # {(file, line, function): (calls that are not recursive, calls, seconds of its own, seconds in all, callers)}
    entries: Mapping[tuple[str, int, str], tuple[int, int, float, float, object]] = profile.stats  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    counted: Counter[str] = Counter()
    for (file, line, function), (_, calls, _, _, _) in entries.items():
        name = (
            f"{Path(file).parent.name}/{Path(file).name}:{function}"
            if line
            else re.sub(" at 0x[0-9a-f]+", "", function)
        )
        counted[name] += calls
    return counted


def most_called(work: Callable[[], object], count: int = 10) -> list[Called]:
    """Run `work` and give the functions that were called most often."""
    found = [Called(name, calls) for name, calls in calls_of(work).items()]
    return sorted(found, key=lambda called: -called.calls)[:count]
