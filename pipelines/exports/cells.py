"""How a field's value is written in a cell of a CSV, TXT or XLSX file, as SQL over `contacts` (EXP-3).

Belongs here: the text of one cell, and the number that a workbook has in its place. Does not: quotes and separators (`text_files`),
nor Parquet: it holds native values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format, Locale, Value
from pipelines.formulas import FORMULA, LEFT_ALONE, neutralise

CROSS = "X"
_BOOLEANS: dict[Locale, tuple[str, str]] = {"fr": ("Oui", "Non"), "en": ("Yes", "No")}
_EXCEL_DAYS: dict[Locale, str] = {"fr": "%d/%m/%Y", "en": "%m/%d/%Y"}


@dataclass(frozen=True)
class Native:
    """What a workbook shows as a number, a day or an instant: a DOUBLE as Excel counts them, NULL where only text is exact."""

    kind: Literal["number", "day", "instant"]
    content: exp.Expr


@dataclass(frozen=True)
class CellForms:
    """The forms of one file: language, time zone, and whether a spreadsheet is to read it."""

    locale: Locale
    timezone: str
    excel: bool

    @classmethod
    def of(cls, base: ContactBase, excel: bool) -> CellForms:
        """The base's own forms."""
        return cls(base.locale, base.timezone, excel)


def column(field: Field) -> exp.Column:
    """The field's column of `contacts`."""
    return exp.column(exp.to_identifier(field.name, quoted=True), table=exp.to_identifier("contacts"))


def cross(field: Field, value: Value) -> exp.Expr:
    """X for the contacts that have that value of a multi-select."""
    has = _call("list_contains", column(field), _text(value.code))
    return exp.Case().when(has, _text(CROSS))


def cell(field: Field, forms: CellForms) -> exp.Expr:
    """The whole value of a field in one cell; NULL where the contact has none."""
    value = column(field)
    match field.format:
        case Format.TEXT:
            return _neutral(value)
        case Format.SINGLE_SELECT:
            return _label(field, forms.locale)
        case Format.MULTI_SELECT:
            return _neutral(_call("carnet_joined", value))
        case Format.BOOLEAN:
            yes, no = map(_text, _BOOLEANS[forms.locale])
            return exp.Case().when(value, yes).when(exp.not_(value), no)
        case Format.NUMBER:
            return _number(value, forms)
        case Format.DATE:
            return _instant(field, forms) if field.instant else _day(value, forms)


def native(field: Field, forms: CellForms) -> Native | None:
    """What a workbook's cells hold in place of the text, where a field's values can be more than text; None where they cannot."""
    value, zone = column(field), _text(forms.timezone)
    if field.format is Format.NUMBER:
        return Native("number", _call("carnet_sheet_number", value))
    if field.format is not Format.DATE:
        return None
    if not field.instant:
        return Native("day", _call("carnet_sheet_day", value))
    return Native("instant", _call("carnet_sheet_instant", _shown(field), zone))


def _shown(field: Field) -> exp.Expr:
    """An instant as a spreadsheet shows it, which takes parts of a second for text: nobody imports a read-only field."""
    return _call("date_trunc", _text("second"), column(field)) if field.read_only else column(field)


def _number(value: exp.Expr, forms: CellForms) -> exp.Expr:
    plain = _call("carnet_number", value)
    return _call("replace", plain, _text("."), _text(",")) if forms.excel and forms.locale == "fr" else plain


def _day(value: exp.Expr, forms: CellForms) -> exp.Expr:
    if forms.excel:
        return _call("strftime", value, _text(_EXCEL_DAYS[forms.locale]))
    return exp.cast(value, exp.DType.VARCHAR)


def _instant(field: Field, forms: CellForms) -> exp.Expr:
    zone = _text(forms.timezone)
    if not forms.excel:
        return _call("carnet_instant", column(field), zone)
    return _call("carnet_clock", _shown(field), zone, _text(_EXCEL_DAYS[forms.locale]))


def _label(field: Field, locale: Locale) -> exp.Expr:
    """The label of a code; a code that is its own label, or that the declarations no longer have, is written as it is."""
    node = exp.Case(this=column(field))
    # A case for each of 100 000 values would be asked for each contact.
    labelled = [value for value in field.values if value.labels.of(locale) != value.code]
    for value in labelled:
        node = node.when(_text(value.code), _text(neutralise(value.labels.of(locale))))
    return node.else_(_neutral(column(field))) if labelled else _neutral(column(field))


def _neutral(text: exp.Expr) -> exp.Expr:
    return _call("carnet_neutral", text, _text(FORMULA), _text(LEFT_ALONE))


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _text(text: str) -> exp.Expr:
    return exp.Literal.string(text)
