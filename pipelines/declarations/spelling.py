"""Criteria as the YAML says them: what `criteria` reads, written again, in one form for each meaning.

Belongs here: typed objects → dictionaries of texts, numbers and lists, and those as YAML. Does not: reading.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import inf
from typing import Any

import yaml

from pipelines.declarations.model import (
    BehaviourCriterion,
    Criterion,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    Scalar,
    SegmentCriterion,
    SqlCriterion,
    WebCriterion,
)

_NESTING = ("criteria", "all", "any", "not")
_BREAKS = frozenset("\x85\u2028\u2029")
_LISTS = frozenset(("in", "not_in", "all_of", "none_of", "between", "age_between"))


def spell(what: Criterion) -> dict[str, Any]:
    """One criterion as its YAML says it; what is as by default is left out."""
    match what:
        case Group():
            return {what.match: [spell(inner) for inner in what.criteria]}
        case FieldCriterion():
            return {"field": what.field} | _comparison(what.op, what.values, what.exact) | _given("empty", what.empty)
        case SegmentCriterion():
            return {"segment": what.segment, "is": _side(what.inside)}
        case ImportCriterion():
            return {"import": what.source, "is": _side(what.inside)} | _given("which", "last" if what.last else None)
        case OperationCriterion():
            return {"operation": what.operation, "is": "recipient" if what.recipient else "not_recipient"}
        case BehaviourCriterion():
            named = None if what.operations is None else list(what.operations)
            links = list(what.links) or None
            return (
                {"behaviour": what.behaviour} | _given("operations", named) | _given("links", links) | _counting(what)
            )
        case WebCriterion():
            url = None if what.url_op is None else _comparison(what.url_op, what.urls, what.exact)
            return {"web": "visited"} | _given("url", url) | _counting(what)
        case SqlCriterion():
            return {"segment": what.segment, "is": "in"}


def spell_condition(group: Group) -> dict[str, Any]:
    """A condition as it is given inline: `match` and `criteria` (SEG-8)."""
    if group.match == "not":
        return {"match": "all", "criteria": [spell(group)]}
    return {"match": group.match, "criteria": [spell(inner) for inner in group.criteria]}


def condition_yaml(group: Group) -> str:
    """The same as YAML, which reads as `group` again (`loading.load_condition`)."""
    return _dumped(_laid_out(spell_condition(group)), width=120)


def criterion_yaml(what: Criterion) -> str:
    """One criterion on one line, as it may stand in a list of criteria."""
    return _dumped(spell(what), width=inf, default_flow_style=True).rstrip("\n")


def _dumped(spelled: dict[str, Any], **layout: Any) -> str:
    return yaml.dump(spelled, Dumper=_Dumper, allow_unicode=True, sort_keys=False, **layout)


def _side(inside: bool) -> str:
    return "in" if inside else "out"


def _given(name: str, value: object) -> dict[str, Any]:
    return {} if value is None else {name: value}


def _comparison(op: str, values: tuple[Scalar, ...], exact: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"op": op}
    plain = [_plain(value) for value in values]
    if plain:
        said["value"] = plain if op in _LISTS or len(plain) > 1 else plain[0]
    return said | ({"exact": True} if exact else {})


def _counting(what: BehaviourCriterion | WebCriterion) -> dict[str, Any]:
    at_least = None if what.at_least == 1 else what.at_least
    return (
        _given("within_days", what.within_days) | _given("at_least", at_least) | _given("negate", what.negate or None)
    )


def _plain(value: Scalar) -> str | float | bool:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.isoformat() if isinstance(value, date) else value


class _Line(dict[str, Any]):
    """A mapping that YAML writes on one line."""


def _laid_out(said: dict[str, Any]) -> dict[str, Any]:
    """Groups as blocks, every other criterion on a line of its own."""
    nested = {name: [_laid_out(inner) for inner in said[name]] for name in _NESTING if name in said}
    return said | nested if nested else _Line(said)


class _Dumper(yaml.SafeDumper):
    """YAML with numbers in plain decimal form, the only one that declarations may have."""

    def ignore_aliases(self, data: object) -> bool:
        """No anchors: a value that stands twice is written twice."""
        return True


def _decimal(dumper: yaml.SafeDumper, number: float) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", f"{Decimal(repr(number)):f}")


def _line(dumper: yaml.SafeDumper, said: _Line) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", said, flow_style=True)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Breaks of lines that are not ASCII are escaped: as they stand, they would be read back as blanks."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if _BREAKS & set(text) else None)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _decimal)
_Dumper.add_representer(_Line, _line)
