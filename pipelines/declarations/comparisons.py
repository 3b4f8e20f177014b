"""A comparison in YAML (operator, value, options) → typed values, judged against the field compared (SEG-3 to SEG-4b, SEG-10).

Belongs here: `op`, `value`, `exact`, `empty` of any criterion that compares. Does not: which field is compared (`criteria`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.declarations.model import Scalar
from pipelines.declarations.problems import Problems
from pipelines.declarations.shapes import Attributes, read_list, read_text, read_whole
from pipelines.declarations.values import read_value
from pipelines.declarations.yaml_nodes import Items, Node
from pipelines.errors import nearest
from pipelines.fields import OPERATORS, Field, Format

NEGATIVE_OPERATORS = frozenset(["not_equals", "not_starts_with", "not_ends_with", "not_contains", "not_in", "none_of"])
_WITHOUT_VALUE = frozenset(("is_empty", "is_not_empty"))
_LISTS = frozenset(("in", "not_in", "all_of", "none_of"))
_DAY_COUNTS = frozenset(("in_last_days", "in_next_days", "anniversary_in_days"))


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
    hint = f"did you mean {like!r}? " if like else ""
    exists = any(op in operators for operators in OPERATORS.values())
    fault = f"does not fit {field.name!r}, a {field.format} field" if exists else "is not an operator"
    problems.error(node.place, f"{op!r} {fault}; {hint}fitting: {', '.join(fitting)}", like)
    return None


def _judge_options(attributes: Attributes, field: Field, op: str, problems: Problems) -> None:
    if "exact" in attributes and (field.format is not Format.TEXT or op in _WITHOUT_VALUE):
        problems.error(attributes.key_place("exact"), "exact belongs to comparisons of text only: leave it out")
    if "empty" in attributes and op not in NEGATIVE_OPERATORS:
        fitting = ", ".join(name for name in OPERATORS[field.format] if name in NEGATIVE_OPERATORS)
        problems.error(
            attributes.key_place("empty"),
            f"empty belongs to negative operators only ({fitting or 'this format has none'}): leave it out",
        )


def _values(attributes: Attributes, field: Field, op: str, problems: Problems) -> tuple[Scalar, ...]:
    node = attributes.node("value")
    if op in _WITHOUT_VALUE:
        if "value" in attributes:
            problems.error(attributes.key_place("value"), f"{op} takes no value: leave it out")
        return ()
    if node is None:
        problems.error(attributes.place, f"{op} needs a value")
        return ()
    read = [_value(item, field, op, problems) for item in _value_nodes(node, op, problems)]
    values = tuple(value for value in read if value is not None)
    if op == "between" and len(values) == len(read) == 2 and not _in_order(values):
        problems.error(node.place, "between needs the smaller value first")
    return values


def _value(node: Node, field: Field, op: str, problems: Problems) -> Scalar | None:
    if op not in _DAY_COUNTS:
        return read_value(node, field, problems)
    days = read_whole(node, f"the number of days of {op}", problems, 0)
    return None if days is None else float(days)


def _value_nodes(node: Node, op: str, problems: Problems) -> tuple[Node, ...]:
    if not isinstance(node, Items) and (op in _LISTS or op == "between"):
        example = "[first, last]" if op == "between" else "[ … ]"
        problems.error(node.place, f"{op} needs a list of values: {example}")
        return ()
    if not isinstance(node, Items):
        return (node,)
    items = read_list(node, f"the value of {op}", problems) or ()
    if op == "between" and items and len(items) != 2:
        problems.error(node.place, f"between needs two values, not {len(items)}")
        return ()
    return items


def _in_order(values: tuple[Scalar, ...]) -> bool:
    first, last = values
    if isinstance(first, date) and isinstance(last, date):
        return first <= last
    return float(first) <= float(last) if isinstance(first, float) and isinstance(last, float) else True
