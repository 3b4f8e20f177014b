"""Values of select fields and states: labels or codes in, codes out (IMP-6b, FLD-3)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.cells.reading import Cells, faults, unread
from pipelines.fields import Field, fold

_LISTED = 20


class ValueNames:
    """The values of one field that a file may hold, by everything that they can be called."""

    def __init__(self, field: Field) -> None:
        self._exact: dict[str, str] = {}
        self._folded: dict[str, str] = {}
        self._retired = {fold(value.code): value.code for value in field.values if value.retired}
        for value in field.taken:
            for name in (value.code, *value.labels.all):
                self._exact.setdefault(name, value.code)
                self._folded.setdefault(fold(name), value.code)

    def code(self, text: str) -> str | None:
        """The value that a text names: exactly, or else ignoring case, accents and blanks."""
        return self._exact.get(text) or self._folded.get(fold(text))

    def new(self, text: str) -> str:
        """What a value that a text adds is called: as typed, or as it was while it was declared."""
        return self._retired.get(fold(text), text)

    def add(self, text: str) -> str:
        """The value that a text names, which is a new one where there is none."""
        code = self.code(text) or self.new(text)
        self._exact.setdefault(text, code)
        self._folded.setdefault(fold(text), code)
        return code


@dataclass(frozen=True)
class Selected:
    """A column of codes, and the values that it adds to the field's list (FLD-3 `add`), in file order."""

    cells: Cells
    added: tuple[str, ...] = ()


def read_selects(cells: pl.Series, field: Field) -> Selected:
    """Codes (String); a value that is not declared is a fault, or new where the field adds them."""
    names = ValueNames(field)
    adding = field.unknown_values == "add"
    distinct = cells.drop_nulls().unique(maintain_order=adding)
    codes = [names.add(text) if adding else names.code(text) for text in distinct.to_list()]
    values = cells.replace_strict(distinct, pl.Series(codes, dtype=pl.String), default=None, return_dtype=pl.String)
    known = {value.code for value in field.taken}
    added = tuple(dict.fromkeys(code for code in codes if code is not None and code not in known))
    return Selected(Cells(values, faults(unread(cells, values), _undeclared(field))), added)


def _undeclared(field: Field) -> str:
    listed = ", ".join(value.labels.fr for value in field.taken[:_LISTED])
    more = ", …" if len(field.taken) > _LISTED else ""
    declare = "" if field.system else ", or declare it"
    return f"{field.name} has no such value: write one of {listed}{more}{declare}."
