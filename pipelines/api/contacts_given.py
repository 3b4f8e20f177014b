"""Contacts as calls bring them: `{"id", "contactKey", "attributes": [{"id", "fieldName", "fieldValue"}]}` → by our fields.

Lenient, as its clients are loose: ids may be texts, names that the base has no field for are left out and told. Belongs here:
shapes. Does not: what values mean (`imports.contacts.by_call`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pipelines.api.answers import ApiError
from pipelines.api.attributes import Catalogue
from pipelines.api.numbers import Numbers
from pipelines.channels import CONSENTS
from pipelines.fields import Field, Format
from pipelines.imports.contacts.by_call import CalledContact

MOST_CONTACTS = 500
_LARGEST_ID = 2**53


@dataclass(frozen=True)
class Given:
    """`contacts` of a call, and the names among their attributes that are no field of the base."""

    contacts: list[CalledContact]
    ignored: tuple[str, ...]


def contacts_given(body: Any, catalogue: Catalogue, numbers: Numbers, *, by_id: bool) -> Given:
    """The contacts of a body: a list of them, or one. `by_id`: whether an id names the contact, where it is given.

    ApiError 400 says which item is not as it should be.
    """
    items: list[Any] = body if isinstance(body, list) else [body]  # pyright: ignore[reportUnknownVariableType]
    if not items or len(items) > MOST_CONTACTS:
        raise ApiError(400, "Invalid", f"The call has {len(items)} contacts; 1 to {MOST_CONTACTS} are taken.")
    reader = _Reader(catalogue, numbers, {})
    contacts = [reader.contact(item, number, by_id=by_id) for number, item in enumerate(items)]
    return Given(contacts, tuple(reader.ignored))


@dataclass(frozen=True)
class _Reader:
    catalogue: Catalogue
    numbers: Numbers
    ignored: dict[str, None]

    def contact(self, item: Any, number: int, *, by_id: bool) -> CalledContact:
        where = f"contact {number}"
        if not isinstance(item, dict):
            raise _wrong(where, "it is no object")
        given = cast("dict[str, Any]", item)
        attributes = given.get("attributes") or []
        if not isinstance(attributes, list):
            raise _wrong(where, "its attributes are no list")
        cells: dict[str, str] = {}
        for position, attribute in enumerate(cast("list[Any]", attributes)):
            cells |= self._cell(attribute, f"{where}, attribute {position}")
        key = given.get("contactKey")
        contact_id = _id(given.get("id"), where) if by_id else None
        return CalledContact(None if key is None else text_given(key, where), cells, contact_id)

    def _cell(self, attribute: Any, where: str) -> Mapping[str, str]:
        if not isinstance(attribute, dict) or "id" not in attribute:
            raise _wrong(where, "it is no object with an id")
        given = cast("dict[str, Any]", attribute)
        name = text_given(given["id"], where).strip()
        field = self.catalogue.named(name)
        if field is None:
            self.ignored[name] = None
        if field is None or field.read_only:
            return {}
        return {field.name: self._read(text_given(given.get("fieldValue"), where).strip(), field)}

    def _read(self, text: str, field: Field) -> str:
        """As a cell of a file says it."""
        if field.name in CONSENTS and text.casefold() == "yes1":
            return "yes"
        if not text or field.system or not field.is_select:
            return text
        by_number = {str(number): code for code, number in self._numbers(field).items()}
        if field.format is Format.SINGLE_SELECT:
            return text if text in field.codes else by_number.get(text, text)
        parts = dict.fromkeys(part.strip() for part in text.split(","))
        values = [by_number.get(part, part) for part in parts if part]
        return json.dumps(values, ensure_ascii=False) if values else ""

    def _numbers(self, field: Field) -> Mapping[str, int]:
        return self.numbers.of_values(field)


def _id(value: Any, where: str) -> int | None:
    """The id that names a contact; 0, as none, names nobody."""
    text = "" if value is None else text_given(value, where).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > _LARGEST_ID:
        raise _wrong(where, "its id is no number of a contact")
    return int(text) or None


def text_given(value: Any, where: str) -> str:
    """A value as text. What cannot stand in a file's cell is refused as there (IMP-2)."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
                raise _wrong(where, "a text holds a sign that is none (NUL, or half of one)")
            return value
        case _:
            raise _wrong(where, "a value is neither a text nor a number")


def _wrong(where: str, what: str) -> ApiError:
    problems: Sequence[Mapping[str, Any]] = [{"where": where, "message": what}]
    hint = 'One is {"contactKey": "…", "attributes": [{"id": "firstname", "fieldValue": "…"}]}; counted from 0.'
    return ApiError(400, "Invalid", f"The call is not as it should be: {where}: {what}.", hint, problems=problems)
