"""No refusal gets lost: whatever a file calls it, and whether the base knows the contact yet (STA-5, IMP-2, IMP-5)."""

from __future__ import annotations

import polars as pl
import pytest

from tests.conftest import Account
from tests.workbooks import xlsx

BASE = "type: pipelines.components.ContactBase\nattributes: {key: KEY}\n"
MODEL = "---\ntype: pipelines.components.ImportModel\nattributes:\n  name: {name}\n  file: '{name}*.csv'\n  {more}\n"


def declare(account: Account, key: str = "email", **models: str) -> None:
    documents = (MODEL.format(name=name, more=more.replace("\n", "\n  ")) for name, more in models.items())
    account.declare(BASE.replace("KEY", key) + "".join(documents))


def take(account: Account, model: str, *lines: str, number: int = 1):
    result = account.load("\n".join(lines) + "\n", f"{model}-{number}.csv", model=model, force=True)
    assert result.status == "imported", result.problems.rows()
    return result


def said(result, rule: str) -> list[tuple[str, str]]:
    return result.problems.filter(pl.col("rule") == rule).select("column", "message").rows()


def test_an_inverted_column_is_read_by_its_values(account: Account) -> None:
    words = '{"Yes": "no", "No": "yes"}'
    declare(
        account,
        brevo="mapping: {SMS: mobile, EMAIL_BLACKLISTED: opt_in_email, SMS_BLACKLISTED: opt_in_sms}\n"
        f"values: {{EMAIL_BLACKLISTED: {words}, SMS_BLACKLISTED: {words}}}",
    )
    take(
        account,
        "brevo",
        "EMAIL;NOM;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED",
        "ok.test@exemple.fr;Ok;33612345678;No;No",
        "blocked.test@exemple.fr;Bloqué;33612345679;Yes;Yes",
    )
    assert account.contacts("email", "opt_in_email", "opt_in_sms") == [
        ("blocked.test@exemple.fr", "no", "no"),
        ("ok.test@exemple.fr", "yes", "yes"),
    ]


def test_a_word_that_an_inverted_column_does_not_explain_is_no_consent(account: Account) -> None:
    declare(account, brevo='mapping: {Blacklisted: opt_in_email}\nvalues: {Blacklisted: {"Yes": "no"}}')
    result = take(account, "brevo", "Email;Blacklisted", "a@ex.fr;true", "b@ex.fr; YES ", "c@ex.fr;")
    assert account.contacts("email", "opt_in_email") == [("b@ex.fr", "no"), ("c@ex.fr", None)]
    [(column, message)] = said(result, "undeclared_values")
    assert column == "Blacklisted"
    assert "`values` do not say what this means for opt_in_email" in message


WORDS = {
    "yes": "1 true x SUBSCRIBED Active enabled yes Oui VRAI Abonnée opt-in Inscrit 1.0".split(),
    "no": "0 false UNSUBSCRIBED Unsubscribed blocklisted Non Désabonné opt-out STOP Refusé inactive n".split(),
    "no ": ["désabonnée le 3 mai", "Opted Out", "Stop svp.", "non abonné", "DO NOT CONTACT"],
    "orange_list": ["Spam complaint", "complained"],
}


def test_consents_read_as_a_person_reads_them(account: Account) -> None:
    declare(account, c="mapping: {Consent: opt_in_email}")
    cells = [(word, code.strip()) for code, words in WORDS.items() for word in words]
    result = take(account, "c", "Email;Consent", *(f"w{n:02}@exemple.fr;{word}" for n, (word, _) in enumerate(cells)))
    assert result.counts.rejected == 0
    read = [code for (code,) in account.contacts("opt_in_email")]
    assert dict(zip((word for word, _ in cells), read, strict=True)) == dict(cells)


@pytest.mark.parametrize("word", ["-1", "2", "peut-être", "pending", "cleaned", "2024-03-04"])
def test_what_says_no_consent_is_not_guessed(account: Account, word: str) -> None:
    declare(account, c="mapping: {Consent: opt_in_email}")
    result = take(account, "c", "Email;Consent", f"a@ex.fr;{word}", "b@ex.fr;1")
    [(_, message)] = said(result, "undeclared_values")
    assert "in the model's `values`" in message
    assert account.contacts("email") == [("b@ex.fr",)]


def test_one_column_feeds_several_fields(account: Account) -> None:
    declare(
        account,
        mc="mapping: {Statut: [opt_in_email, email_status]}\n"
        'values: {Statut: {opt_in_email: {Abonné: "yes", Désabonné: "no", "*": null},\n'
        "  email_status: {Nettoyé: bad_alias, '*': null}}}",
    )
    result = take(
        account, "mc", "Email;Statut", "a@ex.fr;abonne", "b@ex.fr;DÉSABONNÉ", "c@ex.fr;Nettoyé", "d@ex.fr;autre"
    )
    assert account.contacts("email", "opt_in_email", "email_status") == [
        ("a@ex.fr", "yes", "unknown"),
        ("b@ex.fr", "no", "unknown"),
        ("c@ex.fr", None, "bad_alias"),
        ("d@ex.fr", None, "unknown"),
    ]
    assert dict(result.mapping)["Statut"] == "opt_in_email, email_status"
    assert result.problems.is_empty()


def test_the_strictest_of_columns_and_constant_counts(account: Account) -> None:
    declare(
        account,
        hs="mapping: {Unsubscribed from all email: opt_in_email, Email Marketing Consent: opt_in_email}\n"
        'constants: {opt_in_email: "yes"}\n'
        'values: {Unsubscribed from all email: {"true": "no", "*": null}}',
    )
    result = take(
        account,
        "hs",
        "Email;Unsubscribed from all email;Email Marketing Consent",
        "a@ex.fr;true;",
        "b@ex.fr;false;UNSUBSCRIBED",
        "c@ex.fr;;Subscribed",
        "d@ex.fr;;",
    )
    assert [consent for (consent,) in account.contacts("opt_in_email")] == ["no", "no", "yes", "yes"]
    assert result.problems.is_empty()


def test_a_constant_yes_does_not_outvote_the_file(account: Account) -> None:
    declare(account, c='constants: {opt_in_email: "yes"}')
    result = take(account, "c", "Email;Opt-In Email", "a@ex.fr;Non", "b@ex.fr;", "c@ex.fr;2024-01-01")
    assert [consent for (consent,) in account.contacts("opt_in_email")] == ["no", "yes", "yes"]
    assert result.problems["rule"].to_list() == ["constant_wins", "value_skipped"]


HUBSPOT = (
    "Email;First Name;Unsubscribed from all email;Email Marketing Consent",
    "a.test@exemple.fr;A;true;UNSUBSCRIBED",
)


def test_refusals_that_feed_nothing_are_named_with_the_mapping_that_keeps_them(account: Account) -> None:
    declare(account, m="constants: {opt_in_email: 'yes'}")
    result = take(account, "m", *HUBSPOT)
    [(first, message), (second, other)] = said(result, "refusal_column")
    assert (first, second) == ("Unsubscribed from all email", "Email Marketing Consent")
    assert message == (
        "The column looks like a refusal and feeds nothing, beside the constant opt_in_email: yes, which subscribes whoever "
        "refused there: to keep them write mapping: {Unsubscribed from all email: opt_in_email} and values: "
        '{Unsubscribed from all email: {"*": "no"}}, with null for words that are no refusal.'
    )
    assert other.startswith("The column holds words of refusal and feeds nothing")
    [verdict] = [each for each in result.verdicts["rows"] if each.rule == "refusal_column"]
    assert (verdict.passed, verdict.severity) == (False, "warning")


@pytest.mark.parametrize(
    ("more", "header", "told"),
    [
        ("may_resubscribe: false", "DNC", True),
        ("mapping: {DNC: null}", "DNC", True),
        ("mapping: {DNC: null, Accord: opt_in_sms}", "DNC", False),
        ("mapping: {DNC: null}\nconstants: {opt_in_email: 'no'}", "DNC", False),
        ("mapping: {DNC: null, Accord: opt_in_sms}\nconstants: {opt_in_email: 'yes'}", "DNC", True),
        ("mapping: {DNC: last_name}\nconstants: {opt_in_email: 'yes'}", "DNC", True),
        ("mapping: {DNC: last_name}", "DNC", False),
        ("action: unsubscribe", "DNC", False),
        ("may_resubscribe: false", "unsubscribe_url", False),
    ],
)
def test_which_columns_are_told(account: Account, more: str, header: str, *, told: bool) -> None:
    declare(account, m=more + "\nmissing_columns: warn")
    result = take(account, "m", f"Email;{header};Accord", "a@ex.fr;1;oui")
    assert bool(said(result, "refusal_column")) is told


@pytest.mark.parametrize(
    ("header", "cells", "mend"),
    [
        pytest.param("Newsletter", ("1", "0"), "mapping: {Newsletter: opt_in_email}.", id="a question"),
        pytest.param("Newsletter", ("1", ""), None, id="a question that nobody denies"),
        pytest.param(
            "Ne pas contacter", ("x", ""), "mapping: {Ne pas contacter: [opt_in_email, opt_in_sms]}", id="both"
        ),
        pytest.param("Prénom", ("Ann", "Stop"), None, id="a name"),
        pytest.param("Raison", ("Client", "Ne veut plus de mails"), "holds words of refusal", id="words elsewhere"),
    ],
)
def test_a_refusal_beside_a_constant_yes_is_told_wherever_it_stands(
    account: Account, header: str, cells: tuple[str, ...], mend: str | None
) -> None:
    declare(
        account, m="mapping: {Raison: email_return_detail}\nmissing_columns: warn\nconstants: {opt_in_email: 'yes'}"
    )
    result = take(account, "m", f"Email;{header}", *(f"p{n}@ex.fr;{cell}" for n, cell in enumerate(cells)))
    messages = [message for _, message in said(result, "refusal_column")]
    assert len(messages) == (mend is not None)
    assert all(str(mend) in message for message in messages)
    assert all("values" not in message for message in messages if header == "Newsletter")


def test_a_sheet_of_refusals_that_no_model_names_is_told(account: Account) -> None:
    declare(account, m="constants: {opt_in_email: 'yes'}", named="sheet: Clients")
    book = xlsx(Clients=[["Email"], ["a@ex.fr"]], STOP=[["Email"], ["a@ex.fr"]])
    path = account.write(book, "m-1.xlsx")
    assert "another sheet, 'STOP'" in said(account.take(path, "m"), "refusal_column")[0][1]
    assert not said(account.take(path, "named"), "refusal_column")


@pytest.mark.parametrize("key", ["email", "mobile"])
@pytest.mark.parametrize("action", ["unsubscribe", "update"])
def test_the_refusal_of_a_stranger_is_remembered_and_given_back(account: Account, key: str, action: str) -> None:
    declare(account, key, out=f"action: {action}", salon="constants: {opt_in_email: 'yes', opt_in_sms: 'yes'}")
    head, one = {"email": ("Email", "emma@exemple.fr"), "mobile": ("Mobile", "06 12 34 56 78")}[key]
    refused = take(account, "out", f"{head};Opt-In Email;Opt-In SMS", f"{one};Non;Non")
    assert (refused.counts.skipped_by_action, refused.counts.remembered, refused.counts.suppressed) == (1, 1, 0)
    own, both = {"email": "email", "mobile": "sms"}[key], ["email", "sms"]
    kept = account.rows("SELECT channel, key, reason, by_key FROM main.suppression_list ORDER BY channel")
    assert kept == [(channel, None, "unsubscribed", True) for channel in ([own] if action == "unsubscribe" else both)]
    arrived = take(account, "salon", head, one)
    consents = account.rows("SELECT opt_in_email, opt_in_sms FROM main.contacts")[0]
    assert consents[0 if own == "email" else 1] == "no"
    assert action == "unsubscribe" or consents == ("no", "no")
    assert said(arrived, "consent_kept")
    assert account.rows("SELECT count(*) FROM main.suppression_list") == [(0,)], "the contact's own row says so now"


def test_whoever_was_remembered_is_counted_in_the_history_too(account: Account) -> None:
    declare(account, out="action: unsubscribe", rows="action: update")
    result = take(account, "out", "Email;UNSUB_TIME", "a@ex.fr;x", "b@ex.fr;x", "b@ex.fr;x")
    assert result.as_json()["remembered"] == 2
    assert result.report is not None
    assert "remembered" in result.report.read_text(encoding="utf-8")
    again = take(account, "rows", "Email;Opt-In Email", "a@ex.fr;Non", "c@ex.fr;Oui", "d@ex.fr;")
    assert (again.counts.skipped_by_action, again.counts.remembered) == (3, 1)
    assert account.rows("SELECT remembered FROM main.imports ORDER BY import_id") == [(2,), (1,)]
