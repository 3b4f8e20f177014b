"""How the calls of `/api/v1` answer: the contract's JSON, page by page, documented with examples."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import duckdb
from fastapi import Query, Request
from starlette.responses import Response

from pipelines.api.account import Account
from pipelines.api.answers import ApiError, not_found
from pipelines.contacts.listed import Listed, listed_json
from pipelines.declarations.model import Declarations
from pipelines.errors import UsageError
from pipelines.json_texts import json_text
from pipelines.raw_segments.failing import naming_what_fails, within_limits

_MOST, _USUAL = 1000, 100
_LARGEST_ID = 2**63 - 1
Limit = Annotated[int, Query(ge=1, le=_MOST, description="How many are listed at most.")]
After = Annotated[str | None, Query(max_length=200, description="The last one of the page before.")]
AfterContact = Annotated[int | None, Query(ge=0, le=_LARGEST_ID, description="The last contact_id of the page before.")]
Everybody = Annotated[bool, Query(alias="all", description="With those that set « do not track » (SEG-9).")]
USUAL: int = _USUAL
ERROR = {
    "error": {
        "type": "NotFound",
        "message": "There is no import 12.",
        "hint": "GET /api/v1/imports lists them.",
        "problems": [],
    }
}


class Json(Response):
    """A document as the command line prints it."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Its bytes."""
        return json_text(content).encode()


def example(document: Any, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the answers of a call."""
    of_error = {"content": {"application/json": {"example": ERROR}}}
    errors = {
        400: "What is asked for cannot be.",
        401: "No right key.",
        404: "There is no such thing.",
        503: "The base is busy.",
    }
    said: dict[int | str, dict[str, Any]] = {code: {"description": text, **of_error} for code, text in errors.items()}
    told = {"description": "Done.", "content": {"application/json": {"example": document}}}
    return {status: told, **said}


def page(rows: Sequence[dict[str, Any]], name: str, limit: int, after: str | None, request: Request) -> Json:
    """The rows after the one whose `name` is `after`; those of one name stay on one page. `Link` leads to the next one."""
    said = [str(row[name]) for row in rows]
    first = 0
    if after is not None:
        if after not in said:
            raise not_found(f"{name} {after[:60]!r} in the list", "Begin again without `after`.")
        first = len(said) - said[::-1].index(after)
    last = min(first + limit, len(rows))
    while 0 < last < len(rows) and said[last] == said[last - 1]:
        last += 1
    return Json(list(rows[first:last]), headers=next_page(request, said[last - 1]) if last < len(rows) else None)


def contacts_page(found: Listed, limit: int, request: Request) -> Json:
    """A list of contacts, in the order of their ids."""
    rows = found.contacts
    more = len(rows) == limit
    return Json(listed_json(found), headers=next_page(request, rows[-1]["contact_id"]) if more else None)


def next_page(request: Request, after: object) -> dict[str, str]:
    """The header that says where the next page is."""
    return {"Link": f'<{request.url.include_query_params(after=str(after))}>; rel="next"'}


@contextmanager
def reading(
    account: Account, segments: Sequence[str] | None = None
) -> Generator[tuple[duckdb.DuckDBPyConnection, Declarations]]:
    """The published copy, for segments that may fail on its values, or by their time."""
    with (
        account.read() as (connection, declarations),
        naming_what_fails(connection, declarations, segments),
        within_limits(connection, declarations, segments),
    ):
        yield connection, declarations


def known(make: Callable[[], Any]) -> Any:
    """What `make` gives; 404 where what a call names is not there, which a command calls a wrong use."""
    try:
        return make()
    except UsageError as error:
        raise ApiError(404, "NotFound", error.message, error.hint) from error
