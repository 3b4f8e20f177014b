"""The call that adds activities of a contact to operations (rest.md, BHV-1): events of the type `converted`.

Belongs here: what a call says, as events. Does not: how they are added (`imports.events.by_call`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast, get_args

import duckdb
from fastapi import APIRouter, Request

from pipelines.api.account import WAIT_SECONDS, Account
from pipelines.api.answers import ApiError, not_found
from pipelines.api.bodies import Body
from pipelines.api.contacts_given import text_given
from pipelines.api.reading import key_of
from pipelines.api.shapes import HistoryShape
from pipelines.api.writing import told
from pipelines.base.statements import first_row
from pipelines.base.store import Writer
from pipelines.contacts.finding import contacts_with
from pipelines.declarations.events import Channel
from pipelines.imports.events.by_call import CalledEvent, add_conversions
from pipelines.workspace import Workspace

_MOST, _LONGEST_NAME = 500, 200
_CHANNELS: dict[str, Channel] = {name: name for name in get_args(Channel)}
_LARGEST_ID = 2**63 - 1
_ZONELESS = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?")
_SHAPE = {"requestBody": {"content": {"application/json": {"schema": HistoryShape.model_json_schema()}}}}


@dataclass(frozen=True)
class _Activity:
    """One entry of `logs`, as the call says it. `operation_id`: of an operation that there is; 0 for one by its name."""

    operation_id: int
    operation: str
    channel: Channel
    event: CalledEvent


def router(account: Account) -> APIRouter:
    """Its route."""
    routes = APIRouter(tags=["contacts"])

    @routes.post("/contact/history", openapi_extra=_SHAPE)
    def add_activities(body: Body, request: Request) -> str:
        """Adds activities of a contact: `contactKey`, and `logs`, or what one of them says (`Title`, `LogDate`, `Object`, …)."""
        who: str = request.state.key.name
        base = account.declarations().base
        given = _object(body, "the body")
        key = key_of(base, text_given(given.get("contactKey"), "contactKey"))
        if key is None:
            raise ApiError(400, "Invalid", f"contactKey is no {base.key} that somebody can have.")
        asked = [_activity(entry, f"log {n}", key, who) for n, entry in enumerate(_logs(given))]

        def act(workspace: Workspace) -> int:
            with workspace.store.write() as writer:
                _add(writer, asked, who, workspace)
                return len(contacts_with(writer.connection, base.key, key))

        return told(account.turns.do(act, WAIT_SECONDS))

    return routes


def _add(writer: Writer, asked: Sequence[_Activity], who: str, workspace: Workspace) -> None:
    """Add them, those of a channel as one import."""
    of_channel: dict[Channel, list[CalledEvent]] = {}
    for activity in asked:
        channel, event = _placed(activity, writer.connection)
        of_channel.setdefault(channel, []).append(event)
    if len(of_channel) > 1:
        raise ApiError(
            400, "Invalid", "The logs are of operations of several channels.", "Send those of each by a call."
        )
    for channel, events in of_channel.items():
        add_conversions(writer, events, channel, workspace.surroundings(who))


def _placed(activity: _Activity, connection: duckdb.DuckDBPyConnection) -> tuple[Channel, CalledEvent]:
    """The event, in the operation that the activity names by its number; 404 where there is none."""
    if not activity.operation_id:
        return activity.channel, _in_operation(activity.event, activity.operation)
    query = "SELECT channel, name FROM main.operations WHERE operation_id = ?"
    found = first_row(connection, query, [activity.operation_id])
    if found is None:
        raise not_found(f"operation {activity.operation_id}", "Without OperationId, Object names one.")
    return found[0], _in_operation(activity.event, found[1])


def _in_operation(event: CalledEvent, name: str) -> CalledEvent:
    """The event of that operation; a number that the call gave it is one of that operation's."""
    event_id = None if event.event_id is None else f"{name}/{event.event_id}"
    return CalledEvent(event.key, name, event.detail, event.occurred_at, event_id)


def _logs(given: Mapping[str, Any]) -> list[Any]:
    """The entries of a call: those of `logs`, or the body itself."""
    listed = given.get("logs", given.get("log"))
    if listed is None:
        return [given]
    found = cast("list[Any]", listed) if isinstance(listed, list) else [listed]
    if not 0 < len(found) <= _MOST:
        raise ApiError(400, "Invalid", f"The call has {len(found)} logs; 1 to {_MOST} are taken.")
    return found


def _activity(entry: Any, where: str, key: str, who: str) -> _Activity:
    given = _object(entry, where)
    texts = {
        name: text_given(given.get(name), where).strip() for name in ("Title", "Object", "Group", "LogDate", "Date")
    }
    number, operation_id = (_whole(given.get(name), f"{where}: {name}") for name in ("Id", "OperationId"))
    if len(texts["Object"]) > _LONGEST_NAME:
        raise ApiError(400, "Invalid", f"{where}: Object is longer than {_LONGEST_NAME} signs.")
    return _Activity(
        operation_id,
        texts["Object"] or f"activities of {who}",
        _CHANNELS.get(texts["Group"].casefold(), "web"),
        CalledEvent(
            key, "", texts["Title"], _instant(texts["LogDate"] or texts["Date"]), str(number) if number else None
        ),
    )


def _instant(text: str) -> str:
    """As a file has it; without a zone it is in UTC, as in answers; now where the call says none."""
    if not text:
        return datetime.now(UTC).isoformat()
    return f"{text}+00:00" if _ZONELESS.fullmatch(text) else text


def _whole(value: Any, where: str) -> int:
    """A number from 0, which may be a text; 0 where there is none."""
    text = text_given(value, where).strip()
    if text and (not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > _LARGEST_ID):
        raise ApiError(400, "Invalid", f"{where} is no number.")
    return int(text or 0)


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        hint = '{"contactKey": "…", "Title": "Order 12", "LogDate": "2026-03-14 09:26:53"}'
        raise ApiError(400, "Invalid", f"The call is not as it should be: {where} is no object.", hint)
    return cast("dict[str, Any]", value)
