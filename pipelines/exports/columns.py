"""The columns of an export: which, under which header, holding what (EXP-2, EXP-3).

Belongs here: from `fields:` to columns. Does not: how a cell is written (`cells`), nor by which name (`headers`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from pipelines.declarations.model import ContactBase, Export
from pipelines.errors import UsageError
from pipelines.exports.cells import CellForms, cell, column, cross
from pipelines.exports.headers import headers
from pipelines.fields import MAIN_FIELDS, Field, Format


@dataclass(frozen=True)
class Column:
    """One column of the file: its header, the field it shows, the value that its crosses stand for, its SQL."""

    header: str
    field: str
    value: str | None
    content: exp.Expr


def exported_fields(export: Export, base: ContactBase) -> tuple[Field, ...]:
    """The fields of an export, in order; UsageError where there is none, or one twice; UnknownNameError."""
    names = MAIN_FIELDS if export.fields == "main" else export.fields
    if not names:
        raise UsageError(f"The export {export.name!r} names no field.", "Write `fields: main`, or a list of fields.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"The export {export.name!r} names {', '.join(twice)} twice.", "Name each field once.")
    return tuple(base.field(name) for name in names)


def plan_columns(export: Export, base: ContactBase) -> tuple[Column, ...]:
    """The columns of an export, in order.

    Parquet: one column a field, under its name, with the value as the base holds it. Text files: labels as headers,
    cells as text; a multi-select is one column of crosses a value, or one joined column.
    """
    fields = exported_fields(export, base)
    if export.format == "parquet":
        if export.excel:
            raise UsageError(
                f"The export {export.name!r} asks for `excel: true` in Parquet.", "Take `format: csv`, or leave it out."
            )
        return tuple(Column(field.name, field.name, None, column(field)) for field in fields)
    header, forms = headers(base), CellForms.of(base, export.excel)
    columns: list[Column] = []
    for field in fields:
        if field.format is Format.MULTI_SELECT and export.multi_select == "columns":
            columns += (
                Column(header[field.name, value.code], field.name, value.code, cross(field, value))
                for value in field.values
            )
        else:
            columns.append(Column(header[field.name, None], field.name, None, cell(field, forms)))
    return tuple(columns)
