"""Segments and searches: lists, their contacts page by page, why somebody is in one (contract: segments, explain, search)."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request

from pipelines.api.account import Account
from pipelines.api.answers import ApiError
from pipelines.api.bodies import Body
from pipelines.api.keys import ApiKey
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
    reading,
)
from pipelines.base.locking import LockHeldError
from pipelines.contacts.finding import find_contact, unknown_contact
from pipelines.declarations.checking import references
from pipelines.declarations.loading import load_condition
from pipelines.declarations.model import Declarations, Group
from pipelines.declarations.problems import DeclarationError
from pipelines.segments.explaining import Explanation, explain
from pipelines.segments.listing import listing
from pipelines.segments.querying import Found, members, search
from pipelines.segments.searches import list_searches, require_free, saved_search

_SEGMENT = {"name": "paris", "label": "Parisiens", "count": 120, "refreshed_at": "2026-11-20T10:00:00+00:00"}
_CONTACTS = {"count": 120, "left_out": 2, "contacts": [{"contact_id": 7, "email": "zoe@exemple.fr"}]}
_CRITERION = {
    "criterion": "{field: postcode, op: starts_with, value: '75'}",
    "value": "75011",
    "holds": True,
    "criteria": [],
}
_EXPLAINED = {"contact_id": 7, "segment": "paris", "holds": True, "criteria": [_CRITERION]}
_SEARCH = {
    "search_id": 3,
    "name": "recent",
    "condition": "match: all\n…",
    "count": 12,
    "searched_at": "2026-11-20T10:00:00+00:00",
    "who": "shop",
}
_ASKED = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["criteria"],
                    "properties": {
                        "match": {"type": "string", "enum": ["all", "any"], "default": "all"},
                        "criteria": {"type": "array", "items": {"type": "object"}},
                        "name": {"type": "string", "description": "The search is saved under it."},
                    },
                },
                "example": {"match": "all", "criteria": [{"field": "postcode", "op": "starts_with", "value": "75"}]},
            }
        }
    }
}


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["v1: segments and searches"])

    @routes.get("/segments", responses=example([_SEGMENT]))
    def get_segments(request: Request, limit: Limit = USUAL, after: After = None) -> Json:
        """Every segment with its count as last taken, in the order of the declarations."""
        with account.read() as (connection, declared):
            return page([asdict(each) for each in listing(connection, declared)], "name", limit, after, request)

    @routes.get("/segments/{name}/contacts", responses=example(_CONTACTS))
    def get_members(
        name: str, request: Request, limit: Limit = USUAL, after: AfterContact = None, everybody: Everybody = False
    ) -> Json:
        """The contacts of a segment, by growing contact_id."""
        known(lambda: account.declarations().segment(name))
        with reading(account, (name,)) as (connection, _):
            return contacts_page(members(connection, name, limit, everybody=everybody, after=after), limit, request)

    @routes.get("/segments/{name}/explain/{key}", responses=example(_EXPLAINED))
    def get_explanation(name: str, key: str) -> Json:
        """Why a contact is in a segment, or is not, criterion by criterion."""
        known(lambda: account.declarations().segment(name))

        def explained() -> Explanation:
            found = find_contact(connection, declared.base, key)
            if found is None:
                raise unknown_contact(key)
            return explain(connection, declared, found, name)

        with reading(account, (name,)) as (connection, declared):
            return Json(asdict(known(explained)))

    @routes.get("/searches", responses=example([_SEARCH]))
    def get_searches(request: Request, limit: Limit = USUAL, after: After = None) -> Json:
        """The searches made by hand or by calls, newest first; the last one of a name is what the name stands for."""
        with account.read() as (connection, _):
            return page([asdict(each) for each in list_searches(connection)], "search_id", limit, after, request)

    @routes.get("/searches/{name}/contacts", responses=example(_CONTACTS))
    def get_found(
        name: str, request: Request, limit: Limit = USUAL, after: AfterContact = None, everybody: Everybody = False
    ) -> Json:
        """The contacts that a saved search finds now, by growing contact_id."""
        with account.read() as (connection, declared):
            group = known(lambda: saved_search(connection, name).group(declared))
        return contacts_page(_found(account, group, limit, everybody, after), limit, request)

    @routes.post("/searches", responses=example(_CONTACTS), openapi_extra=_ASKED)
    def make_search(
        body: Body, request: Request, limit: Limit = USUAL, after: AfterContact = None, everybody: Everybody = False
    ) -> Json:
        """The contacts that satisfy the criteria; the search is kept in the base, under `name` where one is given."""
        declared = account.declarations()
        group, name = _condition(body, declared), _name(body, declared)
        found = _found(account, group, limit, everybody, after)
        if after is None:
            _keep(account, group, found.count, name, request.state.key)
        return contacts_page(found, limit, request)

    return routes


def _found(account: Account, group: Group, limit: int, everybody: bool, after: int | None) -> Found:
    with reading(account, [found.segment for found in references(group)]) as (connection, declared):
        return search(connection, group, declared, limit, everybody=everybody, after=after)


def _condition(body: Any, declared: Declarations) -> Group:
    """The criteria of a body, read as those of a segment are; 400 says what is wrong with them."""
    said = {name: body[name] for name in ("match", "criteria") if name in body} if isinstance(body, dict) else {}
    try:
        return load_condition(json.dumps(said), Path("<body>"), declared)
    except DeclarationError as error:
        problems = [{"message": problem.message, "suggestion": problem.suggestion} for problem in error.problems]
        hint = "docs/segments.md lists fields' operators, behaviours and the rest."
        raise ApiError(400, "Invalid", "The criteria have errors.", hint, problems=problems) from error


def _name(body: Any, declared: Declarations) -> str | None:
    name = body.get("name")
    if name is None:
        return None
    if not isinstance(name, str):
        raise ApiError(400, "Invalid", "The search's name is no text.")
    require_free(name, declared)
    return name


def _keep(account: Account, group: Group, count: int, name: str | None, key: ApiKey) -> None:
    """In the history; where another run writes meanwhile, only a search that is to be saved waits, or fails."""
    try:
        with account.write(key.name) as workspace:
            workspace.keep_search(group, count, name=name)
    except LockHeldError:
        if name is not None:
            raise
