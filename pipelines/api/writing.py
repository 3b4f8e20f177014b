"""Calls that write contacts: one, or a list of up to 500 in one transaction (rest.md, STA-5).

A call is like an import, not like a person: no consent loosens but by a key with the right `resubscribe`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from fastapi import APIRouter, Request, Response

from pipelines.api.account import WAIT_SECONDS, Account
from pipelines.api.answers import ApiError
from pipelines.api.attributes import SYSTEM_NAMES, Catalogue
from pipelines.api.bodies import Body
from pipelines.api.contacts_given import MOST_CONTACTS, Given, contacts_given
from pipelines.api.keys import ApiKey
from pipelines.api.reading import ContactId, key_of
from pipelines.api.shapes import ContactShape
from pipelines.base.store import Writer
from pipelines.contacts.finding import contacts_with
from pipelines.declarations.model import Action
from pipelines.errors import RefusedError
from pipelines.imports.contacts.by_call import (
    Asked,
    CalledContact,
    Written,
    affected,
    import_contacts,
    write_contact,
    write_contacts,
)
from pipelines.imports.results import ImportResult
from pipelines.workspace import Workspace

_ONE = {"requestBody": {"content": {"application/json": {"schema": ContactShape.model_json_schema()}}}}
_SEVERAL = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {"type": "array", "maxItems": MOST_CONTACTS, "items": ContactShape.model_json_schema()}
            }
        }
    }
}


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["contacts"])

    @routes.post("/contact/attribute", openapi_extra=_ONE)
    def add_contact(body: Body, request: Request, response: Response) -> str:
        """Adds a contact, or updates the one that has the key."""
        return _one(account, body, request, response, "upsert")

    @routes.put("/contact/attribute", openapi_extra=_ONE)
    def update_contact(body: Body, request: Request, response: Response) -> str:
        """Updates a contact, by its `id` where that is given and not 0, or else by its key; nobody is added."""
        return _one(account, body, request, response, "update")

    @routes.delete("/contact/attribute/{contact_key}")
    def delete_contact(contact_key: str, request: Request) -> str:
        """Deletes a contact by its key; its refusals are remembered."""
        base = account.declarations().base
        return _delete(account, base.key, key_of(base, contact_key), request)

    @routes.delete("/contact/attributebycid/{contact_id}")
    def delete_contact_by_id(contact_id: ContactId, request: Request) -> str:
        """Deletes a contact by its id."""
        return _delete(account, "contact_id", str(contact_id), request)

    @routes.post("/contacts/attribute", openapi_extra=_SEVERAL)
    def add_contacts(body: Body, request: Request, response: Response) -> str:
        """Adds or updates contacts in one transaction, as one import of the history; one that a rule refuses counts 0."""
        return _several(account, body, request, response, "upsert")

    @routes.put("/contacts/attribute", openapi_extra=_SEVERAL)
    def update_contacts(body: Body, request: Request, response: Response) -> str:
        """Updates contacts in one transaction, as one import of the history; nobody is added."""
        return _several(account, body, request, response, "update")

    return routes


@dataclass(frozen=True)
class _Call:
    """One contact that a call brings."""

    account: Account
    body: Any
    asked: Asked


def _one(account: Account, body: Any, request: Request, response: Response, action: Action) -> str:
    call = _Call(account, body, _asked(request, action))
    given, written = account.turns.do_together(_write_all, call, WAIT_SECONDS)
    warn(response, given.ignored, [SYSTEM_NAMES[name] for name in written.consents_kept])
    return told(int(written.outcome != "skipped"))


def _write_all(workspace: Workspace, calls: Sequence[_Call]) -> list[tuple[Given, Written] | Exception]:
    """What came of each call."""
    found: list[tuple[Given, Written] | Exception] = []
    with workspace.store.write() as writer:
        for asked, group in groupby(calls, key=attrgetter("asked")):
            given = [_given_alone(call, writer) for call in group]
            contacts = [each.contacts[0] for each in given if isinstance(each, Given)]
            written = iter(write_contacts(writer, contacts, asked))
            for each in given:
                if isinstance(each, ApiError):
                    found.append(each)
                    continue
                outcome = next(written)
                found.append(outcome if isinstance(outcome, RefusedError) else (each, outcome))
    return found


def _given_alone(call: _Call, writer: Writer) -> Given | ApiError:
    try:
        given = _given(call.account, call.body, writer, call.asked.action)
    except ApiError as error:
        return error
    if len(given.contacts) != 1:
        return ApiError(400, "Invalid", "This call takes one contact.", "POST /contacts/attribute takes a list.")
    return given


def _several(account: Account, body: Any, request: Request, response: Response, action: Action) -> str:
    asked = _asked(request, action)

    def act(workspace: Workspace) -> tuple[Given, ImportResult]:
        with workspace.store.write() as writer:
            given = _given(account, body, writer, action)
            content = json.dumps(body, ensure_ascii=False).encode()
            return given, import_contacts(writer, given.contacts, content, asked, workspace.surroundings(asked.who))

    given, result = account.turns.do(act, WAIT_SECONDS)
    warn(response, given.ignored, ())
    return told(affected(result))


def _delete(account: Account, field: str, value: str | None, request: Request) -> str:
    asked = _asked(request, "delete")

    def act(workspace: Workspace) -> int:
        with workspace.store.write() as writer:
            found = [] if value is None else contacts_with(writer.connection, field, value)
            if not found:
                return 0
            return int(write_contact(writer, CalledContact(None, {}, found[0]), asked).outcome == "deleted")

    return told(account.turns.do(act, WAIT_SECONDS))


def _given(account: Account, body: Any, writer: Writer, action: Action) -> Given:
    catalogue = Catalogue.within(writer.connection, writer.contact_base)
    return contacts_given(body, catalogue, account.numbers, by_id=action == "update")


def _asked(request: Request, action: Action) -> Asked:
    key: ApiKey = request.state.key
    return Asked(action, key.name, resubscribe=key.may("resubscribe"))


def told(count: int) -> str:
    """What clients compare, quotes included."""
    return f"{count} contact(s) affected."


def warn(response: Response, ignored: Iterable[str], kept: Iterable[str], declared: Iterable[str] = ()) -> None:
    """Names alone, never a value; only what a header can hold."""
    said = [
        ("no field of the base", ignored),
        ("consent stays as strict as it was", kept),
        ("stays as it is declared", declared),
    ]
    for text, names in said:
        listed = ", ".join(_plain(name) for name in list(names)[:20])
        if listed:
            response.headers.append("Warning", f'299 - "{text}: {listed}"')


def _plain(name: str) -> str:
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "_-. ") else "?" for sign in name[:60])
