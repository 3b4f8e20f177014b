"""Whatever comes, the answer is one: never a fault of ours, never a traceback, and no log holds a person's value (SEC-3, SEC-4).

400 calls by default; all 20 000 with CARNET_EXAMPLES=5.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.types import ASGIApp, Message, Scope

from pipelines.api.account import Account as Served
from pipelines.api.application import BASE, build
from pipelines.layout import Layout
from tests.api.conftest import Service
from tests.api.malformed import SECRET, Call, Malformed
from tests.examples import examples

BY_DESIGN = (501,)
"""Carnet sends nothing: rest.md."""


async def answered(app: ASGIApp, call: Call, text: str) -> tuple[int, bytes]:
    """What the application answers, as uvicorn hands a call over; a body that is cut off is one whose client went away."""
    path, _, query = call.target.partition("?")
    right = "Basic " + base64.b64encode(f"shop:{text}".encode()).decode()
    given = call.authorization
    headers = {"host": "carnet.example", "authorization": right if given is None else given} | call.headers
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": call.method, "scheme": "http",
        "path": unquote(path), "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()],
        # Whoever has a wrong key is somebody else: the right one is to be heard.
        "client": ("10.0.0.1" if given is None else "10.0.0.2", 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    middle = len(call.body) // 2
    messages: list[Message] = [
        {"type": "http.request", "body": call.body[:middle], "more_body": True},
        {"type": "http.disconnect"}
        if call.cut
        else {"type": "http.request", "body": call.body[middle:], "more_body": False},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if not sent:
        return 0, b""
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def paths_of(document: dict[str, Any]) -> list[tuple[str, str]]:
    known = [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]
    others = (
        "/emailing/add",
        "/account/remainingcredits",
        "/modules/x",
        "/account/contactattribute/value/{id}",
        "/{x}/{y}",
    )
    return [*known, *(("POST", BASE + path) for path in others)]


def fault_of(call: Call, status: int, body: bytes) -> str | None:
    """What is wrong with an answer; None where nothing is."""
    if call.cut and status in (0, 400):
        return None
    if not 200 <= status < 500 and status not in BY_DESIGN:
        return "a fault of ours"
    if (
        status >= 400
        and call.method != "HEAD"
        and set(json.loads(body)["error"]) != {"type", "message", "hint", "problems"}
    ):
        return "an error that says nothing"
    return None


@pytest.fixture
def application(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ASGIApp, str, Layout]]:
    """The application, a key that may write, and where it keeps what. What calls ask for is not done: that is other tests'."""
    shutil.copytree(filled, tmp_path / "account")
    monkeypatch.setattr("pipelines.api.account.Account.count_soon", lambda _: None)
    monkeypatch.setattr("pipelines.api.jobs.Jobs.work", lambda *_: None)
    served = Served(Layout(tmp_path / "account" / "data", tmp_path / "account" / "assets"), {"CARNET_ACCOUNT": "shop"})
    yield build(served), served.keys.add("a shop", "write"), served.layout
    served.close()


# A form without its end leaves the file of its last part to the garbage collector, in Starlette.
@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")
def test_malformed_calls_are_answered_and_leave_no_trace_of_anybody(
    application: tuple[ASGIApp, str, Layout], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    app, text, layout = application

    async def run() -> tuple[list[tuple[str, Call, int]], dict[int, int]]:
        _, document = await answered(app, Call("GET", "/api/openapi.json"), text)
        drawn, wrong, seen = Malformed(20_261_128, paths_of(json.loads(document))), [], dict[int, int]()
        for _ in range(examples(4000)):
            call = drawn.call()
            status, body = await answered(app, call, text)
            seen[status] = seen.get(status, 0) + 1
            if fault := fault_of(call, status, body):
                wrong.append((fault, call, status))
        await asyncio.sleep(1)  # The last lines of the log of uses are written soon, in this loop.
        return wrong, seen

    wrong, seen = asyncio.run(run())
    said = "".join(capfd.readouterr()) + caplog.text
    print(dict(sorted(seen.items())), said)  # Shown where the test fails.
    assert wrong == []
    # The calls are of all kinds: some are right, most are not, and wrong keys are not heard for long.
    assert {200, 400, 401, 404, 405, 415, 429} <= set(seen)
    assert "Traceback" not in said
    assert '"event": "fault"' not in said
    logged = (layout.api / "uses.log").read_text()
    assert len(logged.splitlines()) > sum(seen.values()) * 0.9
    assert SECRET not in said + logged
    assert text not in said + logged


@pytest.mark.parametrize(
    "raw",
    [
        b"\0\xff\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}",
        b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        b"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999999999\r\n\r\n{}",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET {path}%00%ff HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
    ids=range(8),
)
def test_what_is_no_http_is_refused_and_the_next_call_is_answered(raw: bytes, service: Service) -> None:
    port = int(service.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(raw.replace(b"{path}", f"{BASE}/contact/attribute".encode()))
        connection.shutdown(socket.SHUT_WR)
        assert refused(lambda: connection.recv(65_536))
    assert service.get("/modules/connection/test") is True


def refused(receive: Callable[[], bytes]) -> bool:
    """Whether the server says 4xx, or hangs up."""
    try:
        answer = receive()
    except ConnectionResetError:
        return True
    return not answer or answer.split(b" ")[1].startswith(b"4")
