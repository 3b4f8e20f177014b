"""What a command prints: tables for people, JSON on standard output with `--json`, everything else on standard error."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

MISSING = "–"
_WIDE = 240
"""Columns where nothing tells how wide the reader's page is (a pipe, a file)."""


_SIGNS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a terminal's cursor, colours it, turns its text round, or cannot be written: but for tabs and the ends of lines."""
_C1 = re.compile(r"[\x7f-\x9f]")


class PlainConsole(Console):
    """Prints the signs of texts, and none of their commands: a file's name may hold what a terminal obeys (SEC-5)."""

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich does."""
        super().print(*(plain(each) if isinstance(each, str) else each for each in objects), **options)


def plain(text: str) -> str:
    """The text with its control signs escaped, such as ESC as a backslash, x and 1b."""
    return _SIGNS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def out() -> Console:
    """Standard output, for people."""
    return PlainConsole(highlight=False, emoji=False, width=None if sys.stdout.isatty() else _WIDE)


def err() -> Console:
    """Standard error: progress, warnings, hints."""
    return PlainConsole(stderr=True, highlight=False, emoji=False, width=None if sys.stderr.isatty() else _WIDE)


def print_json(document: Any) -> None:
    """`document` as JSON, dates and instants in ISO 8601; nothing else goes to standard output."""
    text = json.dumps(_finite(document), ensure_ascii=False, indent=2, default=_plain, allow_nan=False)
    text = _C1.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    # A file's name may hold bytes that are no text: escaped, they are JSON all the same.
    print(text.encode("utf-8", "backslashreplace").decode())


def _finite(value: Any) -> Any:
    """The document with null for numbers that JSON does not have (infinite, not a number)."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def _plain(value: object) -> object:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table of plain texts: nothing in a cell is taken for markup."""
    found = Table(title=title or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        found.add_column(Text(column), overflow="fold")
    for row in rows:
        found.add_row(*(Text(cell(value)) for value in row))
    return found


def cell(value: object) -> str:
    """A value as people read it in a terminal."""
    if value is None:
        return MISSING
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    return plain(str(value))


def records(title: str, rows: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None) -> Table:
    """A table of records, with the given columns or all of the first one's."""
    names = list(columns or (rows[0] if rows else ()))
    return table(title, names, ([row.get(name) for name in names] for row in rows))


def sheets(title: str, rows: Sequence[Mapping[str, object]]) -> Table:
    """A table of a few wide records side by side: a line for each column in which one of them has something."""
    names = [name for name in (rows[0] if rows else ()) if any(row[name] is not None for row in rows)]
    numbers = ("", *map(str, range(1, len(rows) + 1)))
    return table(title, numbers, ([name, *(row[name] for row in rows)] for name in names))


def told_counts(rows: Sequence[Mapping[str, object]], always: Sequence[str], otherwise: Sequence[str]) -> list[str]:
    """The columns `always`, and those of `otherwise` in which a record has something else than nothing or 0."""
    return [*always, *(name for name in otherwise if any(row.get(name) for row in rows))]
