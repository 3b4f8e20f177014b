"""Criteria on operations, behaviours and pages seen in YAML → typed objects (SEG-2, SEG-12, BHV-1).

Operations are data of the base, which come and go with event files: any name will do.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.declarations.comparisons import read_comparison
from pipelines.declarations.events import BEHAVIOURS
from pipelines.declarations.model import BehaviourCriterion, OperationCriterion, WebCriterion
from pipelines.declarations.problems import Problems
from pipelines.declarations.shapes import Attributes, read_text, read_texts
from pipelines.declarations.yaml_nodes import Items, Node
from pipelines.fields import Field, Format, Labels
from pipelines.language import say

URL = Field("url", Labels("URL", "URL"), Format.TEXT)
"""The link of a page seen, compared like any text field."""

_ANY = "any"
_WITH_LINKS = "clicked"
_COUNTING = ("within_days", "at_least", "negate")


def read_operation(node: Node, problems: Problems) -> OperationCriterion | None:
    """`{operation: NAME, is: recipient|not_recipient}`."""
    attributes = Attributes(node, say("an operation criterion"), problems, required=("operation", "is"), optional=())
    name = attributes.text("operation")
    recipient = attributes.choice("is", ("recipient", "not_recipient"), "recipient") == "recipient"
    return None if name is None else OperationCriterion(name, recipient, node.place)


def read_behaviour(node: Node, problems: Problems) -> BehaviourCriterion | None:
    """`{behaviour: …, operations: any|NAME|[…], links: [..], within_days: N, at_least: N, negate: true}`."""
    attributes = Attributes(
        node,
        say("a behaviour criterion"),
        problems,
        required=("behaviour",),
        optional=("operations", "links", *_COUNTING),
    )
    known = tuple(BEHAVIOURS)
    behaviour = attributes.choice("behaviour", known, known[0]) if "behaviour" in attributes else None
    operations, links, counting = _operations(attributes, problems), _links(attributes, problems), _counting(attributes)
    if behaviour is None:
        return None
    if "links" in attributes and behaviour != _WITH_LINKS:
        problems.error(
            attributes.key_place("links"),
            say(
                "links are what is clicked: {behaviour} has none; leave links out, or write behaviour: {clicked}",
                behaviour=behaviour,
                clicked=_WITH_LINKS,
            ),
        )
    return BehaviourCriterion(
        behaviour, operations, links, counting.within_days, counting.at_least, counting.negate, node.place
    )


def read_web(node: Node, problems: Problems) -> WebCriterion | None:
    """`{web: visited, url: {op: …, value: …, exact: …}, within_days: N, at_least: N, negate: true}`."""
    attributes = Attributes(node, say("a web criterion"), problems, required=("web",), optional=("url", *_COUNTING))
    attributes.choice("web", ("visited",), "visited")
    counting, url = _counting(attributes), attributes.node("url")
    if url is None:
        return WebCriterion(
            within_days=counting.within_days, at_least=counting.at_least, negate=counting.negate, place=node.place
        )
    compared = Attributes(url, "url", problems, required=("op",), optional=("value", "exact"))
    comparison = read_comparison(compared, URL, problems)
    if comparison is None:
        return None
    urls = tuple(value for value in comparison.values if isinstance(value, str))
    return WebCriterion(
        comparison.op, urls, comparison.exact, counting.within_days, counting.at_least, counting.negate, node.place
    )


@dataclass(frozen=True)
class _Counting:
    """How often, and since when."""

    within_days: int | None
    at_least: int
    negate: bool


def _counting(attributes: Attributes) -> _Counting:
    within = attributes.whole("within_days", 1) if "within_days" in attributes else None
    return _Counting(within, attributes.whole("at_least", 1, minimum=0), attributes.flag("negate"))


def _operations(attributes: Attributes, problems: Problems) -> tuple[str, ...] | None:
    """The operations named, None for any: an operation that is called `any` is named in a list."""
    node = attributes.node("operations")
    names = None if node is None else _texts(node, "operations", problems)
    return None if names == (_ANY,) and not isinstance(node, Items) else names


def _links(attributes: Attributes, problems: Problems) -> tuple[str, ...]:
    node = attributes.node("links")
    return () if node is None else _texts(node, "links", problems)


def _texts(node: Node, what: str, problems: Problems) -> tuple[str, ...]:
    """The texts of a list, or one text."""
    if isinstance(node, Items):
        return tuple(text for text, _ in read_texts(node, what, problems))
    text = read_text(node, what, problems)
    return () if text is None else (text,)
