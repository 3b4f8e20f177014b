"""Values of one format as values of another, as a changed declaration asks (FLD-5): nothing is lost unseen.

Belongs here: pure conversion of a column. Does not: the base's tables (pipelines/base/formats.py).
"""

from __future__ import annotations

import csv
from collections.abc import Callable

import polars as pl

from pipelines.cells.dates import read_dates
from pipelines.cells.days import without_time
from pipelines.cells.numbers import BOOLEAN_WORDS, digits, number_text, read_booleans, read_numbers, without_money
from pipelines.cells.reading import Cells, Fault, faults, unread
from pipelines.cells.selects import Selected, ValueNames, read_selects
from pipelines.fields import Field, Format, Locale
from pipelines.language import say

_BOOLEANS: dict[Locale, tuple[str, str]] = {"fr": ("Oui", "Non"), "en": ("Yes", "No")}


def convert(values: pl.Series, before: Format, after: Field, locale: Locale) -> Selected:
    """A column in the format `before` (its polars type: CleanFrame) as one of the field `after`, by the imports' readers (IMP-6b).

    NULL where it was NULL, and where a value would be lost: each such row is in one of the faults. `added`: values that the
    field's list grows by (FLD-3 `add`).
    """
    if before is after.format:
        return Selected(Cells(values))
    if before is Format.SINGLE_SELECT and after.format is Format.MULTI_SELECT:
        wrapped = pl.when(values.is_not_null()).then(pl.concat_list(values))
        return Selected(Cells(pl.select(wrapped).to_series()))
    if before is Format.MULTI_SELECT and after.format is Format.SINGLE_SELECT:
        return Selected(_only_values(values))
    return _read(as_text(values, before, after, locale), after, locale)


def as_text(values: pl.Series, before: Format, after: Field, locale: Locale) -> pl.Series:
    """The column as text: `75` for 75.0, ISO dates, labels of booleans, a multi-select's values as a line of CSV (EXP-3)."""
    if before is Format.NUMBER:
        return number_text(values)
    if before is Format.DATE:
        return values.dt.to_string("%Y-%m-%d")
    if before is Format.BOOLEAN:
        yes, no = (_word(truth, after, locale) for truth in (True, False))
        return pl.select(pl.when(values).then(pl.lit(yes)).when(~values).then(pl.lit(no))).to_series()
    if before is Format.MULTI_SELECT:
        return values.list.eval(_quoted(pl.element())).list.join(", ")
    return values


def _only_values(lists: pl.Series) -> Cells:
    values = pl.select(pl.when(lists.list.len() == 1).then(lists.list.first())).to_series()
    return Cells(values, faults(unread(lists, values), say("There are several values, and the field would take one.")))


def _word(truth: bool, after: Field, locale: Locale) -> str:
    """What a boolean is called: as the field's own values have it, 1 or 0 for a number, else in the base's language."""
    if after.format is Format.NUMBER:
        return "1" if truth else "0"
    label = _BOOLEANS[locale][0 if truth else 1]
    names = ValueNames(after)
    words = [label, *(word for word, meaning in BOOLEAN_WORDS.items() if meaning is truth)]
    return next((code for word in words if (code := names.code(word))), label)


def _quoted(value: pl.Expr) -> pl.Expr:
    quoted = pl.format('"{}"', value.str.replace_all('"', '""', literal=True))
    return pl.when(value.str.contains('[,"]')).then(quoted).otherwise(value)


def _read(texts: pl.Series, after: Field, locale: Locale) -> Selected:
    match after.format:
        case Format.TEXT:
            return Selected(Cells(texts))
        case Format.NUMBER:
            return Selected(_with_loss(texts, read_numbers(texts, locale), _number_loss))
        case Format.DATE:
            return Selected(_with_loss(texts, read_dates(texts, locale), _time_loss))
        case Format.BOOLEAN:
            return Selected(read_booleans(texts))
        case Format.SINGLE_SELECT:
            return read_selects(texts, after)
        case Format.MULTI_SELECT:
            return _read_lists(texts, after)


def _with_loss(texts: pl.Series, read: Cells, losing: Callable[[pl.Series, pl.Series], Fault]) -> Cells:
    fault = losing(texts, read.values)
    lost = (fault.where & read.values.is_not_null()).fill_null(value=False)
    if not lost.any():
        return read
    kept = pl.select(pl.when(~lost).then(read.values)).to_series()
    return Cells(kept, (*read.faults, Fault(lost, fault.message)))


def _number_loss(texts: pl.Series, values: pl.Series) -> Fault:
    """A postcode, a telephone number, a long account number, a code such as 1E5 are no numbers, though they can be read as such."""
    marked = texts.str.contains(r"^\+|^[−-]?0[0-9]") | (without_money(texts) != texts.str.replace_all("−", "-"))
    spelled = number_text(values)
    exponent = texts.str.contains("[eE]") & (texts != spelled)
    return Fault(
        marked | exponent | (digits(texts) != digits(spelled)),
        say(
            "As a number it would lose signs: zeros or a + at its beginning, a currency, %, an E, or digits beyond the 15 "
            "that a number keeps."
        ),
    )


def _time_loss(texts: pl.Series, _: pl.Series) -> Fault:
    midnight = texts.str.contains(r"[T\s]0?0:00(:00([.,]0+)?)?$")
    return Fault((without_time(texts) != texts) & ~midnight, say("As a date it would lose its time."))


def _read_lists(texts: pl.Series, after: Field) -> Selected:
    """One value, or several as a line of CSV, in the order of the field's list; all of a text are known, or it is at fault."""
    names, adding = ValueNames(after), after.unknown_values == "add"
    distinct = texts.drop_nulls().unique(maintain_order=True)
    found: dict[str, list[str]] = {}
    added: dict[str, None] = {}
    for text in distinct.to_list():
        parts = _parts(text)
        if names.code(text) and not all(names.code(part) for part in parts):
            parts = [text]
        codes = [names.add(part) if adding else names.code(part) for part in parts]
        known = [code for code in codes if code is not None]
        if codes and len(known) == len(codes):
            found[text] = known
            added |= dict.fromkeys(code for code in known if code not in after.codes)
    order = {code: place for place, code in enumerate((*after.codes, *added))}
    lists = [sorted(set(known), key=order.__getitem__) for known in found.values()]
    table = pl.DataFrame({"text": list(found), "list": lists}, schema={"text": pl.String, "list": pl.List(pl.String)})
    values = texts.rename("text").to_frame().join(table, on="text", how="left", maintain_order="left")["list"]
    message = say(
        "{field} has no such value, and none of its values between commas: declare them, or `unknown_values: add`.",
        field=after.name,
    )
    return Selected(Cells(values, faults(unread(texts, values), message)), tuple(added))


def _parts(text: str) -> list[str]:
    try:
        rows = list(csv.reader([text], skipinitialspace=True, strict=True))
    except csv.Error:
        return [text]
    return [part.strip() for part in rows[0] if part.strip()] if len(rows) == 1 else [text]
