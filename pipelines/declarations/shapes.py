"""Nodes read as the types that declarations are made of; each reader reports what does not fit and gives None.

Belongs here: text, numbers, dates, choices, lists, the attributes of a document. Does not: what an attribute means.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar, cast

from pipelines.declarations.model import Place
from pipelines.declarations.problems import Problems, meant, or_write
from pipelines.declarations.schemas import Schema
from pipelines.declarations.yaml_nodes import Entries, Entry, Items, Node, Scalar, misread
from pipelines.errors import nearest
from pipelines.language import say

Choice = TypeVar("Choice", bound=str)
_PLAIN_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_text(node: Node, what: str, problems: Problems) -> str | None:
    """Text that is not empty, without blanks around; anything that YAML read otherwise shows the quoted form."""
    if not isinstance(node, Scalar):
        problems.error(node.place, say("{what} is {given}; text is meant", what=what, given=node.described))
    elif node.kind != "text":
        problems.error(node.place, misread(what, node), node.quoted if node.source else None)
    elif not node.source.strip():
        problems.error(node.place, say("{what} is empty; text is needed", what=what))
    else:
        return node.source.strip()
    return None


def read_choice(node: Node, what: str, choices: tuple[Choice, ...], problems: Problems) -> Choice | None:
    """One of a few words."""
    text = read_text(node, what, problems)
    if text is None:
        return None
    if text in choices:
        return cast("Choice", text)
    like = nearest(text, choices)
    message = say(
        "{what} cannot be {text!r}; {hint}available: {choices}",
        what=what,
        text=text,
        hint=meant(like),
        choices=", ".join(choices),
    )
    problems.error(node.place, message, like)
    return None


def read_number(node: Node, what: str, problems: Problems) -> float | None:
    """A number in plain decimal form; what YAML would read as octal, hexadecimal or base 60 is an error."""
    if not isinstance(node, Scalar) or node.kind != "number":
        problems.error(
            node.place, say("{what} is {given}; a number is needed, without quotes", what=what, given=node.described)
        )
        return None
    if not _PLAIN_NUMBER.fullmatch(node.source):
        plain = node.source.replace("_", "").lstrip("0")
        like = plain if _PLAIN_NUMBER.fullmatch(plain) else None
        said = say("{what}: {source} is not a plain decimal number", what=what, source=node.source)
        problems.error(node.place, or_write(said, like), like)
        return None
    number = float(node.source)
    if not math.isfinite(number):
        problems.error(node.place, say("{what} is too large a number", what=what))
        return None
    return number


def read_whole(node: Node, what: str, problems: Problems, minimum: int) -> int | None:
    """A whole number that is at least `minimum`."""
    number = read_number(node, what, problems)
    if number is None:
        return None
    if number != int(number) or number < minimum:
        message = say(
            "{what} must be a whole number, at least {minimum}, not {number:g}",
            what=what,
            minimum=minimum,
            number=number,
        )
        problems.error(node.place, message)
        return None
    return int(number)


def read_flag(node: Node, what: str, problems: Problems) -> bool | None:
    """True or false."""
    if isinstance(node, Scalar) and node.kind == "boolean":
        return node.is_true
    problems.error(
        node.place, say("{what} is {given}; write true or false, without quotes", what=what, given=node.described)
    )
    return None


def read_day(node: Node, what: str, problems: Problems) -> date | None:
    """A day, YYYY-MM-DD, with quotes or without."""
    if isinstance(node, Scalar) and node.kind in ("date", "text") and _DAY.fullmatch(node.source):
        try:
            return date.fromisoformat(node.source)
        except ValueError:
            problems.error(node.place, say("{what}: there is no day {day}", what=what, day=node.source))
            return None
    problems.error(
        node.place, say("{what} is {given}; a day is needed, as YYYY-MM-DD", what=what, given=node.described)
    )
    return None


def read_list(node: Node, what: str, problems: Problems) -> tuple[Node, ...] | None:
    """The nodes of a list that is not empty."""
    if not isinstance(node, Items):
        problems.error(node.place, say("{what} is {given}; a list is meant: [ … ]", what=what, given=node.described))
    elif not node.items:
        problems.error(node.place, say("{what} is an empty list; it needs one item at least", what=what))
    else:
        return node.items
    return None


def read_texts(node: Node, what: str, problems: Problems) -> tuple[tuple[str, Node], ...]:
    """The texts of a list, each with its node; one that stands there twice is an error."""
    texts: dict[str, Node] = {}
    for item in read_list(node, what, problems) or ():
        text = read_text(item, what, problems)
        if text is None:
            continue
        if text in texts:
            problems.error(item.place, say("{what} holds {text!r} twice", what=what, text=text))
        texts.setdefault(text, item)
    return tuple(texts.items())


class Attributes:
    """The attributes of one mapping: unknown and missing ones are reported at once, `null` counts as not given."""

    def __init__(
        self, node: Node, owner: str, problems: Problems, *, required: Iterable[str], optional: Iterable[str]
    ) -> None:
        """`owner` names the mapping in messages, such as "Segment" or "a field"."""
        self.place, self.problems = node.place, problems
        self._entries: dict[str, Entry] = {}
        required, known = tuple(required), (*required, *optional)
        if not isinstance(node, Entries):
            message = say(
                "{owner} is {given}; a mapping is meant, with {names}",
                owner=owner,
                given=node.described,
                names=", ".join(known),
            )
            problems.error(node.place, message)
            return
        for name, entry in node.entries.items():
            if name not in known:
                said = say("there is no attribute of {owner} {name!r}", owner=owner, name=name)
                problems.not_there(entry.key.place, said, name, known)
            elif not is_null(entry.value):
                self._entries[name] = entry
            elif name in required:
                problems.error(entry.value.place, say("{owner}: {name!r} is empty", owner=owner, name=name))
        for name in required:
            if name not in node.entries:
                problems.error(node.place, say("{owner} lacks {name!r}", owner=owner, name=name))

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def node(self, name: str) -> Node | None:
        """The node of an attribute, or None."""
        entry = self._entries.get(name)
        return entry.value if entry else None

    def key_place(self, name: str) -> Place:
        """Where the attribute's name stands."""
        entry = self._entries.get(name)
        return entry.key.place if entry else self.place

    def text(self, name: str) -> str | None:
        """See `read_text`."""
        node = self.node(name)
        return None if node is None else read_text(node, name, self.problems)

    def choice(self, name: str, choices: tuple[Choice, ...], default: Choice) -> Choice:
        """See `read_choice`."""
        node = self.node(name)
        read = None if node is None else read_choice(node, name, choices, self.problems)
        return default if read is None else read

    def whole(self, name: str, default: int, minimum: int = 1) -> int:
        """See `read_whole`."""
        node = self.node(name)
        read = None if node is None else read_whole(node, name, self.problems, minimum)
        return default if read is None else read

    def flag(self, name: str) -> bool:
        """See `read_flag`; false where it is not given."""
        node = self.node(name)
        return False if node is None else bool(read_flag(node, name, self.problems))

    def texts(self, name: str) -> tuple[tuple[str, Node], ...]:
        """See `read_texts`; empty where it is not given."""
        node = self.node(name)
        return () if node is None else read_texts(node, name, self.problems)

    def entries(self, name: str, fault: str) -> dict[str, Entry]:
        """The entries of a mapping; empty where it is not given. `fault`: the message where it is none, marked."""
        node = self.node(name)
        if node is not None and not isinstance(node, Entries):
            self.problems.error(node.place, say(fault, what=name, given=node.described))
        return self.written(name)

    def written(self, name: str) -> dict[str, Entry]:
        """The entries of a mapping; empty where it is none, which `entries` reports."""
        node = self.node(name)
        return node.entries if isinstance(node, Entries) else {}


class DocumentAttributes(Attributes):
    """The attributes of a mapping that has a schema: it says which there are, and what they can be."""

    def __init__(self, node: Node, schema: Schema, problems: Problems, owner: str = "") -> None:
        """`owner` names the mapping in messages where the schema's name does not."""
        known = schema.attributes
        required = [name for name in known if known[name].default is ...]
        optional = [name for name in known if name not in required]
        super().__init__(node, owner or schema.name, problems, required=required, optional=optional)
        self._schema = schema

    def value(self, name: str) -> Any:
        """A choice, a flag or a whole number; the default where it is not given or wrong, None where there is none."""
        attribute = self._schema.attributes[name]
        default: Any = None if attribute.default is ... else attribute.default
        if attribute.choices:
            return self.choice(name, attribute.choices, default)
        if attribute.type is bool:
            return self.flag(name)
        return self.whole(name, default, attribute.limits["ge"])


def is_null(node: Node) -> bool:
    """Whether nothing is written there, or null."""
    return isinstance(node, Scalar) and node.kind == "nothing"
