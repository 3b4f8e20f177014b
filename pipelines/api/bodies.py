"""The bodies of calls, read leniently: JSON, or a JSON text that holds JSON (rest.md)."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Depends, Request

from pipelines.api.answers import ApiError

_DEEPEST = "The JSON is nested too deeply."


async def read_body(request: Request) -> Any:
    """What the body says; None where it is empty. ApiError 400 where it is no JSON, 415 where it is a form."""
    if request.headers.get("content-type", "").strip().lower().startswith("multipart/"):
        raise ApiError(415, "UnsupportedMediaType", "This call takes JSON, not a form.", "Send application/json.")
    content = await request.body()
    if not content.strip():
        return None
    document = _parsed(content)
    document = _parsed(document) if isinstance(document, str) else document
    _require_text(document)
    return document


def _require_text(document: Any) -> None:
    """JSON can name halves of characters, which are no text and can be kept nowhere."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        wrong = _DEEPEST if isinstance(error, RecursionError) else "A text holds half of a character."
        raise ApiError(400, "Invalid", wrong, "Send text in UTF-8.") from error


def _parsed(content: bytes | str) -> Any:
    try:
        return json.loads(content, parse_constant=_no_number)
    except RecursionError as error:
        raise ApiError(400, "Invalid", _DEEPEST) from error
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ApiError(400, "Invalid", f"The body is no JSON in UTF-8{where}.", "Send application/json.") from error


def _no_number(text: str) -> None:
    raise ValueError(text)


Body = Annotated[Any, Depends(read_body)]
"""The parameter of a call that is given its body."""
