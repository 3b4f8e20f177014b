"""A `Segment` document → `Segment` (SEG-1, SEG-2)."""

from __future__ import annotations

from pipelines.declarations.criteria import CriteriaReader
from pipelines.declarations.model import DEFAULT_TIMEOUT, Group, Place, Segment
from pipelines.declarations.names import Scope, read_segment_name
from pipelines.declarations.problems import Problems, or_percent
from pipelines.declarations.schemas import MOST_CHANGE, MOST_SECONDS, SEGMENT
from pipelines.declarations.shapes import Attributes, DocumentAttributes, read_number
from pipelines.declarations.yaml_nodes import Entries, Node, Scalar
from pipelines.language import say


def read_segment(node: Node, scope: Scope, problems: Problems) -> Segment | None:
    """The segment, or None where it has no usable name."""
    attributes = DocumentAttributes(node, SEGMENT, problems)
    name_node = attributes.node("name")
    name = None if name_node is None else read_segment_name(name_node, problems)
    label = attributes.text("label")
    warn_change, seconds = _warn_change(attributes), _timeout(attributes)
    root = read_condition(attributes, scope, problems)
    if name is None or name_node is None:
        return None
    return Segment(name, label or name, root, warn_change=warn_change, timeout_seconds=seconds, place=node.place)


def _warn_change(attributes: Attributes) -> float | None:
    """A share of the count: 0.2 for a fifth. Above 1 the segment more than doubles; above 10 a percentage is meant."""
    node = attributes.node("warn_change")
    share = None if node is None else read_number(node, "warn_change", attributes.problems)
    if node is None or share is None:
        return None
    if not 0 < share <= MOST_CHANGE:
        like = f"{share / 100:g}" if share > MOST_CHANGE else None
        said = say("warn_change is a share of the segment's count, such as 0.2, not {share:g}", share=share)
        attributes.problems.error(node.place, or_percent(said, share, like), like)
        return None
    return share


def _timeout(attributes: Attributes) -> float:
    node = attributes.node("timeout_seconds")
    seconds = None if node is None else read_number(node, "timeout_seconds", attributes.problems)
    if node is None or seconds is None:
        return DEFAULT_TIMEOUT
    return judge_timeout(seconds, node.place, attributes.problems)


def judge_timeout(seconds: float, place: Place, problems: Problems) -> float:
    """The limit of time as it is written; the default, and an error, for what no segment may take."""
    if 0 < seconds <= MOST_SECONDS:
        return seconds
    problems.error(
        place,
        say("timeout_seconds is more than 0 and at most {most}, not {seconds:g}", most=MOST_SECONDS, seconds=seconds),
    )
    return DEFAULT_TIMEOUT


def read_condition(attributes: DocumentAttributes, scope: Scope, problems: Problems) -> Group:
    """`match` and `criteria`, as in a segment or given inline (SEG-8)."""
    match, criteria = attributes.value("match"), attributes.node("criteria")
    if criteria is None:
        return Group(match, (), attributes.place)
    return CriteriaReader(scope, problems).group(match, criteria)


def declared_name(node: Node) -> str | None:
    """The name that a document gives itself, right or wrong: what refers to it is not unknown."""
    if not isinstance(node, Entries) or "name" not in node.entries:
        return None
    name = node.entries["name"].value
    return name.source.strip() if isinstance(name, Scalar) else None
