"""Mapped columns that a file lacks, and which of its headers likely stand for them now (IMP-4)."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.errors import MOST_COMPARED
from pipelines.fields import Field, Format, fold
from pipelines.files.file_problems import MissingColumn, lacking
from pipelines.files.profiling import record_cells
from pipelines.files.reading import Source
from pipelines.formulas import undo
from pipelines.imports.contacts.columns import Column
from pipelines.imports.contacts.header_names import value_named
from pipelines.language import mark, say, say_many

_MEND = mark("Rename the file's columns, change the model's mapping, or set `missing_columns: warn`.")
_BELOW = mark("They stand on line {line}: remove the lines above it.")
_TITLES = 30
"""Records below the first one among which the header is looked for."""
_ALIKE = 0.6
"""From this ratio on (0 to 1) a header may be another one's new name, as for names in declarations (`errors.nearest`)."""
_COMPARED = 200
"""Headers that are compared with each other: a file may have thousands."""


def missing_columns(
    model: ImportModel, present: Collection[str], columns: Sequence[Column], base: ContactBase
) -> tuple[MissingColumn, ...]:
    """The mapped columns that are not there; `present`: the mapping's keys that a header was found for."""
    fed = [key for key in model.mapping if key not in present and model.fed_by(key)]
    missing = [key for key in fed if not _stands_otherwise(key, model, base, columns)]
    likely = _likely(missing, model, columns)
    return tuple(MissingColumn(key, likely.get(key)) for key in missing)


def _stands_otherwise(key: str, model: ImportModel, base: ContactBase, columns: Sequence[Column]) -> bool:
    """FLD-4: a value's column is the same one whether it is headed `value` or `Label : value`."""
    fields = [base.field(name) for name in model.fed_by(key)]
    return all(field.format is Format.MULTI_SELECT and _crosses(key, field, columns) for field in fields)


def _crosses(key: str, field: Field, columns: Sequence[Column]) -> bool:
    value = value_named(key, field, new=field.unknown_values == "add")
    return any(column.field == field.name and column.value == value for column in columns if column.role == "cross")


def _likely(missing: Sequence[str], model: ImportModel, columns: Sequence[Column]) -> dict[str, str]:
    """Missing columns → headers not mapped: one for the same field, or else the most alike of those for no field; each once."""
    free = [column for column in columns if not column.explicit and column.role != "carnet"][:_COMPARED]
    free = [column for column in free if len(column.header) < MOST_COMPARED]
    pairs: list[tuple[float, str, str]] = []
    for key in missing[:_COMPARED]:
        matcher = difflib.SequenceMatcher(b=fold(key), autojunk=False)
        for column in free:
            matcher.set_seq1(fold(undo(column.header)))
            is_field = column.role == "field"
            same_field = is_field and column.field in model.fed_by(key)
            if same_field or (not is_field and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE):
                pairs.append((2.0 if same_field else matcher.ratio(), key, column.header))
    likely: dict[str, str] = {}
    for _, key, header in sorted(pairs, key=lambda pair: -pair[0]):
        if key not in likely and header not in likely.values():
            likely[key] = header
    return likely


def lacking_columns(missing: Sequence[MissingColumn], headers: Sequence[str], source: Source | None = None) -> str:
    """What is said of the mapped columns that a file with these headers lacks (IMP-4), and where they stand below titles."""
    lack = say_many(
        "The file lacks a column that the model maps.",
        "The file lacks {n} columns that the model maps.",
        len(missing),
    )
    below = _line_below(missing, source) if missing and source is not None else None
    return lacking(lack, missing, headers, say(_MEND) if below is None else say(_BELOW, line=below))


def _line_below(missing: Sequence[MissingColumn], source: Source) -> int | None:
    """The line further down that holds all of the missing headers; None where none does."""
    first = 0 if source.header is None else source.header + 1
    wanted = {fold(each.header) for each in missing}
    for record in range(first, min(source.scan.records, first + _TITLES)):
        if wanted <= set(map(fold, record_cells(source.scan, record)[:_COMPARED])):
            return int(source.scan.lines[record])
    return None
