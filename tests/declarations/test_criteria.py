"""Criteria: what they become, and what is refused before anything runs (SEG-3 to SEG-4b, SEG-10)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.declarations.default_segments import default_segments
from pipelines.declarations.loading import DeclarationError, load_condition
from pipelines.declarations.model import (
    BehaviourCriterion,
    ContactBase,
    Declarations,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    SegmentCriterion,
    WebCriterion,
)
from pipelines.fields import OPERATORS


def only(loaded) -> object:
    """The criterion of the one declared segment."""
    assert [problem for problem in loaded.problems if problem.severity == "error"] == []
    (criterion,) = loaded.declarations.segment("s").root.criteria
    return criterion


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{field: postcode, op: starts_with, value: '75'}", FieldCriterion("postcode", "starts_with", ("75",))),
        ("{field: postcode, op: not_contains, value: [a, b]}", FieldCriterion("postcode", "not_contains", ("a", "b"))),
        (
            "{field: postcode, op: equals, value: A, exact: true}",
            FieldCriterion("postcode", "equals", ("A",), exact=True),
        ),
        (
            "{field: postcode, op: not_equals, value: A, empty: exclude}",
            FieldCriterion("postcode", "not_equals", ("A",), empty="exclude"),
        ),
        ("{field: postcode, op: is_empty}", FieldCriterion("postcode", "is_empty")),
        ("{field: basket, op: between, value: [1, 2.5]}", FieldCriterion("basket", "between", (1.0, 2.5))),
        ("{field: basket, op: in, value: [-3]}", FieldCriterion("basket", "in", (-3.0,))),
        (
            "{field: birth_date, op: before, value: 2000-02-29}",
            FieldCriterion("birth_date", "before", (date(2000, 2, 29),)),
        ),
        (
            '{field: created_at, op: after, value: "2024-01-01"}',
            FieldCriterion("created_at", "after", (date(2024, 1, 1),)),
        ),
        ("{field: birth_date, op: in_last_days, value: 30}", FieldCriterion("birth_date", "in_last_days", (30.0,))),
        ("{field: vip, op: equals, value: true}", FieldCriterion("vip", "equals", (True,))),
        ("{field: member, op: equals, value: oui}", FieldCriterion("member", "equals", ("Oui",))),
        ("{field: opt_in_email, op: in, value: [Oui, 'no']}", FieldCriterion("opt_in_email", "in", ("yes", "no"))),
        (
            "{field: email_status, op: none_of, value: [rejete]}",
            FieldCriterion("email_status", "none_of", ("rejected",)),
        ),
        ("{segment: bad_email_addresses, is: out}", SegmentCriterion("bad_email_addresses", inside=False)),
        ("{import: newsletter, is: in}", ImportCriterion("newsletter")),
        ("{import: 12, is: out}", ImportCriterion("12", inside=False)),
        ("{import: newsletter, is: in, which: last}", ImportCriterion("newsletter", last=True)),
        ("{field: birth_date, op: in_current, value: week}", FieldCriterion("birth_date", "in_current", ("week",))),
        (
            "{field: birth_date, op: before_days_ago, value: 30}",
            FieldCriterion("birth_date", "before_days_ago", (30.0,)),
        ),
        (
            "{field: birth_date, op: age_between, value: [25, 34]}",
            FieldCriterion("birth_date", "age_between", (25.0, 34.0)),
        ),
        ("{operation: Soldes d'hiver, is: recipient}", OperationCriterion("Soldes d'hiver")),
        ("{operation: '2026', is: not_recipient}", OperationCriterion("2026", recipient=False)),
        ("{behaviour: opened}", BehaviourCriterion("opened")),
        ("{behaviour: bounced, operations: any, negate: true}", BehaviourCriterion("bounced", negate=True)),
        ("{behaviour: converted, operations: Soldes}", BehaviourCriterion("converted", ("Soldes",))),
        ("{behaviour: converted, operations: [any]}", BehaviourCriterion("converted", ("any",))),
        (
            "{behaviour: clicked, operations: [A, B], links: ['https://a'], within_days: 90, at_least: 2}",
            BehaviourCriterion("clicked", ("A", "B"), ("https://a",), 90, 2),
        ),
        ("{behaviour: clicked, at_least: 0}", BehaviourCriterion("clicked", at_least=0)),
        ("{web: visited}", WebCriterion()),
        (
            "{web: visited, url: {op: contains, value: /tarifs}, within_days: 30}",
            WebCriterion("contains", ("/tarifs",), within_days=30),
        ),
        (
            "{web: visited, url: {op: not_in, value: [a, b], exact: true}, at_least: 3, negate: true}",
            WebCriterion("not_in", ("a", "b"), True, at_least=3, negate=True),
        ),
        ("{web: visited, url: {op: is_empty}}", WebCriterion("is_empty")),
        ("any: [{segment: sms_contacts, is: in}]", Group("any", (SegmentCriterion("sms_contacts"),))),
        ("not: {segment: sms_contacts, is: in}", Group("not", (SegmentCriterion("sms_contacts"),))),
        (
            "all: [not: [{segment: sms_contacts, is: in}]]",
            Group("all", (Group("not", (SegmentCriterion("sms_contacts"),)),)),
        ),
    ],
)
def test_criteria_are_typed(declare_criterion, written: str, expected: object) -> None:
    assert only(declare_criterion(written)) == expected


@pytest.mark.parametrize(
    ("written", "column", "message"),
    [
        ("{field: postcod, op: equals, value: x}", 15, "did you mean 'postcode'?"),
        ("{field: postcode, op: begins_with, value: x}", 29, "is not an operator"),
        ("{field: basket, op: starts_with, value: 1}", 27, "does not fit 'basket', a number field"),
        ("{field: member, op: all_off, value: [Oui]}", 27, "did you mean 'all_of'? fitting: equals"),
        ("{field: postcode, op: equals}", 7, "equals needs a value"),
        ("{field: postcode, op: is_empty, value: x}", 39, "is_empty takes no value"),
        ("{field: postcode, op: in, value: x}", 40, "in needs a list"),
        ("{field: postcode, op: in, value: []}", 40, "empty list"),
        ("{field: basket, op: between, value: 1}", 43, "between needs a list of values: [first, last]"),
        ("{field: basket, op: between, value: [1]}", 43, "two values, not 1"),
        ("{field: basket, op: between, value: [2, 1]}", 43, "smaller value first"),
        ("{field: basket, op: equals, value: '1'}", 42, "a number is needed"),
        ("{field: basket, op: equals, value: 010}", 42, "write 10"),
        ("{field: basket, op: equals, value: .inf}", 42, "not a plain decimal number"),
        ("{field: birth_date, op: before, value: 29/02/2000}", 46, "as YYYY-MM-DD"),
        ("{field: birth_date, op: before, value: 2001-02-29}", 46, "there is no day"),
        ("{field: birth_date, op: in_last_days, value: -1}", 52, "at least 0"),
        ("{field: birth_date, op: in_last_days, value: 1.5}", 52, "whole number"),
        ("{field: birth_date, op: in_previous, value: weeks}", 51, "did you mean 'week'?"),
        ("{field: birth_date, op: in_previous, value: 7}", 51, '"7"'),
        ("{field: birth_date, op: age_between, value: 25}", 51, "age_between needs a list of values: [25, 34]"),
        ("{field: birth_date, op: age_between, value: [34, 25]}", 51, "smaller value first"),
        ("{field: birth_date, op: age_between, value: [25.5, 34]}", 52, "whole number"),
        ("{import: newsletter, is: in, which: latest}", 43, "available: any, last"),
        ("{field: vip, op: equals, value: 'true'}", 39, "write true or false"),
        ("{field: interests, op: equals, value: Perl}", 45, "did you mean 'Perle'?"),
        ("{field: basket, op: equals, value: 1, exact: true}", 45, "comparisons of text only"),
        ("{field: postcode, op: equals, value: x, empty: include}", 47, "negative operators only"),
        ("{field: postcode, op: not_equals, value: x, empty: keep}", 58, "available: include, exclude"),
        ("{field: postcode, op: equals, value: x, valeu: y}", 47, "did you mean 'value'?"),
        ("{segment: sms_contact, is: in}", 17, "did you mean 'sms_contacts'?"),
        ("{segment: sms_contacts, is: inn}", 35, "did you mean 'in'?"),
        ("{segment: sms_contacts}", 7, "lacks 'is'"),
        ("{segment: sms_contacts, is: in, field: email}", 7, "both 'segment' and 'field'"),
        ("{segmnt: sms_contacts, is: in}", 7, "did you mean 'segment'?"),
        ("{operation: x}", 7, "an operation criterion lacks 'is'"),
        ("{operation: x, is: recipients}", 26, "did you mean 'recipient'?"),
        ("{operation: 2026, is: recipient}", 19, '"2026"'),
        ("{operation: x, is: recipient, within_days: 3}", 37, "there is no attribute of an operation criterion"),
        ("{behaviour: click}", 19, "did you mean 'clicked'?"),
        ("{behaviour: visited}", 19, "available: opened, clicked"),
        ("{behaviour: clicked, operation: x}", 7, "both 'behaviour' and 'operation'"),
        ("{behaviour: clicked, operations: []}", 40, "operations is an empty list"),
        ("{behaviour: clicked, operations: [2026]}", 41, '"2026"'),
        ("{behaviour: clicked, links: [a, a]}", 39, "links holds 'a' twice"),
        ("{behaviour: clicked, within_days: 0}", 41, "at least 1"),
        ("{behaviour: clicked, at_least: -1}", 38, "at least 0"),
        ("{behaviour: clicked, at_least: 1.5}", 38, "whole number"),
        ("{behaviour: clicked, negate: 'yes'}", 36, "write true or false"),
        ("{behaviour: clicked, within_day: 3}", 28, "did you mean 'within_days'?"),
        ("{web: seen}", 13, "available: visited"),
        ("{web: visited, url: /tarifs}", 27, "url is /tarifs (text); a mapping is meant"),
        ("{web: visited, url: {value: x}}", 27, "url lacks 'op'"),
        ("{web: visited, url: {op: contain, value: x}}", 32, "did you mean 'contains'?"),
        ("{web: visited, url: {op: less_than, value: x}}", 32, "does not fit 'url', a text field"),
        ("{web: visited, url: {op: contains}}", 27, "contains needs a value"),
        ("{web: visited, url: {op: contains, value: 404}}", 49, '"404"'),
        ("{web: visited, url: {op: not_in, value: [a], empty: include}}", 52, "no attribute of url 'empty'"),
        ("{behaviour: opened, links: [a]}", 27, "links are what is clicked: opened has none"),
        ("{behaviour: bounced, links: a, negate: true}", 28, "leave links out, or write behaviour: clicked"),
        ("{web: visited, links: [a]}", 22, "no attribute of a web criterion 'links'"),
        ("any: []", 12, "empty list"),
        ("{any: [{segment: sms_contacts, is: in}], is: in}", 48, "there is no attribute of a group (any) 'is'"),
        ("email", 7, "a criterion is email (text)"),
    ],
)
def test_criteria_that_are_refused(declare_criterion, written: str, column: int, message: str) -> None:
    (problem,) = declare_criterion(written).problems
    assert message in problem.message
    assert (problem.line, problem.column, problem.severity) == (5, column, "error")


def test_an_undeclared_value_is_a_warning_where_the_field_adds_them(declare_criterion) -> None:
    loaded = declare_criterion("{field: city, op: equals, value: Lyon}")
    assert [problem.severity for problem in loaded.problems] == ["warning"]
    assert only(loaded) == FieldCriterion("city", "equals", ("Lyon",))


COUNTING = ("in_last_days", "in_next_days", "anniversary_in_days", "before_days_ago", "age_between")


def test_every_operator_of_every_format_is_accepted(declare_criterion) -> None:
    values = {"text": "x", "number": "1", "date": "2024-01-01", "boolean": "true"}
    fields = {"text": "postcode", "number": "basket", "date": "birth_date", "boolean": "vip"}
    for format_, operators in OPERATORS.items():
        for op in operators:
            value = "1" if op in COUNTING else values.get(format_, "Perle")
            value = "month" if op in ("in_current", "in_previous") else value
            field = fields.get(format_, "interests" if format_ == "multi_select" else "member")
            value = "Oui" if field == "member" else value
            shape = f"[{value}, {value}]" if op.endswith("between") else f"[{value}]"
            tail = "" if op.endswith("_empty") else f", value: {shape}"
            assert declare_criterion(f"{{field: {field}, op: {op}{tail}}}").problems == (), (format_, op)


DECLARED = Declarations(Path(), ContactBase(), segments=tuple(default_segments("fr")))


def test_a_condition_is_read_on_its_own() -> None:
    text = "match: any\ncriteria:\n  - {field: email, op: ends_with, value: .fr}\n"
    assert load_condition(text, Path("-"), DECLARED) == Group("any", (FieldCriterion("email", "ends_with", (".fr",)),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("criteria: [{field: emial, op: is_empty}]", "-:1:20 there is no field 'emial'; did you mean 'email'?"),
        ("", "one condition is needed"),
        ("criteria: [", "this is not YAML"),
        ("criteria: []\n---\ncriteria: []", "not 2 documents"),
    ],
)
def test_a_condition_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(DeclarationError, match="The search has") as caught:
        load_condition(text, Path("-"), DECLARED)
    assert message in str(caught.value)


def test_active_and_inactive_are_everybody() -> None:
    by_name = {segment.name: segment for segment in default_segments("fr")}
    assert by_name["active_contacts"].sql == "SELECT contact_id FROM main.activity WHERE active"
    assert by_name["inactive_contacts"].root.criteria == (SegmentCriterion("active_contacts", inside=False),)


def test_default_segments_speak_both_languages() -> None:
    french, english = ({s.name: s.label for s in default_segments(locale)} for locale in ("fr", "en"))
    assert french["bad_email_addresses"] == "Mauvaises adresses Email (NPAI)"
    assert english["bad_email_addresses"] == "Bad email addresses"
