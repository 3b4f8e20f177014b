"""The columns of an export: which, under which header, holding what (EXP-2, EXP-3).

Belongs here: from `fields:` to columns. Does not: how a cell is written (`cells`), nor by which name (`headers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from pipelines.declarations.model import ContactBase, Export
from pipelines.errors import UsageError
from pipelines.exports.cells import CellForms, Native, cell, column, cross, native
from pipelines.exports.figures import FIGURES, figure_header
from pipelines.exports.headers import Owner, headers
from pipelines.fields import MAIN_FIELDS, Field, Format
from pipelines.language import say


@dataclass(frozen=True)
class Column:
    """One column of the file: its header, the field it shows, the value that its crosses stand for, its SQL.

    `native`: what stands in its place in a workbook, wherever that is not NULL.
    """

    header: str
    field: str
    value: str | None
    content: exp.Expr
    native: Native | None = None


def exported_fields(export: Export, base: ContactBase) -> tuple[Field, ...]:
    """The fields and figures of an export, in order; UsageError where there is none, or one twice; UnknownNameError."""
    names = MAIN_FIELDS if export.fields == "main" else export.fields
    if not names:
        raise UsageError(
            say("The export {name!r} names no field.", name=export.name),
            say("Write `fields: main`, or a list of fields."),
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(
            say("The export {name!r} names {fields} twice.", name=export.name, fields=", ".join(twice)),
            say("Name each field once."),
        )
    return tuple(FIGURES.get(name) or base.field(name) for name in names)


def plan_columns(export: Export, base: ContactBase) -> tuple[Column, ...]:
    """The columns of an export, in order.

    Parquet: one column a field, under its name, with the value as the base holds it. Text files and workbooks: labels as
    headers, cells as text; a multi-select is one column of crosses a value, or one joined column.
    """
    fields = exported_fields(export, base)
    if export.excel and export.format not in ("csv", "txt"):
        raise UsageError(
            say("The export {name!r} asks for `excel: true` in {format}.", name=export.name, format=export.format),
            say("Take `format: csv`, or leave it out."),
        )
    if export.format == "parquet":
        return tuple(Column(field.name, field.name, None, column(field)) for field in fields)
    header, forms = headers(base), CellForms.of(base, export.excel)
    columns: list[Column] = []
    for field in fields:
        # A select that has no values yet has one empty column all the same.
        if field.format is Format.MULTI_SELECT and export.multi_select == "columns" and field.listed:
            columns += (
                Column(header[field.name, value.code], field.name, value.code, cross(field, value))
                for value in field.listed
            )
        else:
            held = native(field, forms) if export.format == "xlsx" else None
            columns.append(Column(_header(field, header, base), field.name, None, cell(field, forms), held))
    return tuple(columns)


def _header(field: Field, header: Mapping[Owner, str], base: ContactBase) -> str:
    if field.name in FIGURES:
        return figure_header(field, base.locale, header.values())
    return header[field.name, None]
