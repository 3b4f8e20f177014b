"""What an inspection says of refusals: columns that an import would lose, files that list people who refused (IMP-2, IMP-18)."""

from __future__ import annotations

import polars as pl
import pytest
import yaml

from pipelines.declared import check
from tests.conftest import DECLARATIONS, Account
from tests.inspection.test_inspecting import answer_of, rules
from tests.workbooks import xlsx

HUBSPOT = (
    "Email,First Name,Unsubscribed from all email,Email Marketing Consent\na.test@exemple.fr,A,true,UNSUBSCRIBED\n"
)
MAILCHIMP = "Email Address,First Name,UNSUB_TIME,UNSUB_REASON\nemma.test@exemple.fr,Emma,2020-05-01 10:00:00,No longer interested\n"


def attributes(account: Account, content: str, name: str = "guests.csv") -> dict:
    """The proposed model, which `carnet check` accepts."""
    model = answer_of(account, content, name)["model"]
    account.declare(DECLARATIONS + "---\n" + model)
    assert [problem for problem in check(account.layout.assets) if problem.severity == "error"] == []
    return yaml.safe_load(model)["attributes"]


def test_columns_that_look_like_a_refusal_are_named_and_mapped(account: Account) -> None:
    answer = answer_of(account, HUBSPOT)
    told = [(each["rule"], each["column"]) for each in answer["problems"]]
    assert told == [("refusal_column", "Unsubscribed from all email"), ("refusal_column", "Email Marketing Consent")]
    model = attributes(account, HUBSPOT)
    assert model["mapping"]["Unsubscribed from all email"] == "opt_in_email"
    assert model["values"] == {
        "Unsubscribed from all email": {"false": None, "*": "no"},
        "Email Marketing Consent": {"UNSUBSCRIBED": "no"},
    }


@pytest.mark.parametrize(
    ("header", "cells", "field", "words"),
    [
        ("SMS_BLACKLISTED", ("Yes", "No"), "opt_in_sms", {"No": None, "*": "no"}),
        ("DoNotCall", ("1", "0"), "opt_in_sms", {"0": None, "*": "no"}),
        ("Désabonné", ("", "x"), "opt_in_email", {"*": "no"}),
        ("Date de désinscription", ("", "2024-03-04"), "opt_in_email", {"*": "no"}),
        ("Opt-Out Email", ("oui", ""), "opt_in_email", {"non": None, "*": "no"}),
        ("Statut", ("Abonné", "Désabonné"), "opt_in_email", {"Abonné": "yes", "Désabonné": "no"}),
        (
            "Status",
            ("subscribed", "cleaned", "Opted out"),
            ["opt_in_email", "email_status"],
            {
                "opt_in_email": {"subscribed": "yes", "cleaned": None, "Opted out": "no"},
                "email_status": {"cleaned": "bad_alias", "*": None},
            },
        ),
        ("Statut", ("Actif", "Prospect"), None, None),
        ("Opt-Out", ("Y", "N"), "opt_in_email", {"N": None, "*": "no"}),
        ("opt_out", ("t", "f"), "opt_in_email", {"f": None, "*": "no"}),
        ("Blacklist status", ("active", "inactive"), "opt_in_email", {"inactive": None, "*": "no"}),
        ("Unsubscribed", ("confirmed", "Subscribed"), "opt_in_email", {"Subscribed": "yes", "*": "no"}),
        ("Opt-out", ("1", "NULL"), "opt_in_email", {"NULL": None, "0": None, "*": "no"}),
        ("DONOTCALL", ("1", "0"), "opt_in_sms", {"0": None, "*": "no"}),
        ("Do not allow Emails", ("Allow", "Do Not Allow"), "opt_in_email", {"Allow": None, "*": "no"}),
        (
            "Statut",
            ("Client", "Ne souhaite plus recevoir de mails"),
            "opt_in_email",
            {"Client": None, "Ne souhaite plus recevoir de mails": "no"},
        ),
        ("Nom complet", ("Ann Robinson", "Bob Stone"), None, None),
        ("HASOPTEDOUTOFFAX", ("1", "0"), None, None),
        ("Accepts Email Marketing", ("yes", "no"), "opt_in_email", {"yes": "yes", "no": "no"}),
        ("Accepts SMS Marketing", ("no", ""), "opt_in_sms", {"no": "no"}),
        ("Newsletter", ("1", "0"), "opt_in_email", {"1": "yes", "0": "no"}),
        ("Newsletter", ("1", ""), None, None),
        (
            "Acceptez-vous de recevoir nos offres ?",
            ("Oui, j'accepte", "Non merci"),
            "opt_in_email",
            {"Oui, j'accepte": "yes", "Non merci": "no"},
        ),
        ("Double Opt-in", ("1", "0"), None, None),
        ("bounce_type", ("hard", "soft"), "email_status", {"hard": "bad_alias", "soft": "soft", "*": None}),
        ("status", ("5.1.1", "4.2.2"), "email_status", {"5.1.1": "bad_alias", "4.2.2": "soft", "*": None}),
        ("unsubscribe_url", ("https://ex.fr/u/1", "https://ex.fr/u/2"), None, None),
    ],
)
def test_what_a_column_of_refusals_becomes(
    account: Account, header: str, cells: tuple[str, ...], field: str | list[str] | None, words: dict | None
) -> None:
    content = f"Email;{header}\n" + "".join(f"p{n}@exemple.fr;{cell}\n" for n, cell in enumerate(cells))
    model = attributes(account, content)
    assert model["mapping"][header] == field
    assert model.get("values", {}).get(header) == words


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("unsubscribed_email_audience_export_1a2b3c4d5e.csv", MAILCHIMP, {"action": "unsubscribe"}),
        ("export.csv", MAILCHIMP, {"action": "unsubscribe"}),
        ("desabonnes-mars.csv", "Email\na@ex.fr\n", {"action": "unsubscribe"}),
        ("STOP_SMS.csv", "Email;Portable\na@ex.fr;0612345678\n", {"constants": {"opt_in_sms": "no"}}),
        ("cleaned_export.csv", "Email;CLEAN_TIME\na@ex.fr;2020-05-01\n", {"constants": {"email_status": "bad_alias"}}),
        ("NPAI 2024.csv", "Email\na@ex.fr\n", {"constants": {"email_status": "bad_alias"}}),
        ("soft-bounces.csv", "Email\na@ex.fr\n", {"constants": {"email_status": "soft"}}),
        ("bounces_sms.csv", "Email;Portable\na@ex.fr;0612345678\n", {"constants": {"mobile_status": "bad_number"}}),
        ("liste-robinson.csv", "Email;Mobile\na@ex.fr;0612345678\n", {"action": "suppress"}),
        ("ne pas contacter.csv", "Email\na@ex.fr\n", {"action": "suppress"}),
        ("clients.csv", "Email\na@ex.fr\n", {}),
    ],
)
def test_a_list_of_refusals_says_so_by_its_name_or_columns(
    account: Account, name: str, content: str, said: dict
) -> None:
    answer = answer_of(account, content, name)
    assert ("refusal_list" in rules(answer)) is bool(said)
    model = attributes(account, content, name)
    assert {key: model[key] for key in ("action", "constants") if key in model} == said
    assert "values" not in model


def test_a_list_of_refused_numbers_without_the_key_is_for_events(account: Account) -> None:
    answer = answer_of(account, "Mobile;Date\n0612345678;2024-01-01\n", "stop.csv")
    [told] = [each["message"] for each in answer["problems"] if each["rule"] == "refusal_list"]
    assert "take it as events (an EventImport of the channel sms" in told


def test_the_list_as_proposed_keeps_the_refusal_of_a_stranger(account: Account) -> None:
    name = "unsubscribed_email_audience_export_1a2b3c4d5e.csv"
    proposed = answer_of(account, MAILCHIMP, name)["model"]
    salon = "type: pipelines.components.ImportModel\nattributes: {name: salon, file: s.csv, constants: {opt_in_email: 'yes'}}\n"
    account.declare("---\n".join([DECLARATIONS, proposed, salon]))
    model = yaml.safe_load(proposed)["attributes"]["name"]
    assert account.load(MAILCHIMP, name, model=model).counts.remembered == 1
    arrived = account.load("Email\nemma.test@exemple.fr\n", "s.csv", model="salon")
    assert account.contacts("email", "opt_in_email") == [("emma.test@exemple.fr", "no")]
    assert arrived.problems.filter(pl.col("rule") == "consent_kept").height == 1


def test_who_refuses_any_contact_refuses_it_by_sms_too(account: Account) -> None:
    content = "Email;Mobile;Ne pas contacter\na@ex.fr;0612345678;Oui\nb@ex.fr;0612345679;Non\n"
    model = attributes(account, content)
    assert model["mapping"]["Ne pas contacter"] == ["opt_in_email", "opt_in_sms"]
    account.load(content, "guests.csv", model=model["name"])
    assert account.contacts("opt_in_email", "opt_in_sms") == [("no", "no"), (None, None)]


def test_a_yes_is_one_for_the_channel_of_the_key_alone(account: Account) -> None:
    content = "Email;Mobile;Accepts Marketing\na@ex.fr;0612345678;yes\nb@ex.fr;0612345679;no\n"
    model = attributes(account, content)
    account.load(content, "guests.csv", model=model["name"])
    assert account.contacts("opt_in_email", "opt_in_sms") == [("yes", None), ("no", "no")]


def test_a_status_tells_consent_and_returns_at_once(account: Account) -> None:
    content = "Email;Status\na@ex.fr;Active\nb@ex.fr;Unsubscribed\nc@ex.fr;Bounced\nd@ex.fr;Soft bounced\n"
    model = attributes(account, content)
    assert model["mapping"]["Status"] == ["opt_in_email", "email_status"]
    account.load(content, "guests.csv", model=model["name"])
    assert account.contacts("opt_in_email", "email_status") == [
        ("yes", "unknown"),
        ("no", "unknown"),
        (None, "bad_alias"),
        (None, "soft"),
    ]


def test_a_list_of_returns_that_tells_them_apart_makes_no_temporary_one_hard(account: Account) -> None:
    content = "email;bounce_type\na@ex.fr;hard\nb@ex.fr;soft\n"
    assert "constants" not in attributes(account, content, "bounces.csv")


def test_another_sheet_that_looks_like_a_list_of_refusals_is_told(account: Account) -> None:
    book = xlsx(Clients=[["Email"], ["a@ex.fr"]], Désinscrits=[["Email"], ["b@ex.fr"]], Villes=[["Ville"], ["Nice"]])
    [told] = [
        each["message"] for each in answer_of(account, book, "c.xlsx")["problems"] if each["rule"] == "refusal_column"
    ]
    assert "another sheet, 'Désinscrits'" in told


def test_a_short_report_with_lines_about_itself_is_cut_by_its_header(account: Account) -> None:
    rows = '"Ann","Smith","a@ex.fr","1"\n"Bob","Jones","b@ex.fr","0"\n'
    about = '\n"Grand Totals (2 records)"\n\n"Copyright 2000-2024"\n"Confidential"\n"Generated By: Jo"\n"Acme"\n'
    content = '"First Name","Last Name","Email","Email Opt Out"\n' + rows + about
    answer = answer_of(account, content, "report.csv")
    assert (answer["separator"], answer["header"]) == (",", ["First Name", "Last Name", "Email", "Email Opt Out"])
