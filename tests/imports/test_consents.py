"""Consent never loosens by accident: every road by which someone might be subscribed again (STA-5, IMP-10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.errors import EnvironmentFaultError, RefusedError, UsageError
from pipelines.fields import CONSENT_STRICTNESS
from pipelines.imports.by_hand import edit_contact
from pipelines.imports.undoing import undo_import
from tests.conftest import Account

BASE = """\
type: pipelines.components.ContactBase
attributes: {key: KEY, fields: [{name: postcode, label: Code postal, format: text}]}
"""
MODELS = {
    "clients": "",
    "second": "",
    "constant": ', constants: {opt_in_email: "yes", opt_in_sms: "Oui"}',
    "clearing": ", empty_cells: clear",
    "inserting": ", action: insert",
    "updating": ", action: update",
    "unsubscribing": ", action: unsubscribe",
    "suppressing": ", action: suppress",
    "deleting": ", action: delete",
    "resubscribing": ", may_resubscribe: true",
}
KEYS = {"email": "a@ex.fr", "mobile": "+33612345678"}
HEADS = {"email": "Email", "mobile": "Mobile"}


def declare(account: Account, key: str = "email") -> None:
    documents = [BASE.replace("KEY", key)]
    documents += [
        f'type: pipelines.components.ImportModel\nattributes: {{name: {name}, file: "{name}*.csv"{more}}}\n'
        for name, more in MODELS.items()
    ]
    account.declare("---\n".join(documents))


@pytest.fixture(params=["email", "mobile"])
def key(request: pytest.FixtureRequest, account: Account) -> str:
    declare(account, request.param)
    return request.param


def load(account: Account, text: str, model: str = "clients"):
    number = account.rows("SELECT count(*) FROM main.imports")[0][0]
    result = account.load(text, f"{model}-{number}.csv", model=model, force=True)
    assert result.status == "imported"
    return result


def by_hand(account: Account, name: str, **values: str) -> None:
    with account.workspace.store.write() as writer:
        edit_contact(writer, name, values, "a test")


def undo(account: Account, import_id: int) -> None:
    with account.workspace.store.write() as writer:
        undo_import(writer, import_id, "a test", datetime.now(UTC))


def again(account: Account, key: str, consent: str = "Oui", model: str = "clients") -> None:
    load(account, f"{HEADS[key]};Opt-In Email;Opt-In SMS\n{KEYS[key]};{consent};Oui\n", model)


def through_labels(account: Account, key: str) -> None:
    for text in ("yes", "Oui", "OUI ", "Yes", "oui"):
        again(account, key, text)


def through_english_headers(account: Account, key: str) -> None:
    load(account, f"{HEADS[key]};Email opt-in;SMS opt-in\n{KEYS[key]};Yes;Yes\n")


def through_a_constant(account: Account, key: str) -> None:
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "constant")


def through_empty_cells(account: Account, key: str) -> None:
    again(account, key, "", "clearing")
    again(account, key, "Oui", "clearing")


def through_two_lines(account: Account, key: str) -> None:
    head, value = HEADS[key], KEYS[key]
    load(account, f"{head};Opt-In Email;Opt-In SMS\n{value};Oui;Oui\n{value};;\n{value};Oui;Oui\n")


def through_a_second_model(account: Account, key: str) -> None:
    for model in ("second", "inserting", "updating"):
        again(account, key, "Oui", model)


def through_deletion(account: Account, key: str) -> None:
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    again(account, key)


def through_deletion_and_a_file_without_consents(account: Account, key: str) -> None:
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    load(account, f"{HEADS[key]};Nom\n{KEYS[key]};A\n")
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    again(account, key)


def through_the_undo_of_a_deletion(account: Account, key: str) -> None:
    deleted = load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    undo(account, deleted.import_id)
    again(account, key)


def through_the_undo_of_what_tightened(account: Account, key: str) -> None:
    for (number,) in account.rows("SELECT import_id FROM main.imports ORDER BY import_id DESC"):
        undo(account, number)
    again(account, key)


def through_a_preview(account: Account, key: str) -> None:
    account.load(f"{HEADS[key]};Opt-In Email\n{KEYS[key]};Oui\n", "preview.csv", model="resubscribing", preview=True)


def through_edits_of_other_fields(account: Account, key: str) -> None:
    by_hand(account, KEYS[key], last_name="B", postcode="75011")
    again(account, key)


def through_another_key(account: Account, key: str) -> None:
    by_hand(account, KEYS[key], **{key: {"email": "b@ex.fr", "mobile": "0687654321"}[key]})
    again(account, key)


def through_unsubscribing(account: Account, key: str) -> None:
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "unsubscribing")
    again(account, key)


ROADS = [name for name in globals() if name.startswith("through_")]


def consents(account: Account, key: str) -> tuple[str, str]:
    return account.rows(f"SELECT opt_in_email, opt_in_sms FROM main.contacts WHERE {key} = ?", [KEYS[key]])[0]


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize(("key", "strict"), [("email", "no"), ("email", "suppression_list"), ("mobile", "orange_list")])
def test_no_road_subscribes_again(account: Account, key: str, strict: str, road: str) -> None:
    declare(account, key)
    load(account, f"{HEADS[key]};Opt-In Email;Opt-In SMS\n{KEYS[key]};yes;yes\n")
    load(account, f"{HEADS[key]};Opt-In Email;Opt-In SMS\n{KEYS[key]};{strict};no\n")
    take: Callable[[Account, str], None] = globals()[road]
    take(account, key)
    email, sms = consents(account, key)
    assert CONSENT_STRICTNESS[email] >= CONSENT_STRICTNESS[strict], "it only ever tightens"
    assert sms == "no"
    log = account.rows("SELECT old, new FROM main.consents WHERE old IS NOT NULL")
    assert all(CONSENT_STRICTNESS[new] > CONSENT_STRICTNESS[old] for old, new in log), log


def test_leave_resubscribes_but_never_from_the_suppression_list(account: Account, key: str) -> None:
    for strict, expected in (("no", "yes"), ("orange_list", "yes"), ("suppression_list", "suppression_list")):
        again(account, key, strict)
        again(account, key, "Oui", "resubscribing")
        assert consents(account, key)[0] == expected
    by_hand(account, KEYS[key], opt_in_email="yes")
    assert consents(account, key)[0] == "yes", "the suppression list is left by hand"
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    again(account, key)
    assert consents(account, key)[0] == "yes", "and does not come back"


def test_a_suppressed_stranger_arrives_suppressed(account: Account, key: str) -> None:
    result = load(account, f"{HEADS[key]}\n{KEYS[key]}\n{KEYS[key]}\n", "suppressing")
    assert (result.counts.suppressed, result.counts.skipped_by_action, result.counts.duplicates) == (1, 1, 1)
    assert load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "suppressing").counts.suppressed == 0
    assert account.rows("SELECT channel, key, reason FROM main.suppression_list") == [
        ("email", KEYS[key], "suppressed")
    ]
    arrived = account.load(f"{HEADS[key]};Opt-In Email\n{KEYS[key]};Oui\n", "clients-new.csv")
    assert consents(account, key)[0] == "suppression_list"
    assert arrived.problems.filter(rule="consent_kept").height == 1
    assert arrived.unreachable["suppression_list"] == (1 if key == "email" else 0)


def test_the_list_names_nobody_who_was_deleted(account: Account, key: str) -> None:
    again(account, key, "suppression_list")
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    listed = account.rows("SELECT channel, reason FROM main.suppression_list WHERE key IS NULL ORDER BY channel")
    assert ("email", "suppressed") in listed


def test_the_list_names_again_who_is_back(account: Account, key: str) -> None:
    again(account, key, "suppression_list")
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    undo(account, 2)
    named = "SELECT key FROM main.suppression_list WHERE reason = 'suppressed'"
    assert account.rows(named) == [(KEYS[key],)]
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    assert account.rows(named) == [(None,)]
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "suppressing")
    assert account.rows(named) == [(KEYS[key],)]


def test_a_cell_that_has_nothing_to_do_with_it_keeps_nobody_subscribed(account: Account) -> None:
    declare(account)
    load(account, "Email;Opt-In Email\na@ex.fr;Oui\n")
    result = load(account, "Email;Opt-In Email;Date du retour Email\na@ex.fr;peut-être;jamais\n", "unsubscribing")
    assert (result.counts.updated, result.counts.rejected) == (1, 0)
    assert consents(account, "email")[0] == "no"


def test_actions_on_known_and_unknown_keys(account: Account) -> None:
    declare(account)
    load(account, "Email;Nom\na@ex.fr;A\n")
    text = "Email;Nom\na@ex.fr;B\nb@ex.fr;B\n"
    expected = {
        "inserting": ("inserted", "skipped_by_action", [("a@ex.fr", "A"), ("b@ex.fr", "B")]),
        "updating": ("updated", "unchanged", [("a@ex.fr", "B"), ("b@ex.fr", "B")]),
        "deleting": ("deleted", "deleted", []),
    }
    for model, (one, other, contacts) in expected.items():
        counts = load(account, text, model).counts
        assert {getattr(counts, one), getattr(counts, other)} <= {1, 2}
        assert account.contacts("email", "last_name") == contacts
    assert load(account, text, "deleting").counts.skipped_by_action == 2


def test_what_a_hand_may_not_do(account: Account) -> None:
    declare(account)
    load(account, "Email;Opt-In Email\na@ex.fr;Non\nb@ex.fr;\n")
    before = account.contacts()
    for values, error in (
        ({"opt_in_email": ""}, UsageError),
        ({"contact_id": "7"}, UsageError),
        ({"email": "b@ex.fr"}, RefusedError),
        ({"opt_in_email": "peut-être"}, RefusedError),
        ({"email": "nobody"}, RefusedError),
    ):
        with pytest.raises(error):
            by_hand(account, "a@ex.fr", **values)
    assert account.contacts() == before


def test_hashes_cannot_be_read_without_their_key(account: Account) -> None:
    declare(account)
    again(account, "email", "no")
    load(account, "Email\na@ex.fr\n", "deleting")
    secret: Path = account.layout.base.with_name("hash.key")
    assert secret.stat().st_mode & 0o077 == 0
    secret.write_bytes(b"x" * 32)
    with pytest.raises(EnvironmentFaultError, match="is not the key"):
        again(account, "email")
