"""The pages that people look at: the base in pictures at `/`, Data Docs below `/docs/` (SRV-3); drawn when something is newer.

Belongs here: serving them, and who may see them without a key. Does not: drawing (`pictures`).
"""

from __future__ import annotations

import re
import threading
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from pipelines.api.account import Account
from pipelines.api.answers import ApiError
from pipelines.pictures.pages import INDEX, are_documented, document, draw, is_drawn

PREFIX = "/docs"
_HERE = frozenset({"127.0.0.1", "::1"})
_HERE_BY_NAME = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OF_PROXIES = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_NOTHING_ELSE = {
    # Whatever a name of the base may hold: the page runs nothing, and loads nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src 'self'",
    "Cache-Control": "no-store",
}


def is_page(path: str) -> bool:
    """Whether a path is of a page for people, and of no call."""
    return path in ("/", PREFIX) or path.startswith(f"{PREFIX}/")


def is_at_this_machine(scope: Scope) -> bool:
    """Whether somebody at this machine looks, without a proxy between: to them a page is open, as the Dagster UI is (SEC-6).

    By its name too: a site that has its own name answered with this machine's address is another's.
    """
    client, headers = scope.get("client"), Headers(scope=scope)
    name = re.sub(r":\d+$", "", headers.get("host", ""))
    proxied = any(each in headers for each in _OF_PROXIES)
    return bool(client) and client[0] in _HERE and name in _HERE_BY_NAME and not proxied


def router(account: Account) -> APIRouter:
    """The pages, in no OpenAPI: they are for people."""
    pages, drawing = APIRouter(include_in_schema=False), threading.Lock()

    @pages.get("/")
    def get_start() -> Response:
        return RedirectResponse(f"{PREFIX}/{INDEX}")

    @pages.get(f"{PREFIX}/{{path:path}}")
    def get_page(path: str) -> Response:
        with drawing:
            _renew(account, path)
        return FileResponse(_found(account.layout.docs, path), headers=_NOTHING_ELSE)

    return pages


def _renew(account: Account, path: str) -> None:
    """Have the page that is asked for drawn anew where the base has moved on since."""
    layout = account.layout
    if path == INDEX and not is_drawn(layout):
        with account.read() as (connection, declarations):
            draw(connection, layout, declarations.base)
    elif path.startswith(f"{layout.data_docs.name}/") and path.endswith(".html") and not are_documented(layout):
        document(layout)


def _found(folder: Path, path: str) -> Path:
    """The file of that path in the folder of pages, and nothing outside it."""
    place = (folder / path).resolve()
    shown = place.is_file() and place.suffix != ".json" and place.is_relative_to(folder.resolve())
    if not shown:
        raise ApiError(404, "NotFound", f"There is no page {path!r}.", f"{PREFIX}/{INDEX} is the base in pictures.")
    return place
