"""Calls that import files of contacts, and those that say what came of them (rest.md, SEC-3).

An upload is kept, answered at once, and taken like any file: as a run of Dagster's, in the worker of `jobs`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from pipelines.api.account import Account
from pipelines.api.answers import not_found
from pipelines.api.attributes import Catalogue, written
from pipelines.api.forms import Form, GivenForm
from pipelines.api.jobs import UNFINISHED, Done, Job, Status, link_of, now
from pipelines.api.keys import ApiKey
from pipelines.api.models import model_for
from pipelines.api.shapes import ImportShape
from pipelines.api.uploads import Columns, action_of, as_text, columns_named, from_line, header_for, mapped
from pipelines.api.writing import warn
from pipelines.files.separators import default_separator
from pipelines.imports.intake import ImportRequest
from pipelines.imports.listing import list_imports

_PATH = "/contacts/import"
_KIND = "imports"
_MOST_LINES = 1_000_000
_STATUSES: dict[str, Status] = {"imported": "Completed", "skipped": "Completed", "refused": "Refused"}
_FORM = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "matchings"],
                    "properties": {
                        "name": {"type": "string"},
                        "firstLine": {"type": "integer", "minimum": 1, "default": 1},
                        "firstLineAsHeader": {"type": "boolean", "default": True},
                        "encoding": {"type": "string", "default": "UTF-8"},
                        "separator": {"type": "string"},
                        "duplicateOption": {"type": "string", "enum": ["disallowdupupdate", "disallowdup"]},
                        "matchings": {"type": "string", "description": '["email", "firstname", "26", ""]'},
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        }
    }
}


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["imports"])

    @routes.post(_PATH + "/add", response_model=ImportShape, openapi_extra=_FORM)
    def add_import(form: GivenForm, request: Request, response: Response) -> dict[str, Any]:
        """Imports a file: answered at once, with the import as it stands; ask for it again by its Id."""
        key: ApiKey = request.state.key
        with account.read() as (connection, declarations):
            columns = columns_named(form.names("matchings"), Catalogue.of(connection, declarations.base))
        warn(response, columns.ignored, ())
        return _shown(_kept(account, form, columns, key), {}, request)

    @routes.get(_PATH, response_model=list[ImportShape])
    def list_all(request: Request) -> list[dict[str, Any]]:
        """The history of imports, newest first."""
        return [_shown(job, row, request) for job, row in _history(account)]

    @routes.get(_PATH + "/{import_id}", response_model=ImportShape)
    def get_import(import_id: int, request: Request) -> dict[str, Any]:
        """One import."""
        job, row = _one(account, import_id)
        return _shown(job, row, request)

    @routes.get(_PATH + "/file/{file_name}")
    def get_import_file(file_name: str) -> FileResponse:
        """The file as it came."""
        return account.jobs.as_file("import", file_name)

    @routes.delete(_PATH + "/{import_id}")
    def drop_import(import_id: int) -> bool:
        """Drops the file of an import; its contacts stay."""
        return account.jobs.drop("import", import_id)

    return routes


def _kept(account: Account, form: Form, columns: Columns, key: ApiKey) -> Job:
    """The upload as a file and a model that say what the call says of it; and the job that imports it."""
    first, has_header = form.whole("firstLine", 1, _MOST_LINES), form.flag("firstLineAsHeader", default=True)
    separator, action, encoding = form.separator(), action_of(form.text("duplicateOption")), form.encoding()
    data, name = form.file.read(), form.file_name
    known = None if has_header else header_for(columns, separator or default_separator(name))
    text = from_line(as_text(data, encoding), first, None if known is None else known[0])
    # The instant and the name alone would not tell two uploads of one moment apart.
    started, number = now(), account.numbers.another(_KIND)
    file = f"{number}-{name}"
    with account.jobs.room_for(number) as folder:
        path = folder / file
        path.write_bytes(data)
        if text != data:
            path = folder / "read" / file
            path.write_bytes(text)
        said = known[1] if known is not None else mapped(path, columns, separator, account.most_bytes())
        model = model_for(account, said, action, separator, resubscribe=key.may("resubscribe"))
        return account.jobs.add(
            Job(number, "import", form.text("name") or name, key.name, file, started, {"model": model})
        )


def do(account: Account, job: Job) -> Done:
    """Import the file of a job; its status, and the number of the import in the base."""
    from pipelines.cli.imports import run_import

    path = str(account.jobs.to_read(job))
    request = ImportRequest(path, job.asked["model"], name=job.name, force=job.asked.get("force", False))
    with account.workspace(job.who, patient=True) as workspace:
        listener = Keeping()
        workspace.listener = listener
        workspace.warm_judge()
        result = run_import(workspace, request, listener.results)
    return _STATUSES[result.status], result.import_id


class Keeping:
    """Keeps what a run finished; nobody watches its steps."""

    def __init__(self) -> None:
        self.results: list[object] = []

    def step(self, name: str) -> None:
        """Says nothing."""

    def finished(self, result: object) -> None:
        """Keep it."""
        self.results.append(result)


def _history(account: Account) -> list[tuple[Job, dict[str, Any]]]:
    """Every import with its row of the history, newest first; those that came otherwise are given numbers too."""
    jobs = account.jobs.of("import")  # First: what one of them says it did is in the copy by then.
    with account.read() as (connection, _):
        rows = {row["import_id"]: row for row in list_imports(connection)}
    done = {job.result for job in jobs}
    unfinished = [job for job in jobs if job.status in UNFINISHED]
    others = {
        number: row
        for number, row in rows.items()
        if number not in done and not any(_is_of(row, job) for job in unfinished)
    }
    numbers = account.numbers.of(_KIND, [str(number) for number in sorted(others)])
    found = [(job, rows.get(job.result or 0, {})) for job in jobs]
    found += [(_elsewhere(numbers[str(number)], row), row) for number, row in others.items()]
    return sorted(found, key=lambda pair: pair[0].started_at, reverse=True)


def _is_of(row: dict[str, Any], job: Job) -> bool:
    """Whether the job that is under way has just written this row: it is told of once it has ended."""
    said = (row["model"], row["name"], row["who"]) == (job.asked["model"], job.name, job.who)
    return said and row["started_at"] >= datetime.fromisoformat(job.started_at)


def _one(account: Account, number: int) -> tuple[Job, dict[str, Any]]:
    for job, row in _history(account):
        if job.number == number:
            return job, row
    raise not_found(f"import {number}", f"GET {_PATH} lists them.")


def _elsewhere(number: int, row: dict[str, Any]) -> Job:
    """An import that came by another way, as if it were a job."""
    status = _STATUSES.get(row["status"], "Completed")
    started = row["started_at"].isoformat(timespec="seconds")
    return Job(number, "import", row["name"], row["who"], "", started, {}, status, row["import_id"])


def _shown(job: Job, row: dict[str, Any], request: Request) -> dict[str, Any]:
    counted = job.status == "Completed" and row
    added, updated, unchanged = ((row[name] if counted else 0) for name in ("inserted", "updated", "unchanged"))
    return {
        "Id": job.number,
        "Name": job.name,
        "StartDate": written(datetime.fromisoformat(job.started_at)),
        "Status": job.status,
        "Link": link_of(job, request),
        "LineRead": row["rows"] if row else 0,
        "LineDuplicate": row["duplicates"] if counted else 0,
        "LineAdd": added,
        "LineUpdate": updated,
        "LineImport": added + updated + unchanged,
        "LineError": row["rejected"] if counted else 0,
    }
