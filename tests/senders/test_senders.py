"""The model of each page of docs/senders with its sample: the events and the states that come of it (BHV-1, BHV-2)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from pipelines.declarations.events import EMAIL_RETURNS, SMS_RETURNS
from pipelines.layout import ROOT
from tests.conftest import Account

PAGES = ROOT / "docs" / "senders"
MODELS = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BASE = """\
type: pipelines.components.ContactBase
attributes: {key: email}
---
type: pipelines.components.ImportModel
attributes: {name: clients, file: "clients*.csv", constants: {opt_in_email: "yes", opt_in_sms: "yes"}}
"""
PEOPLE = "email;mobile\n" + "".join(f"p{n}@exemple.fr;+3361234567{n}\n" for n in range(1, 9))
STATES = "SELECT email, email_status, opt_in_email, mobile_status, opt_in_sms FROM contacts ORDER BY email"
UNMOVED = ("unknown", "yes", "unknown", "yes")


@dataclass(frozen=True)
class Sender:
    """`files`: event import → its sample. `states`: number of a contact → what of its state is another one now.

    `types`: events by type; `rejected` and `left_out` rows of all files together; `operations`: their names.
    """

    page: str
    files: Mapping[str, str]
    types: Mapping[str, int]
    states: Mapping[int, str]
    operations: tuple[str, ...] = ("Soldes",)
    rejected: int = 0
    left_out: int = 0
    links: int = field(default=1)


SES_TYPES = {"sent": 3, "delivered": 1, "bad_alias": 2, "soft": 2, "complained": 1, "unsubscribed": 1, "clicked": 1}
SES_STATES = {1: "valid", 2: "bad_alias", 3: "bad_alias", 4: "soft", 5: "orange_list", 6: "soft", 7: "no"}
SENDERS = [
    Sender(
        "sendgrid",
        {"sendgrid": "sendgrid.json"},
        {"sent": 1, "delivered": 1, "opened": 1, "clicked": 1, "bad_alias": 1, "soft": 3, "unsubscribed": 2, "complained": 1},
        {1: "valid", 2: "bad_alias", 3: "soft", 4: "soft", 5: "no", 6: "orange_list", 7: "no", 8: "soft"},
        ("SendGrid", "Soldes"),
    ),
    Sender(
        "mailgun",
        {"mailgun": "mailgun.json"},
        {"delivered": 1, "soft": 2, "bad_alias": 1, "unsubscribed": 2, "complained": 1, "clicked": 1},
        {1: "valid", 2: "soft", 3: "bad_alias", 4: "soft", 5: "no", 6: "no", 7: "orange_list"},
        ("Mailgun", "Soldes"),
    ),
    Sender(
        "postmark",
        {"postmark": "postmark.ndjson"},
        {"delivered": 1, "bad_alias": 1, "soft": 2, "unsubscribed": 1, "complained": 1, "opened": 1, "clicked": 1, "absent": 1},
        {1: "valid", 2: "bad_alias", 3: "soft", 4: "soft", 5: "no", 6: "orange_list", 8: "absent"},
        left_out=1,
    ),
    Sender("amazon-ses", {"ses_firehose": "ses-firehose-1-2024-03-04-10-20-30"}, SES_TYPES, SES_STATES),
    Sender("amazon-ses", {"ses_sns": "ses-sns.ndjson"}, SES_TYPES, SES_STATES, rejected=1),
    Sender(
        "brevo",
        {"brevo": "brevo.ndjson"},
        {"delivered": 1, "opened": 1, "clicked": 1, "bad_alias": 1, "soft": 3, "unsubscribed": 2, "complained": 1},
        {1: "valid", 2: "bad_alias", 3: "soft", 4: "no", 5: "orange_list", 6: "soft", 7: "soft", 8: "no"},
        ("Soldes", "commande"),
    ),
    Sender(
        "mailjet",
        {"mailjet": "mailjet.json"},
        {"delivered": 1, "opened": 1, "clicked": 1, "bad_alias": 1, "soft": 2, "complained": 1, "unsubscribed": 1},
        {1: "valid", 2: "bad_alias", 3: "soft", 4: "soft", 5: "orange_list", 6: "no"},
    ),
    Sender(
        "sparkpost",
        {"sparkpost": "sparkpost.json"},
        {"sent": 1, "delivered": 1, "clicked": 1, "bad_alias": 1, "soft": 2, "absent": 1, "unsubscribed": 2, "complained": 1},
        {1: "valid", 2: "bad_alias", 3: "soft", 4: "soft", 5: "absent", 6: "no", 7: "orange_list", 8: "no"},
    ),
    Sender(
        "mandrill",
        {"mandrill": "mandrill.json"},
        {"sent": 1, "opened": 1, "clicked": 1, "bad_alias": 1, "soft": 2, "complained": 1, "unsubscribed": 2},
        {2: "bad_alias", 3: "soft", 4: "soft", 5: "orange_list", 6: "no", 7: "no"},
        ("Mandrill", "Soldes"),
    ),
    Sender(
        "mailchimp",
        {
            "mailchimp_sent": "sent_to.csv", "mailchimp_opened": "opened.csv", "mailchimp_clicked": "clicked.csv",
            "mailchimp_bounced": "bounced.csv", "mailchimp_unsubscribed": "unsubscribed.csv",
            "mailchimp_complained": "complained.csv",
        },
        {"sent": 4, "opened": 2, "clicked": 1, "bad_alias": 1, "soft": 1, "unsubscribed": 1, "complained": 1},
        {3: "bad_alias", 4: "soft", 5: "no", 6: "orange_list"},
        links=0,
    ),
    Sender(
        "twilio",
        {"twilio_sent": "twilio.csv", "twilio_answers": "twilio.csv"},
        {"delivered": 1, "temporary_error": 1, "bad_number": 1, "unsubscribed": 2},
        {1: "valid", 2: "temporary_error", 3: "bad_number", 4: "no", 5: "no"},
        ("Twilio",),
        left_out=7,
        links=0,
    ),
    Sender(
        "ovh-sms",
        {"ovh_sent": "ovh-outgoing.ndjson", "ovh_answers": "ovh-incoming.ndjson"},
        {"delivered": 1, "temporary_error": 2, "sent": 1, "unsubscribed": 2},
        {1: "valid", 2: "temporary_error", 4: "temporary_error", 5: "no", 6: "no"},
        ("SMS", "Soldes"),
        left_out=1,
        links=0,
    ),
    Sender(
        "matomo",
        {"matomo": "matomo.json"},
        {"visited": 2, "converted": 1, "clicked": 1},
        {},
        ("Boutique",),
        rejected=1,
        left_out=1,
        links=4,
    ),
]  # fmt: skip


def expected(sender: Sender) -> list[tuple[str, ...]]:
    """Every contact, with the state that its event gives it: a consent or a status, of the channel of the sender."""
    sms = sender.page in ("twilio", "ovh-sms")
    rows = []
    for n in range(1, 9):
        state = list(UNMOVED)
        if (moved := sender.states.get(n)) is not None:
            state[2 * sms + (moved in ("no", "orange_list"))] = moved
        rows.append((f"p{n}@exemple.fr", *state))
    return rows


@pytest.mark.parametrize("sender", SENDERS, ids=[next(iter(sender.files)) for sender in SENDERS])
def test_the_model_of_a_page_reads_its_sample(account: Account, sender: Sender) -> None:
    models = MODELS.findall((PAGES / f"{sender.page}.md").read_text(encoding="utf-8"))
    account.declare("---\n".join([BASE, *models]))
    account.load(PEOPLE)
    results = []
    for model, sample in sender.files.items():
        shutil.copy(PAGES / "samples" / sample, account.folder / sample)
        results.append(account.take(account.folder / sample, model))
    assert {result.status for result in results} == {"imported"}
    found = account.rows("SELECT type, count(*) FROM events GROUP BY type")
    assert dict(found) == dict(sender.types), [r.problems.select("line", "message").rows() for r in results]
    assert account.rows(STATES) == expected(sender)
    assert sum(result.counts.rejected for result in results) == sender.rejected
    assert sum(result.counts.left_out for result in results) == sender.left_out
    used = account.rows("SELECT DISTINCT name FROM operations o JOIN events e USING (operation_id) ORDER BY name")
    assert tuple(name for (name,) in used) == sender.operations
    assert account.rows("SELECT count(link) FROM events") == [(sender.links,)]


HARD = {"bad_alias", "bad_domain", "bad_syntax", "unknown_recipient", "bad_number", "bad_format"}
TEMPORARY = re.compile("soft|transient|temporary|deferr|delay|block|full|undetermined|blacklist", re.IGNORECASE)


@pytest.mark.parametrize("page", sorted(page.stem for page in PAGES.glob("*.md") if page.stem != "README"))
def test_no_page_makes_hard_what_its_sender_says_may_pass(account: Account, page: str) -> None:
    account.declare("---\n".join([BASE, *MODELS.findall((PAGES / f"{page}.md").read_text(encoding="utf-8"))]))
    imports = account.workspace.declarations.event_imports
    told = [(theirs, ours) for each in imports for theirs, ours in each.types.items()]
    assert [pair for pair in told if pair[1] in HARD and TEMPORARY.search(pair[0])] == []
    returns = {*EMAIL_RETURNS, *SMS_RETURNS}
    assert [
        pair for pair in told if re.search("unsub|stop|complain|spam", pair[0], re.IGNORECASE) and pair[1] in returns
    ] == []


def test_every_page_is_tried_and_listed() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}
    assert {sender.page for sender in SENDERS} == pages
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert {page for page in pages if f"({page}.md)" not in index} == set()
    tried = {sample for sender in SENDERS for sample in sender.files.values()}
    assert {sample.name for sample in (PAGES / "samples").iterdir()} == tried
