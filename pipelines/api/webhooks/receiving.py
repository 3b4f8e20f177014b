"""`POST /api/v1/events/{event_import}`: what senders of events post, on disk before it is answered.

A sender posts a thousand times a second where a campaign goes out, so these calls pass by what other calls can afford: what is
declared and which keys there are is looked at once a second. Belongs here: the way of one post. Does not: its steps.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from pipelines.api.account import Account
from pipelines.api.answers import ApiError, answer_of
from pipelines.api.faults import tell_fault
from pipelines.api.files import write_json
from pipelines.api.keys import ApiKey
from pipelines.api.uses import Use, Uses
from pipelines.api.webhooks.bodies import Confirmation, Posted, read_post
from pipelines.api.webhooks.certificates import Certificates
from pipelines.api.webhooks.signatures import Signatures, SignedPost
from pipelines.api.webhooks.spool import Spool, room_of
from pipelines.declarations.model import EventImport
from pipelines.declarations.problems import DeclarationError
from pipelines.errors import CarnetError, UnknownNameError
from pipelines.layout import Layout

PREFIX = "/api/v1/events/"
CONFIRM = "confirm.json"
"""In the folder of what was posted to an event import: the subscription that waits to be confirmed."""
DOCUMENTED = {
    "tags": ["v1: operations and events"],
    "summary": "Post Events",
    "description": "Takes what a sender of events posts: an object, a list of objects, an object a line, or a form that holds one "
    "of these. It is on disk before it is answered, and imported by the event import within a minute. Where the event import names "
    "a signature, the post needs that instead of a key.",
    "parameters": [{"name": "event_import", "in": "path", "required": True, "schema": {"type": "string"}}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
                "example": [{"id": "e1", "email": "zoe@exemple.fr", "event": "open", "ts": 1700000000}],
            },
            "application/x-ndjson": {"schema": {"type": "string"}},
            "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
        },
    },
    "responses": {
        "200": {"description": "Kept.", "content": {"application/json": {"example": {"accepted": 1}}}},
        "400": {"description": "No events can be read from the body; nothing was kept."},
        "401": {"description": "No right key."},
        "403": {"description": "A key without the right to write, or a wrong signature; nothing was kept."},
        "404": {"description": "There is no such event import."},
        "413": {"description": "The body is too large."},
    },
    "security": [{"HTTPBasic": []}, {"HTTPBearer": []}],
}
"""OpenAPI of these calls, which FastAPI does not see."""
_FRESH = 1.0
_MOST_KNOWN = 1000
_LET_IN = Callable[[Headers, str, str], ApiKey]


@dataclass
class _Known:
    """What was looked at within the last second."""

    imports: Mapping[str, EventImport] = field(default_factory=dict[str, EventImport])
    most_bytes: int = 0
    keys: dict[bytes, ApiKey] = field(default_factory=dict[bytes, ApiKey])
    until: float = 0.0


class Receiver:
    """ASGI application of these calls alone. `let_in`: the key of a call by its headers, address and method, or why it has none."""

    def __init__(self, account: Account, spool: Spool, let_in: _LET_IN, uses: Uses) -> None:
        self._account, self._spool, self._let_in, self._uses = account, spool, let_in, uses
        self._signatures = Signatures(account.environ, Certificates(account.layout.api / "certificates").of)
        self._known = _Known()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the events of a post, and answer how many there are."""
        began, name = time.perf_counter(), scope["path"].removeprefix(PREFIX)
        who: str | None = None
        try:
            event_import = await self._declared(name)
            headers = Headers(scope=scope)
            key = None if event_import.signature else await self._key(headers, scope)
            who = key.name if key else f"{event_import.signature} signature"
            body = await _read(receive, headers, self._known.most_bytes)
            posted = read_post(body, headers.get("content-type", ""))
            if event_import.signature is not None:
                post = SignedPost(headers, body, posted.document)
                await run_in_threadpool(self._signatures.require, event_import.signature, name, post)
            answer = await self._keep(name, who, posted)
        except Exception as error:
            if not isinstance(error, CarnetError):
                tell_fault(error, PREFIX)
            answer = answer_of(error)
        await answer(scope, receive, send)
        self._log(scope, who, answer.status_code, time.perf_counter() - began)

    async def _keep(self, name: str, who: str, posted: Posted) -> Response:
        if posted.confirmation is not None:
            await run_in_threadpool(_keep_confirmation, self._account.layout, name, posted.confirmation)
        elif posted.lines:
            await self._spool.keep(name, who, posted.lines)
        return JSONResponse({"accepted": posted.events})

    async def _declared(self, name: str) -> EventImport:
        if time.monotonic() > self._known.until:
            self._known = await run_in_threadpool(self._look, self._known)
        found = self._known.imports.get(name)
        if found is None:
            raise UnknownNameError("event import", name[:100], self._known.imports)
        return found

    def _look(self, former: _Known) -> _Known:
        try:
            declarations = self._account.declarations()
        except DeclarationError:
            # Somebody edits them: what was right before is kept for the import that follows.
            if not former.imports:
                raise
            return replace(former, keys={}, until=time.monotonic() + _FRESH)
        imports = {each.name: each for each in declarations.event_imports}
        return _Known(imports, declarations.base.max_file_bytes, {}, time.monotonic() + _FRESH)

    async def _key(self, headers: Headers, scope: Scope) -> ApiKey:
        known, given = self._known, hashlib.sha256(headers.get("authorization", "").encode()).digest()
        found = known.keys.get(given)
        if found is None:
            client = scope.get("client")
            found = await run_in_threadpool(self._let_in, headers, client[0] if client else "", scope["method"])
            if len(known.keys) < _MOST_KNOWN:
                known.keys[given] = found
        return found

    def _log(self, scope: Scope, who: str | None, status: int, seconds: float) -> None:
        now, client = datetime.now(UTC).isoformat(timespec="milliseconds"), scope.get("client")
        address = client[0] if client else ""
        self._uses.keep(Use(now, who, address, "POST", f"{PREFIX}{{event_import}}", status, round(seconds * 1000)))


async def _read(receive: Receive, headers: Headers, most: int) -> bytes:
    """The whole body; ApiError 413 where it is larger, before it is read."""
    length = headers.get("content-length", "0")
    parts, size = list[bytes](), int(length) if length.isascii() and length.isdigit() else 0
    if size > most:
        raise _too_large(most)
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ApiError(400, "Invalid", "The body breaks off.", "Send it again.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large(most: int) -> ApiError:
    return ApiError(413, "TooLarge", f"The body is larger than {most:,} bytes.", "Post less at once.")


def _keep_confirmation(layout: Layout, name: str, confirmation: Confirmation) -> None:
    """Nobody is called: the operator opens the address, which the service tells and `GET /api/v1/events` lists."""
    room = room_of(layout, name)
    room.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_json(room / CONFIRM, {"topic": confirmation.topic, "url": confirmation.url})
