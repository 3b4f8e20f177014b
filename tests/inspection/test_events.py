"""Files of events are told from files of contacts, and get an event import that reads them (IMP-18, BHV-1)."""

from __future__ import annotations

import re

import pytest

from pipelines.inspection.inspecting import inspect_files
from pipelines.layout import ROOT
from tests.conftest import Account

SAMPLES = ROOT / "docs" / "senders" / "samples"
PEOPLE = "email;mobile\n" + "".join(f"p{n}@exemple.fr;+3361234567{n}\n" for n in range(1, 9))
HARD = re.compile("^ +(.*): (bad_|unknown_recipient)", re.MULTILINE)
READ = {
    "sendgrid.json": 11, "postmark.ndjson": 8, "brevo.ndjson": 10, "mailjet.json": 8, "mandrill.json": 8, "sparkpost.json": 9,
    "mailgun.json": 8, "ses-firehose-1-2024-03-04-10-20-30": 10, "ses-sns.ndjson": 10,
}  # fmt: skip
"""Samples of senders → how many events the proposal reads at least as it stands."""
CSV = """\
email,event,timestamp,campaign,reason
p1@exemple.fr,delivered,2024-03-04T10:20:30Z,Soldes,
p2@exemple.fr,hard_bounce,2024-03-04T10:20:31Z,Soldes,550 unknown
p3@exemple.fr,soft_bounce,2024-03-04T10:20:32Z,Soldes,452 mailbox full
p4@exemple.fr,unsubscribed,2024-03-04T10:20:33Z,Soldes,
p5@exemple.fr,gloubi,2024-03-04T10:20:34Z,Soldes,
"""


def proposed(account: Account, name: str, content: bytes) -> str | None:
    [answer] = inspect_files([account.write(content, name)], account.workspace.declarations, account.judge)
    assert answer.model is None or answer.problems.filter(answer.problems["severity"] == "critical").is_empty()
    return answer.model


def taken(account: Account, name: str, model: str):
    [line] = re.findall("^  name: (.*)$", model, re.MULTILINE)
    account.declare((account.layout.assets / "defs.yaml").read_text(encoding="utf-8") + "---\n" + model)
    account.load(PEOPLE)
    return account.take(account.folder / name, line.strip('"'))


@pytest.mark.parametrize("sample", READ)
def test_a_file_of_a_sender_gets_an_event_import_that_reads_it(account: Account, sample: str) -> None:
    model = proposed(account, sample, (SAMPLES / sample).read_bytes())
    assert model is not None
    assert "components.EventImport" in model
    assert [
        word for word, _ in HARD.findall(model) if re.search("soft|temp|transient|delay|full", word, re.IGNORECASE)
    ] == []
    result = taken(account, sample, model)
    assert result.counts.new >= READ[sample], (model, result.problems.select("line", "message").rows())
    refused = account.rows("SELECT count(*) FROM contacts WHERE opt_in_email IN ('no', 'orange_list')")
    assert refused[0][0] >= 1
    assert account.rows("SELECT email_status FROM contacts WHERE email = 'p1@exemple.fr'")[0][0] in ("valid", "unknown")


def test_a_table_of_events_gets_one_too_and_unknown_words_are_asked_for(account: Account) -> None:
    model = proposed(account, "events.csv", CSV.encode())
    assert model is not None
    assert '# "gloubi": …' in model
    result = taken(account, "events.csv", model)
    assert (result.counts.new, result.counts.rejected) == (4, 1)
    statuses = account.rows("SELECT email_status FROM contacts ORDER BY email LIMIT 3")
    assert statuses == [("valid",), ("bad_alias",), ("soft",)]


CONTACTS = [
    ("list.csv", "Email,Status,Date\na@ex.fr,Subscribed,2024-03-04\nb@ex.fr,Unsubscribed,2024-03-05\n"),
    ("clients.csv", "Email;Nom;Date de naissance;Statut\na@ex.fr;Roux;01/02/1980;Client\nb@ex.fr;Vert;02/03/1981;Prospect\n"),
    ("people.json", '[{"email": "a@ex.fr", "nom": "Roux", "created_at": "2024-03-04"}]'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content"), CONTACTS, ids=[name for name, _ in CONTACTS])
def test_a_file_of_contacts_does_not(account: Account, name: str, content: str) -> None:
    [answer] = inspect_files([account.write(content, name)], account.workspace.declarations, account.judge)
    assert "EventImport" not in (answer.model or "")


def test_halves_of_characters_and_depths_without_end_are_answered(account: Account) -> None:
    odd = (
        b'{"email": "a@ex.fr\\ud800", "event": "open", "ts": 1709547600, "k\\udfff": 1, "d": '
        + b"[" * 5000
        + b"]" * 5000
        + b"}"
    )
    for content in (odd, odd[:-1] + b', "x": "\\u0000"}{"email": "a@ex.fr", "event": "open", "ts": 1709547600}'):
        answers = list(
            inspect_files([account.write(content, "odd.json")], account.workspace.declarations, account.judge)
        )
        assert len(answers) == 1
