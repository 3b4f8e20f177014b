"""Criteria in YAML → `Group` (SEG-2), judged against the fields and segments they name (SEG-10).

Belongs here: groups, and criteria on fields, segments and imports. Does not: what operators take (`comparisons`), nor
operations and behaviours (`behaviour_criteria`).
"""

from __future__ import annotations

from typing import Literal

from pipelines.declarations.behaviour_criteria import read_behaviour, read_operation, read_web
from pipelines.declarations.comparisons import read_comparison
from pipelines.declarations.model import (
    Criterion,
    FieldCriterion,
    Group,
    ImportCriterion,
    SegmentCriterion,
)
from pipelines.declarations.names import Scope
from pipelines.declarations.problems import Problems, meant
from pipelines.declarations.shapes import Attributes, read_choice, read_list, read_text, read_whole
from pipelines.declarations.yaml_nodes import Entries, Node
from pipelines.declarations.yaml_nodes import Scalar as ScalarNode
from pipelines.errors import nearest
from pipelines.language import say

_GROUPS = ("all", "any", "not")
_KINDS = ("field", "segment", "import", "operation", "behaviour", "web", *_GROUPS)


class CriteriaReader:
    """Reads criteria within one scope; what cannot be understood is reported and left out."""

    def __init__(self, scope: Scope, problems: Problems) -> None:
        self._scope, self._problems = scope, problems

    def group(self, match: Literal["all", "any", "not"], node: Node) -> Group:
        """The criteria of a list under `all`, `any` or `not` (which takes one alone, too)."""
        if match == "not" and isinstance(node, Entries):
            items: tuple[Node, ...] = (node,)
        else:
            items = read_list(node, say("the list of criteria ({match})", match=match), self._problems) or ()
        read = (self._criterion(item) for item in items)
        return Group(match, tuple(criterion for criterion in read if criterion is not None), node.place)

    def _criterion(self, node: Node) -> Criterion | None:
        if not isinstance(node, Entries):
            self._problems.error(
                node.place,
                say("a criterion is {given}; a mapping is meant, such as {{field: …}}", given=node.described),
            )
            return None
        kinds = [name for name in node.entries if name in _KINDS]
        if len(kinds) != 1:
            self._report_kind(node, kinds)
            return None
        return self._of_kind(kinds[0], node)

    def _of_kind(self, kind: str, node: Entries) -> Criterion | None:
        match kind:
            case "field":
                return self._field(node)
            case "segment":
                return self._segment(node)
            case "import":
                return self._import(node)
            case "operation":
                return read_operation(node, self._problems)
            case "behaviour":
                return read_behaviour(node, self._problems)
            case "web":
                return read_web(node, self._problems)
            case "all" | "any" | "not":
                Attributes(node, say("a group ({kind})", kind=kind), self._problems, required=(kind,), optional=())
                return self.group(kind, node.entries[kind].value)
            case _:
                raise AssertionError(kind)

    def _report_kind(self, node: Entries, kinds: list[str]) -> None:
        if kinds:
            self._problems.error(
                node.place,
                say("one criterion has both {one!r} and {other!r}: write two criteria", one=kinds[0], other=kinds[1]),
            )
            return
        like = next((near for name in node.entries if (near := nearest(name, _KINDS))), None)
        message = say("this criterion names none of {kinds}. {hint}", kinds=", ".join(_KINDS), hint=meant(like))
        self._problems.error(node.place, message.strip(), like)

    def _segment(self, node: Entries) -> SegmentCriterion | None:
        attributes = Attributes(
            node, say("a segment criterion"), self._problems, required=("segment", "is"), optional=()
        )
        name, name_node = attributes.text("segment"), attributes.node("segment")
        inside = attributes.choice("is", ("in", "out"), "in") == "in"
        if name is None or name_node is None or not self._scope.has_segment(name, name_node.place, self._problems):
            return None
        return SegmentCriterion(name, inside, name_node.place)

    def _import(self, node: Entries) -> ImportCriterion | None:
        """An import is looked up in the history when the segment is made: here any name or id will do."""
        attributes = Attributes(
            node, say("an import criterion"), self._problems, required=("import", "is"), optional=("which",)
        )
        inside = attributes.choice("is", ("in", "out"), "in") == "in"
        last = attributes.choice("which", ("any", "last"), "any") == "last"
        source = attributes.node("import")
        if source is None:
            return None
        if isinstance(source, ScalarNode) and source.kind == "number":
            number = read_whole(source, say("the import's id"), self._problems, 1)
            name = None if number is None else str(number)
        else:
            name = read_text(source, say("the import's name or id"), self._problems)
        return None if name is None else ImportCriterion(name, inside, last, source.place)

    def _field(self, node: Entries) -> FieldCriterion | None:
        attributes = Attributes(
            node,
            say("a field criterion"),
            self._problems,
            required=("field", "op"),
            optional=("value", "exact", "empty"),
        )
        name, name_node = attributes.text("field"), attributes.node("field")
        empty = self._empty(attributes)
        if name is None or name_node is None:
            return None
        field = self._scope.field(name, name_node.place, self._problems)
        comparison = None if field is None else read_comparison(attributes, field, self._problems)
        if comparison is None:
            return None
        return FieldCriterion(name, comparison.op, comparison.values, comparison.exact, empty, node.place)

    def _empty(self, attributes: Attributes) -> Literal["include", "exclude"] | None:
        node = attributes.node("empty")
        return None if node is None else read_choice(node, "empty", ("include", "exclude"), self._problems)
