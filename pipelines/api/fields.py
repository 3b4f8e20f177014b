"""Calls about the fields of contacts: `account/contactattribute`, and the values of selections.

Belongs here: routes and answers. Does not: how a field is declared (`field_calls`).
"""

from __future__ import annotations

from typing import Any

import duckdb
from fastapi import APIRouter, Request, Response

from pipelines.api.account import Account
from pipelines.api.answers import ApiError, not_found
from pipelines.api.attributes import FORMATS, Catalogue, written
from pipelines.api.bodies import Body
from pipelines.api.field_calls import add_field, add_value, change_value, given_field, given_value, rename_field
from pipelines.api.shapes import FieldShape, ValueShape
from pipelines.api.writing import warn
from pipelines.base.statements import first_row
from pipelines.fields import Field

_PATH = "/account/contactattribute"
_FIELD = {"requestBody": {"content": {"application/json": {"schema": FieldShape.model_json_schema()}}}}
_VALUE = {"requestBody": {"content": {"application/json": {"schema": ValueShape.model_json_schema()}}}}
_BY_DECLARATION = "Edit the fields of the ContactBase under assets/: docs/fields.md says how."


def router(account: Account) -> APIRouter:
    """Their routes."""
    routes = APIRouter(tags=["fields"])

    @routes.get(_PATH, response_model=list[FieldShape])
    def list_fields() -> list[dict[str, Any]]:
        """Every field: `name` is its label, `description` the name of its column."""
        with account.read() as (connection, declarations):
            catalogue = Catalogue.of(connection, declarations.base)
            since = created_at(connection)
        return [_described(field, catalogue, since) for field in catalogue.fields]

    @routes.get(_PATH + "/{field_id}", response_model=FieldShape)
    def get_field(field_id: int) -> dict[str, Any]:
        """One field."""
        with account.read() as (connection, declarations):
            catalogue = Catalogue.of(connection, declarations.base)
            return _described(_field(field_id, catalogue), catalogue, created_at(connection))

    @routes.get(_PATH + "/value/{field_id}", response_model=list[ValueShape])
    def list_values(field_id: int) -> list[dict[str, Any]]:
        """The values of a selection, in their order."""
        return _values(account, field_id)

    @routes.post(_PATH, response_model=FieldShape, openapi_extra=_FIELD)
    def add_new_field(body: Body, request: Request) -> dict[str, Any]:
        """Declares a field, which the base has at once; `format` may say its technical name: `Number|woo_orderstotal`."""
        return _named(account, add_field(account, given_field(body), request.state.key.name))

    @routes.put(_PATH, response_model=FieldShape, openapi_extra=_FIELD)
    def change_field(body: Body, request: Request, response: Response) -> dict[str, Any]:
        """Gives a field another label, by its `id`; the rest of it is declared."""
        given = given_field(body)
        field = rename_field(account, given, request.state.key.name)
        if given.adding not in (None, field.unknown_values == "add") and field.is_select:
            warn(response, (), (), ("options",))
        return _named(account, field.name)

    @routes.post(_PATH + "/value/{field_id}", response_model=ValueShape, openapi_extra=_VALUE)
    def add_new_value(field_id: int, body: Body, request: Request) -> dict[str, Any]:
        """Adds a value to a selection."""
        return _value(account, *add_value(account, field_id, given_value(body), request.state.key.name))

    @routes.put(_PATH + "/value", response_model=ValueShape, openapi_extra=_VALUE)
    def change_known_value(body: Body, request: Request) -> dict[str, Any]:
        """Renames a value, by its `id`, for whoever has it, and moves it to `index`."""
        return _value(account, *change_value(account, given_value(body), request.state.key.name))

    for path in (_PATH + "/{field_id}", _PATH + "/value/{value_id}"):
        routes.add_api_route(path, _declared, methods=["DELETE"], responses={409: {}})
    return routes


def created_at(connection: duckdb.DuckDBPyConnection) -> str:
    """Since when the base is there: what it has of its own, a field or a segment, has no instant of its own."""
    row = first_row(connection, "SELECT min(applied_at) FROM main.schema_migrations")
    return written(row[0]) if row and row[0] else ""


def _described(field: Field, catalogue: Catalogue, since: str) -> dict[str, Any]:
    return {
        "id": catalogue.ids[field.name],
        "creationDate": since,
        "description": field.name,
        "format": FORMATS[field.format],
        "options": ("true" if field.unknown_values == "add" else "false") if field.is_select else None,
        "name": field.labels.of(catalogue.base.locale),
    }


def _named(account: Account, name: str) -> dict[str, Any]:
    with account.read() as (connection, declarations):
        catalogue = Catalogue.of(connection, declarations.base)
        return _described(catalogue.base.field(name), catalogue, created_at(connection))


def _values(account: Account, field_id: int) -> list[dict[str, Any]]:
    with account.read() as (connection, declarations):
        catalogue = Catalogue.of(connection, declarations.base)
        since = created_at(connection)
    field = _field(field_id, catalogue)
    numbers, locale = account.numbers.of_values(field), catalogue.base.locale
    return [
        {"id": numbers[value.code], "creationDate": since, "index": index, "text": value.labels.of(locale)}
        for index, value in enumerate(field.listed)
    ]


def _value(account: Account, name: str, text: str) -> dict[str, Any]:
    field_id = _named(account, name)["id"]
    return next(value for value in _values(account, field_id) if value["text"] == text)


def _field(number: int, catalogue: Catalogue) -> Field:
    found = catalogue.named(str(number))
    if found is None:
        raise not_found(f"field {number}", f"GET {_PATH} lists them.")
    return found


def _declared() -> None:
    raise ApiError(409, "Declared", "Fields and values leave by their declaration, never by a call.", _BY_DECLARATION)
