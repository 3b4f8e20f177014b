"""Values that declarations give for a field: criteria and constants, typed for the field's format."""

from __future__ import annotations

import re
from datetime import date

from pipelines.channels import CONSENTS
from pipelines.declarations.model import Scalar
from pipelines.declarations.problems import Problems, meant
from pipelines.declarations.shapes import read_day, read_flag, read_number, read_text
from pipelines.declarations.yaml_nodes import Node
from pipelines.declarations.yaml_nodes import Scalar as ScalarNode
from pipelines.errors import listed_names, nearest
from pipelines.fields import Field, Format, Value, fold
from pipelines.language import say

_BOOLEAN_WORDS = frozenset(["oui", "non", "yes", "no", "true", "false", "1", "0", "x"])
_NUMBER_WORD = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?")


def read_value(node: Node, field: Field, problems: Problems) -> Scalar | None:
    """What a criterion compares a field with: text, a select's code, a number, a day, true or false."""
    what = say("the value for {field!r}", field=field.name)
    if field.is_select:
        text = read_text(node, what, problems)
        return None if text is None else select_code(text, field, node, problems)
    if field.format is Format.NUMBER:
        return read_number(node, what, problems)
    if field.format is Format.DATE:
        return read_day(node, what, problems)
    if field.format is Format.BOOLEAN:
        return read_flag(node, what, problems)
    return read_text(node, what, problems)


def find_value(field: Field, text: str) -> Value | None:
    """The declared value that a text names by its code or a label, ignoring case, accents and blanks (IMP-6b)."""
    folded = fold(text)
    for value in field.values:
        if folded in (fold(value.code), *(fold(label) for label in value.labels.all)):
            return value
    return None


def select_code(text: str, field: Field, node: Node, problems: Problems) -> str | None:
    """The code of a declared value; an undeclared one is an error, or a warning where the field adds them (SEG-10)."""
    value = find_value(field, text)
    if value is not None:
        return value.code
    like = nearest(text, field.codes)
    message = say(
        "{text!r} is not a value of {field!r}; {hint}declared: {declared}",
        text=text,
        field=field.name,
        hint=meant(like),
        declared=listed_names(field.codes),
    )
    if field.unknown_values == "add":
        problems.warning(node.place, message, like)
        return text
    problems.error(node.place, message, like)
    return None


def read_constant(node: Node, field: Field, problems: Problems) -> str | None:
    """The cell text that a constant stands for (IMP-5); bare `yes` for a consent, and numbers, are understood."""
    what = say("the constant for {field!r}", field=field.name)
    if field.is_select:
        text = _bare_consent(node, field) or read_text(node, what, problems)
        return None if text is None else select_code(text, field, node, problems)
    if field.format is Format.BOOLEAN:
        return _boolean_cell(node, what, problems)
    if field.format is Format.NUMBER:
        return _number_cell(node, what, problems)
    if field.format is Format.DATE:
        day: date | None = read_day(node, what, problems)
        return None if day is None else day.isoformat()
    return read_text(node, what, problems)


def _bare_consent(node: Node, field: Field) -> str | None:
    """`opt_in_email: yes`, which YAML reads as a boolean, is understood (contract); any other select is not guessed."""
    if not isinstance(node, ScalarNode) or node.kind != "boolean" or field.name not in CONSENTS:
        return None
    return node.source if fold(node.source) in ("yes", "no") else None


def _boolean_cell(node: Node, what: str, problems: Problems) -> str | None:
    if isinstance(node, ScalarNode) and node.kind == "text" and fold(node.source) in _BOOLEAN_WORDS:
        return node.source
    flag = read_flag(node, what, problems)
    return None if flag is None else "yes" if flag else "no"


def _number_cell(node: Node, what: str, problems: Problems) -> str | None:
    if isinstance(node, ScalarNode) and node.kind == "text" and _NUMBER_WORD.fullmatch(node.source):
        return node.source.replace(",", ".")
    number = read_number(node, what, problems)
    return None if number is None or not isinstance(node, ScalarNode) else node.source
