"""Addresses of other machines and people in declarations: their shape only, for this version does not deliver yet."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pipelines.declarations.shapes import Attributes

_PERSON = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def judge_address(attributes: Attributes, name: str) -> str | None:
    """An `sftp://user@host/path` without a password: secrets come from the environment (SEC-2)."""
    address, node = attributes.text(name), attributes.node(name)
    if address is None or node is None:
        return None
    attributes.problems.later(attributes.key_place(name), name)
    parts = urlsplit(address)
    if parts.scheme != "sftp" or not parts.hostname or not parts.path.strip("/"):
        attributes.problems.error(node.place, f"{name} must read sftp://user@host/path/file")
    elif parts.password is not None:
        attributes.problems.error(
            node.place, f"{name} holds a password: leave it out, secrets come from the environment"
        )
    else:
        return address
    return None


def read_people(attributes: Attributes) -> tuple[str, ...]:
    """The e-mail addresses of `notify`."""
    if "notify" not in attributes:
        return ()
    attributes.problems.later(attributes.key_place("notify"), "notify")
    people = attributes.texts("notify")
    for person, node in people:
        if not _PERSON.fullmatch(person):
            attributes.problems.error(node.place, f"notify: {person!r} is not an e-mail address")
    return tuple(person for person, _ in people)
