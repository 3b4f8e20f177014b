"""The body of a post → its events as lines of JSON, in every shape that senders post (docs/senders).

Belongs here: what can be told of a body by itself, so that nothing is kept that could hold up what others send. Does not: what its
events mean (their event import says it, when they are imported).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from pipelines.api.answers import ApiError

DEEPEST = 64
_LONGEST_NUMBER = 300
_FIELDS = 1000
_FORM = "application/x-www-form-urlencoded"
_SUBSCRIBE = re.compile(r"https://sns\.[a-z0-9-]{2,40}\.amazonaws\.com(\.cn)?/[!-~]*")
_SHAPES = "Send an object, a list of objects, or an object a line."


@dataclass(frozen=True)
class Confirmation:
    """What Amazon SNS sends before the first notification: `url` confirms the subscription to `topic`, once somebody opens it."""

    topic: str
    url: str


@dataclass(frozen=True)
class Posted:
    """What a body brings. `document`: as it stands, where it is one object; `lines`: its events, a line each."""

    document: dict[str, Any] | None
    events: int
    lines: bytes
    confirmation: Confirmation | None = None


def read_post(body: bytes, content_type: str) -> Posted:
    """The events of a body; ApiError 400 where it holds none that can be read, 415 where it is a form with files."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("multipart/"):
        raise ApiError(415, "UnsupportedMediaType", "Events are posted as JSON, or as a form without files.", _SHAPES)
    try:
        found = _of_form(body) if kind == _FORM else _documents(body)
        document = found[0] if len(found) == 1 and isinstance(found[0], dict) else None
        if document is not None and (told := _confirmation(document)) is not None:
            return Posted(document, 0, b"", told)
        events = list(_events(found))
        return Posted(document, len(events), b"".join(map(_line, events)))
    except RecursionError as error:
        raise _wrong("It is nested too deeply.") from error
    except UnicodeError as error:
        raise _wrong("A text of it is not UTF-8, or holds half of a character.") from error
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise _wrong(f"It is no JSON{where}.") from error


def _documents(body: bytes) -> list[Any]:
    """The one document, or those of its lines."""
    text = body.decode("utf-8-sig")
    try:
        return [_parsed(text)]
    except json.JSONDecodeError:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2:
            raise
    return [_parsed(line) for line in lines]


def _of_form(body: bytes) -> list[Any]:
    """A form of one field that holds JSON is what it holds (Mandrill); any other one is an object of its fields (Twilio)."""
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"))
    [*values] = fields.values()
    if len(values) == 1 and values[0].lstrip()[:1] in ("[", "{"):
        return [_parsed(values[0])]
    return [fields] if fields else []


def _events(documents: list[Any]) -> Iterator[dict[str, Any]]:
    for document in documents:
        for event in document if isinstance(document, list) else [document]:
            if not isinstance(event, dict):
                raise _wrong("What stands in it is no object.")
            _require_flat(event, 1)
            yield event


def _require_flat(value: Any, depth: int) -> None:
    """ApiError where something is nested deeper than readers of JSON follow."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if inner and depth > DEEPEST:
        raise _wrong("It is nested too deeply.")
    for each in inner:
        if isinstance(each, dict | list):
            _require_flat(each, depth + 1)


def _confirmation(document: dict[str, Any]) -> Confirmation | None:
    if "TopicArn" not in document or document.get("Type") not in (
        "SubscriptionConfirmation",
        "UnsubscribeConfirmation",
    ):
        return None
    topic, url = str(document["TopicArn"]), str(document.get("SubscribeURL"))
    if not _SUBSCRIBE.fullmatch(url):
        raise _wrong("Its SubscribeURL is not Amazon's.")
    return Confirmation(topic, url)


def _line(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _parsed(text: str) -> Any:
    return json.loads(text, parse_constant=_no_number, parse_int=_whole)


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(text)
    return int(text)


def _no_number(text: str) -> None:
    raise ValueError(text)


def _wrong(why: str) -> ApiError:
    return ApiError(400, "Invalid", f"The body cannot be read as events. {why}", f"{_SHAPES} Nothing of it was kept.")
