"""An `EventImport` document → `EventImport`: how files of events are read (BHV-1)."""

from __future__ import annotations

from collections import Counter

from pipelines.declarations.delivery import read_people
from pipelines.declarations.events import EVENT_FIELDS, TYPES_OF_CHANNEL, Channel
from pipelines.declarations.model import EventImport
from pipelines.declarations.model_document import read_file, read_separator
from pipelines.declarations.names import read_name
from pipelines.declarations.problems import Problems
from pipelines.declarations.schemas import EVENT_IMPORT
from pipelines.declarations.shapes import Attributes, DocumentAttributes, is_null, read_choice
from pipelines.declarations.yaml_nodes import Node

_KEYS = ("email", "mobile", "contact_id")


def read_event_import(node: Node, problems: Problems) -> EventImport | None:
    """The event import, or None where it has no usable name."""
    attributes = DocumentAttributes(node, EVENT_IMPORT, problems)
    name_node = attributes.node("name")
    name = None if name_node is None else read_name(name_node, "the event import's name", problems)
    channel: Channel = attributes.value("channel") or "email"
    event_import = EventImport(
        name=name or "",
        file=read_file(attributes) or "",
        channel=channel,
        mapping=_mapping(attributes, problems),
        types=_translated(
            attributes, "types", f"a type of an event of the channel {channel}", TYPES_OF_CHANNEL[channel]
        ),
        operation=attributes.text("operation"),
        separator=read_separator(attributes),
        notify=read_people(attributes),
        place=node.place,
    )
    return event_import if name else None


def _mapping(attributes: Attributes, problems: Problems) -> dict[str, str | None]:
    """Column of the file → what it holds; a column a meaning, and all that an event cannot do without."""
    node = attributes.node("mapping")
    if node is None:
        return {}
    mapping = _translated(attributes, "mapping", "a column's meaning", EVENT_FIELDS)
    meanings = Counter(meaning for meaning in mapping.values() if meaning)
    for meaning, count in meanings.items():
        if count > 1:
            problems.error(node.place, f"{count} columns are mapped to {meaning!r}: map one of them")
    if not any(key in meanings for key in _KEYS):
        problems.error(node.place, f"no column says who: map one to {', '.join(_KEYS[:-1])} or {_KEYS[-1]}")
    for meaning in ("type", "occurred_at"):
        if meaning not in meanings:
            problems.error(node.place, f"no column is mapped to {meaning!r}, which every event needs", meaning)
    return mapping


def _translated(attributes: Attributes, name: str, what: str, choices: tuple[str, ...]) -> dict[str, str | None]:
    """Their word → ours, of those that there are; null for what is left out."""
    return {
        theirs: None if is_null(ours.value) else read_choice(ours.value, what, choices, attributes.problems)
        for theirs, ours in attributes.entries(name, ", such as {theirs: ours}").items()
    }
