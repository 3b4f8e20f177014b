"""One contact as people ask for it: its fields, where it is in, and all that changed it (contract: contact show, history)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb

from pipelines.base.statements import first_row, identifier, literal, records, statement
from pipelines.base.versions import FORMER, UNLISTED
from pipelines.contacts.finding import find_contact, unknown_contact, ways_to_read
from pipelines.declarations.model import ContactBase


def show_contact(
    connection: duckdb.DuckDBPyConnection, base: ContactBase, key: str, segments: Iterable[str]
) -> dict[str, Any]:
    """The contract's JSON of `contact show`; `segments`: the views to look into. UsageError where nobody has that key."""
    contact_id = _known(connection, base, key)
    columns = ", ".join(identifier(field.name) for field in base.fields)
    [found] = records(
        connection.execute(f"SELECT {columns} FROM main.contacts WHERE contact_id = ?", [contact_id])  # noqa: S608
    )
    return {
        **found,
        "segments": _segments_of(connection, contact_id, segments),
        "imports": _imports_of(connection, contact_id),
    }


def contact_history(connection: duckdb.DuckDBPyConnection, base: ContactBase, key: str) -> list[dict[str, Any]]:
    """The contract's JSON of `contact history`, newest first; values as in `contacts`. Of a deleted contact by its id."""
    contact_id = _kept(connection, base, key)
    versions = records(connection.execute(statement("contacts/history"), [contact_id]))
    names = [field.name for field in base.fields if field.name not in UNLISTED]
    return [
        {
            "field": name,
            "old": version[FORMER + name],
            "new": version[name],
            "occurred_at": version["occurred_at"],
            "source": version["source"],
        }
        for version in versions
        for name in names
        if version[name] != version[FORMER + name]
    ]


def _known(connection: duckdb.DuckDBPyConnection, base: ContactBase, key: str) -> int:
    contact_id = find_contact(connection, base, key)
    if contact_id is None:
        raise unknown_contact(key)
    return contact_id


def _kept(connection: duckdb.DuckDBPyConnection, base: ContactBase, key: str) -> int:
    """The contact, or the id of one that is gone and whose changes are kept (IMP-12)."""
    match ways_to_read(base, key):
        case [("contact_id", text)]:
            query = "SELECT contact_id FROM main.contact_versions WHERE contact_id = ? LIMIT 1"
            if row := first_row(connection, query, [int(text)]):
                return row[0]
        case _:
            pass
    return _known(connection, base, key)


def _segments_of(connection: duckdb.DuckDBPyConnection, contact_id: int, segments: Iterable[str]) -> list[str]:
    views = [
        f"SELECT {literal(name)} AS segment FROM segments.{identifier(name)} WHERE contact_id = $contact_id"  # noqa: S608
        for name in segments
    ]
    if not views:
        return []
    found = connection.execute(" UNION ALL ".join(views), {"contact_id": contact_id}).fetchall()
    return [row[0] for row in found]


def _imports_of(connection: duckdb.DuckDBPyConnection, contact_id: int) -> list[int]:
    rows = connection.execute(
        "SELECT import_id FROM main.import_contacts WHERE contact_id = ? ORDER BY import_id DESC", [contact_id]
    ).fetchall()
    return [row[0] for row in rows]
