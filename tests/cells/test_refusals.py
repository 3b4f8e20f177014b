"""What headers and cells say of consent, as people and tools write it: none overlooked, no refusal made a yes (IMP-2, IMP-5)."""

from __future__ import annotations

import pytest

from pipelines.cells.refusals import (
    asks_consent,
    channels_refused,
    consent_said,
    is_refusal,
    refuses,
    return_said,
)

REFUSING = {
    "DONOTCALL": ("sms",),
    "Do not allow Bulk Emails": ("email",),
    "donotbulkemail": ("email",),
    "Do Not Phone": ("sms",),
    "No Bulk Emails (User Opt Out)": ("email",),
    "Ne pas autoriser les courriers électroniques en masse": ("email",),
    "Ne pas contacter": ("email", "sms"),
    "Ne souhaite pas être contacté": ("email", "sms"),
    "N'accepte pas les mails": ("email",),
    "Mailing interdit": ("email",),
    "Exclu des mailings": ("email",),
    "Pas d'e-mailing": ("email",),
    "Opposition tél": ("sms",),
    "Opposition RGPD": ("email", "sms"),
    "GDPR objection": ("email", "sms"),
    "Consentement retiré": ("email", "sms"),
    "Liste Robinson": ("email", "sms"),
    "DNC": ("email", "sms"),
    "email_disabled": ("email",),
    "Is Excluded from campaigns": (),
    "Unsubscribed": (),
    "Abgemeldet": (),
    "Fecha de baja": (),
    "Disiscritto": (),
}


@pytest.mark.parametrize(("header", "channels"), REFUSING.items(), ids=REFUSING)
def test_a_header_refuses_on_the_channels_that_it_names(header: str, channels: tuple[str, ...]) -> None:
    assert (refuses(header), channels_refused(header), asks_consent(header)) == (True, channels, False)


@pytest.mark.parametrize(
    "header",
    [
        "HASOPTEDOUTOFFAX",
        "Ne pas autoriser les télécopies",
        "unsubscribe_url",
        "Exclusivité",
        "Do Not Track",
        "Email Status",
    ],
)
def test_other_headers_refuse_nothing_that_is_sent_from_here(header: str) -> None:
    assert not refuses(header)


@pytest.mark.parametrize(
    "header",
    [
        "Newsletter",
        "OPT_IN",
        "Accepts Email Marketing",
        "Consentement RGPD",
        "Souhaitez-vous recevoir notre newsletter ?",
        "Acceptez-vous de recevoir nos offres ?",
        "J'accepte d'être contacté par e-mail",
        "Autorise e-mailing",
        "sms_ok",
    ],
)
def test_a_no_below_a_question_is_a_refusal(header: str) -> None:
    assert asks_consent(header)


@pytest.mark.parametrize(
    "header",
    [
        "Double Opt-in",
        "Opt-in date",
        "OPTIN_IP",
        "Optin partenaires",
        "Résiliation newsletter",
        "Newsletter stop",
        "Sans newsletter",
        "Consentement photo",
        "Abonné",
        "Dernière newsletter ouverte",
    ],
)
def test_what_a_yes_would_not_mean_a_consent_is_no_question(header: str) -> None:
    assert not asks_consent(header)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("t", "yes"),
        ("✓", "yes"),
        ("Ja", "yes"),
        ("1,00", "yes"),
        ("Oui, j'accepte", "yes"),
        ("J'accepte de recevoir la newsletter", "yes"),
        ("f", "no"),
        ("☐", "no"),
        ("Nein", "no"),
        ("0.0", "no"),
        ("Non merci", "no"),
        ("Non (12/03/2024)", "no"),
        ("Pas d'accord", "no"),
        ("J'accepte de ne recevoir aucun mail", "no"),
        ("J'accepte tout, sauf les offres", None),
        ("Ne souhaite plus recevoir d'e-mails", "no"),
        ("Do Not Allow", "no"),
        ("No longer interested", "no"),
        ("Complained", "orange_list"),
        ("Non renseigné", None),
        ("Non confirmé", None),
        ("No consent", None),
        ("-1", None),
        ("peut-être", None),
    ],
)
def test_a_cell_says_what_a_person_reads_in_it(cell: str, said: str | None) -> None:
    assert consent_said(cell) == said


@pytest.mark.parametrize("cell", ["Ann Robinson", "Non", "0", "Client"])
def test_other_words_are_no_refusal_by_themselves(cell: str) -> None:
    assert not is_refusal(cell)


@pytest.mark.parametrize(
    ("cell", "header", "said"),
    [
        ("Bounced", "Status", "hard"),
        ("cleaned", "Status", "hard"),
        ("Soft bounced", "Status", "temporary"),
        ("mailbox full", "reason", "temporary"),
        ("soft", "bounce_type", "temporary"),
        ("soft", "Boisson", None),
        ("4.2.2", "status", "temporary"),
        ("5.1.1", "status", "hard"),
        ("5.7.1", "status", None),
        ("4.2.2", "Version", None),
    ],
)
def test_a_return_that_may_pass_is_never_hard(cell: str, header: str, said: str | None) -> None:
    assert return_said(cell, header) == said
