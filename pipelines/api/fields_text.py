"""The text of a YAML file with one entry of its `Fields` document put in, or in place of the former one: the rest stays as it is.

Comments, order and all other documents keep every byte; what an entry had of comments follows it. Belongs here: text. Does not:
what an entry says (`field_calls`).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal

import yaml
from yaml.constructor import SafeConstructor

from pipelines.api.declaring import with_document

Kind = Literal["fields", "changes"]
_TYPE = "pipelines.components.Fields"


def entry_of(text: str, kind: Kind, name: str) -> dict[str, Any] | None:
    """The entry of that name in the first `Fields` document; None where there is none."""
    attributes = _attributes(text)
    listed = None if attributes is None else _value(attributes, kind)
    node = None if listed is None else _named(listed, name)
    return None if node is None else SafeConstructor().construct_document(node)  # pyright: ignore[reportUnknownMemberType]


def with_entry(text: str, kind: Kind, entry: Mapping[str, Any]) -> str:
    """The text with that entry: in place of the one of its name, or else at the end of its list."""
    attributes, written = _attributes(text), _flow(entry)
    if attributes is None:
        return with_document(text, f"type: {_TYPE}\nattributes:\n  {kind}:\n    - {written}\n")
    listed = _value(attributes, kind)
    if listed is None:
        return _with_list(text, attributes, kind, written)
    former = _named(listed, entry["name"])
    if former is not None:
        return _replaced(text, former, written)
    return _with_item(text, listed, written)


def _attributes(text: str) -> yaml.Node | None:
    for document in yaml.compose_all(text, yaml.SafeLoader):  # pyright: ignore[reportUnknownMemberType]
        if isinstance(document, yaml.MappingNode) and (kind := _value(document, "type")) and kind.value == _TYPE:
            return _value(document, "attributes")
    return None


def _value(mapping: yaml.Node, key: str) -> yaml.Node | None:
    if not isinstance(mapping, yaml.MappingNode):
        return None
    return next((value for name, value in mapping.value if name.value == key), None)


def _named(listed: yaml.Node, name: str) -> yaml.Node | None:
    items: list[yaml.Node] = listed.value if isinstance(listed, yaml.SequenceNode) else []
    return next((item for item in items if (said := _value(item, "name")) and said.value == name), None)


def _flow(entry: Mapping[str, Any]) -> str:
    """An entry on one line."""
    said = yaml.safe_dump(dict(entry), default_flow_style=True, allow_unicode=True, sort_keys=False, width=float("inf"))
    return said.strip()


def _replaced(text: str, node: yaml.Node, written: str) -> str:
    start, end = node.start_mark.index, _end(node)
    comments = _comments(text, start, end)
    indent = " " * node.start_mark.column
    kept = "".join(f"\n{indent}{comment}" for comment in comments)
    # Comments that stood inside go to the end of the line, where they can stand in a list of any style.
    return text[:start] + written + kept + ("\n" + indent if kept and _goes_on(text, end) else "") + text[end:]


def _goes_on(text: str, end: int) -> bool:
    rest = text[end:].split("\n", 1)[0].strip()
    return bool(rest) and not rest.startswith("#")


def _with_item(text: str, listed: yaml.Node, written: str) -> str:
    items: list[yaml.Node] = listed.value if isinstance(listed, yaml.SequenceNode) else []
    if isinstance(listed, yaml.SequenceNode) and items and not listed.flow_style:
        place = _line_end(text, _end(items[-1]))
        return f"{text[:place]}\n{' ' * listed.start_mark.column}- {written}{text[place:]}"
    if items:
        place = _end(items[-1])
        return f"{text[:place]}, {written}{text[place:]}"
    # `[]`, or nothing.
    start, end = listed.start_mark.index, listed.end_mark.index
    return f"{text[:start]}{'' if text[start - 1 : start].isspace() else ' '}[{written}]{text[end:]}"


def _with_list(text: str, attributes: yaml.Node, kind: Kind, written: str) -> str:
    entries = attributes.value if isinstance(attributes, yaml.MappingNode) else []
    if isinstance(attributes, yaml.MappingNode) and entries and not attributes.flow_style:
        place, indent = _line_end(text, _end(attributes)), " " * attributes.start_mark.column
        return f"{text[:place]}\n{indent}{kind}:\n{indent}  - {written}{text[place:]}"
    if entries:
        place = _end(entries[-1][1])
        return f"{text[:place]}, {kind}: [{written}]{text[place:]}"
    start, end = attributes.start_mark.index, attributes.end_mark.index
    return f"{text[:start]}{'' if text[start - 1 : start].isspace() else ' '}{{{kind}: [{written}]}}{text[end:]}"


def _end(node: yaml.Node) -> int:
    """Where the text of a node ends; YAML has a block end with what comes after it, comments included."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return node.end_mark.index


def _line_end(text: str, place: int) -> int:
    found = text.find("\n", place)
    return len(text) if found < 0 else found


def _comments(text: str, start: int, end: int) -> list[str]:
    """What stands behind a # between the tokens of a part."""
    tokens = [token for token in yaml.scan(text, yaml.SafeLoader) if start <= token.start_mark.index < end]
    gaps = (text[one.end_mark.index : other.start_mark.index] for one, other in pairwise(tokens))
    return [line[line.index("#") :].rstrip() for gap in gaps for line in gap.splitlines() if "#" in line]
