"""What changed of the contacts since somebody looked at all of them, by their versions (decision 23).

Belongs here: the moment of such a look, kept in `settings`, and whether versions tell all that came after it. Does not: what is
looked for (`measures`, `pipelines.segments.following`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from pipelines.base.statements import first_row, statement


@dataclass(frozen=True)
class Look:
    """When all contacts were looked at.

    `revision_id`, `import_id`: the last numbers given by then. `contacts`: how many there were. `shape`: a hash of whose base it
    was, and of its fields. `found`: what was found out then, in the words of who looked.
    """

    revision_id: int
    import_id: int
    contacts: int
    shape: str
    found: Mapping[str, Any]


@dataclass(frozen=True)
class Since:
    """What came after a look: how many versions, and of which kinds the revisions were."""

    versions: int
    kinds: frozenset[str]


def look(connection: duckdb.DuckDBPyConnection, found: Mapping[str, Any]) -> Look:
    """The look that is taken now."""
    row = first_row(connection, statement("base/look"))
    revision_id, import_id, contacts, shape = row or (0, 0, 0, "")
    return Look(revision_id, import_id, contacts, shape, found)


def last_look(connection: duckdb.DuckDBPyConnection, who: str) -> Look | None:
    """The last look that was kept under that name."""
    row = first_row(connection, "SELECT value FROM main.settings WHERE name = ?", [who])
    return Look(**json.loads(row[0])) if row else None


def keep_look(connection: duckdb.DuckDBPyConnection, who: str, taken: Look) -> None:
    """Keep a look in the place of the last one, in the caller's transaction."""
    connection.execute("DELETE FROM main.settings WHERE name = ?", [who])
    connection.execute("INSERT INTO main.settings VALUES (?, ?)", [who, json.dumps(asdict(taken))])


def told_since(connection: duckdb.DuckDBPyConnection, before: Look | None, now: Look) -> Since | None:
    """What came between two looks; None where versions do not tell it, or tell of so many that all are looked at as quickly.

    They do not where fields changed, where another base was adopted, where versions are gone from the history, or where contacts
    came or went without any.
    """
    if before is None or before.shape != now.shape:
        return None
    row = first_row(
        connection,
        statement("base/told_since"),
        {"revision_id": before.revision_id, "import_id": before.import_id},
    )
    versions, more, kinds, trimmed = row or (0, 0, [], True)
    if trimmed or before.contacts + more != now.contacts or 2 * versions > now.contacts:
        return None
    return Since(versions, frozenset(kinds))
