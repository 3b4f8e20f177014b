"""Imports: files brought and previewed, the history, rejected rows, undoing (contract: import, imports, rejects, undo)."""

from __future__ import annotations

import shutil
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from pipelines.api.account import Account
from pipelines.api.forms import Form, GivenForm
from pipelines.api.importing import Keeping
from pipelines.api.jobs import Job, now
from pipelines.api.keys import ApiKey
from pipelines.api.v1.answering import USUAL, After, Json, Limit, example, known, page
from pipelines.imports.intake import ImportRequest
from pipelines.imports.listing import list_imports, list_rejects

_COUNTS = {"rows": 120, "inserted": 100, "updated": 15, "unchanged": 2, "deleted": 0, "duplicates": 2, "rejected": 1}
_IMPORT = {
    "import_id": 3,
    "name": "clients.csv",
    "model": "clients",
    "action": "upsert",
    "status": "imported",
    **_COUNTS,
    "who": "shop",
}
_UPLOAD = {"upload": 12, "status": "Completed", "import": _IMPORT}
_REJECT = {"line": 5, "reasons": ["the e-mail address has no @"], "row": {"Email": "zoe.exemple.fr"}}
_UNDONE = {
    "import_id": 4,
    "removed": 100,
    "restored": 15,
    "kept": [{"key": "zoe@exemple.fr", "field": "postcode", "why": "changed since"}],
}
_FORM = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "model"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "model": {"type": "string", "description": "An ImportModel, or an EventImport."},
                        "name": {"type": "string", "description": "In the history; the file's name by default."},
                        "force": {
                            "type": "boolean",
                            "default": False,
                            "description": "Though it was the model's last file.",
                        },
                    },
                }
            }
        }
    }
}
_KIND = "imports"
_LARGEST = 2**63 - 1
ImportId = Annotated[int, Path(ge=0, le=_LARGEST)]


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["v1: imports"])

    @routes.post(
        "/imports",
        responses=example({**_UPLOAD, "status": "Waiting", "import": None}, 202),
        openapi_extra=_FORM,
        status_code=202,
    )
    def add_import(form: GivenForm, request: Request) -> Json:
        """Imports a file by a declared model: kept and answered at once; `GET /api/v1/uploads/{upload}` says what came of it."""
        job = _kept(account, form, request.state.key)
        return Json(_told(account, job), 202, {"Location": str(request.url_for("get_upload", upload=job.number))})

    @routes.get("/uploads/{upload}", responses=example(_UPLOAD))
    def get_upload(upload: int) -> Json:
        """What came of a file that a call brought; `import` is its row of the history, once there is one."""
        return Json(_told(account, account.jobs.get("import", upload)))

    @routes.post(
        "/imports/preview",
        responses=example({"import_id": None, "status": "preview", **_COUNTS, "problems": []}),
        openapi_extra=_FORM,
    )
    def preview(form: GivenForm, request: Request) -> Json:
        """What importing a file would do; nothing is written."""
        model = known(lambda: account.declarations().importer(form.text("model"))).name
        number = account.numbers.another(_KIND)
        try:
            with account.jobs.room_for(number) as folder, account.workspace(request.state.key.name) as workspace:
                path = folder / form.file_name
                path.write_bytes(form.file.read())
                asked = ImportRequest(str(path), model, form.text("name") or form.file_name, preview=True)
                return Json(workspace.take(asked).as_json())
        finally:
            shutil.rmtree(account.jobs.folder(number), ignore_errors=True)

    @routes.get("/imports", responses=example([_IMPORT]))
    def get_imports(request: Request, limit: Limit = USUAL, after: After = None) -> Json:
        """The history, newest first."""
        with account.read() as (connection, _):
            return page(list_imports(connection), "import_id", limit, after, request)

    @routes.get("/imports/{import_id}", responses=example(_IMPORT))
    def get_import(import_id: ImportId) -> Json:
        """One import."""
        with account.read() as (connection, _):
            [found] = known(lambda: list_imports(connection, import_id))
        return Json(found)

    @routes.get("/imports/{import_id}/rejects", responses=example([_REJECT]))
    def get_rejects(import_id: ImportId, request: Request, limit: Limit = USUAL, after: After = None) -> Json:
        """The rows that an import rejected, with every reason, by growing line."""
        with account.read() as (connection, _):
            return page(known(lambda: list_rejects(connection, import_id)), "line", limit, after, request)

    @routes.post("/imports/{import_id}/undo", responses=example(_UNDONE))
    def undo(import_id: ImportId, request: Request) -> Json:
        """Takes back what an import did, as an import of its own."""
        from pipelines.cli.imports import run_undo

        with account.read() as (connection, _):
            known(lambda: list_imports(connection, import_id))
        listener = Keeping()
        with account.running(), account.workspace(request.state.key.name) as workspace:
            workspace.listener = listener
            return Json(run_undo(workspace, import_id, listener.results).as_json())

    return routes


def _kept(account: Account, form: Form, key: ApiKey) -> Job:
    """The upload as a file, and the job that imports it."""
    model = known(lambda: account.declarations().importer(form.text("model"))).name
    number, name = account.numbers.another(_KIND), form.file_name
    with account.jobs.room_for(number) as folder:
        path = folder / f"{number}-{name}"
        path.write_bytes(form.file.read())
        asked = {"model": model, "force": form.flag("force", default=False)}
        return account.jobs.add(Job(number, "import", form.text("name") or name, key.name, path.name, now(), asked))


def _told(account: Account, job: Job) -> dict[str, Any]:
    found = None
    if job.result is not None:
        with account.read() as (connection, _):
            [found] = list_imports(connection, job.result)
    return {"upload": job.number, "status": job.status, "import": found}
