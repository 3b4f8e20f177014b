"""Calls that read one contact: its attributes, its history."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, Any

import duckdb
from fastapi import APIRouter
from fastapi import Path as InPath

from pipelines.api.account import Account
from pipelines.api.attributes import Catalogue, text_of, written
from pipelines.api.numbers import Numbers
from pipelines.api.shapes import ContactShape, HistoryShape
from pipelines.base.statements import identifier, records, statement
from pipelines.cells.emails import read_email
from pipelines.cells.mobiles import read_mobile
from pipelines.contacts.finding import contacts_with
from pipelines.contacts.showing import contact_history
from pipelines.declarations.model import ContactBase

_RECORDS, _MOST_RECORDS = 50, 10_000
_LARGEST_ID = 2**63 - 1
ContactId = Annotated[int, InPath(ge=0, le=_LARGEST_ID)]


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["contacts"])

    def by_key(contact_key: str, numbers: Numbers | None) -> list[dict[str, Any]]:
        with account.read() as (connection, declarations):
            found = find(connection, declarations.base, contact_key)
            return [] if found is None else _shown(connection, declarations.base, found, numbers)

    def by_id(contact_id: int, numbers: Numbers | None) -> list[dict[str, Any]]:
        with account.read() as (connection, declarations):
            return _shown(connection, declarations.base, contact_id, numbers)

    @routes.get("/contact/attribute/{contact_key}", response_model=list[ContactShape])
    def get_contact(contact_key: str) -> list[dict[str, Any]]:
        """A contact by its key; an empty list where nobody has it."""
        return by_key(contact_key, None)

    @routes.get("/contact/attributebycid/{contact_id}", response_model=list[ContactShape])
    def get_contact_by_id(contact_id: ContactId) -> list[dict[str, Any]]:
        """A contact by its id."""
        return by_id(contact_id, None)

    @routes.get("/contact/attributevalueid/{contact_key}", response_model=list[ContactShape])
    def get_contact_numbered(contact_key: str) -> list[dict[str, Any]]:
        """A contact by its key, its selections by the numbers of their values."""
        return by_key(contact_key, account.numbers)

    @routes.get("/contact/attributevalueidbycid/{contact_id}", response_model=list[ContactShape])
    def get_contact_numbered_by_id(contact_id: ContactId) -> list[dict[str, Any]]:
        """A contact by its id, its selections by the numbers of their values."""
        return by_id(contact_id, account.numbers)

    @routes.get("/contact/history/{contact_key}", response_model=HistoryShape)
    @routes.get("/contact/history/{contact_key}/{size}", response_model=HistoryShape)
    def get_history(contact_key: str, size: int = _RECORDS) -> dict[str, Any]:
        """What a contact did and what was changed of it, newest first."""
        size = max(0, min(size, _MOST_RECORDS))
        with account.read() as (connection, declarations):
            found = find(connection, declarations.base, contact_key)
            logs = [] if found is None else _logs(connection, declarations.base, found, size)
        return {"contactKey": contact_key, "contactFound": found is not None, "records": len(logs), "logs": logs}

    return routes


def key_of(base: ContactBase, text: str) -> str | None:
    """A key as the base stores it; None where it is none."""
    return (read_email(text) if base.key == "email" else read_mobile(text, base.phone_region))[0]


def find(connection: duckdb.DuckDBPyConnection, base: ContactBase, text: str) -> int | None:
    """The contact of that key; None where it is no key, or nobody's."""
    key = key_of(base, text)
    found = [] if key is None else contacts_with(connection, base.key, key)
    return found[0] if found else None


def _shown(
    connection: duckdb.DuckDBPyConnection, base: ContactBase, contact_id: int, numbers: Numbers | None
) -> list[dict[str, Any]]:
    catalogue = Catalogue.of(connection, base)
    columns = ", ".join(identifier(field.name) for field in base.fields)
    query = f"SELECT {columns} FROM main.contacts WHERE contact_id = ?"  # noqa: S608
    return [
        {
            "id": contact_id,
            "idEncrypted": None,
            "contactKey": row[base.key],
            "attributes": catalogue.attributes(row, numbers),
        }
        for row in records(connection.execute(query, [contact_id]))
    ]


def _logs(connection: duckdb.DuckDBPyConnection, base: ContactBase, contact_id: int, size: int) -> list[dict[str, Any]]:
    """Events and changes, newest first."""
    happened = [*_events(connection, contact_id, size), *_changes(connection, base, contact_id)]
    return sorted(happened, key=lambda log: log["Date"], reverse=True)[:size]


def _events(connection: duckdb.DuckDBPyConnection, contact_id: int, size: int) -> Iterator[dict[str, Any]]:
    for row in records(connection.execute(statement("api/events"), {"contact_id": contact_id, "size": size})):
        at = written(row["occurred_at"])
        yield {
            "Id": _number("event", row["event_id"]),
            "Type": row["type"],
            "Object": row["operation"] or "",
            "Title": row["title"],
            "Date": at,
            "Group": row["channel"] or "",
            "OperationId": row["operation_id"],
            "LogDate": at,
        }


def _changes(connection: duckdb.DuckDBPyConnection, base: ContactBase, contact_id: int) -> Iterator[dict[str, Any]]:
    catalogue = Catalogue.of(connection, base)
    for change in contact_history(connection, base, str(contact_id)):
        at, field = written(change["occurred_at"]), base.field(change["field"])
        yield {
            "Id": _number("change", at, change["field"], change["source"]),
            "Type": "changed",
            "Object": catalogue.name_of(field) if field.name in catalogue.ids else field.name,
            "Title": f"{text_of(change['old'], field)} → {text_of(change['new'], field)}",
            "Date": at,
            "Group": change["source"],
            "OperationId": 0,
            "LogDate": at,
        }


def _number(*parts: str) -> int:
    """The number of an entry: the same at each call, of 48 bits, so that any program can hold it."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:6])
