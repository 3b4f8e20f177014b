"""Calls that have contacts exported to a file, and those that say what came of them (rest.md, EXP-1).

Belongs here: what a call asks, as an export on demand. Does not: writing it (`workspace.export`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from pipelines.api.account import Account
from pipelines.api.answers import ApiError, not_found
from pipelines.api.attributes import Catalogue, written
from pipelines.api.bodies import Body
from pipelines.api.forms import safe_name
from pipelines.api.jobs import UNFINISHED, Done, Job, link_of, now
from pipelines.api.keys import ApiKey
from pipelines.api.segments import segment_of
from pipelines.api.shapes import ExportShape
from pipelines.api.writing import warn
from pipelines.declarations.model import Audience, Export, FieldCriterion, Group
from pipelines.exports.history import list_exports
from pipelines.fields import HARD_EMAIL_STATUS

_PATH = "/contacts/export"
_KIND = "exports"
_LONGEST = 200
FIGURE_NAMES = {
    "emailopenings": "carnet_email_openings",
    "emailopeninglastdate": "carnet_email_opened_at",
    "emailopeninglastname": "carnet_email_opened",
    "emailclicks": "carnet_email_clicks",
    "emailclickinglastdate": "carnet_email_clicked_at",
    "emailclickinglastname": "carnet_email_clicked",
    "emailclickinglastlink": "carnet_email_link",
    "importcreation": "carnet_import_added",
    "importmodification": "carnet_import_changed",
}
"""What programs ask for beside attributes → what an export knows it by (`exports.figures`)."""
FILTERS = {
    "emailingoptin": ("opt_in_email", ("yes",)),
    "emailingoptout": ("opt_in_email", ("no", "orange_list", "suppression_list")),
    "mobileoptin": ("opt_in_sms", ("yes",)),
    "mobileoptout": ("opt_in_sms", ("no",)),
    "emailingsoft": ("email_status", ("soft",)),
    "emailinghard": ("email_status", HARD_EMAIL_STATUS),
}
"""Filter → the field that it is about, and the values that it lets through."""
_EXAMPLE = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string"},
                        "description": {"type": "string", "description": "segment:<id>; without it, all contacts"},
                        "fields": {"type": "array", "items": {"type": "string"}},
                        "filters": {"type": "array", "items": {"type": "string", "enum": list(FILTERS)}},
                    },
                }
            }
        }
    }
}


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["exports"])

    @routes.post(_PATH + "/add", response_model=ExportShape, openapi_extra=_EXAMPLE)
    def add_export(body: Body, request: Request, response: Response) -> dict[str, Any]:
        """Writes a file of contacts: answered at once; ask for it again by its Id."""
        key: ApiKey = request.state.key
        given = _given(body)
        with account.read() as (connection, declarations):
            catalogue = Catalogue.of(connection, declarations.base)
        named = {name: _field_named(name, catalogue) for name in given["fields"]}
        asked = {
            "segment": _segment(given["description"], account),
            "fields": list(dict.fromkeys(field for field in named.values() if field is not None)),
            "filters": given["filters"],
        }
        warn(response, (name for name, field in named.items() if field is None), ())
        number = account.numbers.another(_KIND)
        name = given["name"] or f"export {number}"
        file = f"{number}-{safe_name(name + '.csv')}"
        return _shown(account.jobs.add(Job(number, "export", name, key.name, file, now(), asked)), {}, request)

    @routes.get(_PATH, response_model=list[ExportShape])
    def list_all(request: Request) -> list[dict[str, Any]]:
        """The history of exports, newest first."""
        return [_shown(job, rows, request) for job, rows in _history(account)]

    @routes.get(_PATH + "/{export_id}", response_model=ExportShape)
    def get_export(export_id: int, request: Request) -> dict[str, Any]:
        """One export."""
        for job, row in _history(account):
            if job.number == export_id:
                return _shown(job, row, request)
        raise not_found(f"export {export_id}", f"GET {_PATH} lists them.")

    @routes.get(_PATH + "/file/{file_name}")
    def get_export_file(file_name: str) -> FileResponse:
        """The file, once its export is completed."""
        return account.jobs.as_file("export", file_name)

    @routes.delete(_PATH + "/{export_id}")
    def drop_export(export_id: int) -> bool:
        """Drops the file of an export."""
        return account.jobs.drop("export", export_id)

    return routes


def _field_named(name: str, catalogue: Catalogue) -> str | None:
    """What an export knows the attribute by; None where there is none of that name."""
    if name in FIGURE_NAMES:
        return FIGURE_NAMES[name]
    field = catalogue.named(name)
    return None if field is None else field.name


def do(account: Account, job: Job) -> Done:
    """Write the file of a job; its status, and the number of the export in the base."""
    folder = account.jobs.folder(job.number)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    segment, filters = job.asked["segment"], _condition(job.asked["filters"])
    audience = Audience((segment,) if segment else ("all_contacts",), condition=filters)
    export = Export(job.name, audience, tuple(job.asked["fields"]) or "main")
    with account.workspace(job.who, patient=True) as workspace:
        snapshot = workspace.export(export, folder / job.file)
    return "Completed", snapshot.export_id


def _condition(filters: list[str]) -> Group | None:
    """Those that one of the filters about each field lets through."""
    allowed: dict[str, tuple[str, ...]] = {}
    for name in filters:
        field, values = FILTERS[name]
        allowed[field] = (*allowed.get(field, ()), *values)
    criteria = tuple(FieldCriterion(field, "in", values) for field, values in allowed.items())
    return Group("all", criteria) if criteria else None


def _given(body: Any) -> dict[str, Any]:
    """The texts and lists of the body; ApiError 400."""
    if not isinstance(body, dict):
        raise ApiError(400, "Invalid", "The body is no object.", '{"name": "…", "fields": ["email"]}')
    texts = {name: _text(body.get(name)) for name in ("name", "description")}
    lists = {name: _texts(body.get(name), name) for name in ("fields", "filters")}
    unknown = [name for name in lists["filters"] if name not in FILTERS]
    if unknown:
        raise ApiError(400, "Invalid", f"There is no filter {unknown[0][:60]!r}.", f"Known: {', '.join(FILTERS)}.")
    return {**texts, **lists}


def _text(value: Any) -> str:
    return value.strip()[:_LONGEST].encode(errors="replace").decode() if isinstance(value, str) else ""


def _texts(value: Any, name: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ApiError(400, "Invalid", f"{name} is no list.", '["email", "firstname"]')
    found: list[Any] = value
    return list(dict.fromkeys(str(each).strip() for each in found))


def _segment(description: str, account: Account) -> str | None:
    """The segment that `segment:<id>` names; other descriptions are for people."""
    kind, colon, number = description.partition(":")
    if kind.strip().casefold() != "segment" or not colon:
        return None
    if not number.strip().isascii() or not number.strip().isdigit():
        raise not_found("such segment", "GET /segment lists them.")
    return segment_of(int(number), account, account.declarations()).name


def _history(account: Account) -> list[tuple[Job, dict[str, Any]]]:
    """Every export with its row of the history, newest first; those that were asked for otherwise are given numbers too."""
    jobs = account.jobs.of("export")  # First: what one of them says it wrote is in the copy by then.
    with account.read() as (connection, _):
        rows = {row["export_id"]: row for row in list_exports(connection)}
    done = {job.result for job in jobs}
    # Of one that is under way its row may stand there already.
    places = {str(account.jobs.place_of(job)) for job in jobs if job.status in UNFINISHED}
    others = {number: row for number, row in rows.items() if number not in done and row["path"] not in places}
    numbers = account.numbers.of(_KIND, [str(number) for number in sorted(others)])
    found = [(job, rows.get(job.result or 0, {})) for job in jobs]
    for number, row in others.items():
        started = row["taken_at"].isoformat(timespec="seconds")
        job = Job(numbers[str(number)], "export", row["name"], "", "", started, {}, "Completed", number)
        found.append((job, row))
    return sorted(found, key=lambda pair: pair[0].started_at, reverse=True)


def _shown(job: Job, row: dict[str, Any], request: Request) -> dict[str, Any]:
    return {
        "Id": job.number,
        "Name": job.name,
        "StartDate": written(datetime.fromisoformat(job.started_at)),
        "Status": job.status,
        "Link": link_of(job, request) if job.status == "Completed" else "",
        "TotalContact": row["rows"] if row else 0,
    }
