"""Contacts as Carnet shows them, all changes in their order, the fields (contract: contact show, history, fields)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import duckdb
from fastapi import APIRouter, Request

from pipelines.api.account import Account
from pipelines.api.answers import ApiError
from pipelines.api.v1.answering import USUAL, After, Json, Limit, example, known, next_page, page
from pipelines.base.inventory import list_fields
from pipelines.base.statements import first_row, records, statement
from pipelines.contacts.showing import contact_history
from pipelines.segments.showing import show_with_segments

_CONTACT = {
    "contact_id": 7,
    "email": "zoe@exemple.fr",
    "first_name": "Zoé",
    "opt_in_email": "yes",
    "segments": ["paris"],
    "imports": [3],
}
_CHANGE = {
    "field": "first_name",
    "old": None,
    "new": "Zoé",
    "occurred_at": "2026-11-20T10:00:00+00:00",
    "source": "import 3",
}
_FIELD = {
    "name": "postcode",
    "label": "Code postal",
    "format": "text",
    "values": [],
    "declared": True,
    "status": "declared",
    "contacts": 12,
    "undeclared_values": {},
}
_BEGINNING, _LARGEST = (0, -1), 2**63 - 1


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["v1: contacts"])

    @routes.get("/contacts/{key}", responses=example(_CONTACT))
    def get_contact(key: str) -> Json:
        """A contact by its e-mail address, mobile number or contact_id: every field, its segments, its imports."""
        with account.read() as (connection, declared):
            shown = known(lambda: show_with_segments(connection, declared, key))
        return Json(shown.contact)

    @routes.get("/contacts/{key}/history", responses=example([_CHANGE]))
    def get_history(key: str) -> Json:
        """Every change of a contact that the history still holds, newest first; of a deleted one by its contact_id."""
        with account.read() as (connection, declared):
            return Json(known(lambda: contact_history(connection, declared.base, key)))

    @routes.get("/changes", responses=example([{"contact_id": 7, **_CHANGE, "revision_id": 12}]))
    def list_changes(request: Request, limit: Limit = USUAL, after: After = None) -> Json:
        """Changes of all contacts as they came into the base, those of `limit` contacts a page: for programs that follow it.

        `after` is the revision_id and the contact_id of the last change that is known, with a blank between them.
        """
        with account.read() as (connection, _):
            revision_id, contact_id = _place(after, connection)
            asked = {"revision_id": revision_id, "contact_id": contact_id, "limit": limit}
            found = records(connection.execute(statement("api/changes"), asked))
        if not found:
            return Json([])
        return Json(found, headers=next_page(request, f"{found[-1]['revision_id']} {found[-1]['contact_id']}"))

    @routes.get("/fields", responses=example([_FIELD]))
    def get_fields(request: Request, limit: Limit = USUAL, after: After = None) -> Json:
        """The fields: label, format, values, whether declared, how many contacts have a value."""
        with account.read() as (connection, declared):
            found = [asdict(field) for field in list_fields(connection, declared.base)]
        return page(found, "name", limit, after, request)

    return routes


def _place(after: str | None, connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """The revision and the contact after which to go on; of a program that was told an instant, from that instant on."""
    if after is None:
        return _BEGINNING
    said, _, contact_id = after.strip().rpartition(" ")
    try:
        if said.strip().isdecimal():
            return min(int(said), _LARGEST), min(int(contact_id), _LARGEST)
        # Where nobody escaped the sign of a zone, it came as a blank.
        instant = datetime.fromisoformat(said.strip().replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        hint = "Take `after` from the Link of the page before."
        raise ApiError(400, "Invalid", "`after` is no revision_id and contact_id.", hint) from error
    row = first_row(connection, statement("api/revision_before"), {"occurred_at": instant})
    return (row[0] if row else 0), _LARGEST
