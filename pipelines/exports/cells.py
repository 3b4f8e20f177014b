"""How a field's value is written in a cell of a CSV or TXT file, as SQL over `contacts` (EXP-3).

Belongs here: the text of one cell. Does not: quotes and separators (`writing`), nor Parquet: it holds native values.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format, Locale, Value
from pipelines.formulas import FORMULA, LEFT_ALONE, neutralise

CROSS = "X"
_BOOLEANS: dict[Locale, tuple[str, str]] = {"fr": ("Oui", "Non"), "en": ("Yes", "No")}
_EXCEL_DAYS: dict[Locale, str] = {"fr": "%d/%m/%Y", "en": "%m/%d/%Y"}


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
    # A spreadsheet takes parts of a second for text. Nobody imports a read-only field, so nothing is lost there.
    instant = _call("date_trunc", _text("second"), column(field)) if field.read_only else column(field)
    return _call("carnet_clock", instant, zone, _text(_EXCEL_DAYS[forms.locale]))


def _label(field: Field, locale: Locale) -> exp.Expr:
    """The label of a code; a code that the declarations no longer have is written as it is."""
    node = exp.Case(this=column(field))
    for value in field.values:
        node = node.when(_text(value.code), _text(neutralise(value.labels.of(locale))))
    return node.else_(_neutral(column(field)))


def _neutral(text: exp.Expr) -> exp.Expr:
    return _call("carnet_neutral", text, _text(FORMULA), _text(LEFT_ALONE))


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _text(text: str) -> exp.Expr:
    return exp.Literal.string(text)
