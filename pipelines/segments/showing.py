"""A contact with the segments that it is in, also where some of them cannot be judged (contract: contact show)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.contacts.showing import show_contact
from pipelines.declarations.model import Declarations
from pipelines.raw_segments.failing import FAILING, failures, naming_what_fails, undecided, within_limits


@dataclass(frozen=True)
class Shown:
    """The contract's JSON of a contact; `undecided`: what is to be said of segments of which nobody can tell."""

    contact: dict[str, Any]
    undecided: tuple[str, ...] = ()


def show_with_segments(connection: duckdb.DuckDBPyConnection, declared: Declarations, key: str) -> Shown:
    """The contact of that key; UsageError where nobody has it."""
    made = {row[0] for row in connection.execute("SELECT segment FROM main.segment_definitions").fetchall()}
    names = [segment.name for segment in declared.segments if segment.name in made]
    try:
        with within_limits(connection, declared):
            return Shown(show_contact(connection, declared.base, key, names))
    except FAILING as error:
        # The contact is there all the same: it is shown without the segments that nobody can tell.
        failing = failures(connection, declared, error=error)
    with naming_what_fails(connection, declared):
        found = show_contact(connection, declared.base, key, [name for name in names if name not in failing])
    return Shown(found, tuple(undecided(failing)))
