"""Header names: what a header can be called for a field, or for a value of a multi-select (IMP-5, FLD-4)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.cells.selects import ValueNames
from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format, fold


@dataclass(frozen=True)
class Meant:
    """What a header can mean: a field, or a `value` of a multi-select (its code)."""

    field: Field
    value: str | None = None


class HeaderNames:
    """Everything that the fields of a base can be called in a file."""

    def __init__(self, base: ContactBase) -> None:
        self.base = base
        self._multi_selects = tuple(field for field in base.fields if field.format is Format.MULTI_SELECT)
        self.known = tuple(label for field in base.fields for label in (field.labels.of(base.locale), field.name))
        self._fields: dict[str, list[Field]] = {}
        for field in base.fields:
            for name in dict.fromkeys(map(fold, _names(field))):
                self._fields.setdefault(name, []).append(field)

    def is_multi_select(self, name: str) -> bool:
        """Is it the name of a multi-select?"""
        return any(field.name == name for field in self._multi_selects)

    def meaning(self, header: str) -> tuple[Meant, ...]:
        """All that the header can mean: one thing, several, or nothing. A prefixed value means one thing only."""
        prefixed = [
            Meant(field, value)
            for field in self._multi_selects
            if (value := _prefixed_value(header, field, new=field.unknown_values == "add")) is not None
        ]
        if prefixed:
            return tuple(prefixed)
        named = [Meant(field) for field in _closest(header, self._fields.get(fold(header), ()))]
        crossed = [Meant(field, value) for field in self._multi_selects if (value := _plain_value(header, field))]
        return (*named, *crossed)


def value_named(header: str, field: Field, *, new: bool = False) -> str | None:
    """The value of `field` that a header names, as `value` or `Label : value`; `new`: one not declared will do."""
    known = _plain_value(header, field) or _prefixed_value(header, field, new=new)
    if known is not None or not new:
        return known
    tidied = _tidy(header)
    return _value_names(field).new(tidied) if tidied else None


def _names(field: Field) -> tuple[str, ...]:
    return (field.name, *field.labels.all)


def _closest(header: str, fields: Iterable[Field]) -> list[Field]:
    """Those that are called exactly so, or else all."""
    found = list(fields)
    return [field for field in found if header in _names(field)] or found


def _plain_value(header: str, field: Field) -> str | None:
    return matching_code(header, field)


def _prefixed_value(header: str, field: Field, *, new: bool) -> str | None:
    """`Label : value`; the label may hold colons itself."""
    if ":" not in header:
        return None
    for label in _names(field):
        if not fold(header).startswith(fold(label) + ":"):
            continue
        rest = _tidy(header.split(":", label.count(":") + 1)[-1])
        known = matching_code(rest, field)
        if known is not None or (new and rest):
            return known or _value_names(field).new(rest)
    return None


def matching_code(text: str, field: Field) -> str | None:
    """The value of `field` that a text names: exactly, or else ignoring case, accents and blanks (IMP-6b)."""
    return _value_names(field).code(_tidy(text))


_MADE: dict[int, tuple[Field, ValueNames]] = {}
_MOST_MADE = 256


def _value_names(field: Field) -> ValueNames:
    """Made once for each field, told by its identity: to compare it would be to walk through all of its values, for each header."""
    made = _MADE.get(id(field))
    if made is None or made[0] is not field:
        if len(_MADE) >= _MOST_MADE:
            _MADE.clear()
        made = _MADE[id(field)] = (field, ValueNames(field))
    return made[1]


def _tidy(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())
