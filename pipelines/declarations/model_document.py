"""An `ImportModel` document → `ImportModel`: how files of one kind are imported (IMP-4, IMP-5)."""

from __future__ import annotations

from pipelines.cells.refusals import consent_said, keeping, refuses
from pipelines.channels import CONSENTS
from pipelines.declarations.columns import read_mapping, read_values
from pipelines.declarations.delivery import read_interval, read_people, read_source
from pipelines.declarations.model import KEY_ONLY, ImportModel
from pipelines.declarations.names import Scope, read_name
from pipelines.declarations.problems import Problems, or_percent
from pipelines.declarations.schemas import IMPORT_MODEL, SEPARATORS
from pipelines.declarations.shapes import Attributes, DocumentAttributes, read_list, read_number, read_text
from pipelines.declarations.split import judge_split, read_split
from pipelines.declarations.values import read_constant
from pipelines.declarations.yaml_nodes import Items, Node, Scalar
from pipelines.fields import Field, Format
from pipelines.language import mark, say


def read_model(node: Node, scope: Scope, problems: Problems) -> ImportModel | None:
    """The import model, or None where it has no usable name."""
    attributes = DocumentAttributes(node, IMPORT_MODEL, problems)
    name_node = attributes.node("name")
    name = None if name_node is None else read_name(name_node, say("the import model's name"), problems)
    file = read_file(attributes)
    match = _match(attributes, scope)
    split = read_split(attributes, problems)
    mapping = read_mapping(attributes, scope, match, split)
    judge_split(attributes, mapping, scope, problems)
    model = ImportModel(
        name=name or "",
        file=file or "",
        separator=read_separator(attributes),
        action=attributes.value("action"),
        mapping=mapping,
        split=split,
        dates=attributes.value("dates"),
        decimal=attributes.value("decimal"),
        constants=_constants(attributes, scope, problems),
        values=read_values(attributes, mapping, scope),
        match=match,
        known_cells=attributes.value("known_cells"),
        empty_cells=attributes.value("empty_cells"),
        missing_columns=attributes.value("missing_columns"),
        short_lines=attributes.value("short_lines"),
        stray_separators=attributes.value("stray_separators"),
        unreadable=attributes.value("unreadable"),
        trailing_separators=attributes.value("trailing_separators"),
        sheet=attributes.text("sheet"),
        on_error=attributes.value("on_error"),
        max_rejected=_share(attributes),
        may_resubscribe=attributes.value("may_resubscribe"),
        source=read_source(attributes, file),
        interval_minutes=read_interval(attributes),
        notify=read_people(attributes),
        place=node.place,
    )
    _judge_action(model, attributes)
    _judge_known_cells(model, attributes)
    _judge_ignored_refusals(model, attributes)
    return model if name else None


def _judge_action(model: ImportModel, attributes: Attributes) -> None:
    """IMP-10: what is said of fields has no effect where the action reads keys alone."""
    given = {"constants": bool(model.constants), "may_resubscribe": model.may_resubscribe}
    for name in (name for name in given if given[name] and model.action in KEY_ONLY):
        attributes.problems.warning(
            attributes.key_place(name),
            say(
                "{name} has no effect under action: {action}, which reads the key alone", name=name, action=model.action
            ),
        )


def _judge_known_cells(model: ImportModel, attributes: Attributes) -> None:
    """IMP-8: what a contact has stays, so that nothing is erased either."""
    if model.known_cells == "fill_empty" and model.empty_cells == "clear":
        attributes.problems.warning(
            attributes.key_place("empty_cells"),
            say("empty_cells: clear has no effect beside known_cells: fill_empty, which erases nothing"),
        )


def _judge_ignored_refusals(model: ImportModel, attributes: Attributes) -> None:
    """IMP-2: whoever refused in a column that is ignored would be subscribed by the constant beside it."""
    given = [name for name in CONSENTS if consent_said(str(model.constants.get(name, ""))) == "yes"]
    if not given or model.action in KEY_ONLY:
        return
    for header, entry in attributes.written("mapping").items():
        if model.mapping.get(header, "") is None and refuses(header):
            attributes.problems.warning(
                entry.key.place,
                say(
                    "the column {header!r} looks like a refusal and is ignored beside the constant {consent}: yes, which "
                    "subscribes whoever refused there; {mend}",
                    header=header,
                    consent=given[0],
                    mend=keeping(header, given),
                ),
            )


def _match(attributes: Attributes, scope: Scope) -> str | None:
    """`match`: contact_id, or a field that says `unique: true`; None for the base's key (IMP-6c)."""
    name, node = attributes.text("match"), attributes.node("match")
    if name is None or node is None or name == scope.base.key or name in scope.broken_fields:
        return None
    able = ["contact_id", *(field.name for field in scope.base.fields if field.unique)]
    if name in able:
        return name
    if any(field.name == name for field in scope.base.fields):
        attributes.problems.error(
            node.place,
            say(
                "match: the field {name!r} may stand for several contacts; declare it with `unique: true` (text or number), or "
                "match by {able}",
                name=name,
                able=", ".join(able),
            ),
        )
    else:
        attributes.problems.unknown(node.place, mark("field"), name, able)
    return None


def read_file(attributes: Attributes) -> str | None:
    """`file`: a name or pattern without folders."""
    file, node = attributes.text("file"), attributes.node("file")
    if file is None or node is None:
        return None
    if "/" in file or "\\" in file:
        attributes.problems.error(
            node.place,
            say(
                "file {file!r} must be a file's name or pattern, without folders: files wait in data/inbox/<name>/",
                file=file,
            ),
        )
        return None
    if file in (".", ".."):
        attributes.problems.error(
            node.place, say("file {file!r} names a folder: write a file's name or pattern", file=file)
        )
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
        attributes.problems.error(
            node.place, say('separator cannot be {text!r}; available: ";", ",", "tab", "|"', text=text)
        )
    return SEPARATORS.get(text)


def _share(attributes: Attributes) -> float | None:
    node = attributes.node("max_rejected")
    share = None if node is None else read_number(node, "max_rejected", attributes.problems)
    if node is None or share is None:
        return None
    if not 0 <= share <= 1:
        like = f"{share / 100:g}" if 1 < share <= 100 else None
        said = say("max_rejected is a share of the rows, from 0 to 1, not {share:g}", share=share)
        attributes.problems.error(node.place, or_percent(said, share, like), like)
        return None
    return share


def _constants(attributes: Attributes, scope: Scope, problems: Problems) -> dict[str, str | tuple[str, ...]]:
    """Field → cell text; for a multi-select the texts of its values."""
    constants: dict[str, str | tuple[str, ...]] = {}
    for name, entry in attributes.entries(
        "constants", mark("{what} is {given}; a mapping is meant: {{field: value}}")
    ).items():
        field = scope.field(name, entry.key.place, problems)
        if field is None:
            continue
        if field.read_only or field.unique or name == scope.base.key:
            problems.error(entry.key.place, say(_no_constant(field), name=name))
            continue
        constant = _constant(entry.value, field, problems)
        if constant is not None:
            constants[name] = constant
    return constants


def _no_constant(field: Field) -> str:
    """Why a field takes no constant, to be filled in: it is read-only, unique or the key."""
    if field.read_only:
        return mark("the field {name!r} is read-only: it takes no constant")
    if field.unique:
        return mark("the field {name!r} is unique, which differs from contact to contact: it takes no constant")
    return mark("the field {name!r} is the key, which differs from contact to contact: it takes no constant")


def _constant(node: Node, field: Field, problems: Problems) -> str | tuple[str, ...] | None:
    if field.format is not Format.MULTI_SELECT:
        return read_constant(node, field, problems)
    items = (
        (node,)
        if not isinstance(node, Items)
        else read_list(node, say("the constant for {field!r}", field=field.name), problems) or ()
    )
    read = (read_constant(item, field, problems) for item in items)
    return tuple(text for text in read if text is not None) or None
