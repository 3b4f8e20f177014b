"""Fields and their values as programs know them (rest.md: attributes of a contact).

Belongs here: names, numbers, how a value is written. Does not: how one is read (imports), nor any call.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import duckdb

from pipelines.api.numbers import Numbers
from pipelines.base.columns import effective_base
from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format

SYSTEM_NAMES = {
    "first_name": "firstname",
    "last_name": "lastname",
    "company": "companyname",
    "email": "email",
    "opt_in_email": "emailoptin",
    "email_status": "emailstatus",
    "email_return_detail": "emailstatusdetail",
    "email_return_at": "emailstatusdate",
    "mobile": "mobile",
    "opt_in_sms": "mobileoptin",
    "mobile_status": "mobilestatus",
    "created_at": "creationdate",
    "modified_at": "modificationdate",
    "activity_degree": "activityrank",
}
"""Field of every base → the name by which programs know it; the others have numbers alone."""
FORMATS = {
    Format.TEXT: "ShortText",
    Format.NUMBER: "Number",
    Format.DATE: "DateTime",
    Format.SINGLE_SELECT: "SingleSelection",
    Format.MULTI_SELECT: "MultipleSelection",
    Format.BOOLEAN: "ShortText",
}


_KNOWN: WeakKeyDictionary[duckdb.DuckDBPyConnection, tuple[ContactBase, Catalogue]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Catalogue:
    """The fields of a base by their names and numbers; `base` knows every value of its lists."""

    base: ContactBase
    ids: dict[str, int]

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, base: ContactBase) -> Catalogue:
        """Those of the published copy that is read: looked for once in each of its sessions, which change nothing."""
        known = _KNOWN.get(connection)
        if known is None or known[0] is not base:
            known = (base, cls.within(connection, effective_base(connection, base)))
            _KNOWN[connection] = known
        return known[1]

    @classmethod
    def within(cls, connection: duckdb.DuckDBPyConnection, base: ContactBase) -> Catalogue:
        """The same, for a base whose lists are known."""
        return cls(base, dict(connection.execute("SELECT name, field_id FROM main.fields").fetchall()))

    @property
    def fields(self) -> list[Field]:
        """Every field that is an attribute: all but the id."""
        return [field for field in self.base.fields if field.name != "contact_id"]

    def name_of(self, field: Field) -> str:
        """The name by which programs know the field, or its number as text."""
        return SYSTEM_NAMES.get(field.name) or field.api or str(self.ids[field.name])

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        numbered = {str(self.ids[field.name]): field for field in self.fields}
        return numbered | {self.name_of(field): field for field in self.fields}

    def named(self, name: str) -> Field | None:
        """The field of that name or number; None where there is none."""
        return self._by_name.get(name)

    def attributes(self, row: dict[str, Any], numbers: Numbers | None = None) -> list[dict[str, str]]:
        """The attributes of a contact, `row` by field; with `numbers`, selects are written by those of their values."""
        return [
            {
                "id": self.name_of(field),
                "fieldName": field.labels.of(self.base.locale),
                "fieldValue": text_of(row[field.name], field, numbers),
            }
            for field in self.fields
        ]


def text_of(value: Any, field: Field, numbers: Numbers | None = None) -> str:
    """A value as an attribute has it; empty where there is none. Consents and statuses are their codes."""
    if value is None:
        return ""
    if field.is_select:
        codes: Iterable[str] = value if isinstance(value, list) else [value]
        known = None if numbers is None or field.system else numbers.of_values(field)
        return ",".join(code if known is None else str(known[code]) for code in codes)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, (date, datetime)):
        return f"{written(value)}+0000"
    return str(value)


def written(at: date | datetime) -> str:
    """An instant in UTC as answers have it, `yyyy-MM-dd HH:mm:ss`; a day begins at midnight."""
    if not isinstance(at, datetime):
        return f"{at.isoformat()} 00:00:00"
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
