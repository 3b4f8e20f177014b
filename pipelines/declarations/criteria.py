"""Criteria in YAML → `Group` (SEG-2 to SEG-4b), judged against the fields and segments they name (SEG-10)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pipelines.declarations.model import (
    Criterion,
    FieldCriterion,
    Group,
    ImportCriterion,
    Scalar,
    SegmentCriterion,
)
from pipelines.declarations.names import Scope
from pipelines.declarations.problems import Problems
from pipelines.declarations.shapes import Attributes, read_choice, read_list, read_text, read_whole
from pipelines.declarations.values import read_value
from pipelines.declarations.yaml_nodes import Entries, Items, Node
from pipelines.declarations.yaml_nodes import Scalar as ScalarNode
from pipelines.errors import nearest
from pipelines.fields import OPERATORS, Field, Format

NEGATIVE_OPERATORS = frozenset(["not_equals", "not_starts_with", "not_ends_with", "not_contains", "not_in", "none_of"])
_WITHOUT_VALUE = frozenset(("is_empty", "is_not_empty"))
_LISTS = frozenset(("in", "not_in", "all_of", "none_of"))
_DAY_COUNTS = frozenset(("in_last_days", "in_next_days", "anniversary_in_days"))
_GROUPS = ("all", "any", "not")
_LATER = ("operation", "behaviour", "web")
_KINDS = ("field", "segment", "import", *_GROUPS)


class CriteriaReader:
    """Reads criteria within one scope; what cannot be understood is reported and left out."""

    def __init__(self, scope: Scope, problems: Problems) -> None:
        self._scope, self._problems = scope, problems

    def group(self, match: Literal["all", "any", "not"], node: Node) -> Group:
        """The criteria of a list under `all`, `any` or `not` (which takes one alone, too)."""
        if match == "not" and isinstance(node, Entries):
            items: tuple[Node, ...] = (node,)
        else:
            items = read_list(node, f"the list of criteria ({match})", self._problems) or ()
        read = (self._criterion(item) for item in items)
        return Group(match, tuple(criterion for criterion in read if criterion is not None), node.place)

    def _criterion(self, node: Node) -> Criterion | None:
        if not isinstance(node, Entries):
            self._problems.error(
                node.place, f"a criterion is {node.described}; a mapping is meant, such as {{field: …}}"
            )
            return None
        kinds = [name for name in node.entries if name in _KINDS]
        later = [name for name in node.entries if name in _LATER]
        if later and not kinds:
            self._problems.error(
                node.place, f"criteria on {later[0]} are not available in this version; available: {', '.join(_KINDS)}"
            )
            return None
        if len(kinds) != 1:
            self._report_kind(node, kinds)
            return None
        return self._of_kind(kinds[0], node)

    def _of_kind(self, kind: str, node: Entries) -> Criterion | None:
        if kind == "field":
            return self._field(node)
        if kind == "segment":
            return self._segment(node)
        if kind == "import":
            return self._import(node)
        for match in ("all", "any", "not"):
            if kind == match:
                Attributes(node, f"a group ({match})", self._problems, required=(match,), optional=())
                return self.group(match, node.entries[match].value)
        return None

    def _report_kind(self, node: Entries, kinds: list[str]) -> None:
        if kinds:
            self._problems.error(
                node.place, f"one criterion has both {kinds[0]!r} and {kinds[1]!r}: write two criteria"
            )
            return
        like = next((near for name in node.entries if (near := nearest(name, _KINDS))), None)
        hint = f"did you mean {like!r}? " if like else ""
        self._problems.error(node.place, f"this criterion names none of {', '.join(_KINDS)}. {hint}".strip(), like)

    def _segment(self, node: Entries) -> SegmentCriterion | None:
        attributes = Attributes(node, "a segment criterion", self._problems, required=("segment", "is"), optional=())
        name, name_node = attributes.text("segment"), attributes.node("segment")
        inside = attributes.choice("is", ("in", "out"), "in") == "in"
        if name is None or name_node is None or not self._scope.has_segment(name, name_node.place, self._problems):
            return None
        return SegmentCriterion(name, inside, name_node.place)

    def _import(self, node: Entries) -> ImportCriterion | None:
        """An import is looked up in the history when the segment is made: here any name or id will do."""
        attributes = Attributes(node, "an import criterion", self._problems, required=("import", "is"), optional=())
        inside = attributes.choice("is", ("in", "out"), "in") == "in"
        source = attributes.node("import")
        if source is None:
            return None
        if isinstance(source, ScalarNode) and source.kind == "number":
            number = read_whole(source, "the import's id", self._problems, 1)
            name = None if number is None else str(number)
        else:
            name = read_text(source, "the import's name or id", self._problems)
        return None if name is None else ImportCriterion(name, inside, source.place)

    def _field(self, node: Entries) -> FieldCriterion | None:
        attributes = Attributes(
            node, "a field criterion", self._problems, required=("field", "op"), optional=("value", "exact", "empty")
        )
        name, name_node = attributes.text("field"), attributes.node("field")
        op_node = attributes.node("op")
        exact = attributes.flag("exact")
        empty = self._empty(attributes)
        if name is None or name_node is None or op_node is None:
            return None
        field = self._scope.field(name, name_node.place, self._problems)
        if field is None:
            return None
        op = self._operator(op_node, field)
        if op is None:
            return None
        self._judge_options(attributes, field, op)
        return FieldCriterion(name, op, self._values(attributes, field, op), exact, empty, node.place)

    def _empty(self, attributes: Attributes) -> Literal["include", "exclude"] | None:
        node = attributes.node("empty")
        return None if node is None else read_choice(node, "empty", ("include", "exclude"), self._problems)

    def _operator(self, node: Node, field: Field) -> str | None:
        op = read_text(node, "op", self._problems)
        fitting = OPERATORS[field.format]
        if op is None or op in fitting:
            return op
        like = nearest(op, fitting)
        hint = f"did you mean {like!r}? " if like else ""
        exists = any(op in operators for operators in OPERATORS.values())
        fault = f"does not fit {field.name!r}, a {field.format} field" if exists else "is not an operator"
        self._problems.error(node.place, f"{op!r} {fault}; {hint}fitting: {', '.join(fitting)}", like)
        return None

    def _judge_options(self, attributes: Attributes, field: Field, op: str) -> None:
        if "exact" in attributes and (field.format is not Format.TEXT or op in _WITHOUT_VALUE):
            self._problems.error(
                attributes.key_place("exact"), "exact belongs to comparisons of text only: leave it out"
            )
        if "empty" in attributes and op not in NEGATIVE_OPERATORS:
            fitting = ", ".join(name for name in OPERATORS[field.format] if name in NEGATIVE_OPERATORS)
            self._problems.error(
                attributes.key_place("empty"),
                f"empty belongs to negative operators only ({fitting or 'this format has none'}): leave it out",
            )

    def _values(self, attributes: Attributes, field: Field, op: str) -> tuple[Scalar, ...]:
        node = attributes.node("value")
        if op in _WITHOUT_VALUE:
            if "value" in attributes:
                self._problems.error(attributes.key_place("value"), f"{op} takes no value: leave it out")
            return ()
        if node is None:
            self._problems.error(attributes.place, f"{op} needs a value")
            return ()
        read = [self._value(item, field, op) for item in self._value_nodes(node, op)]
        values = tuple(value for value in read if value is not None)
        if op == "between" and len(values) == len(read) == 2 and not _in_order(values):
            self._problems.error(node.place, "between needs the smaller value first")
        return values

    def _value(self, node: Node, field: Field, op: str) -> Scalar | None:
        if op not in _DAY_COUNTS:
            return read_value(node, field, self._problems)
        days = read_whole(node, f"the number of days of {op}", self._problems, 0)
        return None if days is None else float(days)

    def _value_nodes(self, node: Node, op: str) -> tuple[Node, ...]:
        if not isinstance(node, Items) and (op in _LISTS or op == "between"):
            example = "[first, last]" if op == "between" else "[ … ]"
            self._problems.error(node.place, f"{op} needs a list of values: {example}")
            return ()
        if not isinstance(node, Items):
            return (node,)
        items = read_list(node, f"the value of {op}", self._problems) or ()
        if op == "between" and items and len(items) != 2:
            self._problems.error(node.place, f"between needs two values, not {len(items)}")
            return ()
        return items


def _in_order(values: tuple[Scalar, ...]) -> bool:
    first, last = values
    if isinstance(first, date) and isinstance(last, date):
        return first <= last
    return float(first) <= float(last) if isinstance(first, float) and isinstance(last, float) else True
