"""An `EventImport` document → `EventImport`: how files of events are read (BHV-1)."""

from __future__ import annotations

from collections import Counter

from pipelines.declarations.delivery import read_people
from pipelines.declarations.events import CHANNELS, EVENT_FIELDS, TYPES_OF_CHANNEL, Channel
from pipelines.declarations.model import EventImport
from pipelines.declarations.model_document import read_file, read_separator
from pipelines.declarations.names import read_name
from pipelines.declarations.problems import Problems
from pipelines.declarations.shapes import Attributes, read_choice
from pipelines.declarations.yaml_nodes import Entries, Node, Scalar

_KEYS = ("email", "mobile", "contact_id")
_OPTIONAL = ("mapping", "types", "operation", "separator", "notify")


def read_event_import(node: Node, problems: Problems) -> EventImport | None:
    """The event import, or None where it has no usable name."""
    attributes = Attributes(
        node, "EventImport", problems, required=("name", "file", "channel", "mapping"), optional=_OPTIONAL
    )
    name_node = attributes.node("name")
    name = None if name_node is None else read_name(name_node, "the event import's name", problems)
    channel: Channel = attributes.choice("channel", CHANNELS, "email")
    mapping = _mapping(attributes, problems)
    event_import = EventImport(
        name=name or "",
        file=read_file(attributes) or "",
        channel=channel,
        mapping=mapping,
        types=_types(attributes, channel, problems),
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
    mapping: dict[str, str | None] = {}
    for column, target in _entries(node, "mapping", problems):
        mapping[column] = (
            None if _is_null(target) else read_choice(target, "a column's meaning", EVENT_FIELDS, problems)
        )
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


def _types(attributes: Attributes, channel: Channel, problems: Problems) -> dict[str, str | None]:
    """Their word → our type, of those that the channel has; null leaves such events out."""
    node = attributes.node("types")
    if node is None:
        return {}
    known = TYPES_OF_CHANNEL[channel]
    what = f"a type of an event of the channel {channel}"
    return {
        theirs: None if _is_null(ours) else read_choice(ours, what, known, problems)
        for theirs, ours in _entries(node, "types", problems)
    }


def _entries(node: Node, what: str, problems: Problems) -> list[tuple[str, Node]]:
    if not isinstance(node, Entries):
        problems.error(node.place, f"{what} is {node.described}; a mapping is meant, such as {{theirs: ours}}")
        return []
    return [(name, entry.value) for name, entry in node.entries.items()]


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.kind == "nothing"
