"""Exports: run, listed, their files (contract: export, exports)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from pipelines.api.account import Account
from pipelines.api.answers import ApiError, not_found
from pipelines.api.bodies import Body
from pipelines.api.importing import Keeping
from pipelines.api.v1.answering import USUAL, After, Json, Limit, example, known, page
from pipelines.declarations.model import Export
from pipelines.exports.history import list_exports
from pipelines.exports.snapshots import Snapshot
from pipelines.files.opening import sha256
from pipelines.workspace import Workspace

_EXPORT = {
    "export_id": 5,
    "name": "base_totale",
    "status": "done",
    "path": "/srv/carnet/data/exports/base_totale.csv",
    "rows": 1200,
    "sha256": "9f86d08…",
    "manifest": "/srv/carnet/data/exports/base_totale.csv.manifest.json",
    "taken_at": "2026-11-20T10:00:00+00:00",
    "deliver_to": None,
    "delivered_at": None,
    "delta": None,
}
_ASKED = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "audience": {"type": "string", "description": "A segment, or a saved search."},
                        "fields": {
                            "type": "string",
                            "default": "main",
                            "description": "main, or names with commas between them.",
                        },
                        "format": {"type": "string", "default": "csv"},
                    },
                },
                "example": {"audience": "paris", "fields": "email,first_name", "format": "csv"},
            }
        }
    }
}
_LARGEST = 2**63 - 1


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["v1: exports"])

    @routes.get("/exports", responses=example([_EXPORT]))
    def get_exports(request: Request, limit: Limit = USUAL, after: After = None) -> Json:
        """The exports that were written, newest first."""
        with account.read() as (connection, _):
            return page(list_exports(connection), "export_id", limit, after, request)

    @routes.post("/exports/{name}", responses=example(_EXPORT))
    def run_export(name: str, request: Request) -> Json:
        """Writes a declared export, as a run that the Dagster UI shows; answers once its file is whole, and delivered."""
        from pipelines.cli.exports import run_declared

        known(lambda: account.declarations().export(name))
        listener = Keeping()
        with account.running(), account.workspace(request.state.key.name) as workspace:
            workspace.listener = listener
            run_declared(workspace, name, None)
        return Json(_written(listener).as_json())

    @routes.post("/exports", responses=example(_EXPORT), openapi_extra=_ASKED)
    def run_on_demand(body: Body, request: Request) -> Json:
        """Writes an export that nothing declares; its file is had by `GET /api/v1/exports/{export_id}/file`."""
        with account.running(), account.workspace(request.state.key.name) as workspace:
            export = _asked(body, workspace, account)
            number = account.numbers.another("exports")
            folder = account.jobs.folder(number)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Json(workspace.export(export, folder / f"{number}-export.{export.format}").as_json())

    @routes.get("/exports/{export_id}/file", response_class=FileResponse)
    def get_export_file(export_id: Annotated[int, InPath(ge=0, le=_LARGEST)]) -> FileResponse:
        """The file of an export, as long as it is the one that was written."""
        with account.read() as (connection, _):
            found = [each for each in list_exports(connection) if each["export_id"] == export_id]
        if not found:
            raise not_found(f"export {export_id}", "GET /api/v1/exports lists them.")
        return FileResponse(
            _file(found[0], account), media_type="application/octet-stream", filename=Path(found[0]["path"]).name
        )

    return routes


def _asked(body: Any, workspace: Workspace, account: Account) -> Export:
    said = body if isinstance(body, dict) else {}
    texts = {
        name: said.get(name, usual)
        for name, usual in (("audience", "all_contacts"), ("fields", "main"), ("format", "csv"))
    }
    if not all(isinstance(text, str) for text in texts.values()):
        raise ApiError(
            400,
            "Invalid",
            "audience, fields and format are texts.",
            '{"audience": "paris", "fields": "email,first_name"}',
        )
    with account.read():
        pass  # The base has every declared field, and the copy is there.
    return known(lambda: workspace.on_demand(texts["audience"], texts["fields"], texts["format"]))


def _written(listener: Keeping) -> Snapshot:
    return next(found for found in listener.results if isinstance(found, Snapshot))


def _file(export: dict[str, Any], account: Account) -> Path:
    """Where it lies: under `data/` alone, for what others put at the address of an export since is not it."""
    path = Path(export["path"])
    ours = path.resolve().is_relative_to(account.layout.data) and path.is_file()
    if not ours or sha256(path) != export["sha256"]:
        raise not_found(f"file of export {export['export_id']} any more", "Run the export again.")
    return path
