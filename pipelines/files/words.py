"""How sayings about a file are put: the lines that are named, how many, which separator. Shared by what says them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.files.profiles import Contents, FileProfile, Lines
from pipelines.files.separators import SEPARATORS
from pipelines.language import mark, quoted, say

_LISTED = 50
"""Headers in a message; a file may have thousands."""
_SIGN = mark("sign")


@dataclass(frozen=True)
class Said:
    """A message and where it holds."""

    message: str
    line: int | None = None
    column: str | None = None


def contents_of(profile: FileProfile) -> Contents:
    """The measures of its text; ValueError where there are none."""
    if profile.contents is None:
        raise ValueError(f"The contents of {profile.name} were not measured, so no rule about them can have failed.")
    return profile.contents


def on_lines(lines: Lines) -> dict[str, object]:
    """What a message about lines is filled with: `{line}`, the first of them, and `{lines}`, as in `12 lines (3, 5, 8, …)`."""
    more = ", …" if lines.count > len(lines.first) else ""
    return {"line": lines.first[0], "lines": ", ".join(map(str, lines.first)) + more}


def listed_headers(headers: Sequence[str]) -> str:
    """`'Email', 'Nom'`, the first of many."""
    return ", ".join(map(quoted, headers[:_LISTED])) + (", …" if len(headers) > _LISTED else "")


def named(separator: str) -> str:
    """`semicolon ;`."""
    shown = "" if separator == "\t" else f" `{separator}`"
    return f"{say(SEPARATORS.get(separator, _SIGN))}{shown}"
