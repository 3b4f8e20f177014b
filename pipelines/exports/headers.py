"""Headers of text files: every column of the base has one of its own, so that a file re-imports (FLD-4, EXP-5).

Belongs here: which name a column goes by. Does not: what its cells hold.
"""

from __future__ import annotations

from typing import TypeAlias

from pipelines.declarations.model import ContactBase
from pipelines.errors import RefusedError
from pipelines.fields import Format, fold
from pipelines.formulas import neutralise
from pipelines.language import mark, say

Owner: TypeAlias = tuple[str, str | None]
"""What a header can stand for: a field, or a field and the code of one of its values."""

CROSS_SEPARATOR = " : "
_IGNORED_BY_IMPORTS = ("carnet_line", "carnet_reasons")
_ANOTHER_LABEL = mark("Give one of the two another label in the ContactBase document.")


def headers(base: ContactBase) -> dict[Owner, str]:
    """The header of each field, and of each value of each multi-select, in the base's language.

    A field's is its label. A value's is its own name, or `Label : value` where that name is also another value's or a
    field's label, name or alias, exported or not; case, accents and blanks make no difference. A header that a
    spreadsheet would run is neutralised. RefusedError where nothing can tell two columns apart.
    """
    names = _Names(base)
    found: dict[Owner, str] = {}
    for field in base.fields:
        label = field.labels.of(base.locale)
        found[field.name, None] = neutralise(names.of_field(field.name, label))
        if field.format is Format.MULTI_SELECT:
            for value in field.listed:
                short = value.labels.of(base.locale)
                found[field.name, value.code] = neutralise(names.of_value(field.name, value.code, label, short))
    return found


class _Names:
    """What an import may take a header for: what follows `Label : ` before a field, and a field before a value."""

    def __init__(self, base: ContactBase) -> None:
        self._fields: dict[str, set[Owner]] = {fold(name): {(name, None)} for name in _IGNORED_BY_IMPORTS}
        self._values: dict[str, set[Owner]] = {}
        self._prefixes: list[tuple[str, str]] = []
        for field in base.fields:
            for form in map(fold, (field.name, *field.labels.all)):
                self._fields.setdefault(form, set()).add((field.name, None))
                if field.format is Format.MULTI_SELECT:
                    self._prefixes.append((form + CROSS_SEPARATOR.strip(), field.name))
            for value in field.listed:
                for form in map(fold, (value.code, *value.labels.all)):
                    self._values.setdefault(form, set()).add((field.name, value.code))

    def of_field(self, name: str, label: str) -> str:
        """The label, or else the name."""
        for form in (label, name):
            if self._fields[fold(form)] == {(name, None)} and not self._before(form):
                return form
        raise RefusedError(
            say(
                "The field {name!r} has no header of its own: {form!r} stands for something else too (case, accents and blanks "
                "aside).",
                name=name,
                form=label,
            ),
            say(_ANOTHER_LABEL),
        )

    def of_value(self, field: str, code: str, label: str, short: str) -> str:
        """The value's own name, or else prefixed by its field's label or name."""
        owner = (field, code)
        if self._stands_for(short) == {owner} and not self._before(short):
            return short
        alone = all(rival == owner or rival[0] != field for rival in self._values[fold(short)])
        for form in (f"{label}{CROSS_SEPARATOR}{short}", f"{field}{CROSS_SEPARATOR}{short}"):
            if alone and not self._stands_for(form) and self._before(form) == {field}:
                return form
        raise RefusedError(
            say(
                "The value {code!r} of the field {field!r} has no header of its own: {form!r} stands for something else too (case, "
                "accents and blanks aside).",
                code=code,
                field=field,
                form=short,
            ),
            say(_ANOTHER_LABEL),
        )

    def _stands_for(self, form: str) -> set[Owner]:
        return self._fields.get(fold(form), set()) | self._values.get(fold(form), set())

    def _before(self, form: str) -> set[str]:
        """The multi-selects of which the form would be a `Label : value`."""
        return {field for prefix, field in self._prefixes if fold(form).startswith(prefix)}
