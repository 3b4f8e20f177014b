"""Operations with their figures, and where senders of events post to (contract: operations; rest.md: events)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from pipelines.api.account import Account
from pipelines.api.files import read_json
from pipelines.api.v1.answering import (
    USUAL,
    After,
    AfterContact,
    Everybody,
    Json,
    Limit,
    contacts_page,
    example,
    known,
    page,
)
from pipelines.api.webhooks.receiving import CONFIRM, PREFIX
from pipelines.api.webhooks.spool import Spool, room_of
from pipelines.behaviours.operations import figure_contacts, reports
from pipelines.declarations.model import EventImport
from pipelines.errors import UnknownNameError

_REPORT = {
    "operation": "Soldes d'hiver",
    "channel": "email",
    "recipients": 1000,
    "delivered": 990,
    "opened": 300,
    "clicked": 40,
    "submitted_form": 0,
    "converted": 3,
    "unsubscribed": 2,
    "complained": 0,
    "returns": {"bad_alias": 10},
}
_CONTACTS = {"count": 40, "left_out": 1, "contacts": [{"contact_id": 7, "email": "zoe@exemple.fr"}]}
_EVENTS = {
    "event_import": "sendgrid",
    "channel": "email",
    "signature": "sendgrid",
    "url": "https://crm.example.org/api/v1/events/sendgrid",
    "waiting_bytes": 0,
    "confirm": None,
}


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["v1: operations and events"])
    spool = Spool(account.layout)

    def told(event_import: EventImport, request: Request) -> dict[str, Any]:
        name = event_import.name
        return {
            "event_import": name,
            "channel": event_import.channel,
            "signature": event_import.signature,
            "url": str(request.url.replace(path=f"{PREFIX}{name}", query="")),
            "waiting_bytes": spool.waiting(name),
            "confirm": read_json(room_of(account.layout, name) / CONFIRM, None),
        }

    @routes.get("/operations", responses=example([_REPORT]))
    def get_operations(request: Request, limit: Limit = USUAL, after: After = None) -> Json:
        """The report of every operation, newest first; every figure counts distinct contacts."""
        with account.read() as (connection, _):
            return page([each.as_json() for each in reports(connection)], "operation", limit, after, request)

    @routes.get("/operations/{name}", responses=example([_REPORT]))
    def get_operation(name: str) -> Json:
        """The reports of the operations of that name, one a channel."""
        with account.read() as (connection, _):
            return Json([each.as_json() for each in known(lambda: reports(connection, name))])

    @routes.get("/operations/{name}/contacts", responses=example(_CONTACTS))
    def get_figure(
        name: str,
        request: Request,
        figure: Annotated[str, Query(description="Such as clicked or bad_alias.", max_length=60)],
        limit: Limit = USUAL,
        after: AfterContact = None,
        everybody: Everybody = False,
    ) -> Json:
        """The contacts behind a figure, by growing contact_id."""
        with account.read() as (connection, _):
            found = known(lambda: figure_contacts(connection, name, figure, limit, everybody=everybody, after=after))
        return contacts_page(found, limit, request)

    @routes.get("/events", responses=example([_EVENTS]))
    def get_event_imports(request: Request, limit: Limit = USUAL, after: After = None) -> Json:
        """The event imports that senders may post to; `confirm`: a subscription of Amazon SNS that waits to be confirmed."""
        found = [told(each, request) for each in account.declarations().event_imports]
        return page(found, "event_import", limit, after, request)

    @routes.api_route("/events/{event_import}", methods=["GET"], responses=example(_EVENTS))
    def get_event_import(event_import: str, request: Request) -> Json:
        """One of them."""
        declared = {each.name: each for each in account.declarations().event_imports}
        if event_import not in declared:
            known(lambda: _unknown(event_import, declared))
        return Json(told(declared[event_import], request))

    routes.add_api_route("/events/{event_import}", get_event_import, methods=["HEAD"], include_in_schema=False)
    return routes


def _unknown(name: str, declared: dict[str, EventImport]) -> None:
    raise UnknownNameError("event import", name[:100], declared)
