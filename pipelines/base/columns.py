"""The columns of `contacts` follow the declared fields without loss (FLD-1 to FLD-4, FLD-6).

Belongs here: comparing what is declared with what the base has, and bringing the base along. Does not: cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from pipelines.base.degrees import follow_degrees
from pipelines.base.statements import at_hand, identifier, literal, statement
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

    `changed`: whether the base is another one now (a field, a label, an order of values). `base`: the declared one with the values
    that the base's lists have beside (`effective_base`).
    """

    added: tuple[str, ...]
    undeclared: tuple[str, ...]
    changed: bool
    base: ContactBase


def stored_fields(connection: duckdb.DuckDBPyConnection) -> tuple[StoredField, ...]:
    """The fields of the base, in order."""
    # By way of Arrow: lists may be long, and the driver makes rows of them much more slowly.
    columns = connection.sql(_STORED).pl().to_dict(as_series=False)
    return tuple(
        StoredField(name, label, format_, position, tuple(values or ()), tuple(added or ()))
        for name, label, format_, position, values, added in zip(*columns.values(), strict=True)
    )


def effective_base(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> ContactBase:
    """`base` with the other values of the base's lists after the declared ones: added by imports (FLD-3 `add`), or retired."""
    return _with_lists(base, {field.name: field for field in stored_fields(connection)})


def _with_lists(base: ContactBase, stored: Mapping[str, StoredField]) -> ContactBase:
    fields = tuple(_with_stored(field, stored.get(field.name)) for field in base.declared_fields)
    return replace(base, declared_fields=fields)


def _with_stored(field: Field, stored: StoredField | None) -> Field:
    if not field.is_select or stored is None:
        return field
    declared = set(field.codes)
    others = tuple([value for value in stored.values if value not in declared])
    return replace(field, others=others, retired=frozenset(others).difference(stored.added))


def with_values(base: ContactBase, added: Mapping[str, tuple[str, ...]]) -> ContactBase:
    """`base` with more values at the end of its fields' lists; one that was retired is taken again, in its place."""
    fields = tuple(_with_values(field, added.get(field.name, ())) for field in base.declared_fields)
    return replace(base, declared_fields=fields) if added else base


def _with_values(field: Field, added: Sequence[str]) -> Field:
    if not field.is_select or not added:
        return field
    known = set(field.codes)
    new = (value for value in added if value not in known)
    return replace(field, others=(*field.others, *new), retired=field.retired.difference(added))


def reconcile(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> Reconciled:
    """Bring the base to the declarations: new fields appear, labels and orders follow, formats convert, nothing is dropped.

    In the caller's transaction. FormatLossError where a changed format would lose a value, KeyChangeError where the declared key
    does not tell the contacts apart (RefusedErrors both): the caller rolls back.
    """
    # Who only reads what is stored does without polars and sqlglot, 0.5 s.
    from pipelines.base.formats import convert_field, rename_values, reorder_lists
    from pipelines.base.keys import follow_key
    from pipelines.base.versions import follow_fields

    rekeyed = follow_key(connection, base)
    found = {field.name: field for field in stored_fields(connection)}
    renamed = {field.name: texts for field in base.declared_fields if (texts := _renamed(field, found.get(field.name)))}
    for name, texts in renamed.items():
        rename_values(connection, base.field(name), texts)
    stored = found | {name: _with_renamed(found[name], texts) for name, texts in renamed.items()}
    effective = _with_lists(base, stored)
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
            and (field.name in renamed or _moved(stored[field.name].values, field.codes))
        ):
            reorder_lists(connection, field)
    undeclared = tuple(name for name in stored if name not in {field.name for field in effective.fields})
    rows = _rows(effective, base)
    changed = rekeyed or bool(added) or bool(renamed) or rows != _known_rows(stored, undeclared)
    if changed:
        _write_fields(connection, rows, [stored[name] for name in undeclared])
    followed = follow_fields(connection, [*effective.fields, *(stored[name].field for name in undeclared)])
    graded = follow_degrees(connection, base)
    now = effective_base(connection, base) if changed else effective
    return Reconciled(tuple(field.name for field in added), undeclared, changed or followed or graded, now)


def is_followed(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> bool:
    """Whether the base has every field as declared (name, label, format, values): `reconcile` would change nothing."""
    stored = {field.name: field for field in stored_fields(connection)}
    effective = _with_lists(base, stored)
    undeclared = [name for name in stored if name not in {field.name for field in effective.fields}]
    return _rows(effective, base) == _known_rows(stored, undeclared)


def _renamed(field: Field, stored: StoredField | None) -> dict[str, str]:
    """Former text → present one, of the values that the base still has under the former one."""
    if stored is None or not field.is_select:
        return {}
    values = set(stored.values)
    return {former: present for former, present in field.renamed if former in values}


def _with_renamed(stored: StoredField, texts: Mapping[str, str]) -> StoredField:
    values, added = (
        tuple(dict.fromkeys(texts.get(value, value) for value in listed)) for listed in (stored.values, stored.added)
    )
    return replace(stored, values=values, added=added)


def _moved(before: Sequence[str], now: Sequence[str]) -> bool:
    """Whether the values of a list stand in another order; new ones at its end move nothing."""
    return tuple(now[: len(before)]) != tuple(before)


def _add_column(connection: duckdb.DuckDBPyConnection, field: Field) -> None:
    if field.name != "contact_id":
        connection.execute(f"ALTER TABLE main.contacts ADD COLUMN {identifier(field.name)} {field.sql_type}")


def _rows(effective: ContactBase, declared: ContactBase) -> list[StoredField]:
    """The rows of `main.fields`: an added value that has come to be declared is no longer an added one."""
    known = {field.name: set(field.codes) for field in declared.fields}
    return [
        StoredField(
            field.name,
            field.labels.of(effective.locale),
            field.format.value,
            position,
            field.codes,
            tuple([code for code in field.taken if code not in known[field.name]]),
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


def extend_values(connection: duckdb.DuckDBPyConnection, added: Mapping[str, tuple[str, ...]]) -> None:
    """Write the values that an import added to lists, at their end (FLD-3 `add`).

    A value that a list holds already, once declared, keeps its place.
    """
    import polars as pl  # who only reads does without

    for field in stored_fields(connection) if added else ():
        if new := added.get(field.name):
            lists = {"values": [[*dict.fromkeys((*field.values, *new))]], "added": [[*field.added, *new]]}
            frame = pl.DataFrame(lists, schema=dict.fromkeys(lists, pl.List(pl.String)))
            with at_hand(connection, carnet_lists=frame):
                connection.execute(statement("base/extend_values"), {"name": field.name})
