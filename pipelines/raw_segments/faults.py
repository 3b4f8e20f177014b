"""What DuckDB says of a statement that it refuses, with the place in the statement where it says one.

To be asked of a connection that has `errors_as_json`: only then a place is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Said:
    """DuckDB's words on one line, which may hold a person's value, and the byte of the statement that they are about."""

    message: str
    offset: int | None


def said_of(error: duckdb.Error) -> Said:
    """The words and the place of an error; DuckDB gives them as JSON after the kind of error."""
    text = str(error)
    try:
        told: dict[str, str] = json.loads(text[text.index("{") :])
    except ValueError:
        return Said(" ".join(text.split()), None)
    offset = told.get("position")
    return Said(" ".join(told["exception_message"].split()), None if offset is None else int(offset))
