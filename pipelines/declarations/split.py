"""`split` of an import model: the columns that hold several values of a multi-select in one cell (IMP-5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from pipelines.declarations.model import Fed, ListForm, fields_fed
from pipelines.declarations.names import Scope
from pipelines.declarations.problems import Problems
from pipelines.declarations.shapes import Attributes, read_choice
from pipelines.fields import Field, Format, fold
from pipelines.language import mark, say

_FORMS: tuple[ListForm, ...] = get_args(ListForm)


def read_split(attributes: Attributes, problems: Problems) -> dict[str, ListForm]:
    """Header → what stands between its values."""
    found: dict[str, ListForm] = {}
    for header, entry in attributes.entries(
        "split", mark('{what} is {given}; a mapping is meant: {{header: ","}}')
    ).items():
        form: ListForm | None = read_choice(
            entry.value, say("what stands between the values of {header!r}", header=header), _FORMS, problems
        )
        if form is not None:
            found[header] = form
    return found


def judge_split(attributes: Attributes, mapping: Mapping[str, Fed], scope: Scope, problems: Problems) -> None:
    """Each of its columns must be for a multi-select: by the mapping, or else by its header."""
    mapped = {fold(header): name for header, name in mapping.items()}
    written = {fold(header) for header in attributes.written("mapping")}
    for header, entry in attributes.written("split").items():
        if fold(header) in written and fold(header) not in mapped:
            continue  # What is wrong with its mapping is said there.
        field = _field_of(header, mapped, scope)
        if field is None and not scope.broken_fields:
            message = say(
                "split: the column {header!r} is for no field; map it to a multi-select: mapping: {{{header}: …}}",
                header=header,
            )
            problems.error(entry.key.place, message)
        elif field is not None and field.format is not Format.MULTI_SELECT:
            message = say(
                "split: the column {header!r} is for {field!r}, a {format}, which takes one value a cell; only a "
                "multi_select takes several",
                header=header,
                field=field.name,
                format=field.format,
            )
            problems.error(entry.key.place, message)


def _field_of(header: str, mapped: Mapping[str, Fed], scope: Scope) -> Field | None:
    names = fields_fed(mapped.get(fold(header)))
    for field in scope.base.fields:
        forms = (field.name, *field.labels.all)
        if field.name in names or (fold(header) not in mapped and fold(header) in map(fold, forms)):
            return field
    return None
