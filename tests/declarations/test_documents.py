"""Documents, names and attributes: what is refused, where, and what is suggested."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.declarations.model import Activity, Audience, Figure
from pipelines.declarations.problems import DeclarationError
from pipelines.declared import declared, load

BASE = "type: pipelines.components.ContactBase\nattributes:\n  {line}\n"
FIELD = BASE.format(line="fields: [{field}]")
MODEL = "type: pipelines.components.ImportModel\nattributes:\n  name: m\n  file: m.csv\n  {line}\n"
EXPORT = "type: pipelines.components.Export\nattributes:\n  name: e\n  {line}\n"
ANY_SEGMENT = "type: pipelines.components.Segment\nattributes: {name: %s, criteria: [{segment: %s, is: in}]}\n"


@pytest.mark.parametrize(
    ("line", "message", "suggestion"),
    [
        ("key: emial", "key cannot be 'emial'", "email"),
        ("locale: no", 'write "no"', '"no"'),
        ("locale: de", "available: fr, en", None),
        ("phone_region: fr", "write FR", "FR"),
        ("phone_region: ZZ", "not a region", None),
        ("timezone: Europe/Pari", "there is no time zone", "Europe/Paris"),
        ("max_file_bytes: 0", "at least 1", None),
        ("max_file_bytes: 1.5", "whole number", None),
        ("max_file_bytes: 16_777_216", "write 16777216", "16777216"),
        ('import_history: "100"', "without quotes", None),
        ("feilds: []", "did you mean 'fields'?", "fields"),
        ("fields: {}", "a list of fields is meant", None),
    ],
)
def test_base_attributes(declare, line: str, message: str, suggestion: str | None) -> None:
    (problem,) = declare(base=BASE.format(line=line)).problems
    assert message in problem.message
    assert (problem.line, problem.suggestion) == (3, suggestion)


@pytest.mark.parametrize(
    ("field", "message", "suggestion"),
    [
        ("{name: Code Postal, format: text}", "hold only a-z", "code_postal"),
        ("{name: 2e_nom, format: text}", "begin with a-z", "e_nom"),
        ("{name: email, format: text}", "taken", None),
        ("{name: carnet_line, format: text}", "Carnet's own", None),
        ("{name: a, format: txt}", "format cannot be 'txt'", "text"),
        ("{name: a}", "lacks 'format'", None),
        ("{name: a, format: text, values: [x]}", "has no values", None),
        ("{name: a, format: text, api: zip}", "api cannot be 'zip'", "zipcode"),
        ("{name: a, format: text, api: city}, {name: b, format: text, api: city}", "is the field 'a' already", None),
        ("{name: a, format: text, unknown_values: add}", "has no unknown_values", None),
        ("{name: a, format: single_select}", "needs its values", None),
        ("{name: a, format: single_select, values: []}", "empty list", None),
        ("{name: a, format: single_select, values: [x, ' X']}", "are one value", None),
        ("{name: a, format: single_select, values: [Yes]}", 'write "Yes"', '"Yes"'),
        ("{name: a, format: single_select, values: [x], unknown_values: ad}", "cannot be 'ad'", "add"),
        ("{name: a, label: PRENOM, format: text}", "'first_name' has that name or label", None),
        ("{name: a, label: société, format: text}", "'company' has that name or label", None),
        ("{name: nom, label: Patronyme, format: text}", "'last_name' has that name or label", None),
        ("{name: a, format: text}, {name: a, format: text}", "two fields 'a'", None),
        ("{name: a, label: B, format: text}, {name: b, format: text}", "'a' has that name or label", None),
    ],
)
def test_fields(declare, field: str, message: str, suggestion: str | None) -> None:
    (problem,) = declare(base=FIELD.replace("{field}", field)).problems
    assert message in problem.message
    assert (problem.line, problem.suggestion) == (3, suggestion)


def test_a_label_is_the_name_where_none_is_given(declare) -> None:
    loaded = declare(base=FIELD.replace("{field}", "{name: a, format: text}"))
    assert loaded.declarations.base.field("a").labels.fr == "a"


def test_what_refers_to_a_broken_field_is_not_unknown_too(declare) -> None:
    base = FIELD.replace("{field}", "{name: a, format: txt}")
    loaded = declare(EXPORT.format(line="fields: [a]"), base=base)
    assert len(loaded.problems) == 1


@pytest.mark.parametrize(
    ("line", "message", "suggestion"),
    [
        ("separator: '::'", "separator cannot be", None),
        ("action: upsrt", "did you mean 'upsert'?", "upsert"),
        ("max_rejected: 5", "for 5 % write 0.05", "0.05"),
        ("max_rejected: -1", "from 0 to 1", None),
        ("may_resubscribe: 'true'", "without quotes", None),
        ("mapping: [email]", "a mapping is meant", None),
        ("mapping: {Mail: emial}", "did you mean 'email'?", "email"),
        ("mapping: {Id: contact_id}", "read-only", None),
        ("mapping: {A: email, B: email}", "both mapped to 'email'", None),
        ("mapping: {Perl: interests}", "did you mean 'Perle'?", "Perle"),
        ('mapping: {"Ville : Perle": interests}', "headed by one of its values", None),
        ("mapping: {A: email, A: mobile}", "'A' stands here twice", None),
        ("source: ftp://host/x", "sftp://", None),
        ("source: sftp://user:secret@host/x", "holds a password", None),
        ("notify: [nobody]", "not an e-mail address", None),
    ],
)
def test_import_models(declare, line: str, message: str, suggestion: str | None) -> None:
    (problem,) = (p for p in declare(MODEL.format(line=line)).problems if p.severity == "error")
    assert message in problem.message
    assert problem.line == 5
    assert problem.suggestion == suggestion


@pytest.mark.parametrize("header", ["Perle", "PERLE ", "Centre d'intérêt : Perle", "interests: agathe"])
def test_a_cross_column_is_headed_by_a_value(declare, header: str) -> None:
    assert declare(MODEL.format(line=f'mapping: {{"{header}": interests}}')).problems == ()


@pytest.mark.parametrize(
    ("written", "separator"),
    [('"\\t"', "\t"), ("'\\t'", "\t"), ("tab", "\t"), ('"|"', "|"), ('","', ","), ('";"', ";")],
)
def test_separators(declare, written: str, separator: str) -> None:
    assert declare(MODEL.format(line=f"separator: {written}")).declarations.model("m").separator == separator


@pytest.mark.parametrize(
    ("line", "message", "suggestion"),
    [
        ("audience: all_contact", "did you mean 'all_contacts'?", "all_contacts"),
        ("audience: {search: Mes clients}", "write mes_clients", "mes_clients"),
        ("audience: {search: s, exclude: [sms_contacts]}", "no attribute of audience 'exclude'", None),
        ("audience: {search: }", "'search' is empty", None),
        ("audience: {operation: o, figure: cliked}", "did you mean 'clicked'?", "clicked"),
        ("audience: {operation: o}", "lacks 'figure'", None),
        ("audience: {figure: clicked}", "lacks 'operation'", None),
        ("audience: {operation: 12, figure: clicked}", 'write "12"', '"12"'),
        ("audience: {include: [all_contact]}", "did you mean 'all_contacts'?", "all_contacts"),
        ("audience: {match: all}", "lacks 'criteria'", None),
        ("audience: {criteria: [{field: basket, op: equals, value: '1'}]}", "a number is needed", None),
        ("fields: email", "write [email]", "[email]"),
        ("fields: [emial]", "did you mean 'email'?", "email"),
        ("fields: [email, email]", "twice", None),
        ("fields: []", "empty list", None),
        ("format: cvs", "did you mean 'csv'?", "csv"),
        ("schedule: 0 25 * * *", "hour '25'", None),
    ],
)
def test_exports(declare, line: str, message: str, suggestion: str | None) -> None:
    (problem,) = declare(EXPORT.format(line=line)).problems
    assert message in problem.message
    assert (problem.line, problem.suggestion) == (4, suggestion)


def test_audiences(declare) -> None:
    documents = [
        f"type: pipelines.components.Export\nattributes: {{name: e{number}, audience: {audience}}}\n"
        for number, audience in enumerate(
            (
                "email_contacts",
                "{include: [email_contacts], exclude: [bad_email_addresses]}",
                "{exclude: [sms_contacts]}",
                "{match: any, criteria: [{field: basket, op: at_least, value: 10}]}",
                "{search: vip}",
                "{operation: Soldes d'hiver, figure: bad_alias}",
            )
        )
    ]
    plain, both, excluded, condition, search, figure = (
        export.audience for export in declare(*documents).declarations.exports
    )
    assert plain.include == ("email_contacts",)
    assert (both.include, both.exclude) == (("email_contacts",), ("bad_email_addresses",))
    assert (excluded.include, excluded.exclude) == (("all_contacts",), ("sms_contacts",))
    assert condition.condition is not None
    assert condition.condition.match == "any"
    assert search == Audience(search="vip")
    assert figure == Audience(figure=Figure("Soldes d'hiver", "bad_alias"))


def test_an_export_says_where_it_goes_and_who_is_told(declare) -> None:
    loaded = declare(EXPORT.format(line="deliver: sftp://user@host/x.csv\n  notify: [crm@example.org]"))
    assert loaded.problems == ()
    assert loaded.declarations is not None
    (export,) = loaded.declarations.exports
    assert (export.deliver, export.notify) == ("sftp://user@host/x.csv", ("crm@example.org",))


def test_the_base_says_when_an_address_is_given_up_and_who_is_active(declare) -> None:
    loaded = declare(
        base=BASE.format(line="soft_limit: 5\n  activity: {window_days: 90, active_within_days: 30}"),
    )
    assert loaded.problems == ()
    assert loaded.declarations is not None
    base = loaded.declarations.base
    assert (base.soft_limit, base.activity) == (5, Activity(90, 30))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("activity: {window_days: 0}", "window_days must be a whole number, at least 1"),
        ("activity: {active_within_days: 366}", "active_within_days (366) is more than window_days (365)"),
        ("activity: {window_days: 90}", "active_within_days (180) is more than window_days (90)"),
        ("activity: {window: 90}", "there is no attribute of activity 'window'"),
        ("activity: 90", "activity is"),
        ("soft_limit: 0", "soft_limit must be a whole number, at least 1"),
    ],
)
def test_activity_that_makes_no_sense_is_an_error(declare, line: str, message: str) -> None:
    problems = declare(base=BASE.format(line=line)).problems
    assert any(message in problem.message and problem.severity == "error" for problem in problems)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("type: pipelines.components.Segmnt\nattributes: {}\n", "did you mean pipelines.components.Segment?"),
        ("type: Export\nattributes: {}\n", "did you mean pipelines.components.Export?"),
        ("type: dagster.Anything\nattributes: {}\n", "known: pipelines.components.ContactBase"),
        ("type: pipelines.components.Segment\n", "lacks 'attributes'"),
        ("attributes: {}\n", "lacks 'type'"),
        ("type: pipelines.components.Segment\nattributes: []\n", "a mapping is meant"),
    ],
)
def test_documents(declare, document: str, message: str) -> None:
    assert [message in problem.message for problem in declare(document).problems] == [True]


def test_a_second_base_shows_both_places(declare) -> None:
    (problem,) = declare("type: pipelines.components.ContactBase\nattributes: {key: email}\n").problems
    assert "there are two ContactBase documents" in problem.message
    assert problem.message.endswith(":1")


def test_one_base_is_needed(tmp_path: Path) -> None:
    (problem,) = load(tmp_path).problems
    assert "one pipelines.components.ContactBase is needed" in problem.message


def test_a_name_is_given_once_to_one_kind(declare) -> None:
    twice = declare(MODEL.format(line="action: upsert"), MODEL.format(line="action: upsert"))
    assert [p.message.split(":")[0] for p in twice.problems] == ["there are two import models 'm'"]
    assert declare(MODEL.format(line="action: upsert"), ANY_SEGMENT % ("m", "all_contacts")).ok


def test_default_segments_are_not_redeclared(declare) -> None:
    (problem,) = declare(ANY_SEGMENT % ("sms_contacts", "all_contacts")).problems
    assert "taken" in problem.message


def test_every_problem_is_raised_at_once(declare, tmp_path: Path) -> None:
    declare(EXPORT.format(line="format: cvs"), EXPORT.format(line="fields: [emial]"))
    with pytest.raises(DeclarationError) as caught:
        declared(tmp_path)
    assert [(p.file.name, p.line) for p in caught.value.problems] == [
        ("defs.yaml", 4),
        ("defs.yaml", 8),
        ("defs.yaml", 9),
    ]
    assert all(str(problem) in str(caught.value) for problem in caught.value.problems)
    assert caught.value.exit_code == 2


def test_segments_follow_those_they_need(declare) -> None:
    loaded = declare(ANY_SEGMENT % ("a", "c"), ANY_SEGMENT % ("b", "email_contacts"), ANY_SEGMENT % ("c", "b"))
    assert [segment.name for segment in loaded.declarations.segments if not segment.default] == ["b", "c", "a"]


def test_a_circle_of_segments_is_shown(declare) -> None:
    loaded = declare(ANY_SEGMENT % ("a", "b"), ANY_SEGMENT % ("b", "a"))
    assert [p.message for p in loaded.problems] == ["these segments refer to each other in a circle: a -> b -> a"]


def test_a_segment_of_itself_is_a_circle(declare) -> None:
    assert "a -> a" in declare(ANY_SEGMENT % ("a", "a")).problems[0].message


def test_the_json_form_is_the_contracts(declare) -> None:
    (problem,) = declare(EXPORT.format(line="format: cvs")).problems
    assert set(problem.as_json()) == {"file", "line", "column", "message", "suggestion"}
    assert problem.as_json()["suggestion"] == "csv"
