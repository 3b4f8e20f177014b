"""An `ImportModel` document → `ImportModel`: how files of one kind are imported (IMP-4, IMP-5)."""

from __future__ import annotations

from pipelines.declarations.delivery import read_interval, read_people, read_source
from pipelines.declarations.model import KEY_ONLY, ImportModel
from pipelines.declarations.names import Scope, read_name
from pipelines.declarations.problems import Problems
from pipelines.declarations.schemas import IMPORT_MODEL, SEPARATORS
from pipelines.declarations.shapes import Attributes, DocumentAttributes, is_null, read_list, read_number, read_text
from pipelines.declarations.values import find_value, read_constant
from pipelines.declarations.yaml_nodes import Entry, Items, Node, Scalar
from pipelines.errors import nearest
from pipelines.fields import Field, Format, fold


def read_model(node: Node, scope: Scope, problems: Problems) -> ImportModel | None:
    """The import model, or None where it has no usable name."""
    attributes = DocumentAttributes(node, IMPORT_MODEL, problems)
    name_node = attributes.node("name")
    name = None if name_node is None else read_name(name_node, "the import model's name", problems)
    file = read_file(attributes)
    model = ImportModel(
        name=name or "",
        file=file or "",
        separator=read_separator(attributes),
        action=attributes.value("action"),
        mapping=_mapping(attributes, scope, problems),
        constants=_constants(attributes, scope, problems),
        empty_cells=attributes.value("empty_cells"),
        missing_columns=attributes.value("missing_columns"),
        short_lines=attributes.value("short_lines"),
        stray_separators=attributes.value("stray_separators"),
        on_error=attributes.value("on_error"),
        max_rejected=_share(attributes),
        may_resubscribe=attributes.value("may_resubscribe"),
        source=read_source(attributes, file),
        interval_minutes=read_interval(attributes),
        notify=read_people(attributes),
        place=node.place,
    )
    _judge_action(model, attributes)
    return model if name else None


def _judge_action(model: ImportModel, attributes: Attributes) -> None:
    """IMP-10: what is said of fields has no effect where the action reads keys alone."""
    given = {"constants": bool(model.constants), "may_resubscribe": model.may_resubscribe}
    for name in (name for name in given if given[name] and model.action in KEY_ONLY):
        attributes.problems.warning(
            attributes.key_place(name), f"{name} has no effect under action: {model.action}, which reads the key alone"
        )


def read_file(attributes: Attributes) -> str | None:
    """`file`: a name or pattern without folders."""
    file, node = attributes.text("file"), attributes.node("file")
    if file is None or node is None:
        return None
    if "/" in file or "\\" in file:
        attributes.problems.error(
            node.place,
            f"file {file!r} must be a file's name or pattern, without folders: files wait in data/inbox/<name>/",
        )
        return None
    if file in (".", ".."):
        attributes.problems.error(node.place, f"file {file!r} names a folder: write a file's name or pattern")
        return None
    return file


def read_separator(attributes: Attributes) -> str | None:
    """`separator`: one of four signs, or `tab`; None where it is left out or wrong."""
    node = attributes.node("separator")
    if node is None:
        return None
    # A tab is a separator, so that this text is not trimmed.
    text = node.source if isinstance(node, Scalar) and node.kind == "text" else None
    if text is None:
        read_text(node, "separator", attributes.problems)
        return None
    if text not in SEPARATORS:
        attributes.problems.error(node.place, f'separator cannot be {text!r}; available: ";", ",", "tab", "|"')
    return SEPARATORS.get(text)


def _share(attributes: Attributes) -> float | None:
    node = attributes.node("max_rejected")
    share = None if node is None else read_number(node, "max_rejected", attributes.problems)
    if node is None or share is None:
        return None
    if not 0 <= share <= 1:
        like = f"{share / 100:g}" if 1 < share <= 100 else None
        hint = f"; for {share:g} % write {like}" if like else ""
        attributes.problems.error(
            node.place, f"max_rejected is a share of the rows, from 0 to 1, not {share:g}{hint}", like
        )
        return None
    return share


def _mapping(attributes: Attributes, scope: Scope, problems: Problems) -> dict[str, str | None]:
    """Header → field or None (ignored); each field once, but for the crosses of a multi-select (FLD-4)."""
    mapping: dict[str, str | None] = {}
    taken: dict[str, str] = {}
    for header, entry in attributes.entries("mapping", ": {header: field}").items():
        if is_null(entry.value):
            mapping[header] = None
            continue
        field = _target(entry, scope, problems)
        if field is None:
            continue
        if field.format is Format.MULTI_SELECT:
            _judge_cross(header, field, entry, problems)
        elif (first := taken.setdefault(field.name, header)) != header:
            problems.error(
                entry.key.place,
                f"the columns {first!r} and {header!r} are both mapped to {field.name!r}, which takes one",
            )
        mapping[header] = field.name
    return mapping


def _target(entry: Entry, scope: Scope, problems: Problems) -> Field | None:
    name = read_text(entry.value, f"the field for column {entry.key.source!r}", problems)
    if name is None:
        return None
    field = scope.field(name, entry.value.place, problems)
    if field is not None and field.read_only:
        problems.error(
            entry.value.place, f"the field {name!r} is read-only: no file sets it; map this column to null to ignore it"
        )
        return None
    return field


def _judge_cross(header: str, field: Field, entry: Entry, problems: Problems) -> None:
    """A cross column is headed by the value's name, or `Label : value` (FLD-4)."""
    if field.unknown_values == "add" or crossed_value(header, field) is not None:
        return
    like = nearest(header, field.codes)
    hint = f"did you mean {like!r}? " if like else ""
    problems.error(
        entry.key.place,
        f"the column {header!r} is mapped to {field.name!r}, so it must be headed by one of its values; "
        f"{hint}declared: {', '.join(field.codes)}",
        like,
    )


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


def _constants(attributes: Attributes, scope: Scope, problems: Problems) -> dict[str, str | tuple[str, ...]]:
    """Field → cell text; for a multi-select the texts of its values."""
    constants: dict[str, str | tuple[str, ...]] = {}
    for name, entry in attributes.entries("constants", ": {field: value}").items():
        field = scope.field(name, entry.key.place, problems)
        if field is None:
            continue
        if field.read_only or name == scope.base.key:
            why = "read-only" if field.read_only else "the key, which differs from contact to contact"
            problems.error(entry.key.place, f"the field {name!r} is {why}: it takes no constant")
            continue
        constant = _constant(entry.value, field, problems)
        if constant is not None:
            constants[name] = constant
    return constants


def _constant(node: Node, field: Field, problems: Problems) -> str | tuple[str, ...] | None:
    if field.format is not Format.MULTI_SELECT:
        return read_constant(node, field, problems)
    items = (
        (node,) if not isinstance(node, Items) else read_list(node, f"the constant for {field.name!r}", problems) or ()
    )
    read = (read_constant(item, field, problems) for item in items)
    return tuple(text for text in read if text is not None) or None
