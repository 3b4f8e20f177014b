"""An `EventImport` document → `EventImport`: how files of events are read (BHV-1)."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Literal

from pipelines.declarations.delivery import read_people
from pipelines.declarations.events import EVENT_FIELDS, TYPES_OF_CHANNEL, Channel
from pipelines.declarations.model import ContactBase, EventImport
from pipelines.declarations.model_document import read_file, read_separator
from pipelines.declarations.names import read_name
from pipelines.declarations.problems import Problems
from pipelines.declarations.schemas import EVENT_IMPORT
from pipelines.declarations.shapes import Attributes, DocumentAttributes, is_null, read_choice, read_text
from pipelines.declarations.yaml_nodes import Node, Scalar
from pipelines.language import mark, say

_KEYS = ("email", "mobile", "contact_id")
_STORES = ("file", "s3", "s3a", "gs", "abfs", "abfss")
_CONSTANT = ("type", "occurred_at", "link", "detail")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?")


def read_event_import(node: Node, base: ContactBase, problems: Problems) -> EventImport | None:
    """The event import, or None where it has no usable name."""
    attributes = DocumentAttributes(node, EVENT_IMPORT, problems)
    name_node = attributes.node("name")
    name = None if name_node is None else read_name(name_node, say("the event import's name"), problems)
    channel: Channel = attributes.value("channel") or "email"
    constants = _constants(attributes, channel, problems)
    event_import = EventImport(
        name=name or "",
        file=read_file(attributes) or "",
        channel=channel,
        mapping=_mapping(attributes, constants, problems),
        types=_translated(
            attributes,
            "types",
            say("a type of an event of the channel {channel}", channel=channel),
            TYPES_OF_CHANNEL[channel],
        ),
        operation=attributes.text("operation"),
        separator=read_separator(attributes),
        notify=read_people(attributes),
        place=node.place,
        constants=constants,
        signature=attributes.value("signature"),
        into=_into(attributes, base),
        source=_source(attributes),
    )
    return event_import if name else None


def _into(attributes: DocumentAttributes, base: ContactBase) -> Literal["lake"] | None:
    """Where events are held; the lake must be declared, and one that DuckDB does not reach must be asked by Spark."""
    into, node = attributes.value("into"), attributes.node("into")
    if into is None or node is None:
        return None
    if base.lake is None:
        said = say(
            "into: the base declares no lake; write `lake: {{catalog: sqlite, warehouse: lake}}` in its ContactBase"
        )
        attributes.problems.error(node.place, said)
    elif "://" in base.lake.warehouse and not base.lake.warehouse.startswith("file:") and base.lake.engine != "spark":
        said = say(
            "into: what lies in {warehouse} is asked of Spark alone; write `engine: spark` in the base's lake",
            warehouse=base.lake.warehouse,
        )
        attributes.problems.error(node.place, said)
    return into


def _source(attributes: DocumentAttributes) -> str | None:
    """A folder, or an address of one; no secret stands in it (SEC-2)."""
    source, node = attributes.text("source"), attributes.node("source")
    if source is None or node is None:
        return None
    scheme = source.partition("://")[0] if "://" in source else "file"
    if scheme not in _STORES:
        said = say("source begins with {scheme}://; a folder is meant, or s3://bucket/folder", scheme=scheme)
        attributes.problems.error(node.place, said)
        return None
    if "@" in source.partition("://")[2].partition("/")[0]:
        attributes.problems.error(node.place, say("source holds a secret, and secrets come from the environment"))
        return None
    if "into" not in attributes:
        said = say("source goes with into: lake; what comes into the base is put in its inbox")
        attributes.problems.error(node.place, said)
    return source


def _mapping(attributes: Attributes, constants: Collection[str], problems: Problems) -> dict[str, str | None]:
    """Column of the file → what it holds, with all that an event cannot do without and that no constant gives."""
    node = attributes.node("mapping")
    if node is None:
        return {}
    mapping = _translated(attributes, "mapping", say("a column's meaning"), EVENT_FIELDS)
    if not any(key in mapping.values() for key in _KEYS):
        problems.error(node.place, say("no column says who: map one to email, mobile or contact_id"))
    for meaning in ("type", "occurred_at"):
        if meaning not in mapping.values() and meaning not in constants:
            problems.error(
                node.place,
                say(
                    "no column is mapped to {meaning!r}, which every event needs; where it is the same for all, give it under "
                    "constants: {{{meaning}: …}}",
                    meaning=meaning,
                ),
                meaning,
            )
    return mapping


def _constants(attributes: Attributes, channel: Channel, problems: Problems) -> dict[str, str]:
    """One of ours → the text that a column would hold: a type of the channel, an instant, a link, a message."""
    constants: dict[str, str] = {}
    for name, entry in attributes.entries(
        "constants", mark("{what} is {given}; a mapping is meant: {{type: opened}}")
    ).items():
        what = say("the constant for {field!r}", field=name)
        if name == "operation":
            problems.error(
                entry.key.place, say("the operation of all events stands by itself: write operation: …"), name
            )
            continue
        if name not in _CONSTANT:
            said = say("there is no constant of events {name!r}", name=name)
            problems.not_there(entry.key.place, said, name, _CONSTANT)
            continue
        if name == "type":
            choices = TYPES_OF_CHANNEL[channel]
            type_ = say("a type of an event of the channel {channel}", channel=channel)
            text = read_choice(entry.value, type_, choices, problems)
        elif name == "occurred_at":
            text = _instant(entry.value, what, problems)
        else:
            text = read_text(entry.value, what, problems)
        if text is not None:
            constants[name] = text
    return constants


def _instant(node: Node, what: str, problems: Problems) -> str | None:
    """A day or an instant in ISO 8601, with quotes or without."""
    text = node.source.strip() if isinstance(node, Scalar) and node.kind in ("date", "text") else ""
    try:
        known = _INSTANT.fullmatch(text) and 1970 <= datetime.fromisoformat(text).year < 2100
    except ValueError:
        known = False
    if not known:
        message = say(
            "{what} is {given}; a day or an instant is needed, such as 2026-11-20 or 2026-11-20T09:30:00+01:00",
            what=what,
            given=node.described,
        )
        problems.error(node.place, message)
    return text if known else None


def _translated(attributes: Attributes, name: str, what: str, choices: tuple[str, ...]) -> dict[str, str | None]:
    """Their word → ours, of those that there are; null for what is left out."""
    entries = attributes.entries(name, mark("{what} is {given}; a mapping is meant, such as {{theirs: ours}}"))
    return {
        theirs: None if is_null(ours.value) else read_choice(ours.value, what, choices, attributes.problems)
        for theirs, ours in entries.items()
    }
