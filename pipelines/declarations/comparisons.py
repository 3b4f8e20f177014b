"""A comparison in YAML (operator, value, options) → typed values, judged against the field compared (SEG-3 to SEG-4b, SEG-10).

Belongs here: `op`, `value`, `exact`, `empty` of any criterion that compares. Does not: which field is compared (`criteria`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.declarations.model import PERIODS, Scalar
from pipelines.declarations.problems import Problems, meant
from pipelines.declarations.shapes import Attributes, read_choice, read_list, read_text, read_whole
from pipelines.declarations.values import read_value
from pipelines.declarations.yaml_nodes import Items, Node
from pipelines.errors import nearest
from pipelines.fields import OPERATORS, Field, Format
from pipelines.language import mark, say

NEGATIVE_OPERATORS = frozenset(["not_equals", "not_starts_with", "not_ends_with", "not_contains", "not_in", "none_of"])
_WITHOUT_VALUE = frozenset(("is_empty", "is_not_empty"))
_LISTS = frozenset(("in", "not_in", "all_of", "none_of"))
_DAY_COUNTS = frozenset(("in_last_days", "in_next_days", "anniversary_in_days", "before_days_ago"))
_PERIOD = frozenset(("in_current", "in_previous"))
_RANGES: dict[str, str] = {"between": mark("[first, last]"), "age_between": "[25, 34]"}


@dataclass(frozen=True)
class Comparison:
    """An operator that fits the field, and what it compares with."""

    op: str
    values: tuple[Scalar, ...]
    exact: bool


def read_comparison(attributes: Attributes, field: Field, problems: Problems) -> Comparison | None:
    """The comparison of `field` that the attributes `op`, `value` and `exact` make; None without a usable operator."""
    node = attributes.node("op")
    op = None if node is None else _operator(node, field, problems)
    exact = attributes.flag("exact")
    if op is None:
        return None
    _judge_options(attributes, field, op, problems)
    return Comparison(op, _values(attributes, field, op, problems), exact)


def _operator(node: Node, field: Field, problems: Problems) -> str | None:
    op = read_text(node, "op", problems)
    fitting = OPERATORS[field.format]
    if op is None or op in fitting:
        return op
    like = nearest(op, fitting)
    told = {"op": op, "hint": meant(like), "fitting": ", ".join(fitting)}
    if any(op in operators for operators in OPERATORS.values()):
        message = say(
            "{op!r} does not fit {field!r}, a {format} field; {hint}fitting: {fitting}",
            field=field.name,
            format=field.format,
            **told,
        )
    else:
        message = say("{op!r} is not an operator; {hint}fitting: {fitting}", **told)
    problems.error(node.place, message, like)
    return None


def _judge_options(attributes: Attributes, field: Field, op: str, problems: Problems) -> None:
    if "exact" in attributes and (field.format is not Format.TEXT or op in _WITHOUT_VALUE):
        problems.error(attributes.key_place("exact"), say("exact belongs to comparisons of text only: leave it out"))
    if "empty" in attributes and op not in NEGATIVE_OPERATORS:
        fitting = ", ".join(name for name in OPERATORS[field.format] if name in NEGATIVE_OPERATORS)
        problems.error(
            attributes.key_place("empty"),
            say(
                "empty belongs to negative operators only ({fitting}): leave it out",
                fitting=fitting or say("this format has none"),
            ),
        )


def _values(attributes: Attributes, field: Field, op: str, problems: Problems) -> tuple[Scalar, ...]:
    node = attributes.node("value")
    if op in _WITHOUT_VALUE:
        if "value" in attributes:
            problems.error(attributes.key_place("value"), say("{op} takes no value: leave it out", op=op))
        return ()
    if node is None:
        problems.error(attributes.place, say("{op} needs a value", op=op))
        return ()
    read = [_value(item, field, op, problems) for item in _value_nodes(node, op, problems)]
    values = tuple(value for value in read if value is not None)
    if op in _RANGES and len(values) == len(read) == 2 and not _in_order(values):
        problems.error(node.place, say("{op} needs the smaller value first", op=op))
    return values


def _value(node: Node, field: Field, op: str, problems: Problems) -> Scalar | None:
    if op in _PERIOD:
        return read_choice(node, say("the period of {op}", op=op), PERIODS, problems)
    if op not in _DAY_COUNTS and op != "age_between":
        return read_value(node, field, problems)
    what = say("an age of {op}, in years,", op=op) if op == "age_between" else say("the number of days of {op}", op=op)
    count = read_whole(node, what, problems, 0)
    return None if count is None else float(count)


def _value_nodes(node: Node, op: str, problems: Problems) -> tuple[Node, ...]:
    if not isinstance(node, Items) and (op in _LISTS or op in _RANGES):
        example = say(_RANGES.get(op, "[ … ]"))
        problems.error(node.place, say("{op} needs a list of values: {example}", op=op, example=example))
        return ()
    if not isinstance(node, Items):
        return (node,)
    items = read_list(node, say("the value of {op}", op=op), problems) or ()
    if op in _RANGES and items and len(items) != 2:
        problems.error(node.place, say("{op} needs two values, not {count}", op=op, count=len(items)))
        return ()
    return items


def _in_order(values: tuple[Scalar, ...]) -> bool:
    first, last = values
    if isinstance(first, date) and isinstance(last, date):
        return first <= last
    return float(first) <= float(last) if isinstance(first, float) and isinstance(last, float) else True
