"""The `lake:` of a `ContactBase` document → `Lake` (LAK-1): our own keys, and those that go to the catalogue as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipelines.declarations.model import Lake
from pipelines.declarations.schemas import LAKE
from pipelines.declarations.shapes import Attributes, DocumentAttributes, read_text
from pipelines.declarations.yaml_nodes import Entries, Entry, Node, Scalar
from pipelines.errors import nearest
from pipelines.language import say

_SECRET = ("password", "secret", "token", "credential", "access-key", "account-key", "sas")
_OWN = ("name", "type", "uri")
_WITH_PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")


def read_lake(attributes: Attributes) -> Lake | None:
    """The lake, None where none is declared."""
    node = attributes.node("lake")
    if node is None:
        return None
    problems = attributes.problems
    given = DocumentAttributes(_known(node), LAKE, problems, "lake")
    options: dict[str, str] = {}
    for name, entry in _others(node):
        if _is_secret(name):
            problems.error(entry.key.place, _told_secret(name))
        elif (like := nearest(name, LAKE.attributes)) is not None and "." not in name and name not in _OWN:
            problems.error(
                entry.key.place, say("lake: there is no {name!r}; did you mean {like!r}?", name=name, like=like), like
            )
        elif (text := _plain(entry, name, attributes)) is not None:
            options[name] = text
    return Lake(
        given.value("catalog"),
        _warehouse(given) or Lake.warehouse,
        given.value("engine"),
        given.value("keep_days"),
        tuple(sorted(options.items())),
    )


def _warehouse(given: DocumentAttributes) -> str | None:
    """Within `data/` it lies in `lake`, where an erasure looks for it."""
    text = given.text("warehouse")
    if text is None or "://" in text or Path(text).expanduser().is_absolute() or Path(text).parts[:1] == ("lake",):
        return text
    place = (given.node("warehouse") or given).place
    like = f"lake/{text}"
    given.problems.error(place, say("lake: a folder within data/ lies in lake: {like}", like=like), like)
    return None


def _known(node: Node) -> Node:
    """The mapping without the keys that are the catalogue's; anything else as it is, to be told of."""
    if not isinstance(node, Entries):
        return node
    return Entries(node.place, {name: entry for name, entry in node.entries.items() if name in LAKE.attributes})


def _others(node: Node) -> Iterator[tuple[str, Entry]]:
    if isinstance(node, Entries):
        yield from ((name, entry) for name, entry in node.entries.items() if name not in LAKE.attributes)


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)


def _plain(entry: Entry, name: str, attributes: Attributes) -> str | None:
    """The value as text: catalogues take numbers and flags so too."""
    if isinstance(entry.value, Scalar) and entry.value.kind in ("number", "boolean"):
        return entry.value.source
    text = read_text(entry.value, f"lake: {name}", attributes.problems)
    if text is not None and _WITH_PASSWORD.search(text):
        attributes.problems.error(entry.value.place, _told_secret(name))
        return None
    return text


def _told_secret(name: str) -> str:
    variable = f"PYICEBERG_CATALOG__CARNET__{name.upper().replace('.', '__').replace('-', '_')}"
    return say(
        "lake: {name!r} holds a secret, and secrets come from the environment: {variable}", name=name, variable=variable
    )
