"""Proposals: a ready import model as YAML to paste, and fields to declare for what no field takes yet (IMP-18)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import yaml

from pipelines.declarations.model import ContactBase, Declarations, Fed, Translation
from pipelines.declarations.names import RESERVED_PREFIX, snake_case
from pipelines.fields import Format
from pipelines.inspection.meaning import UNCALLED, Purpose
from pipelines.inspection.naming import pattern_of, words_of
from pipelines.inspection.refusing import Listing
from pipelines.language import say

_LONGEST_KEY = 500
"""YAML takes no longer keys without a sign of their own."""
_LISTED = 200
"""Columns without a field that a model lists as ignored; a file may have thousands."""
_PLAIN = re.compile(r"[^\W\d_](?:[\w ./()'’-]*[\w).])?")


@dataclass(frozen=True)
class ProposedField:
    """A field that the base could declare; `headers`: the columns that it is for, more than one for a multi-select."""

    name: str
    label: str
    format: Format
    values: tuple[str, ...]
    headers: tuple[str, ...]


def names_taken(declarations: Declarations) -> set[str]:
    """The names that no new model may have."""
    return {model.name for model in (*declarations.models, *declarations.event_imports)}


def proposed_fields(columns: Sequence[Purpose], base: ContactBase) -> tuple[ProposedField, ...]:
    """Fields for the columns that hold something and have no field; crosses beside each other become one multi-select."""
    taken = {field.name for field in base.fields}
    found: list[ProposedField] = []
    for group in _groups(columns):
        crosses = group[0].held.holds == "crosses"
        label = _group_label(group) if crosses else group[0].header
        name = _free_name(label, taken)
        taken.add(name)
        values = tuple(_value(column.header) for column in group) if crosses else group[0].held.choices
        form = group[0].held.format or Format.TEXT
        listed = values if form in (Format.SINGLE_SELECT, Format.MULTI_SELECT) else ()
        found.append(ProposedField(name, label, form, listed, tuple(column.header for column in group)))
    return tuple(found)


def _groups(columns: Sequence[Purpose]) -> list[list[Purpose]]:
    """Columns that one field could take: crosses with one label before their value, or beside each other; else one by one."""
    groups: list[list[Purpose]] = []
    before: Purpose | None = None
    for column in columns:
        if not (column.field is None and column.held.filled and column.header) or column.carnet or _is_told(column):
            before = None
            continue
        beside = before is not None and before.held.holds == column.held.holds == "crosses"
        if beside and _label(groups[-1][0].header) == _label(column.header):
            groups[-1].append(column)
        else:
            groups.append([column])
        before = column
    return groups[:_LISTED]


def _is_told(column: Purpose) -> bool:
    """There is a reason not to declare anything for it: another column has its field, or no file may set it."""
    return column.note != say(UNCALLED)


def _label(header: str) -> str:
    return header.partition(":")[0].strip() if ":" in header else ""


def _value(header: str) -> str:
    return header.partition(":")[2].strip() or header


def _group_label(group: Sequence[Purpose]) -> str:
    first = group[0].header
    return _label(first) or (", ".join(column.header for column in group[:3]) if len(group) > 1 else first)


def _free_name(label: str, taken: Collection[str]) -> str:
    plain = (snake_case(label) or "field")[:40].strip("_")
    plain = f"field_{plain}"[:40] if plain.startswith(RESERVED_PREFIX) else plain
    return next(name for name in (plain, *(f"{plain}_{n}" for n in range(2, len(taken) + 3))) if name not in taken)


@dataclass(frozen=True)
class Written:
    """How a file is written: its name, `separator` (None: of a workbook), `sheet` where it has several.

    `cut`: every line ends in a separator. `note`: a line to put above its model.
    """

    file: str
    separator: str | None
    sheet: str | None = None
    cut: bool = False
    note: str = ""


def model_yaml(
    how: Written,
    columns: Sequence[Purpose],
    fields: Sequence[ProposedField],
    taken: set[str],
    listed: Listing | None = None,
) -> str:
    """An ImportModel document for files like this one, which `carnet check` accepts beside the base's; its name is then taken.

    `listed`: what has to be said of everybody in the file.
    """
    file, separator, note = how.file, how.separator, how.note
    name = free_model_name(file, "contacts", taken)
    lines = [
        *heading(file, note, listed.why if listed else ""),
        "type: pipelines.components.ImportModel",
        "attributes:",
        f"  name: {scalar(name)}",
        f"  file: {quoted(pattern_of(file))}",
        *([f"  separator: {'tab' if separator == chr(9) else quoted(separator)}"] if separator else []),
        *([f"  sheet: {quoted(how.sheet)}"] if how.sheet else []),
        *(["  trailing_separators: cut"] if how.cut else []),
        *([f"  action: {listed.action}"] if listed and listed.action != "upsert" else []),
        *_mapping_lines(columns),
        *_values_lines(columns),
        *(
            [f"  constants: {{{', '.join(f'{n}: {quoted(v)}' for n, v in listed.constants)}}}"]
            if listed and listed.constants
            else []
        ),
        *_field_lines(fields),
    ]
    return "\n".join(lines) + "\n"


def free_model_name(file: str, otherwise: str, taken: set[str]) -> str:
    """A name for a model, after its file; it is then taken."""
    name = _free_name(snake_case(words_of(file)) or otherwise, taken)
    taken.add(name)
    return name


def heading(file: str, *notes: str) -> list[str]:
    """The comments above a proposed document; `notes`: lines of their own."""
    return [
        say("# Proposed by `carnet inspect` for {file}.", file=_one_line(file)),
        *(f"# {_one_line(note)}" for note in notes if note),
    ]


def mapping_of(columns: Sequence[Purpose]) -> dict[str, Fed]:
    """The mapping of the proposed model: each header once, and null for those without a field, as far as they are listed."""
    mapping: dict[str, Fed] = {}
    ignored = 0
    for column in columns:
        is_named = bool(column.header) and "\0" not in column.header  # A declaration holds no NUL, and no file may.
        if column.carnet or not is_named or column.header in mapping or len(quoted(column.header)) > _LONGEST_KEY:
            continue
        ignored += column.field is None
        if column.field is not None or ignored <= _LISTED:
            mapping[column.header] = column.fed
    return mapping


def _mapping_lines(columns: Sequence[Purpose]) -> list[str]:
    notes = {column.header: f" # {_one_line(column.note)}" for column in reversed(columns) if column.note}
    lines = [
        f"    {scalar(header)}: {_fed(field)}{notes.get(header, '')}" for header, field in mapping_of(columns).items()
    ]
    return ["  mapping:", *lines] if lines else []


def _values_lines(columns: Sequence[Purpose]) -> list[str]:
    mapped = mapping_of(columns)
    lines = [
        f"    {scalar(column.header)}: {_said_of(column)}"
        for column in columns
        if column.words and column.header in mapped
    ]
    return ["  values:", *dict.fromkeys(lines)] if lines else []


def _said_of(column: Purpose) -> str:
    """The `values` of a column, for each of the fields that it feeds."""
    if not column.also:
        return _words(column.words)
    fields = {str(column.field): column.words, **column.also}
    return "{" + ", ".join(f"{field}: {_words(words)}" for field, words in fields.items()) + "}"


def _words(words: Translation) -> str:
    return (
        "{" + ", ".join(f"{quoted(theirs)}: {quoted(ours) if ours else 'null'}" for theirs, ours in words.items()) + "}"
    )


def _fed(fed: Fed) -> str:
    if isinstance(fed, tuple):
        return f"[{', '.join(map(scalar, fed))}]"
    return scalar(fed) if fed else "null"


def _field_lines(fields: Sequence[ProposedField]) -> list[str]:
    if not fields:
        return []
    lines = [
        say(
            "# To keep the columns without a field, declare fields in the base, and put their names in the place of null:"
        )
    ]
    for field in fields:
        values = f", values: [{', '.join(map(quoted, field.values))}]" if field.values else ""
        text = f"{{name: {scalar(field.name)}, label: {quoted(field.label)}, format: {field.format.value}{values}}}"
        lines.append(f"#   - {text}")
    return lines


def quoted(text: str) -> str:
    """`text` in double quotes, as YAML reads it back; signs that no terminal should be given are escaped, NULs left out."""
    return "".join(
        sign if sign.isprintable() else _escaped(sign)
        for sign in json.dumps(text.replace("\0", ""), ensure_ascii=False)
    )


def _escaped(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08x}"


def scalar(text: str) -> str:
    """`text` without quotes where YAML reads it as that text, else in quotes."""
    if text.isprintable() and _PLAIN.fullmatch(text) and _reads_as_text(text):
        return text
    return quoted(text)


def _reads_as_text(text: str) -> bool:
    return yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False)) == "tag:yaml.org,2002:str"


def _one_line(text: str) -> str:
    """A text that can stand in a comment: on one line, without signs that YAML refuses."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)
