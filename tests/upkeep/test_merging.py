"""EXP-14: two contacts made one lose nothing, above all no refusal; taken back, both are as they were."""

from __future__ import annotations

import json

import pytest

from pipelines.errors import UsageError
from tests.conftest import DECLARATIONS, Account

EVENTS = """---
type: pipelines.components.EventImport
attributes:
  name: news
  file: "news*.ndjson"
  channel: email
  mapping: {id: event_id, campaign: operation, email: email, event: type, ts: occurred_at}
"""
FILE = (
    "Email;Mobile;Prénom;Nom;Opt-In Email;Opt-In SMS;Perle;Agathe\n"
    "a@ex.fr;;Ana;;Oui;;X;\nb@ex.fr;0612345678;Anna;Bé;Non;Oui;;X\nc@ex.fr;0687654321;;;Oui;Oui;;\n"
)


def event(number: str, email: str, kind: str = "opened", day: str = "2026-11-20") -> str:
    fields = {"id": number, "campaign": "Soldes", "email": email, "event": kind, "ts": f"{day}T10:00:00Z"}
    return json.dumps(fields) + "\n"


@pytest.fixture
def filled(account: Account) -> Account:
    account.declare(DECLARATIONS + EVENTS)
    account.load(FILE)
    account.load("Email\nb@ex.fr\n", "clients-2.csv")
    account.load(
        event("1", "a@ex.fr") + event("2", "b@ex.fr") + event("3", "b@ex.fr", "clicked"), "news.ndjson", model="news"
    )
    return account


def state(account: Account) -> dict[str, list[tuple]]:
    return {
        "contacts": account.contacts("* EXCLUDE (modified_at)"),
        "events": account.rows("SELECT * FROM main.events ORDER BY ALL"),
        "members": account.rows(
            "SELECT import_id, contact_id, outcome FROM main.import_contacts WHERE import_id < 4 ORDER BY ALL"
        ),
    }


def test_what_one_lacks_the_other_gives_and_the_stricter_consent_holds(filled: Account) -> None:
    merged = filled.workspace.merge("a@ex.fr", "b@ex.fr")
    assert (merged.contact_id, merged.gone) == (1, 2)
    assert merged.changed == ("mobile", "last_name", "opt_in_email", "opt_in_sms", "interests")
    [row, _] = filled.contacts("email", "mobile", "first_name", "last_name", "opt_in_email", "opt_in_sms", "interests")
    assert row == ("a@ex.fr", "+33612345678", "Ana", "Bé", "no", "yes", ["Perle", "Agathe"])


def test_events_and_imports_follow(filled: Account) -> None:
    filled.workspace.merge("1", "2")
    assert filled.rows("SELECT event_id, contact_id FROM main.events ORDER BY 1") == [("1", 1), ("2", 1), ("3", 1)]
    assert filled.rows("SELECT contact_id FROM main.import_contacts WHERE import_id = 2") == [(2,), (1,)]
    filled.load(event("4", "b@ex.fr", "unsubscribed", "2026-11-25"), "news-2.ndjson", model="news")
    assert filled.rows("SELECT contact_id FROM main.events WHERE event_id = '4'") == [(1,)]


def test_a_refusal_of_the_address_that_went_holds_for_whoever_comes_with_it(filled: Account) -> None:
    filled.workspace.merge("c@ex.fr", "b@ex.fr")
    filled.load("Email;Opt-In Email\nb@ex.fr;Oui\n", "clients-3.csv")
    assert filled.contacts("email", "opt_in_email") == [("a@ex.fr", "yes"), ("b@ex.fr", "no"), ("c@ex.fr", "no")]


def test_an_unsubscription_sent_to_the_address_that_went_is_heard(filled: Account) -> None:
    filled.workspace.merge("a@ex.fr", "c@ex.fr")
    assert filled.contacts("opt_in_email")[0] == ("yes",)
    filled.load(event("9", "c@ex.fr", "unsubscribed", "2026-11-26"), "news-3.ndjson", model="news")
    assert filled.contacts("opt_in_email")[0] == ("no",)


@pytest.mark.parametrize("pair", [("a@ex.fr", "b@ex.fr"), ("b@ex.fr", "a@ex.fr"), ("3", "+33612345678")])
def test_taken_back_both_are_as_they_were(filled: Account, pair: tuple[str, str]) -> None:
    filled.load(event("2", "a@ex.fr"), "news-4.ndjson", model="news")
    before = state(filled)
    merged = filled.workspace.merge(*pair)
    assert state(filled) != before
    undone = filled.workspace.undo(merged.import_id)
    after = state(filled)
    # The contact that stayed is refused by now where it was not; an undo loosens no consent, and says so (STA-5).
    refused = {} if pair[0] == "b@ex.fr" else {merged.contact_id: "no"}
    assert [kept["field"] for kept in undone.kept] == ["opt_in_email"] * len(refused)
    assert after["events"] == before["events"]
    assert after["members"] == before["members"]
    consents = {row[0]: row[6] for row in after["contacts"]}
    assert consents == {row[0]: row[6] for row in before["contacts"]} | refused
    assert [row[:6] for row in after["contacts"]] == [row[:6] for row in before["contacts"]]


def test_it_wants_two_contacts_that_are_there(filled: Account) -> None:
    with pytest.raises(UsageError, match="name the same contact"):
        filled.workspace.merge("1", "a@ex.fr")
    with pytest.raises(UsageError, match="No contact has"):
        filled.workspace.merge("1", "nobody@ex.fr")


def test_an_erasure_takes_both_of_whom_one_was_made(filled: Account) -> None:
    """EXP-9."""
    filled.workspace.merge("a@ex.fr", "b@ex.fr")
    filled.workspace.erase_contact("a@ex.fr")
    names = filled.rows("SELECT table_name FROM duckdb_tables() WHERE NOT internal AND table_name <> 'imports'")
    found = {name: [row for row in filled.rows(f'FROM main."{name}"') if "b@ex.fr" in repr(row)] for (name,) in names}
    assert {name: rows for name, rows in found.items() if rows} == {}
    assert filled.contacts("email") == [("c@ex.fr",)]
