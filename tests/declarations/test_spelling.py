"""A condition written as YAML reads as the same condition, whatever its kinds, operators and values (SEG-8)."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given

from pipelines.declarations.default_segments import DEFAULT_SEGMENT_NAMES, default_segments
from pipelines.declarations.loading import load_condition
from pipelines.declarations.model import (
    BehaviourCriterion,
    Criterion,
    Declarations,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    Scalar,
    SegmentCriterion,
    WebCriterion,
)
from pipelines.declarations.spelling import condition_yaml
from pipelines.fields import Format
from tests.segments.world import BASE, groups

DECLARED = Declarations(Path("assets"), BASE, segments=tuple(default_segments("fr")))
HERE = Path("<search>")
NEGATIVE = {"not_equals", "not_starts_with", "not_ends_with", "not_contains", "not_in", "none_of"}
VALUELESS = {"is_empty", "is_not_empty"}


def sayable(what: Criterion) -> Criterion | None:
    """The criterion as an operator can say it: without what YAML refuses or takes off; None where nothing is left."""
    match what:
        case Group():
            inner = tuple(said for each in what.criteria if (said := sayable(each)) is not None)
            return replace(what, criteria=inner) if inner else None
        case FieldCriterion():
            values = tuple(map(_typed, what.values))
            if what.op in ("between", "age_between"):
                values = tuple(sorted(values))
            is_text = BASE.field(what.field).format is Format.TEXT and what.op not in VALUELESS
            empty = what.empty if what.op in NEGATIVE else None
            said = replace(what, values=values, exact=what.exact and is_text, empty=empty)
            return None if "" in values else said
        case WebCriterion():
            urls = tuple(map(_typed, what.urls))
            exact = what.exact and what.url_op is not None and what.url_op not in VALUELESS
            return None if "" in urls else replace(what, urls=urls, exact=exact, within_days=what.within_days or None)
        case BehaviourCriterion():
            links = what.links if what.behaviour == "clicked" else ()
            return replace(what, links=links, within_days=what.within_days or None)
        case _:
            return what


def _typed(value: Scalar) -> Scalar:
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value


@given(groups(segments=DEFAULT_SEGMENT_NAMES, imports=("newsletter", "12", "yes")))
def test_any_condition_reads_as_it_was_written(group: Group) -> None:
    said = sayable(group)
    assume(said is not None)
    whole = said if said.match != "not" else Group("all", (said,))
    assert load_condition(condition_yaml(whole), HERE, DECLARED) == whole
    assert load_condition(condition_yaml(said), HERE, DECLARED) == whole


@pytest.mark.parametrize(
    ("criterion", "line"),
    [
        (FieldCriterion("postcode", "in", ("75",)), "{field: postcode, op: in, value: ['75']}"),
        (
            FieldCriterion("postcode", "equals", ("yes",), exact=True),
            "{field: postcode, op: equals, value: 'yes', exact: true}",
        ),
        (FieldCriterion("basket", "at_least", (1e-7,)), "{field: basket, op: at_least, value: 0.0000001}"),
        (
            FieldCriterion("basket", "between", (-2.0, 1e16)),
            "{field: basket, op: between, value: [-2, 10000000000000000]}",
        ),
        (SegmentCriterion("sms_contacts", inside=False), "{segment: sms_contacts, is: out}"),
        (ImportCriterion("12"), "{import: '12', is: in}"),
        (ImportCriterion("clients", last=True), "{import: clients, is: in, which: last}"),
        (
            FieldCriterion("birth_date", "age_between", (25.0, 34.0)),
            "{field: birth_date, op: age_between, value: [25, 34]}",
        ),
        (OperationCriterion("Soldes d'hiver", recipient=False), "{operation: Soldes d'hiver, is: not_recipient}"),
        (OperationCriterion("Soldes\x85d'hiver"), '{operation: "Soldes\\Nd\'hiver", is: recipient}'),
        (BehaviourCriterion("clicked", ("any",), at_least=2), "{behaviour: clicked, operations: [any], at_least: 2}"),
        (BehaviourCriterion("opened", negate=True, within_days=9), "{behaviour: opened, within_days: 9, negate: true}"),
        (WebCriterion("contains", ("/tarifs",)), "{web: visited, url: {op: contains, value: /tarifs}}"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_criterion_is_one_line_without_what_is_so_by_default(criterion: Criterion, line: str) -> None:
    group = Group("any", (criterion,))
    assert condition_yaml(group) == f"match: any\ncriteria:\n- {line}\n"
    assert load_condition(condition_yaml(group), HERE, DECLARED) == group
