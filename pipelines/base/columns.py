"""The columns of `contacts` follow the declared fields without loss (FLD-1 to FLD-4, FLD-6).

Belongs here: comparing what is declared with what the base has, and bringing the base along. Does not: cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from pipelines.base.formats import convert_field, reorder_lists
from pipelines.base.keys import follow_key
from pipelines.base.statements import identifier, literal
from pipelines.base.versions import follow_fields
from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format, Labels, declared_value

_STORED = 'SELECT name, label, format, position, "values" FROM main.fields ORDER BY position'


@dataclass(frozen=True)
class StoredField:
    """A row of `main.fields`."""

    name: str
    label: str
    format: str
    position: int
    values: tuple[str, ...]

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
    return tuple(StoredField(n, label, f, p, tuple(values or ())) for n, label, f, p, values in rows)


def effective_base(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> ContactBase:
    """`base` with the values that imports added to its lists (FLD-3 `add`), after the declared ones."""
    stored = {field.name: field.values for field in stored_fields(connection)}
    return with_values(base, stored)


def with_values(base: ContactBase, added: Mapping[str, tuple[str, ...]]) -> ContactBase:
    """`base` with more values at the end of its fields' lists."""
    fields = tuple(_with_values(field, added.get(field.name, ())) for field in base.declared_fields)
    return replace(base, declared_fields=fields) if added else base


def _with_values(field: Field, stored: Sequence[str]) -> Field:
    if not field.is_select:
        return field
    added = (value for value in stored if value not in field.codes)
    return replace(field, values=(*field.values, *map(declared_value, added)))


def reconcile(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> Reconciled:
    """Bring the base to the declarations: new fields appear, labels and orders follow, formats convert, nothing is dropped.

    In the caller's transaction. FormatLossError where a changed format would lose a value, KeyChangeError where the declared key
    does not tell the contacts apart (RefusedErrors both): the caller rolls back.
    """
    rekeyed = follow_key(connection, base)
    stored = {field.name: field for field in stored_fields(connection)}
    wanted = effective_base(connection, base)
    added = tuple(field for field in wanted.fields if field.name not in stored)
    for field in added:
        _add_column(connection, field)
    changed_formats = [f for f in wanted.fields if f.name in stored and stored[f.name].format != f.format]
    # A list may grow by what is converted into it (FLD-3 `add`).
    grown = {f.name: convert_field(connection, f, Format(stored[f.name].format), base) for f in changed_formats}
    wanted = with_values(wanted, grown)
    for field in wanted.fields:
        if (
            field.format is Format.MULTI_SELECT
            and field.name in stored
            and _moved(stored[field.name].values, field.codes)
        ):
            reorder_lists(connection, field)
    undeclared = tuple(name for name in stored if name not in {field.name for field in wanted.fields})
    changed = rekeyed or bool(added) or _rows(wanted) != _known_rows(stored, undeclared)
    if changed:
        _write_fields(connection, wanted, [stored[name] for name in undeclared])
    followed = follow_fields(connection, [*wanted.fields, *(stored[name].field for name in undeclared)])
    return Reconciled(tuple(field.name for field in added), undeclared, changed or followed)


def _moved(before: Sequence[str], now: Sequence[str]) -> bool:
    """Whether the values of a list stand in another order; new ones at its end move nothing."""
    return tuple(now[: len(before)]) != tuple(before)


def _add_column(connection: duckdb.DuckDBPyConnection, field: Field) -> None:
    if field.name != "contact_id":
        connection.execute(f"ALTER TABLE main.contacts ADD COLUMN {identifier(field.name)} {field.sql_type}")


Row = tuple[str, str, str, int, tuple[str, ...]]


def _rows(base: ContactBase) -> list[Row]:
    return [
        (field.name, field.labels.of(base.locale), field.format.value, position, field.codes)
        for position, field in enumerate(base.fields, start=1)
    ]


def _known_rows(stored: dict[str, StoredField], undeclared: Sequence[str]) -> list[Row]:
    return [(f.name, f.label, f.format, f.position, f.values) for f in stored.values() if f.name not in undeclared]


def _write_fields(connection: duckdb.DuckDBPyConnection, base: ContactBase, undeclared: Sequence[StoredField]) -> None:
    rows = _rows(base)
    rows += [(f.name, f.label, f.format, len(rows) + n, f.values) for n, f in enumerate(undeclared, start=1)]
    ids = dict(connection.execute("SELECT name, field_id FROM main.fields").fetchall())
    following = max(ids.values(), default=0)
    connection.execute("DELETE FROM main.fields")
    for name, label, field_format, position, values in rows:
        if name not in ids:
            following += 1
            ids[name] = following
        connection.execute(
            "INSERT INTO main.fields VALUES (?, ?, ?, ?, ?, ?)",
            [ids[name], name, label, field_format, position, list(values) or None],
        )
        connection.execute(f"COMMENT ON COLUMN main.contacts.{identifier(name)} IS {literal(label)}")


def extend_values(connection: duckdb.DuckDBPyConnection, added: dict[str, tuple[str, ...]]) -> None:
    """Write the values that an import added to lists, at their end (FLD-3 `add`)."""
    for name, values in added.items():
        connection.execute(
            'UPDATE main.fields SET "values" = list_concat(coalesce("values", []), ?) WHERE name = ?',
            [list(values), name],
        )
