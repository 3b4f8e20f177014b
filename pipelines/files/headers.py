"""The headers of a file, each told from the others. Does not belong here: reading them (`reading`)."""

from __future__ import annotations

from collections.abc import Sequence


def told_apart(headers: Sequence[str]) -> list[str]:
    """The headers, each once: one without a name, and one that stands again, by their place (`Nom (3)`)."""
    names: list[str] = []
    taken: set[str] = set()
    for position, header in enumerate(headers, 1):
        name = header if header and header not in taken else f"{header} ({position})".strip()
        names.append(name)
        taken.add(name)
    return names
