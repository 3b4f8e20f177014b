"""The door of the interface: who asks, whether they may, how much they bring; and the log of it (SEC-3, SEC-6).

All of it is decided by a call's headers, before a byte of its body is read. Belongs here: what holds for every call. Does not: any
call.
"""

from __future__ import annotations

import asyncio
import base64
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime

from anyio import to_thread
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.api.account import Account
from pipelines.api.answers import ApiError, answer_of
from pipelines.api.faults import tell_fault
from pipelines.api.keys import ApiKey
from pipelines.api.pages import is_at_this_machine, is_page
from pipelines.api.uses import Use, Uses
from pipelines.api.webhooks.receiving import PREFIX, Receiver
from pipelines.api.webhooks.spool import Spool

OPEN = ("/health", "/metrics", "/api/openapi.json", "/api/docs")
"""What needs no key: it says nothing of a person."""
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Carnet", charset="UTF-8"'}
_FORM_BYTES = 64 * 1024
_THREADS = 300
"""Calls at a time: those that wait for the base are to leave room for those that read."""
_READERS = 8
"""Calls that read at a time, of these: each is done sooner, and what is written meanwhile too."""
_MOST_FAILURES, _WINDOW, _MOST_ADDRESSES = 10, 60.0, 10_000


@dataclass
class Failures:
    """Wrong keys by address: after ten within a minute, the address is not heard until a minute has passed since the first."""

    _times: dict[str, deque[float]] = field(default_factory=dict[str, deque[float]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, address: str) -> int:
        """Seconds for which the address is not heard; 0: it is."""
        with self._lock:
            times = self._recent(address)
            return 0 if len(times) < _MOST_FAILURES else int(times[0] + _WINDOW - time.monotonic()) + 1

    def add(self, address: str) -> None:
        """One more."""
        with self._lock:
            if len(self._times) >= _MOST_ADDRESSES:
                self._times = {each: times for each, times in self._times.items() if self._recent(each)}
            self._times.setdefault(address, deque(maxlen=_MOST_FAILURES)).append(time.monotonic())

    def _recent(self, address: str) -> deque[float]:
        times = self._times.get(address, deque())
        while times and times[0] < time.monotonic() - _WINDOW:
            times.popleft()
        return times


class Door:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, account: Account, spool: Spool) -> None:
        self._app, self._account = app, account
        self._failures, self._uses = Failures(), Uses(account.layout.api / "uses.log")
        self._widened, self._reading = False, asyncio.Semaphore(_READERS)
        self._receiver = Receiver(account, spool, self._let_in, self._uses)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a call in, or say why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not self._widened:
            to_thread.current_default_thread_limiter().total_tokens = _THREADS
            self._widened = True
        if scope["method"] == "POST" and scope["path"].startswith(PREFIX):
            await self._receiver(scope, receive, send)
            return
        scope["path"] = _without_format(scope["path"])
        if scope["path"] in OPEN or scope["path"].startswith("/api/docs/") or _is_seen_here(scope):
            await self._serve(scope, receive, send, {})
            return
        began, told = time.perf_counter(), {"status": 500}
        scope.setdefault("state", {})
        try:
            await self._enter(scope, receive, send, told)
        finally:
            self._keep(scope, told["status"], time.perf_counter() - began)

    async def _enter(self, scope: Scope, receive: Receive, send: Send, told: dict[str, int]) -> None:
        headers = Headers(scope=scope)
        try:
            if self._account.is_read():
                # Another thread costs more than to look.
                most = self._admit(headers, scope)
            else:
                most = await run_in_threadpool(self._admit, headers, scope)
            if _length(headers) > most:
                raise _too_large(most)
        except Exception as error:
            told["status"] = (answer := answer_of(error)).status_code
            await answer(scope, receive, send)
            return
        # The threads of one process take turns: of many that read at once, each would wait for all the others' steps.
        at_once = self._reading if scope["method"] == "GET" and not _is_file(scope) else nullcontext()
        async with at_once:
            await self._serve(scope, _limited(receive, most), send, told)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, told: dict[str, int]) -> None:
        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
            await send(message)

        await self._app(scope, receive, watch)

    def _admit(self, headers: Headers, scope: Scope) -> int:
        """How many bytes the call may have, once it is known whose it is."""
        scope["state"]["key"] = self._let_in(headers, _address(scope), scope["method"])
        _require_json(headers)
        return self._account.most_bytes() + _FORM_BYTES

    def _let_in(self, headers: Headers, address: str, method: str) -> ApiKey:
        key = self._who(headers, address)
        _require_right(key, method)
        return key

    def _who(self, headers: Headers, address: str) -> ApiKey:
        if wait := self._failures.wait(address):
            raise ApiError(
                429,
                "TooManyFailures",
                "Too many calls with a wrong key came from this address.",
                f"Try again in {wait} s, with a key that `carnet keys` lists.",
                headers={"Retry-After": str(wait)},
            )
        given = headers.get("authorization")
        text = None if given is None else _secret(given, self._account.environ)
        key = None if text is None else self._account.keys.holder(text)
        if key is not None:
            return key
        if given is not None:
            self._failures.add(address)
        raise ApiError(
            401,
            "Unauthorized",
            "This needs a key." if given is None else "The account or the key is wrong.",
            "HTTP Basic with the account and a key, or `Authorization: Bearer <key>`; `carnet keys add` makes one.",
            headers=_CHALLENGE,
        )

    def _keep(self, scope: Scope, status: int, seconds: float) -> None:
        key, route = scope["state"].get("key"), scope.get("route")
        self._uses.keep(
            Use(
                datetime.now(UTC).isoformat(timespec="milliseconds"),
                key.name if key else None,
                _address(scope),
                scope["method"],
                getattr(route, "path", None),
                status,
                round(seconds * 1000),
            )
        )


class Guard:
    """ASGI middleware inside the application: what nobody foresaw is an answer too, and one line of the log, never a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the call be answered, whatever happens."""
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            # Nobody hears it, but the log of uses.
            await answer_of(ApiError(400, "CutOff", "The call ended before its body did."))(scope, receive, send)
        except Exception as error:
            tell_fault(error, getattr(scope.get("route"), "path", None))
            if not begun:
                await answer_of(error)(scope, receive, send)


def _is_seen_here(scope: Scope) -> bool:
    return is_page(scope["path"]) and scope["method"] in ("GET", "HEAD") and is_at_this_machine(scope)


def _is_file(scope: Scope) -> bool:
    """Whether a file is asked for: sending it takes as long as whoever asks is slow."""
    return "/file" in scope["path"]


def _without_format(path: str) -> str:
    """Older clients end a path in `.json`; the names of files are their own."""
    return path.removesuffix(".json") if path.startswith("/api/rest/") and "/file/" not in path else path


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _secret(header: str, environ: Mapping[str, str]) -> str | None:
    """The text of the key that an `Authorization` header carries; None where it carries none, or names another account."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return None
    try:
        account, colon, text = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except ValueError:  # No Base64, none in ASCII, or no text.
        return None
    expected = environ.get("CARNET_ACCOUNT")
    return text if colon and (not expected or account == expected) else None


def _require_right(key: ApiKey, method: str) -> None:
    right = "read" if method in ("GET", "HEAD", "OPTIONS") else "write"
    if not key.may(right):
        raise ApiError(
            403,
            "Forbidden",
            f"The key {key.name!r} may {key.right}, and this needs a key that may {right}.",
            f"`carnet keys add NAME --right {right}` makes one.",
        )


def _require_json(headers: Headers) -> None:
    """JSON is what is spoken: 406 for whoever accepts XML alone, 415 for whoever sends it."""
    accepted = [part.partition(";")[0].strip().lower() for part in headers.get("accept", "").split(",") if part.strip()]
    if accepted and all(kind.endswith("xml") for kind in accepted):
        raise ApiError(406, "NotAcceptable", "XML is not spoken here.", "Send `Accept: application/json`.")
    sent = headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent.endswith("xml"):
        raise ApiError(415, "UnsupportedMediaType", "XML is not read here.", "Send JSON: application/json.")


def _length(headers: Headers) -> int:
    given = headers.get("content-length", "0")
    return int(given) if given.isascii() and given.isdigit() else 0


def _too_large(most: int) -> ApiError:
    return ApiError(
        413,
        "TooLarge",
        f"The call's body is larger than {most:,} bytes.",
        "Send less at once; the base's `max_file_bytes` says how much a file may have.",
    )


def _limited(receive: Receive, most: int) -> Receive:
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise _too_large(most)
        return message

    return limited
