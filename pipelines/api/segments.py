"""Calls about segments: listed and counted; they are declared, never made by a call."""

from __future__ import annotations

from typing import Any

import yaml
from fastapi import APIRouter, Request

from pipelines.api.account import Account
from pipelines.api.answers import ApiError, not_found
from pipelines.api.bodies import Body
from pipelines.api.fields import created_at
from pipelines.api.numbers import SEGMENTS
from pipelines.api.shapes import SegmentShape
from pipelines.declarations.model import Declarations, Segment
from pipelines.declarations.names import snake_case
from pipelines.declarations.spelling import condition_yaml

_MODES = {"all": "intersect", "any": "union", "not": "intersect"}


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["segments"])

    @routes.get("/segment", response_model=list[SegmentShape])
    def list_segments() -> list[dict[str, Any]]:
        """Every segment: `name` is its label, `description` its name in Carnet, `details` its criteria."""
        with account.read() as (connection, declarations):
            since = created_at(connection)
        numbers = numbers_of(account, declarations)
        return [_described(segment, numbers[segment.name], since) for segment in declarations.segments]

    @routes.get("/segment/{segment_id}", response_model=SegmentShape)
    def get_segment(segment_id: int) -> dict[str, Any]:
        """One segment."""
        with account.read() as (connection, declarations):
            since = created_at(connection)
        return _described(segment_of(segment_id, account, declarations), segment_id, since)

    @routes.get("/segment/updatecache/{segment_id}")
    def count_segment(segment_id: int, request: Request) -> int:
        """Counts it now."""
        name = segment_of(segment_id, account, account.declarations()).name
        with account.write(request.state.key.name) as workspace:
            refreshed = workspace.refresh_segments(force=True, names=(name,))
            workspace.publish()
        if name in refreshed.failures:
            raise ApiError(
                400, "SegmentFails", f"The segment {name!r} cannot be counted.", "`carnet segments` says why."
            )
        return refreshed.counts[name]

    for path, methods in (("/segment", ("POST", "PUT")), ("/segment/{segment_id}", ("PUT", "DELETE"))):
        for method in methods:
            routes.add_api_route(path, _declared, methods=[method], responses={409: {}})
    return routes


def numbers_of(account: Account, declarations: Declarations) -> dict[str, int]:
    """Name → number of every segment."""
    return account.numbers.of(SEGMENTS, [segment.name for segment in declarations.segments])


def segment_of(number: int, account: Account, declarations: Declarations) -> Segment:
    """The segment of that number; 404."""
    numbers = numbers_of(account, declarations)
    for segment in declarations.segments:
        if numbers[segment.name] == number:
            return segment
    raise not_found(f"segment {number}", "GET /segment lists them.")


def _described(segment: Segment, number: int, since: str) -> dict[str, Any]:
    return {
        "id": number,
        "description": segment.name,
        "creationDate": since,
        "name": segment.label,
        "mode": _MODES[segment.root.match],
        "details": segment.sql or condition_yaml(segment.root),
    }


def _declared(body: Body = None) -> None:
    label = body.get("name") if isinstance(body, dict) else None
    label = label if isinstance(label, str) and label.strip() else "Name of the segment"
    document = {
        "type": "pipelines.components.Segment",
        "attributes": {
            "name": snake_case(label) or "segment",
            "label": label,
            "match": "any" if isinstance(body, dict) and body.get("mode") == "union" else "all",
            "criteria": [{"field": "email", "op": "is_not_empty"}],
        },
    }
    said = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    hint = f"Declare it under assets/, with its criteria (docs/segments.md):\n{said}"
    raise ApiError(409, "Declared", "Segments are declared, never made by a call.", hint)
