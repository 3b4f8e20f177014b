"""Addresses of other machines and people in declarations: `source`, `deliver`, `notify`."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from pipelines.declarations.addresses import SftpAddress
from pipelines.declarations.model import ImportModel
from pipelines.declarations.schemas import MOST_MINUTES
from pipelines.declarations.shapes import Attributes, DocumentAttributes
from pipelines.language import say

# Signs that stand in no address, but around it: `mailto:…`, `<…>`, lists.
_PERSON = re.compile(r"[^\s@/:<>,;]+@[^\s@/:<>,;]+\.[^\s@/:<>,;]+")


def judge_address(attributes: Attributes, name: str) -> str | None:
    """An `sftp://user@host/path` without a password: secrets come from the environment (SEC-2)."""
    address, node = attributes.text(name), attributes.node(name)
    if address is None or node is None:
        return None
    try:
        SftpAddress.parse(address)
    except ValueError as error:
        attributes.problems.error(node.place, say("{name} {fault}", name=name, fault=error))
        return None
    return address


def read_source(attributes: Attributes, file: str | None) -> str | None:
    """`source`; one file that the model's own `file` would not take is an error."""
    source, node = judge_address(attributes, "source"), attributes.node("source")
    if source is None or node is None:
        return None
    address = SftpAddress.parse(source)
    if file is not None and not address.is_pattern and not fnmatchcase(address.name, file):
        attributes.problems.error(
            node.place,
            say(
                "source names the file {name!r}, which the model's file {file!r} does not fit: it would stay in the inbox",
                name=address.name,
                file=file,
            ),
        )
        return None
    return source


def read_target(attributes: Attributes) -> str | None:
    """`deliver`; a pattern is an error: one file is written there (EXP-7)."""
    target, node = judge_address(attributes, "deliver"), attributes.node("deliver")
    if target is None or node is None:
        return None
    if SftpAddress.parse(target).is_pattern:
        attributes.problems.error(
            node.place, say("deliver names a pattern: end it with the name that the file is to have there")
        )
        return None
    return target


def read_interval(attributes: DocumentAttributes) -> int:
    """`interval_minutes`, from 1 to the minutes of a day."""
    minutes, node = attributes.value("interval_minutes"), attributes.node("interval_minutes")
    if node is not None and "source" not in attributes:
        attributes.problems.warning(
            attributes.key_place("interval_minutes"),
            say("interval_minutes has no effect without source: nothing is polled"),
        )
    if node is not None and minutes > MOST_MINUTES:
        attributes.problems.error(
            node.place,
            say("interval_minutes is at most {most}, once a day, not {minutes}", most=MOST_MINUTES, minutes=minutes),
            str(MOST_MINUTES),
        )
        return ImportModel.interval_minutes
    return minutes


def read_people(attributes: Attributes) -> tuple[str, ...]:
    """The e-mail addresses of `notify`."""
    if "notify" not in attributes:
        return ()
    people = attributes.texts("notify")
    for person, node in people:
        if not _PERSON.fullmatch(person):
            attributes.problems.error(
                node.place,
                say(
                    "notify: {person!r} is not an e-mail address; write it alone, such as crm@example.org",
                    person=person,
                ),
            )
    return tuple(person for person, _ in people)
