"""The interface as one ASGI application: its routes, its page, what it says of its health.

Belongs here: putting it together. Does not: any call of rest.md (modules of their own), nor the process (`serving`).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from pipelines.api import (
    activities,
    connection,
    exporting,
    fields,
    importing,
    pages,
    purging,
    reading,
    segments,
    writing,
)
from pipelines.api.account import Account
from pipelines.api.answers import ApiError, answer_of
from pipelines.api.door import Door, Guard
from pipelines.api.handed import DOING
from pipelines.api.handing import hand_over
from pipelines.api.health import health, metrics, read_states
from pipelines.api.jobs import Done, Job
from pipelines.api.v1 import contacts, operations
from pipelines.api.v1 import exports as own_exports
from pipelines.api.v1 import imports as own_imports
from pipelines.api.v1 import segments as own_segments
from pipelines.api.webhooks.batches import Batches
from pipelines.api.webhooks.receiving import DOCUMENTED, PREFIX
from pipelines.api.webhooks.spool import Spool
from pipelines.errors import CarnetError

BASE, V1 = "/api/rest/v4", "/api/v1"
_KEYED = (BASE, V1)
_SCHEMES = {"HTTPBasic": {"type": "http", "scheme": "basic"}, "HTTPBearer": {"type": "http", "scheme": "bearer"}}
_OWN = (contacts, own_segments, own_imports, own_exports, operations)
_DOCS = "/api/docs"
_DESCRIPTION = (
    "Carnet answers the calls of REST v4, so that a program changes its base URL and its key and nothing else."
)
_NAMES = {404: "NotFound", 405: "MethodNotAllowed"}


def build(account: Account) -> ASGIApp:
    """The application over one account."""
    app = FastAPI(
        title="Carnet",
        description=_DESCRIPTION,
        version="4",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(Guard)
    app.add_exception_handler(CarnetError, _answer)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    _add_health(app, account)
    _add_page(app)
    # What is sent nowhere comes last: its paths are the widest.
    rooms = (fields, reading, writing, activities, importing, exporting, purging, segments)
    for router in (*(room.router(account) for room in rooms), connection.router()):
        app.include_router(router, prefix=BASE)
    for own in _OWN:
        app.include_router(own.router(account), prefix=V1)
    app.include_router(pages.router(account))
    account.jobs.work(lambda job: _do(account, job))
    _document(app)
    spool = Spool(account.layout)
    Batches(account, spool).work()
    return Door(app, account, spool)


def _do(account: Account, job: Job) -> Done:
    """What became of a job: done by the warm process, or here where there is none."""
    done = hand_over(account.layout, "job", asdict(job))
    if done is not None:
        return done[0], done[1]
    with account.running(-1):
        return DOING[job.kind](account, job)


def _document(app: FastAPI) -> None:
    """OpenAPI of what is done before FastAPI: the door looks at keys, and some calls pass it by."""
    made = app.openapi

    def documented() -> dict[str, Any]:
        document = made()
        document.setdefault("components", {})["securitySchemes"] = _SCHEMES
        for path, calls in document["paths"].items():
            for call in calls.values() if path.startswith(_KEYED) else ():
                call["security"] = [{name: []} for name in _SCHEMES]
        document["paths"].setdefault(f"{PREFIX}{{event_import}}", {})["post"] = DOCUMENTED
        return document

    app.openapi = documented


async def _answer(request: Request, error: Exception) -> Response:
    del request
    return answer_of(error)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """400: what a call brings is not what it should be; its values are not repeated."""
    del request
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is the handler of these
    problems = [{"where": ".".join(map(str, each["loc"])), "message": each["msg"]} for each in error.errors()]
    hint = "/api/openapi.json says what the call takes."
    return answer_of(ApiError(400, "Invalid", "The call is not as it should be.", hint, problems=problems))


async def _answer_http(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException)  # noqa: S101 - it is the handler of these
    kind = _NAMES.get(error.status_code, "Invalid")
    return answer_of(
        ApiError(error.status_code, kind, str(error.detail), "/api/docs lists every call.", headers=error.headers)
    )


def _add_health(app: FastAPI, account: Account) -> None:
    def found() -> dict[str, object]:
        return health(account.layout, read_states(account.layout))

    @app.get("/health", tags=["service"])
    def get_health() -> Response:
        """Whether all runs and the base can be read; 503 where not."""
        said = found()
        code = 200 if said["status"] == "ok" else 503
        return JSONResponse(said, code, {"Cache-Control": "no-store"})

    @app.get("/metrics", tags=["service"])
    def get_metrics() -> Response:
        """The same for Prometheus."""
        return PlainTextResponse(metrics(found()), media_type="text/plain; version=0.0.4")


def _add_page(app: FastAPI) -> None:
    """The page to try the interface at: all that it loads comes from here."""
    app.mount(f"{_DOCS}/static", StaticFiles(packages=[("fastapi_offline", "static")]))

    @app.get(_DOCS, include_in_schema=False)
    def get_docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/api/openapi.json",
            title="Carnet",
            swagger_js_url=f"{_DOCS}/static/swagger-ui-bundle.js",
            swagger_css_url=f"{_DOCS}/static/swagger-ui.css",
            swagger_favicon_url=f"{_DOCS}/static/favicon.png",
        )
