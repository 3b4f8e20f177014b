"""A `Segment` document → `Segment` (SEG-1, SEG-2)."""

from __future__ import annotations

from typing import Literal

from pipelines.declarations.criteria import CriteriaReader
from pipelines.declarations.default_segments import DEFAULT_SEGMENT_NAMES
from pipelines.declarations.model import Group, Segment
from pipelines.declarations.names import Scope, read_name
from pipelines.declarations.problems import Problems
from pipelines.declarations.shapes import Attributes
from pipelines.declarations.yaml_nodes import Entries, Node, Scalar


def read_segment(node: Node, scope: Scope, problems: Problems) -> Segment | None:
    """The segment, or None where it has no usable name."""
    attributes = Attributes(node, "Segment", problems, required=("name", "criteria"), optional=("label", "match"))
    name_node = attributes.node("name")
    name = None if name_node is None else read_name(name_node, "the segment's name", problems)
    label = attributes.text("label")
    root = read_condition(attributes, scope, problems)
    if name is None or name_node is None:
        return None
    if name in DEFAULT_SEGMENT_NAMES:
        problems.error(
            name_node.place, f"the segment name {name!r} is taken: every base has this segment already (SEG-5)"
        )
        return None
    return Segment(name, label or name, root, place=node.place)


def read_condition(attributes: Attributes, scope: Scope, problems: Problems) -> Group:
    """`match` and `criteria`, as in a segment or given inline (SEG-8)."""
    match: Literal["all", "any"] = attributes.choice("match", ("all", "any"), "all")
    criteria = attributes.node("criteria")
    if criteria is None:
        return Group(match, (), attributes.place)
    return CriteriaReader(scope, problems).group(match, criteria)


def declared_name(node: Node) -> str | None:
    """The name that a document gives itself, right or wrong: what refers to it is not unknown."""
    if not isinstance(node, Entries) or "name" not in node.entries:
        return None
    name = node.entries["name"].value
    return name.source.strip() if isinstance(name, Scalar) else None
