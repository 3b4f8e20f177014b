"""The operator's SELECT inside a statement of ours, and what DuckDB says of it where it refuses it, with the place in the SELECT.

To be asked of a connection that has `errors_as_json`: only then a place is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Fault:
    """What is wrong with a SELECT, and the byte of it where; `suggestion`: what to write instead, where that can be said."""

    message: str
    offset: int
    suggestion: str | None = None


def enclosed(head: str, select: str) -> str:
    """`head`, such as `SELECT contact_id`, of what a SELECT yields; a comment at the SELECT's end ends with its line."""
    return f"{head} FROM (\n{select}\n)"


def fault_of(error: duckdb.Error, head: str) -> Fault:
    """DuckDB's words on one line, which may hold a person's value, and their place, of an error of `enclosed(head, …)`.

    It gives them as JSON after the kind of error.
    """
    text = str(error)
    try:
        told: dict[str, str] = json.loads(text[text.index("{") :])
    except ValueError:
        return Fault(" ".join(text.split()), 0)
    before = enclosed(head, "").index("\n") + 1
    return Fault(" ".join(told["exception_message"].split()), max(int(told.get("position") or 0) - before, 0))
