"""The columns of `contacts` follow the declared fields without loss (FLD-1 to FLD-4, FLD-6).

Belongs here: comparing what is declared with what the base has, and bringing the base along. Does not: cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from pipelines.base.formats import convert_field, reorder_lists
from pipelines.base.keys import follow_key
from pipelines.base.statements import identifier, literal, statement
from pipelines.base.versions import follow_fields
from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format, Labels, declared_value

_STORED = 'SELECT name, label, format, position, "values", added FROM main.fields ORDER BY position'


@dataclass(frozen=True)
class StoredField:
    """A row of `main.fields`; `added`: of the values, those that imports added (FLD-3)."""

    name: str
    label: str
    format: str
    position: int
    values: tuple[str, ...]
    added: tuple[str, ...] = ()

    @property
    def field(self) -> Field:
        """The field as the base knows it, for those that nothing declares any more."""
        labels = Labels(self.label, self.label)
        return Field(self.name, labels, Format(self.format), tuple(map(declared_value, self.values)))


@dataclass(frozen=True)
class Reconciled:
    """What `reconcile` found: fields that it added, fields of the base that nothing declares any more (FLD-5).

    `changed`: whether the base is another one now (a field, a label, an order of values).
    """

    added: tuple[str, ...]
    undeclared: tuple[str, ...]
    changed: bool


def stored_fields(connection: duckdb.DuckDBPyConnection) -> tuple[StoredField, ...]:
    """The fields of the base, in order."""
    rows = connection.execute(_STORED).fetchall()
    return tuple(
        StoredField(n, label, f, p, tuple(values or ()), tuple(added or ())) for n, label, f, p, values, added in rows
    )


def effective_base(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> ContactBase:
    """`base` with the other values of the base's lists after the declared ones: added by imports (FLD-3 `add`), or retired."""
    stored = {field.name: field for field in stored_fields(connection)}
    fields = tuple(_with_stored(field, stored.get(field.name)) for field in base.declared_fields)
    return replace(base, declared_fields=fields)


def _with_stored(field: Field, stored: StoredField | None) -> Field:
    if not field.is_select or stored is None:
        return field
    others = [value for value in stored.values if value not in field.codes]
    known = (replace(declared_value(value), retired=value not in stored.added) for value in others)
    return replace(field, values=(*field.values, *known))


def with_values(base: ContactBase, added: Mapping[str, tuple[str, ...]]) -> ContactBase:
    """`base` with more values at the end of its fields' lists; one that was retired is taken again, in its place."""
    fields = tuple(_with_values(field, added.get(field.name, ())) for field in base.declared_fields)
    return replace(base, declared_fields=fields) if added else base


def _with_values(field: Field, added: Sequence[str]) -> Field:
    if not field.is_select or not added:
        return field
    held = (replace(value, retired=value.retired and value.code not in added) for value in field.values)
    new = (declared_value(value) for value in added if value not in field.codes)
    return replace(field, values=(*held, *new))


def reconcile(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> Reconciled:
    """Bring the base to the declarations: new fields appear, labels and orders follow, formats convert, nothing is dropped.

    In the caller's transaction. FormatLossError where a changed format would lose a value, KeyChangeError where the declared key
    does not tell the contacts apart (RefusedErrors both): the caller rolls back.
    """
    rekeyed = follow_key(connection, base)
    stored = {field.name: field for field in stored_fields(connection)}
    effective = effective_base(connection, base)
    added = tuple(field for field in effective.fields if field.name not in stored)
    for field in added:
        _add_column(connection, field)
    changed_formats = [f for f in effective.fields if f.name in stored and stored[f.name].format != f.format]
    # A list may grow by what is converted into it (FLD-3 `add`).
    grown = {f.name: convert_field(connection, f, Format(stored[f.name].format), base) for f in changed_formats}
    effective = with_values(effective, grown)
    for field in effective.fields:
        if (
            field.format is Format.MULTI_SELECT
            and field.name in stored
            and _moved(stored[field.name].values, field.codes)
        ):
            reorder_lists(connection, field)
    undeclared = tuple(name for name in stored if name not in {field.name for field in effective.fields})
    rows = _rows(effective, base)
    changed = rekeyed or bool(added) or rows != _known_rows(stored, undeclared)
    if changed:
        _write_fields(connection, rows, [stored[name] for name in undeclared])
    followed = follow_fields(connection, [*effective.fields, *(stored[name].field for name in undeclared)])
    return Reconciled(tuple(field.name for field in added), undeclared, changed or followed)


def _moved(before: Sequence[str], now: Sequence[str]) -> bool:
    """Whether the values of a list stand in another order; new ones at its end move nothing."""
    return tuple(now[: len(before)]) != tuple(before)


def _add_column(connection: duckdb.DuckDBPyConnection, field: Field) -> None:
    if field.name != "contact_id":
        connection.execute(f"ALTER TABLE main.contacts ADD COLUMN {identifier(field.name)} {field.sql_type}")


def _rows(effective: ContactBase, declared: ContactBase) -> list[StoredField]:
    """The rows of `main.fields`: an added value that has come to be declared is no longer an added one."""
    known = {field.name: field.codes for field in declared.fields}
    return [
        StoredField(
            field.name,
            field.labels.of(effective.locale),
            field.format.value,
            position,
            field.codes,
            tuple(value.code for value in field.taken if value.code not in known[field.name]),
        )
        for position, field in enumerate(effective.fields, start=1)
    ]


def _known_rows(stored: dict[str, StoredField], undeclared: Sequence[str]) -> list[StoredField]:
    return [field for field in stored.values() if field.name not in undeclared]


def _write_fields(
    connection: duckdb.DuckDBPyConnection, declared: Sequence[StoredField], undeclared: Sequence[StoredField]
) -> None:
    rows = [*declared, *(replace(f, position=len(declared) + n) for n, f in enumerate(undeclared, start=1))]
    ids = dict(connection.execute("SELECT name, field_id FROM main.fields").fetchall())
    following = max(ids.values(), default=0)
    connection.execute("DELETE FROM main.fields")
    for f in rows:
        if f.name not in ids:
            following += 1
            ids[f.name] = following
        lists = [list(values) or None for values in (f.values, f.added)]
        connection.execute(
            "INSERT INTO main.fields VALUES (?, ?, ?, ?, ?, ?, ?)",
            [ids[f.name], f.name, f.label, f.format, f.position, *lists],
        )
        connection.execute(f"COMMENT ON COLUMN main.contacts.{identifier(f.name)} IS {literal(f.label)}")


def extend_values(connection: duckdb.DuckDBPyConnection, added: dict[str, tuple[str, ...]]) -> None:
    """Write the values that an import added to lists, at their end (FLD-3 `add`)."""
    for name, values in added.items():
        connection.execute(statement("base/extend_values"), {"name": name, "added": list(values)})
