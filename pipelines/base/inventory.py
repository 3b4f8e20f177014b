"""The fields as the base holds them, beside what is declared; dropping one that no longer is (FLD-5).

Belongs here: listing and dropping. Does not: following the declarations (`columns`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from pipelines.base.columns import StoredField, stored_fields
from pipelines.base.statements import first_row, identifier
from pipelines.declarations.model import ContactBase
from pipelines.errors import RefusedError, UnknownNameError, UsageError
from pipelines.fields import SYSTEM_FIELDS, Field, Format
from pipelines.language import mark, say

Status = Literal["system", "declared", "new", "changed", "removed"]
"""`new`: in the base from the next run on; `changed`: its format converts at the next run; `removed`: no longer declared."""


@dataclass(frozen=True)
class FieldListed:
    """One field: as declared, or as the base has it where nothing declares it any more.

    `contacts`: how many have a value. `undeclared_values`: value → how many contacts have it, though the field's list in the
    declarations does not hold it: taken out of it, or added by an import (FLD-3).
    """

    name: str
    label: str
    format: str
    values: tuple[str, ...]
    declared: bool
    status: Status
    contacts: int
    undeclared_values: dict[str, int]


@dataclass(frozen=True)
class Dropped:
    """A field that is gone, and how many contacts had a value."""

    field: str
    format: str
    values: int


def list_fields(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> list[FieldListed]:
    """The declared fields in order, then those that only the base has. `base`: as declared, without added values."""
    stored = {field.name: field for field in stored_fields(connection)}
    counts = _filled(connection, list(stored))
    listed = [_declared(connection, field, stored.get(field.name), base, counts) for field in base.fields]
    declared = {field.name for field in base.fields}
    return listed + [
        FieldListed(f.name, f.label, f.format, f.values, False, "removed", counts[f.name], {})
        for f in stored.values()
        if f.name not in declared
    ]


def removed_fields(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> tuple[str, ...]:
    """The fields of the base that nothing declares any more."""
    declared = {field.name for field in base.fields}
    return tuple(field.name for field in stored_fields(connection) if field.name not in declared)


def drop_field(connection: duckdb.DuckDBPyConnection, name: str, base: ContactBase) -> Dropped:
    """Drop a removed field from contacts and history, in the caller's transaction.

    UnknownNameError for a field that is not in the base, UsageError for a system field, RefusedError for a declared one.
    """
    # Listing does without polars and sqlglot, 0.5 s.
    from pipelines.base.formats import drop_columns
    from pipelines.base.versions import follow_fields

    stored = {field.name: field for field in stored_fields(connection)}
    system = {field.name for field in SYSTEM_FIELDS}
    if name in system:
        raise UsageError(
            say("{field!r} is a system field: every base has it.", field=name),
            say("Only fields that you declared can be dropped."),
        )
    if name not in stored:
        own = [other for other in stored if other not in system]
        raise UnknownNameError(mark("field"), name, removed_fields(connection, base) or own)
    if any(name == field.name for field in base.declared_fields):
        where = say(" in {file}", file=base.place.file) if base.place else ""
        raise RefusedError(
            say(
                "The field {field!r} is declared{where}: it would come back, empty, at the next run.",
                field=name,
                where=where,
            ),
            say("Take it out of the ContactBase document first, then drop it. The base is unchanged."),
        )
    values = _filled(connection, [name])[name]
    drop_columns(connection, name)
    connection.execute("DELETE FROM main.fields WHERE name = ?", [name])
    kept = [stored[other].field for other in removed_fields(connection, base)]
    follow_fields(connection, [*base.fields, *kept])
    return Dropped(name, stored[name].format, values)


def _declared(
    connection: duckdb.DuckDBPyConnection,
    field: Field,
    stored: StoredField | None,
    base: ContactBase,
    counts: dict[str, int],
) -> FieldListed:
    status: Status = "system" if field.system else "declared"
    if not field.system and stored is None:
        status = "new"
    elif stored is not None and stored.format != field.format:
        status = "changed"
    others = _others(connection, field, Format(stored.format)) if stored and not field.system else {}
    label = field.labels.of(base.locale)
    count = counts.get(field.name, 0)
    return FieldListed(field.name, label, field.format.value, field.codes, True, status, count, others)


def _filled(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> dict[str, int]:
    if not names:
        return {}
    counts = ", ".join(f"count({identifier(name)})" for name in names)
    return dict(zip(names, first_row(connection, f"SELECT {counts} FROM main.contacts") or (), strict=True))  # noqa: S608


def _others(connection: duckdb.DuckDBPyConnection, field: Field, held: Format) -> dict[str, int]:
    """Values that contacts have and the declared list has not, the most frequent first."""
    if not field.is_select or held not in (Format.SINGLE_SELECT, Format.MULTI_SELECT):
        return {}
    column = identifier(field.name)
    value = f"unnest({column})" if held is Format.MULTI_SELECT else column
    query = (
        f"SELECT value, count(*) FROM (SELECT {value} AS value FROM main.contacts) "  # noqa: S608
        "WHERE value IS NOT NULL AND NOT list_contains(?::VARCHAR[], value) GROUP BY value ORDER BY count(*) DESC, value"
    )
    return dict(connection.execute(query, [list(field.codes)]).fetchall())
