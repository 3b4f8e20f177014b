"""Calls that say whether a program is connected, and those that Carnet does not answer (rest.md)."""

from __future__ import annotations

from fastapi import APIRouter

from pipelines.api.answers import ApiError

_ALL = ["GET", "POST", "PUT", "DELETE"]
_SENDING = ("/emailing", "/sms", "/account/remainingcredits", "/modules")


def router() -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["connection"])

    @routes.get("/modules/connection/test")
    def test_connection() -> bool:
        """`true`, with the right key."""
        return True

    for path in _SENDING:
        for each in (path, path + "/{rest:path}"):
            routes.add_api_route(each, _sends_nothing, methods=_ALL, include_in_schema=False)
    return routes


def _sends_nothing() -> None:
    raise ApiError(
        501,
        "NotImplemented",
        "Carnet sends nothing: it has no e-mailings, SMS, credits or modules.",
        "Send with another tool, and bring its events to Carnet.",
    )
