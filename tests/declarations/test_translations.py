"""`values`, columns that feed several fields, columns that look like a refusal, `match` and `unique` (IMP-2, IMP-5, IMP-6c)."""

from __future__ import annotations

import pytest

from pipelines.cells.refusals import refuses
from pipelines.channels import CONSENTS
from pipelines.fields import SYSTEM_FIELDS

MODEL = "type: pipelines.components.ImportModel\nattributes:\n  name: m\n  file: m.csv\n  {line}\n"
STATUS = "mapping: {Statut: opt_in_email}\n  values: {Statut: %s}"
BOTH = "mapping: {Statut: [opt_in_email, email_status]}\n  values: {Statut: %s}"
UNIQUE = "type: pipelines.components.ContactBase\nattributes:\n  fields: [%s]\n"


@pytest.mark.parametrize(
    ("line", "place", "message", "suggestion"),
    [
        (STATUS % "{Abonné: yse}", 6, "'yse' is not a value of 'opt_in_email'; did you mean 'yes'?", "yes"),
        (STATUS % "{Abonné: true}", 6, 'write "true"', '"true"'),
        (STATUS % "{Yes: 'no'}", 6, 'write "Yes"', '"Yes"'),
        (STATUS % "[Abonné]", 6, "a mapping is meant: {theirs: ours}", None),
        (STATUS % "{'A b': 'yes', 'á B': 'no'}", 6, "are one word (case, accents and blanks aside)", None),
        (STATUS % "{'': 'no'}", 6, "an empty cell says nothing", None),
        ("mapping: {Statut: opt_in_email}\n  values: {Statu: {A: 'yes'}}", 6, "did you mean 'Statut'?", "Statut"),
        ("mapping: {Statut: null}\n  values: {Statut: {A: 'yes'}}", 6, "there is no mapped column 'Statut'", None),
        (BOTH % "{Abonné: 'yes'}", 6, "there is no field of the column 'Statut' 'Abonné'", None),
        (BOTH % "{opt_in_emial: {A: 'yes'}}", 6, "did you mean 'opt_in_email'?", "opt_in_email"),
        (BOTH % "{opt_in_email: {A: 'yes'}, email_status: A}", 6, "a mapping is meant: {theirs: ours}", None),
        ("mapping: {A: [email, email]}", 5, "name 'email' twice", None),
        ("mapping: {A: []}", 5, "empty list", None),
        ("mapping: {A: [email, mobil]}", 5, "did you mean 'mobile'?", "mobile"),
        ("mapping: {Perle: interests}\n  values: {Perle: {oui: Perle}}", 6, "write X or null", "X"),
        ("mapping: {EMAIL_BLACKLISTED: opt_in_email}", 5, "looks like a refusal and feeds 'opt_in_email'", None),
        ("mapping: {STOP SMS: [mobile, opt_in_sms]}", 5, "looks like a refusal and feeds 'opt_in_sms'", None),
        (
            "mapping: {Désabonné: [opt_in_email, opt_in_sms]}\n  values: {Désabonné: {opt_in_email: {'*': 'no'}}}",
            5,
            "feeds 'opt_in_sms'",
            None,
        ),
        ("match: postcode", 5, "declare it with `unique: true`", None),
        ("match: contact_ids", 5, "did you mean 'contact_id'?", "contact_id"),
        ("known_cells: fill", 5, "known_cells cannot be 'fill'", None),
    ],
)
def test_what_cannot_be_said(declare, line: str, place: int, message: str, suggestion: str | None) -> None:
    (problem,) = (p for p in declare(MODEL.format(line=line)).problems if p.severity == "error")
    assert message in problem.message
    assert (problem.line, problem.suggestion) == (place, suggestion)


@pytest.mark.parametrize(
    "line",
    [
        STATUS % "{Abonné: yes, Désabonné: no, '*': null}",
        STATUS % "{opt_in_email: {Abonné: 'yes'}}",
        BOTH % "{opt_in_email: {Abonné: 'yes'}, email_status: {Nettoyé: bad_alias}}",
        BOTH % "{opt_in_email: {Abonné: 'yes'}}",
        "mapping: {Unsubscribed: opt_in_email}\n  values: {Unsubscribed: {'*': 'no'}}",
        "mapping: {Perle: interests}\n  values: {Perle: {oui: X, non: null}}",
        "mapping: {Unsubscribed: opt_in_email, STOP: opt_in_email}\n"
        "  values: {Unsubscribed: {'*': 'no'}, STOP: {'*': 'no'}}",
        "match: contact_id\n  mapping: {Id: contact_id}",
        "match: email",
        "known_cells: fill_empty",
    ],
)
def test_what_can(declare, line: str) -> None:
    assert declare(MODEL.format(line=line)).problems == ()


def test_they_become_what_an_import_reads(declare) -> None:
    line = BOTH % "{opt_in_email: {Abonné: yes, '*': null}, email_status: {Nettoyé: Mauvais alias}}"
    model = declare(MODEL.format(line=line)).declarations.model("m")
    assert model.mapping == {"Statut": ("opt_in_email", "email_status")}
    assert model.values == {
        "Statut": {"opt_in_email": {"Abonné": "yes", "*": None}, "email_status": {"Nettoyé": "bad_alias"}}
    }


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("mapping: {UNSUB_TIME: null}\n  constants: {opt_in_email: yes}", True),
        ("mapping: {UNSUB_TIME: null}\n  constants: {opt_in_sms: 'Oui'}", True),
        ("mapping: {UNSUB_TIME: null}\n  constants: {opt_in_email: 'no'}", False),
        ("mapping: {UNSUB_TIME: null}\n  action: unsubscribe", False),
        ("mapping: {UNSUB_TIME: null}", False),
        ("mapping: {Notes: null}\n  constants: {opt_in_email: yes}", False),
    ],
)
def test_an_ignored_refusal_beside_a_constant_yes_is_told(declare, line: str, *, told: bool) -> None:
    problems = [p for p in declare(MODEL.format(line=line)).problems if "looks like a refusal" in p.message]
    assert len(problems) == told
    assert all(p.severity == "warning" and p.line == 5 for p in problems)
    assert all("to keep them write mapping: {UNSUB_TIME: opt_in_" in p.message for p in problems)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("{name: customer_id, format: text, unique: true}", None),
        ("{name: customer_id, format: number, unique: true}", None),
        ("{name: customer_id, format: date, unique: true}", "a field of format date cannot be unique"),
        ("{name: customer_id, format: text, unique: 'true'}", "without quotes"),
    ],
)
def test_unique_fields(declare, field: str, message: str | None) -> None:
    model = MODEL.format(line="match: customer_id")
    problems = declare(*([] if message else [model]), base=UNIQUE % field).problems
    assert [message in problem.message for problem in problems if message] == [True] * bool(message)
    assert message or not problems


def test_no_consent_is_called_like_a_refusal() -> None:
    """So that no header that nobody mapped is taken for a consent that says the contrary (IMP-5)."""
    names = [name for field in SYSTEM_FIELDS if field.name in CONSENTS for name in (field.name, *field.labels.all)]
    assert not any(map(refuses, names))
