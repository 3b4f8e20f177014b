"""Mapping: the headers of a file → what each column is for (IMP-4, IMP-5, FLD-4, FLD-6).

Belongs here: names. Does not: what stands in the cells (`cleaning`), nor what a header can be called
(`header_names`).
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import polars as pl

from pipelines.base.columns import with_values
from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.errors import MOST_COMPARED, nearest
from pipelines.fields import Field, Format, fold
from pipelines.files.file_problems import MissingColumn, lacking
from pipelines.files.problems import Problem, problems_frame
from pipelines.formulas import undo
from pipelines.imports.contacts.header_names import HeaderNames, Meant, value_named

Role = Literal["field", "cross", "ignored", "read_only", "unmapped", "carnet"]
CARNET_COLUMNS = ("carnet_line", "carnet_reasons")
"""What a rejects file adds to the columns of its file; an import ignores them wherever they stand (contract)."""
_MEND = "Rename the file's columns, change the model's mapping, or set `missing_columns: warn`."
_ALIKE = 0.6
"""From this ratio on (0 to 1) a header may be another one's new name, as for names in declarations (`errors.nearest`)."""
_COMPARED = 200
"""Headers that are compared with each other: a file may have thousands."""


@dataclass(frozen=True)
class Column:
    """One column of the file, `c<position>`: a field's cells, the crosses of a multi-select's `value`, or not used.

    `explicit`: the model's mapping says so, not the header alone.
    """

    position: int
    header: str
    role: Role
    field: str | None = None
    value: str | None = None
    explicit: bool = False

    @property
    def meaning(self) -> str:
        """What becomes of the column, for people."""
        if self.role == "field":
            return str(self.field)
        if self.role == "cross":
            return f"{self.field} : {self.value}"
        return {"read_only": "ignored (read-only)", "unmapped": "ignored (not mapped)"}.get(self.role, "ignored")


@dataclass(frozen=True)
class Mapping:
    """What each column of one file is for.

    `base`: with the values that headers add to lists (`added_values`, FLD-3 `add`). `missing`: the mapped columns that
    the file lacks. `problems`: everything else that is wrong or worth telling; critical ones refuse the file.
    `recognised`: whether any header is one that the model, a field or a list knows; where none is, the file may have no header.
    """

    columns: tuple[Column, ...]
    base: ContactBase
    added_values: dict[str, tuple[str, ...]]
    missing: tuple[MissingColumn, ...]
    problems: pl.DataFrame
    recognised: bool = True

    @cached_property
    def crossed(self) -> dict[str, tuple[str, ...]]:
        """For each multi-select, the values that have a column in the file."""
        crossed: dict[str, tuple[str, ...]] = {}
        for column in self.columns:
            if column.role == "cross" and column.field is not None and column.value is not None:
                crossed[column.field] = (*crossed.get(column.field, ()), column.value)
        return crossed

    @property
    def described(self) -> tuple[tuple[str, str], ...]:
        """Each header, and what becomes of its column."""
        return tuple((column.header, column.meaning) for column in self.columns)


def resolve(headers: Sequence[str], model: ImportModel, base: ContactBase, names: HeaderNames | None = None) -> Mapping:
    """Say what each column of a file with these headers is for, under a model.

    The model's mapping comes first; a header that it does not name may match a field, or a value of a multi-select. `names`: those
    of the base, where the caller has them (a millisecond to make).
    """
    names = names or HeaderNames(base)
    keys = _keys_of(headers, model)
    found: list[Problem] = []
    columns = [Column(position, header, "unmapped") for position, header in enumerate(headers)]
    columns = [_purpose(column, keys.get(column.position), model, names, found) for column in columns]
    recognised = any(column.role != "unmapped" or column.field is not None for column in columns)
    columns = _one_column_a_field(columns, found)
    columns = [_constant_wins(column, model, base, found) for column in columns]
    found += [_unmapped(column, names) for column in columns if column.role == "unmapped" and not column.explicit]
    if not any(column.role == "field" and column.field == base.key for column in columns):
        found.append(_no_key(base))
    added = _added_values(columns, base)
    missing = [key for key in _missing(model, set(keys.values())) if not _stands_otherwise(key, model, base, columns)]
    likely = _likely(missing, model, columns)
    lacking = tuple(MissingColumn(key, likely.get(key)) for key in missing)
    return Mapping(tuple(columns), with_values(base, added), added, lacking, problems_frame(found), recognised)


def _keys_of(headers: Sequence[str], model: ImportModel) -> dict[int, str]:
    """Position of a column → the mapping's key that names it: exactly, or else ignoring case, accents and blanks."""
    keys = {position: header for position, header in enumerate(headers) if header in model.mapping}
    free = {fold(key): key for key in reversed(model.mapping) if key not in keys.values()}
    for position, header in enumerate(headers):
        if position not in keys and (key := free.pop(fold(undo(header)), None)) is not None:
            keys[position] = key
    return keys


def _purpose(column: Column, key: str | None, model: ImportModel, names: HeaderNames, found: list[Problem]) -> Column:
    if fold(column.header) in CARNET_COLUMNS:
        return replace(column, role="carnet")
    if key is None:
        return _by_itself(column, names, found)
    target = model.mapping[key]
    if target is None:
        return replace(column, role="ignored", explicit=True)
    return _explicit(replace(column, field=target, explicit=True), names.base.field(target), found)


def _explicit(column: Column, field: Field, found: list[Problem]) -> Column:
    if field.read_only:
        return _read_only(column, field, found)
    if field.format is not Format.MULTI_SELECT:
        return replace(column, role="field")
    value = value_named(undo(column.header), field, new=field.unknown_values == "add")
    if value is None:
        listed = ", ".join(value.code for value in field.taken)
        found.append(
            Problem(
                "not_a_value",
                "critical",
                f"The column is mapped to {field.name}, so its header must be one of its values, or "
                f"`{field.labels.fr} : value`: {listed}. Rename the column, or declare the value.",
                column=column.header,
            )
        )
        return column
    return replace(column, role="cross", value=value)


def _read_only(column: Column, field: Field, found: list[Problem]) -> Column:
    message = f"{field.name} is read-only: no file sets it, the column is ignored. Map it to null to say so."
    found.append(Problem("read_only_column", "warning", message, column=column.header))
    return replace(column, role="read_only", field=field.name)


def _by_itself(column: Column, names: HeaderNames, found: list[Problem]) -> Column:
    """IMP-5: a header that the model does not name, taken for the field or the value that it is called like."""
    meant = names.meaning(undo(column.header))
    if len(meant) > 1:
        found.append(_ambiguous(column.header, meant))
    label = next((each.field for each in meant if each.value is None), None)
    if label is not None:
        if label.read_only:
            return _read_only(column, label, found)
        if label.format is Format.MULTI_SELECT:
            return replace(column, field=label.name)
        return replace(column, role="field", field=label.name)
    if len(meant) == 1:
        return replace(column, role="cross", field=meant[0].field.name, value=meant[0].value)
    return replace(column, role="ignored") if meant else column


def _ambiguous(header: str, meant: Sequence[Meant]) -> Problem:
    label = next((each.field for each in meant if each.value is None), None)
    taken = "it is ignored" if label is None else f"it is taken for the field {label.name}"
    forms = ", ".join(f"`{each.field.labels.fr} : {each.value}`" for each in meant if each.value is not None)
    message = (
        f"The header stands for several things, so {taken}. Head the column of a value by its field too: {forms}; or "
        "say in the model's mapping which field is meant."
    )
    return Problem("ambiguous_column", "warning", message, column=header)


def _one_column_a_field(columns: list[Column], found: list[Problem]) -> list[Column]:
    """Where several columns are for one field, the mapped one is meant; where none or more are, that is critical."""
    takers: dict[str, list[Column]] = {}
    for column in columns:
        if column.role == "field" and column.field is not None:
            takers.setdefault(column.field, []).append(column)
    dropped: set[int] = set()
    for name, taking in takers.items():
        mapped = [column for column in taking if column.explicit]
        if mapped:
            dropped |= {column.position for column in taking if not column.explicit}
        rivals = mapped or taking
        if len(rivals) > 1:
            listed = ", ".join(repr(column.header) for column in rivals)
            message = f"The columns {listed} are all for {name}, which takes one. Map all but one to null."
            found.append(Problem("two_columns", "critical", message, column=rivals[1].header))
    return [replace(column, role="unmapped") if column.position in dropped else column for column in columns]


def _constant_wins(column: Column, model: ImportModel, base: ContactBase, found: list[Problem]) -> Column:
    """IMP-5: a constant is for every contact of the import, so the file's own cells for that field are not read."""
    if column.role != "field" or column.field == base.key or column.field not in model.constants:
        return column
    message = f"The model gives {column.field} a constant, which holds for every row: this column is ignored."
    found.append(Problem("constant_wins", "warning", message, column=column.header))
    return replace(column, role="ignored")


def _unmapped(column: Column, names: HeaderNames) -> Problem:
    if column.field is not None and names.is_multi_select(column.field):
        message = (
            f"{column.field} takes one column for each of its values, headed by the value and crossed with X: this "
            "column is ignored."
        )
    elif column.field is not None:
        message = f"Another column is mapped to {column.field}: this one is ignored. Map it to null to say so."
    else:
        like = nearest(column.header, names.known)
        hint = f" Did you mean {like!r}?" if like else ""
        message = f"No field is called so: the column is ignored.{hint} Map it to a field, or to null to ignore it."
    return Problem("unmapped_column", "warning", message, column=column.header)


def _no_key(base: ContactBase) -> Problem:
    labels = ", ".join(repr(label) for label in base.field(base.key).labels.all)
    message = (
        f"No column gives {base.key}, the key that tells contacts apart. Head one of them {base.key!r} or {labels}, or "
        "map one to it in the model."
    )
    return Problem("key_column", "critical", message)


def _added_values(columns: Sequence[Column], base: ContactBase) -> dict[str, tuple[str, ...]]:
    added: dict[str, tuple[str, ...]] = {}
    for column in columns:
        if column.role != "cross" or column.field is None or column.value is None:
            continue
        taken = (value.code for value in base.field(column.field).taken)
        known = (*taken, *added.get(column.field, ()))
        if column.value not in known:
            added[column.field] = (*added.get(column.field, ()), column.value)
    return added


def _missing(model: ImportModel, present: set[str]) -> list[str]:
    return [key for key, target in model.mapping.items() if target is not None and key not in present]


def _stands_otherwise(key: str, model: ImportModel, base: ContactBase, columns: Sequence[Column]) -> bool:
    """FLD-4: a value's column is the same one whether it is headed `value` or `Label : value`."""
    field = base.field(model.mapping[key] or "")
    if field.format is not Format.MULTI_SELECT:
        return False
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
            same_field = is_field and column.field == model.mapping[key]
            if same_field or (not is_field and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE):
                pairs.append((2.0 if same_field else matcher.ratio(), key, column.header))
    likely: dict[str, str] = {}
    for _, key, header in sorted(pairs, key=lambda pair: -pair[0]):
        if key not in likely and header not in likely.values():
            likely[key] = header
    return likely


def lacking_columns(missing: Sequence[MissingColumn], headers: Sequence[str]) -> str:
    """What is said of the mapped columns that a file with these headers lacks (IMP-4)."""
    return lacking("column", "the model", missing, headers, _MEND)
