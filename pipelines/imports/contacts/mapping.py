"""Mapping: the headers of a file → what each column is for (IMP-4, IMP-5, FLD-4, FLD-6).

Belongs here: names. Does not: what stands in the cells (`cleaning`), nor what a header can be called
(`header_names`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from pipelines.base.columns import with_values
from pipelines.channels import CONSENTS
from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.errors import listed_names, nearest
from pipelines.fields import Field, Format, fold
from pipelines.files.file_problems import MissingColumn
from pipelines.files.problems import Problem, problems_frame
from pipelines.formulas import undo
from pipelines.imports.contacts.columns import CARNET_COLUMNS, Column
from pipelines.imports.contacts.header_names import HeaderNames, Meant, value_named
from pipelines.imports.contacts.missing_columns import missing_columns
from pipelines.language import quoted, say


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
        """For each multi-select, the values that have a column in the file: all of them where one holds lists."""
        crossed: dict[str, tuple[str, ...]] = {}
        for column in self.columns:
            if column.role == "list" and column.field is not None:
                crossed[column.field] = self.base.field(column.field).codes
            if column.role == "cross" and column.field is not None and column.value is not None:
                crossed[column.field] = (*crossed.get(column.field, ()), column.value)
        return crossed

    @property
    def read_headers(self) -> frozenset[str]:
        """The headers of the columns whose cells are read; of others it does not matter whether they stand twice (IMP-2)."""
        return frozenset(column.header for column in self.columns if column.role in ("field", "cross"))

    @property
    def described(self) -> tuple[tuple[str, str], ...]:
        """Each header, and what becomes of its column."""
        meanings: dict[int, list[str]] = {}
        for column in self.columns:
            meanings.setdefault(column.position, []).append(column.meaning)
        headers = {column.position: column.header for column in self.columns}
        return tuple((headers[position], ", ".join(parts)) for position, parts in meanings.items())


def resolve(headers: Sequence[str], model: ImportModel, base: ContactBase, names: HeaderNames | None = None) -> Mapping:
    """Say what each column of a file with these headers is for, under a model.

    The model's mapping comes first; a header that it does not name may match a field, or a value of a multi-select. `names`: those
    of the base, where the caller has them (a millisecond to make).
    """
    names = names or HeaderNames(base)
    keys, forms = _keys_of(headers, model.mapping), _keys_of(headers, model.split)
    found: list[Problem] = []
    columns = [
        purpose
        for position, header in enumerate(headers)
        for purpose in _purposes(
            Column(position, header, "unmapped", split=model.split[forms[position]] if position in forms else None),
            keys.get(position),
            model,
            names,
            found,
        )
    ]
    recognised = any(column.role != "unmapped" or column.field is not None for column in columns)
    columns = _one_column_a_field(columns, found)
    columns = [_constant_wins(column, model, base, found) for column in columns]
    found += [_unmapped(column, names) for column in columns if column.role == "unmapped" and not column.explicit]
    if not any(column.role == "field" and column.field in (base.key, model.match) for column in columns):
        found.append(_no_key(base, model))
    added = _added_values(columns, base)
    lacking = missing_columns(model, set(keys.values()), columns, base)
    return Mapping(tuple(columns), with_values(base, added), added, lacking, problems_frame(found), recognised)


def _keys_of(headers: Sequence[str], named: Collection[str]) -> dict[int, str]:
    """Position of a column → which of `named` names it: exactly, or else ignoring case, accents and blanks."""
    keys = {position: header for position, header in enumerate(headers) if header in named}
    exact = set(keys.values())
    free = {fold(key): key for key in reversed(list(named)) if key not in exact}
    for position, header in enumerate(headers):
        if position not in keys and (key := free.pop(fold(undo(header)), None)) is not None:
            keys[position] = key
    return keys


def _purposes(
    column: Column, key: str | None, model: ImportModel, names: HeaderNames, found: list[Problem]
) -> list[Column]:
    """What the column is for: one purpose, or one for each field that the model has it feed (IMP-5)."""
    if fold(column.header) in CARNET_COLUMNS:
        return [replace(column, role="carnet")]
    if key is None:
        return [_by_itself(column, names, model.match, found)]
    mapped = replace(column, explicit=True, key=key)
    targets = [names.base.field(name) for name in model.fed_by(key)]
    if not targets:
        return [replace(mapped, role="ignored")]
    return [_explicit(replace(mapped, field=field.name), field, model.match, found) for field in targets]


def _explicit(column: Column, field: Field, match: str | None, found: list[Problem]) -> Column:
    if field.read_only and field.name != match:
        return _read_only(column, field, found)
    if field.format is not Format.MULTI_SELECT:
        return replace(column, role="field")
    if column.split is not None:
        return replace(column, role="list")
    value = value_named(undo(column.header), field, new=field.unknown_values == "add")
    if value is None:
        listed = listed_names(field.taken)
        found.append(
            Problem(
                "not_a_value",
                "critical",
                say(
                    "The column is mapped to {field}, so its header must be one of its values, or `{label} : value`: {values}. "
                    "Rename the column, or declare the value; where its cells hold values, say what stands between them in the "
                    "model: {split}.",
                    field=field.name,
                    label=field.labels.fr,
                    values=listed,
                    split=split_shown(column.header),
                ),
                column=column.header,
            )
        )
        return column
    return replace(column, role="cross", value=value)


def split_shown(header: str) -> str:
    """What to write into a model whose column `header` holds several values of a multi-select in a cell (IMP-5)."""
    return f'`split: {{{header}: ","}}`'


def _read_only(column: Column, field: Field, found: list[Problem]) -> Column:
    message = say(
        "{field} is read-only: no file sets it, the column is ignored. Map it to null to say so.", field=field.name
    )
    found.append(Problem("read_only_column", "warning", message, column=column.header))
    return replace(column, role="read_only", field=field.name)


def _by_itself(column: Column, names: HeaderNames, match: str | None, found: list[Problem]) -> Column:
    """IMP-5: a header that the model does not name, taken for the field or the value that it is called like."""
    meant = names.meaning(undo(column.header))
    if len(meant) > 1:
        found.append(_ambiguous(column.header, meant))
    label = next((each.field for each in meant if each.value is None), None)
    if label is not None:
        if label.read_only and label.name != match:
            return _read_only(column, label, found)
        if label.format is Format.MULTI_SELECT:
            return replace(column, role="unmapped" if column.split is None else "list", field=label.name)
        return replace(column, role="field", field=label.name)
    if len(meant) == 1:
        return replace(column, role="cross", field=meant[0].field.name, value=meant[0].value)
    return replace(column, role="ignored") if meant else column


def _ambiguous(header: str, meant: Sequence[Meant]) -> Problem:
    label = next((each.field for each in meant if each.value is None), None)
    forms = ", ".join(f"`{each.field.labels.fr} : {each.value}`" for each in meant if each.value is not None)
    if label is None:
        taken = say("The header stands for several things, so it is ignored.")
    else:
        taken = say("The header stands for several things, so it is taken for the field {field}.", field=label.name)
    mend = say(
        "Head the column of a value by its field too: {forms}; or say in the model's mapping which field is meant.",
        forms=forms,
    )
    message = f"{taken} {mend}"
    return Problem("ambiguous_column", "warning", message, column=header)


def _one_column_a_field(columns: list[Column], found: list[Problem]) -> list[Column]:
    """Where several columns are for one field, the mapped one is meant; where none or more are, that is critical.

    Of a consent all count, and the strictest wins (STA-5).
    """
    takers: dict[str, list[Column]] = {}
    for column in columns:
        if column.role == "field" and column.field is not None and column.field not in CONSENTS:
            takers.setdefault(column.field, []).append(column)
    dropped: set[int] = set()
    for name, taking in takers.items():
        mapped = [column for column in taking if column.explicit]
        if mapped:
            dropped |= {column.position for column in taking if not column.explicit}
        rivals = mapped or taking
        if len(rivals) > 1:
            message = say(
                "The columns {columns} are all for {field}, which takes one. Map all but one to null.",
                columns=", ".join(quoted(column.header) for column in rivals),
                field=name,
            )
            found.append(Problem("two_columns", "critical", message, column=rivals[1].header))
    return [replace(column, role="unmapped") if column.position in dropped else column for column in columns]


def _constant_wins(column: Column, model: ImportModel, base: ContactBase, found: list[Problem]) -> Column:
    """IMP-5: a constant is for every contact of the import, so the file's own cells for that field are not read.

    Of a consent they are: the strictest in a file wins (STA-5).
    """
    if column.role != "field" or column.field == base.key or column.field not in model.constants:
        return column
    if column.field in CONSENTS:
        if not column.explicit:
            message = say(
                "The model gives {field} a constant: this column counts only where it is stricter.", field=column.field
            )
            found.append(Problem("constant_wins", "warning", message, column=column.header))
        return column
    message = say(
        "The model gives {field} a constant, which holds for every row: this column is ignored.", field=column.field
    )
    found.append(Problem("constant_wins", "warning", message, column=column.header))
    return replace(column, role="ignored")


def _unmapped(column: Column, names: HeaderNames) -> Problem:
    if column.field is not None and names.is_multi_select(column.field):
        message = say(
            "{field} takes one column for each of its values, headed by the value and crossed with X: this column "
            "is ignored. Where its cells hold values, say what stands between them in the model: {split}.",
            field=column.field,
            split=split_shown(column.header),
        )
    elif column.field is not None:
        message = say(
            "Another column is mapped to {field}: this one is ignored. Map it to null to say so.", field=column.field
        )
    else:
        like = nearest(column.header, names.known)
        meant = [say("Did you mean {name!r}?", name=like)] if like else []
        ignored = say("No field is called so: the column is ignored.")
        message = " ".join((ignored, *meant, say("Map it to a field, or to null to ignore it.")))
    return Problem("unmapped_column", "warning", message, column=column.header)


def _no_key(base: ContactBase, model: ImportModel) -> Problem:
    if model.match is None:
        lack = say("No column gives {key}, the key that tells contacts apart.", key=base.key)
    else:
        lack = say(
            "No column gives {key}, the key that tells contacts apart, nor {match}, which the model matches by.",
            key=base.key,
            match=model.match,
        )
    labels = ", ".join(quoted(label) for label in base.field(base.key).labels.all)
    mend = say("Head one of them {key!r} or {labels}, or map one to it in the model.", key=base.key, labels=labels)
    return Problem("key_column", "critical", f"{lack} {mend}")


def _added_values(columns: Sequence[Column], base: ContactBase) -> dict[str, tuple[str, ...]]:
    crossed: dict[str, dict[str, None]] = {}
    for column in columns:
        if column.role == "cross" and column.field is not None and column.value is not None:
            crossed.setdefault(column.field, {})[column.value] = None
    added: dict[str, tuple[str, ...]] = {}
    for name, values in crossed.items():
        known = set(base.field(name).taken)
        added[name] = tuple(value for value in values if value not in known)
    return {name: values for name, values in added.items() if values}
