"""An import model's `mapping` and `values`: which fields the columns of a file feed, and what their cells mean (IMP-4, IMP-5)."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.cells.refusals import refuses
from pipelines.channels import CONSENTS
from pipelines.declarations.model import Fed, ListForm, Translation, fields_fed
from pipelines.declarations.names import Scope
from pipelines.declarations.problems import Problems, meant
from pipelines.declarations.shapes import Attributes, is_null, read_list, read_text
from pipelines.declarations.values import find_value, read_constant
from pipelines.declarations.yaml_nodes import Entries, Entry, Items, Node, Scalar
from pipelines.errors import listed_names, nearest
from pipelines.fields import Field, Format, fold
from pipelines.language import mark, say


def read_mapping(
    attributes: Attributes, scope: Scope, match: str | None, split: Mapping[str, ListForm]
) -> dict[str, Fed]:
    """Header → what it feeds; each field once, but for those of multi-selects (FLD-4) and consents, of which the strictest counts.

    `split`: the columns that hold several values in a cell.
    """
    problems, lists = attributes.problems, set(map(fold, split))
    mapping: dict[str, Fed] = {}
    taken: dict[str, str] = {}
    for header, entry in attributes.entries(
        "mapping", mark("{what} is {given}; a mapping is meant: {{header: field}}")
    ).items():
        if is_null(entry.value):
            mapping[header] = None
            continue
        fields = _fields(entry, scope, match, problems)
        for field in fields:
            if field.format is Format.MULTI_SELECT:
                if fold(header) not in lists:
                    _judge_cross(header, field, entry, problems)
            elif field.name not in CONSENTS and (first := taken.setdefault(field.name, header)) != header:
                problems.error(
                    entry.key.place,
                    say(
                        "the columns {first!r} and {header!r} are both mapped to {field!r}, which takes one",
                        first=first,
                        header=header,
                        field=field.name,
                    ),
                )
        names = tuple(field.name for field in fields)
        if names:
            mapping[header] = names[0] if len(names) == 1 else names
    return mapping


def _fields(entry: Entry, scope: Scope, match: str | None, problems: Problems) -> list[Field]:
    """The fields that one column feeds, each once."""
    what = say("the fields for column {header!r}", header=entry.key.source)
    nodes = (read_list(entry.value, what, problems) or ()) if isinstance(entry.value, Items) else (entry.value,)
    fields: dict[str, Field] = {}
    for node in nodes:
        field = _target(node, entry, scope, match, problems)
        if field is None:
            continue
        if field.name in fields:
            problems.error(node.place, say("{what} name {field!r} twice", what=what, field=field.name))
        fields[field.name] = field
    return list(fields.values())


def _target(node: Node, entry: Entry, scope: Scope, match: str | None, problems: Problems) -> Field | None:
    name = read_text(node, say("the field for column {header!r}", header=entry.key.source), problems)
    if name is None:
        return None
    field = scope.field(name, node.place, problems)
    if field is not None and field.read_only and field.name != match:
        problems.error(
            node.place,
            say("the field {name!r} is read-only: no file sets it; map this column to null to ignore it", name=name),
        )
        return None
    return field


def _judge_cross(header: str, field: Field, entry: Entry, problems: Problems) -> None:
    """A cross column is headed by the value's name, or `Label : value` (FLD-4); never by the field's own name."""
    own = fold(header) in {fold(form) for form in (field.name, *field.labels.all)}
    if crossed_value(header, field) is not None or (field.unknown_values == "add" and not own):
        return
    like = None if own else nearest(header, field.codes)
    message = say(
        "the column {header!r} is mapped to {field!r}, so it must be headed by one of its values; {hint}declared: "
        '{declared}. Where its cells hold values, say what stands between them: split: {{{header}: ","}}',
        header=header,
        field=field.name,
        hint=meant(like),
        declared=listed_names(field.codes),
    )
    problems.error(entry.key.place, message, like)


def crossed_value(header: str, field: Field) -> str | None:
    """The code of the value that a cross column stands for, by its header alone; None where it names none."""
    value = find_value(field, header)
    if value is not None:
        return value.code
    for label in (field.name, *field.labels.all):
        prefix = fold(label) + ":"
        for candidate in field.values:
            if fold(header) == prefix + fold(candidate.code):
                return candidate.code
    return None


def read_values(attributes: Attributes, mapping: Mapping[str, Fed], scope: Scope) -> dict[str, dict[str, Translation]]:
    """Header → field → their word → ours; every column that looks like a refusal says what its cells mean for a consent."""
    problems = attributes.problems
    found: dict[str, dict[str, Translation]] = {}
    said = attributes.entries("values", mark("{what} is {given}; a mapping is meant: {{column: {{theirs: ours}}}}"))
    for header, entry in said.items():
        fed = fields_fed(mapping.get(header))
        if fed:
            found[header] = _of_column(header, entry, fed, scope, problems)
        elif not _is_broken(header, attributes, mapping):
            message = say("there is no mapped column {name!r}", name=header)
            problems.not_there(entry.key.place, message, header, [key for key in mapping if fields_fed(mapping[key])])
    _judge_inverted(attributes, mapping, said)
    return found


def _is_broken(header: str, attributes: Attributes, mapping: Mapping[str, Fed]) -> bool:
    """Is it mapped, to something that was reported already?"""
    return header not in mapping and header in attributes.written("mapping")


def _of_column(
    header: str, entry: Entry, fed: tuple[str, ...], scope: Scope, problems: Problems
) -> dict[str, Translation]:
    """What the cells of a column mean: for its field, or for each of its fields by its name."""
    words = entry.value
    what = say("values for {header!r}", header=header)
    if not isinstance(words, Entries):
        _report_no_words(words, what, problems)
        return {}
    by_field = [inner for inner in words.entries.values() if isinstance(inner.value, Entries)]
    if not by_field and len(fed) == 1:
        return {fed[0]: _words(words, _named(fed[0], scope), what, problems)}
    found: dict[str, Translation] = {}
    for name, inner in words.entries.items():
        if name not in fed:
            said = say("there is no field of the column {header!r} {name!r}", header=header, name=name)
            problems.not_there(inner.key.place, said, name, fed)
        elif isinstance(inner.value, Entries):
            found[name] = _words(inner.value, _named(name, scope), f"{what}, {name}", problems)
        else:
            _report_no_words(inner.value, f"{what}, {name}", problems)
    return found


def _report_no_words(node: Node, what: str, problems: Problems) -> None:
    message = say("{what} is {given}; a mapping is meant: {{theirs: ours}}", what=what, given=node.described)
    problems.error(node.place, message)


def _named(name: str, scope: Scope) -> Field:
    return next(field for field in scope.base.fields if field.name == name)


def _words(words: Entries, field: Field, what: str, problems: Problems) -> Translation:
    found: Translation = {}
    folded: dict[str, str] = {}
    for theirs, entry in words.entries.items():
        ours = None if is_null(entry.value) else _ours(entry.value, field, problems)
        first = folded.setdefault(fold(theirs), theirs)
        if not fold(theirs):
            problems.error(entry.key.place, say("{what}: an empty cell says nothing; leave it out", what=what))
        elif first != theirs and found[first] != ours:
            problems.error(
                entry.key.place,
                say(
                    "{what}: {theirs!r} and {first!r} are one word (case, accents and blanks aside)",
                    what=what,
                    theirs=theirs,
                    first=first,
                ),
            )
        found[theirs] = ours
    return found


def _ours(node: Node, field: Field, problems: Problems) -> str | None:
    """The text of a cell that means this; the columns of a multi-select hold crosses (FLD-4)."""
    if field.format is not Format.MULTI_SELECT:
        return read_constant(node, field, problems)
    if isinstance(node, Scalar) and node.kind == "text" and fold(node.source) == "x":
        return "X"
    message = say("a column of {field!r} is crossed or not: write X or null", field=field.name)
    problems.error(node.place, message, "X")
    return None


def _judge_inverted(attributes: Attributes, mapping: Mapping[str, Fed], said: Mapping[str, Entry]) -> None:
    """IMP-5: where `Yes` in a column called `Unsubscribed` means no, the model says so."""
    entries = attributes.written("mapping")
    for header, fed in mapping.items():
        consents = [name for name in fields_fed(fed) if name in CONSENTS]
        silent = [name for name in consents if not _says(said.get(header), name)]
        if silent and refuses(header):
            attributes.problems.error(
                entries[header].key.place,
                say(
                    "the column {header!r} looks like a refusal and feeds {consent!r}: say in `values` what its cells mean, such "
                    'as values: {{{header}: {{"Yes": "no", "No": null}}}}, or {{"*": "no"}} where any cell is a refusal',
                    header=header,
                    consent=silent[0],
                ),
            )


def _says(entry: Entry | None, consent: str) -> bool:
    """Do the `values` of a column say what it means for a consent?"""
    if entry is None or not isinstance(entry.value, Entries):
        return False
    words = entry.value.entries
    if not any(isinstance(inner.value, Entries) for inner in words.values()):
        return bool(words)
    return consent in words
