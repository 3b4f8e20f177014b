"""Values of select fields and states: labels or codes in, codes out (IMP-6b, FLD-3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from pipelines.cells.invisible import visible
from pipelines.cells.reading import Cells, faults, unread
from pipelines.fields import Field, fold
from pipelines.language import say

_LISTED = 20


class ValueNames:
    """The values of one field that a file may hold, by everything that they can be called."""

    def __init__(self, field: Field) -> None:
        self._field = field
        declared: dict[str, str] = {}
        for value in field.values:
            for name in (value.code, *value.labels.all):
                declared.setdefault(name, value.code)
        # The names of declared values come first, also where two are alike.
        self._exact = declared | {code: declared.get(code, code) for code in field.taken}

    @cached_property
    def _folded(self) -> dict[str, str]:
        """Made where a text is not exactly the name of a value: a list may have 100 000."""
        folded: dict[str, str] = {}
        for name, code in self._exact.items():
            folded.setdefault(fold(name), code)
        return folded

    @cached_property
    def _retired(self) -> dict[str, str]:
        return {fold(code): code for code in self._field.others if code in self._field.retired}

    @property
    def known(self) -> dict[str, str]:
        """Every name as it is typed → the value."""
        return self._exact

    def code(self, text: str) -> str | None:
        """The value that a text names: exactly, or else ignoring case, accents and blanks."""
        return self._exact.get(text) or self._folded.get(fold(text))

    def new(self, text: str) -> str:
        """What a value that a text adds is called: as typed, or as it was while it was declared."""
        return self._retired.get(fold(text), text)

    def add(self, text: str) -> str:
        """The value that a text names, which is a new one where there is none."""
        if known := self._exact.get(text):
            return known
        folded = fold(text)
        code = self._folded.get(folded) or self._retired.get(folded, text)
        # Folded first: what makes the names that are folded must not see a name twice.
        self._folded.setdefault(folded, code)
        self._exact.setdefault(text, code)
        return code


@dataclass(frozen=True)
class Selected:
    """A column of codes, and the values that it adds to the field's list (FLD-3 `add`), in file order."""

    cells: Cells
    added: tuple[str, ...] = ()


def read_selects(cells: pl.Series, field: Field) -> Selected:
    """Codes (String); a value that is not declared is a fault, or new where the field adds them."""
    cells = visible(cells)
    distinct = cells.drop_nulls().unique(maintain_order=field.unknown_values == "add")
    codes, added = codes_of(distinct, field)
    values = cells.replace_strict(distinct, codes, default=None, return_dtype=pl.String)
    return Selected(Cells(values, faults(unread(cells, values), undeclared(field))), added)


def codes_of(texts: pl.Series, field: Field) -> tuple[pl.Series, tuple[str, ...]]:
    """The value that each distinct text names, NULL where none; and those that are new, where the field adds them, in their order.

    As `ValueNames` has it, for all texts at once: there may be 100 000, and as many values.
    """
    names = ValueNames(field)
    codes = texts.replace_strict(names.known, default=None, return_dtype=pl.String) if names.known else texts.clear()
    codes = codes if len(codes) else pl.Series([None] * len(texts), dtype=pl.String)
    missed = codes.is_null()
    if not missed.any():
        return codes, ()
    asked = pl.DataFrame({"text": texts.filter(missed)}).with_columns(folded=_folded(texts.filter(missed)))
    known = pl.Series(list(names.known), dtype=pl.String)
    table = pl.DataFrame({"folded": _folded(known), "code": pl.Series(list(names.known.values()), dtype=pl.String)})
    table = table.unique("folded", keep="first", maintain_order=True)
    found = asked.join(table, on="folded", how="left", maintain_order="left")
    if field.unknown_values == "add":
        first = asked.unique("folded", keep="first", maintain_order=True).select("folded", new="text")
        first = first.with_columns(
            pl.Series("new", [names.new(text) for text in first["new"]]) if field.retired else "new"
        )
        found = found.join(first, on="folded", how="left", maintain_order="left")
        added = tuple(found.filter(pl.col("code").is_null())["new"].unique(maintain_order=True))
        found = found.with_columns(pl.coalesce("code", "new").alias("code"))
    else:
        added = ()
    return codes.scatter(missed.arg_true(), found["code"]), added


def _folded(texts: pl.Series) -> pl.Series:
    """`fold` of each text."""
    plain = texts.str.to_lowercase().str.replace_all(r"[\s\x1c-\x1f]", "")
    odd = texts.str.len_bytes() != texts.str.len_chars()
    if not odd.any():
        return plain
    return plain.scatter(odd.arg_true(), pl.Series([fold(text) for text in texts.filter(odd)], dtype=pl.String))


def undeclared(field: Field) -> str:
    """What is said of a text that names no value of the field."""
    labels = {value.code: value.labels.fr for value in field.values}
    listed = ", ".join(labels.get(code, code) for code in field.taken[:_LISTED])
    more = ", …" if len(field.taken) > _LISTED else ""
    about = {"field": field.name, "values": listed + more}
    if field.system:
        return say("{field} has no such value: write one of {values}.", **about)
    return say("{field} has no such value: write one of {values}, or declare it.", **about)
