"""Calls that purge the contacts whose keys a file lists, archive first (rest.md, EXP-8)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

from pipelines.api.account import Account
from pipelines.api.answers import ApiError
from pipelines.api.attributes import written
from pipelines.api.forms import Form, GivenForm
from pipelines.api.jobs import Done, Job, link_of, now
from pipelines.api.keys import ApiKey
from pipelines.api.shapes import PurgeShape
from pipelines.api.uploads import as_text, from_line
from pipelines.base.keys import read_addresses
from pipelines.base.statements import at_hand, identifier
from pipelines.declarations.model import ContactBase
from pipelines.files.opening import open_file
from pipelines.files.profiles import Reading
from pipelines.files.profiling import profile_file
from pipelines.files.reading import read
from pipelines.files.separators import default_separator

_PATH = "/contacts/purge"
_KIND = "purges"
_MOST_LINES, _MOST_COLUMNS = 1_000_000, 10_000
_ARCHIVE = "by_call"
_FORM = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "firstLine": {"type": "integer", "minimum": 1, "default": 1},
                        "firstLineAsHeader": {"type": "boolean", "default": True},
                        "encoding": {"type": "string", "default": "UTF-8"},
                        "separator": {"type": "string"},
                        "keyColumn": {"type": "integer", "minimum": 1, "default": 1},
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        }
    }
}


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["purges"])

    @routes.post(_PATH + "/add", response_model=PurgeShape, openapi_extra=_FORM)
    def add_purge(form: GivenForm, request: Request) -> dict[str, Any]:
        """Purges the contacts whose keys a file lists: answered at once; ask for it again by its Id."""
        key: ApiKey = request.state.key
        return _shown(_kept(account, form, key), request)

    @routes.get(_PATH, response_model=list[PurgeShape])
    def list_all(request: Request) -> list[dict[str, Any]]:
        """The purges that calls asked for, newest first."""
        return [_shown(job, request) for job in account.jobs.of("purge")]

    @routes.get(_PATH + "/{purge_id}", response_model=PurgeShape)
    def get_purge(purge_id: int, request: Request) -> dict[str, Any]:
        """One purge."""
        return _shown(account.jobs.get("purge", purge_id), request)

    @routes.get(_PATH + "/file/{file_name}")
    def get_purge_file(file_name: str) -> FileResponse:
        """The file as it came."""
        return account.jobs.as_file("purge", file_name)

    @routes.delete(_PATH + "/{purge_id}")
    def drop_purge(purge_id: int) -> bool:
        """Drops the file of a purge; the archive stays."""
        return account.jobs.drop("purge", purge_id)

    return routes


def do(account: Account, job: Job) -> Done:
    """Purge whom the file of a job lists; its status, and the number of the purge in the history, None where it is nobody."""
    base = account.declarations().base
    listed = _listed(account.jobs.to_read(job), job.asked["separator"], job.asked["column"], base.max_file_bytes)
    with account.read() as (connection, _):
        found = _holders(read_addresses(base.key, listed, base).values.drop_nulls(), base, connection)
    if not found:
        return "Completed", None
    with account.workspace(job.who, patient=True) as workspace:
        purged = workspace.purge_contacts(_ARCHIVE, found)
        workspace.refresh_segments()
        workspace.publish()
    return "Completed", purged.import_id


def _kept(account: Account, form: Form, key: ApiKey) -> Job:
    first, has_header = form.whole("firstLine", 1, _MOST_LINES), form.flag("firstLineAsHeader", default=True)
    column = form.whole("keyColumn", 1, _MOST_COLUMNS)
    name, data = form.file_name, form.file.read()
    separator = form.separator() or default_separator(name)
    header = None if has_header else separator.join(f"column {n}" for n in range(1, column + 1))
    text, started = from_line(as_text(data, form.encoding()), first, header), now()
    number = account.numbers.another(_KIND)
    file = f"{number}-{name}"
    with account.jobs.room_for(number) as folder:
        path = folder / "read" / file
        (folder / file).write_bytes(data)
        path.write_bytes(text)
        rows = _listed(path, separator, column, account.most_bytes()).len()
        asked = {"separator": separator, "column": column, "rows": rows}
        return account.jobs.add(Job(number, "purge", name, key.name, file, started, asked))


def _listed(path: Path, separator: str, column: int, most_bytes: int) -> pl.Series:
    """The cells of that column, from 1; ApiError 400 where the file cannot be read, or has no such column."""
    _, source = profile_file(open_file(path, most_bytes), Reading(separator), most_bytes)
    if source is None or column > len(source.headers):
        message = "The file cannot be read." if source is None else f"The file has no column {column}."
        raise ApiError(400, "Invalid", message, "Look at its encoding, its separator, and keyColumn.")
    return read(source).frame[f"c{column - 1}"]


def _holders(keys: pl.Series, base: ContactBase, connection: duckdb.DuckDBPyConnection) -> list[int]:
    """The contacts who have these keys."""
    with at_hand(connection, carnet_keys=keys.rename("key").to_frame()):
        query = f"SELECT contact_id FROM main.contacts SEMI JOIN carnet_keys ON {identifier(base.key)} = key"  # noqa: S608
        return [number for (number,) in connection.execute(query).fetchall()]


def _shown(job: Job, request: Request) -> dict[str, Any]:
    return {
        "Id": job.number,
        "StartDate": written(datetime.fromisoformat(job.started_at)),
        "Status": job.status,
        "Link": link_of(job, request),
        "LineRead": job.asked["rows"],
    }
