"""A `Fields` document → changes of fields that other documents declare: labels, values and their order (FLD-5).

Belongs here: what may be changed so, and what becomes of a list of values. Does not: the fields that such a document declares
(`base_document` reads them with the base's own).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.declarations.model import Place
from pipelines.declarations.names import Taken, read_name
from pipelines.declarations.problems import Problems
from pipelines.declarations.schemas import FIELD_CHANGE, FIELDS
from pipelines.declarations.shapes import Attributes, DocumentAttributes, read_text
from pipelines.declarations.yaml_nodes import Items, Node
from pipelines.fields import Value, declared_value, fold
from pipelines.language import mark, say

Texts = tuple[tuple[str, Node], ...]
Renamed = Mapping[str, tuple[str, Node]]
"""Former text of a value → its present one, and where that is said."""


@dataclass(frozen=True)
class FieldChange:
    """What is otherwise of the field `name`. `add`: values beside its own; `order`: those that come first, in their order."""

    name: str
    place: Place
    label: str | None
    label_place: Place
    renamed: Renamed
    add: Texts
    order: tuple[str, ...]

    @property
    def of_values(self) -> bool:
        """Whether it is about values, which selects alone have."""
        return bool(self.renamed or self.add or self.order)


def fields_of(node: Node, problems: Problems) -> tuple[Node | None, Node | None]:
    """The lists `fields` and `changes` of a document, where it has them."""
    attributes = DocumentAttributes(node, FIELDS, problems)
    return attributes.node("fields"), attributes.node("changes")


def read_changes(nodes: Iterable[Node], problems: Problems) -> dict[str, FieldChange]:
    """The changes that lists declare, by field; one field is changed in one place."""
    found: dict[str, FieldChange] = {}
    taken = Taken(mark("changes of the field"), problems)
    for node in nodes:
        if not isinstance(node, Items):
            problems.error(node.place, say("changes is {given}; a list of changes is meant", given=node.described))
            continue
        for item in node.items:
            change = _read_change(item, problems)
            if change is not None and taken.take(change.name, change.place):
                found[change.name] = change
    return found


def _read_change(node: Node, problems: Problems) -> FieldChange | None:
    attributes = DocumentAttributes(node, FIELD_CHANGE, problems, say("a change"))
    name_node = attributes.node("name")
    name = None if name_node is None else read_name(name_node, say("the field name"), problems)
    if name is None:
        return None
    order = tuple(text for text, _ in attributes.texts("order"))
    label = attributes.text("label")
    label_place = (attributes.node("label") or node).place
    return FieldChange(
        name, attributes.place, label, label_place, read_renamed(attributes), attributes.texts("add"), order
    )


def read_renamed(attributes: Attributes) -> Renamed:
    """`renamed: {former: present}` of a field or a change."""
    found: dict[str, tuple[str, Node]] = {}
    for former, entry in attributes.entries("renamed", ": {former: present}").items():
        text = read_text(entry.value, say("what {former!r} is called now", former=former), attributes.problems)
        if text is not None:
            found[former.strip()] = (text, entry.key)
    return found


def judge_unused(changes: Mapping[str, FieldChange], known: Iterable[str], problems: Problems) -> None:
    """A change of a field that nothing declares any more does nothing: it is told, and kept."""
    names = set(known)
    for change in changes.values():
        if change.name not in names:
            problems.warning(
                change.place,
                say("the change of {name!r} is not acted on: no document declares that field", name=change.name),
            )


def values_of(declared: Texts, renamed: Renamed, change: FieldChange | None, problems: Problems) -> tuple[Value, ...]:
    """The values of a select as its field and the change of it say, each once, in their order.

    Values are one and the same whatever their case, accents and blanks.
    """
    changed = {} if change is None else change.renamed
    by_fold: dict[str, str] = {}
    for text, item in (*declared, *(change.add if change else ())):
        present = changed[text][0] if text in changed else text
        first = by_fold.setdefault(fold(present), present)
        if first != present:
            problems.error(
                item.place,
                say(
                    "values: {text!r} and {first!r} are one value (case, accents and blanks aside)",
                    text=present,
                    first=first,
                ),
            )
    former = _former_texts({**renamed, **changed}, set(by_fold.values()), problems)
    ordered = [by_fold[fold(text)] for text in (change.order if change else ()) if fold(text) in by_fold]
    return tuple(declared_value(text, former.get(text, ())) for text in dict.fromkeys((*ordered, *by_fold.values())))


def _former_texts(renamed: Renamed, present: set[str], problems: Problems) -> dict[str, tuple[str, ...]]:
    """Present text → the texts that it had; each former one must be no value any more, and each present one a value."""
    found: dict[str, tuple[str, ...]] = {}
    for former, (text, node) in renamed.items():
        final = _followed(text, renamed)
        if final not in present:
            problems.error(
                node.place, say("renamed: {value!r} is no value of the field; add it, or take this out", value=final)
            )
        elif former in present:
            problems.error(
                node.place, say("renamed: {value!r} is a value of the field again; take this out", value=former)
            )
        else:
            found[final] = (*found.get(final, ()), former)
    return found


def _followed(text: str, renamed: Renamed) -> str:
    """The last of the names that a value had one after the other."""
    seen = {text}
    while text in renamed and renamed[text][0] not in seen:
        text = renamed[text][0]
        seen.add(text)
    return text


def renamed_values(values: Iterable[Value]) -> tuple[tuple[str, str], ...]:
    """Former text → present one, of all values."""
    return tuple((former, value.code) for value in values for former in value.labels.aliases)
