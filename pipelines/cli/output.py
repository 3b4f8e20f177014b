"""What a command prints: tables for people, JSON on standard output with `--json`, everything else on standard error."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pipelines.json_texts import json_text
from pipelines.language import mark, number, say, words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

MISSING = "–"
_CODED = ("severity", "status", "what")
_CODES = frozenset(
    (
        *(mark("critical"), mark("error"), mark("warning")),
        *(mark("imported"), mark("refused"), mark("skipped"), mark("preview"), mark("exported")),
        *(mark("system"), mark("declared"), mark("new"), mark("changed"), mark("removed")),
        *(mark("waiting"), mark("unsearchable"), mark("elsewhere"), mark("backup"), mark("definition")),
        *(mark("shared"), mark("run")),
    )
)
_WIDE = 240
"""Columns where nothing tells how wide the reader's page is (a pipe, a file)."""


_SIGNS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a terminal's cursor, colours it, turns its text round, or cannot be written: but for tabs and the ends of lines."""
_HEADINGS = frozenset(
    (
        *(mark("import_id"), mark("export_id"), mark("search_id"), mark("undone_by")),
        *(
            mark("name"),
            mark("label"),
            mark("model"),
            mark("action"),
            mark("status"),
            mark("who"),
            mark("why"),
            mark("rule"),
        ),
        *(mark("started_at"), mark("ended_at"), mark("taken_at"), mark("delivered_at"), mark("searched_at")),
        *(mark("refreshed_at"), mark("occurred_at"), mark("created_at"), mark("deliver_to")),
        *(mark("rows"), mark("inserted"), mark("updated"), mark("unchanged"), mark("deleted"), mark("duplicates")),
        *(mark("rejected"), mark("skipped_by_action"), mark("suppressed"), mark("remembered"), mark("pending")),
        *(mark("new"), mark("known"), mark("left_out"), mark("old"), mark("count"), mark("contacts"), mark("warnings")),
        *(mark("severity"), mark("line"), mark("column"), mark("message"), mark("key"), mark("field"), mark("source")),
        *(mark("format"), mark("values"), mark("right"), mark("path"), mark("file"), mark("size"), mark("condition")),
        *(
            mark("rejects_file"),
            mark("report"),
            mark("mended_file"),
            mark("manifest"),
            mark("delta"),
            mark("partition"),
        ),
        *(mark("hard"), mark("suppression_list"), mark("orange_list"), mark("no_consent")),
        *(mark("operation"), mark("channel"), mark("recipients"), mark("delivered"), mark("opened"), mark("clicked")),
        *(mark("submitted_form"), mark("converted"), mark("unsubscribed"), mark("complained"), mark("bounced")),
        mark("visited"),
    )
)
"""Columns of ours, which stand in JSON by these names."""


def plain(text: str) -> str:
    """The text with its control signs escaped, such as ESC as a backslash, x and 1b."""
    return _SIGNS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def out() -> Console:
    """Standard output, for people."""
    return _plain_console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else _WIDE)


def err() -> Console:
    """Standard error: progress, warnings, hints."""
    return _plain_console(stderr=True, highlight=False, emoji=False, width=None if sys.stderr.isatty() else _WIDE)


def _plain_console(**options: Any) -> Console:
    from pipelines.cli.console import PlainConsole  # rich: 0.1 s, which JSON does without

    return PlainConsole(**options)


def print_json(document: Any) -> None:
    """`document` as JSON, dates and instants in ISO 8601; nothing else goes to standard output."""
    print(json_text(document, indent=2))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table of plain texts: nothing in a cell is taken for markup."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

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
        return say("{at:%Y-%m-%d %H:%M:%S}", at=value)
    if isinstance(value, date):
        return say("{day:%Y-%m-%d}", day=value)
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else number(value, "")
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    return plain(str(value))


def records(title: str, rows: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None) -> Table:
    """A table of records of ours, with the given columns or all of the first one's: headings and states in the language."""
    names = list(columns or (rows[0] if rows else ()))
    return table(title, list(map(heading, names)), ([_said(name, row.get(name)) for name in names] for row in rows))


def contacts_table(title: str, rows: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None) -> Table:
    """A table of contacts, headed by the names of their fields, as YAML and SQL know them."""
    names = list(columns or (rows[0] if rows else ()))
    return table(title, names, ([row.get(name) for name in names] for row in rows))


def _said(column: str, value: object) -> object:
    return coded(value) if column in _CODED and isinstance(value, str) else value


def coded(code: str) -> str:
    """A code of ours, such as a status, as people say it; programs have the code itself in JSON."""
    return words(code) if code in _CODES else code


def heading(name: str) -> str:
    """What a column of ours is headed by; the name of anything else, such as a field, is left as it is."""
    return words(name) if name in _HEADINGS else name


def sheets(title: str, rows: Sequence[Mapping[str, object]]) -> Table:
    """A table of a few wide records side by side: a line for each column in which one of them has something."""
    names = [name for name in (rows[0] if rows else ()) if any(row[name] is not None for row in rows)]
    numbers = ("", *map(str, range(1, len(rows) + 1)))
    return table(title, numbers, ([name, *(row[name] for row in rows)] for name in names))


def told_counts(rows: Sequence[Mapping[str, object]], always: Sequence[str], otherwise: Sequence[str]) -> list[str]:
    """The columns `always`, and those of `otherwise` in which a record has something else than nothing or 0."""
    return [*always, *(name for name in otherwise if any(row.get(name) for row in rows))]
