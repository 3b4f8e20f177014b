"""Consent never loosens by accident: every road by which someone might be subscribed again (STA-5, IMP-10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.channels import CONSENT_STRICTNESS
from pipelines.errors import EnvironmentFaultError, RefusedError, UsageError
from pipelines.imports.contacts.by_hand import edit_contact
from pipelines.imports.undoing import undo_import
from tests.conftest import Account
from tests.examples import some

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
OTHER = {"email": "mobile", "mobile": "email"}
STRANGERS = {"email": "b@ex.fr", "mobile": "+33687654321"}


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


def by_hand(account: Account, name: str, **values: str) -> tuple[str, ...]:
    with account.workspace.store.write() as writer:
        return edit_contact(writer, name, values, "a test").warnings


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
    by_hand(account, KEYS[key], **{key: STRANGERS[key]})
    again(account, key)


def through_unsubscribing(account: Account, key: str) -> None:
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "unsubscribing")
    again(account, key)


def delete_and_change_the_key(account: Account, key: str) -> None:
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    declare(account, OTHER[key])


def with_both_addresses(account: Account, key: str) -> None:
    load(account, f"Email;Mobile;Opt-In Email;Opt-In SMS\n{KEYS['email']};{KEYS['mobile']};Oui;Oui\n")


def through_a_changed_key(account: Account, key: str) -> None:
    load(account, f"Email;Mobile\n{KEYS['email']};{KEYS['mobile']}\n")
    delete_and_change_the_key(account, key)
    with_both_addresses(account, key)


def through_a_changed_key_and_an_address_that_was_unknown(account: Account, key: str) -> None:
    delete_and_change_the_key(account, key)
    with_both_addresses(account, key)


def through_a_changed_key_one_address_at_a_time(account: Account, key: str) -> None:
    load(account, f"Email;Mobile\n{KEYS['email']};{KEYS['mobile']}\n")
    delete_and_change_the_key(account, key)
    again(account, OTHER[key])
    with_both_addresses(account, key)


def through_a_key_changed_to_and_fro(account: Account, key: str) -> None:
    load(account, f"Email;Mobile\n{KEYS['email']};{KEYS['mobile']}\n")
    delete_and_change_the_key(account, key)
    with_both_addresses(account, key)
    delete_and_change_the_key(account, OTHER[key])
    again(account, key)


def through_the_undo_of_a_deletion_under_another_key(account: Account, key: str) -> None:
    load(account, f"Email;Mobile\n{KEYS['email']};{KEYS['mobile']}\n")
    deleted = load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    declare(account, OTHER[key])
    undo(account, deleted.import_id)
    with_both_addresses(account, key)


def through_a_known_contact_that_takes_the_address(account: Account, key: str) -> None:
    delete_and_change_the_key(account, key)
    load(account, f"{HEADS[OTHER[key]]};Opt-In Email;Opt-In SMS\n{KEYS[OTHER[key]]};Oui;Oui\n")
    with_both_addresses(account, key)


def through_an_edit_of_another_contact_to_the_address(account: Account, key: str) -> None:
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    load(account, f"{HEADS[key]};Opt-In Email;Opt-In SMS\n{STRANGERS[key]};Oui;Oui\n")
    assert len(by_hand(account, STRANGERS[key], **{key: KEYS[key]})) == 2, "each consent that it brings is told"


ROADS = [name for name in globals() if name.startswith("through_")]


def consents(account: Account, key: str) -> tuple[str, str]:
    return account.rows(f"SELECT opt_in_email, opt_in_sms FROM main.contacts WHERE {key} = ?", [KEYS[key]])[0]


REFUSALS = [("email", "suppression_list"), ("mobile", "orange_list"), ("email", "no")]
IN_TURN = [(road, *REFUSALS[number % 2]) for number, road in enumerate(ROADS)]
"""Each road once, by default; every refusal on every road with CARNET_EXAMPLES=1."""


@pytest.mark.parametrize(
    ("road", "key", "strict"),
    some([*IN_TURN, *((road, *refusal) for road in ROADS for refusal in REFUSALS)], len(ROADS)),
)
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
    assert account.rows("SELECT channel, key, reason, who FROM main.suppression_list ORDER BY channel") == [
        ("email", KEYS[key], "suppressed", "a test"),
        ("sms", KEYS[key], "suppressed", "a test"),
    ]
    arrived = account.load(f"{HEADS[key]};Opt-In Email;Opt-In SMS\n{KEYS[key]};Oui;Oui\n", "clients-new.csv")
    assert consents(account, key) == ("suppression_list", "no")
    assert arrived.problems.filter(rule="consent_kept").height == 2
    assert arrived.unreachable["suppression_list"] == 1


def test_a_known_contact_is_suppressed_on_both_channels(account: Account, key: str) -> None:
    """IMP-10, IMP-13: and counted on the list, whichever channel the base's key is for."""
    again(account, key)
    done = load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "suppressing")
    assert consents(account, key) == ("suppression_list", "no")
    assert {reason: count for reason, count in done.unreachable.items() if count} == {"suppression_list": 1}
    again(account, key, "Oui", "resubscribing")
    assert consents(account, key) == ("suppression_list", "no"), "the list is left by hand alone, on both channels"


def test_what_a_shared_second_address_refused_counts_on_its_own_channel_alone(account: Account) -> None:
    declare(account)
    head, number = "Email;Mobile;Opt-In Email;Opt-In SMS\n", KEYS["mobile"]
    load(account, f"{head}a@ex.fr;{number};Non;Non\n")
    load(account, "Email\na@ex.fr\n", "deleting")
    load(account, f"{head}b@ex.fr;{number};Oui;Oui\n")
    assert account.contacts("email", "opt_in_email", "opt_in_sms") == [("b@ex.fr", "yes", "no")]
    by_hand(account, "b@ex.fr", opt_in_sms="yes")
    load(account, f"{head}c@ex.fr;{number};Oui;Oui\n")
    assert account.contacts("email", "opt_in_sms") == [("b@ex.fr", "yes"), ("c@ex.fr", "yes")], "a person said so"


def test_the_undo_of_a_deletion_gives_each_contact_its_own_consents_back(account: Account) -> None:
    """IMP-15: though one of two that share a number refused there."""
    declare(account)
    number = KEYS["mobile"]
    load(account, f"Email;Mobile;Opt-In SMS\na@ex.fr;{number};Non\nb@ex.fr;{number};Oui\n")
    before = account.contacts("email", "mobile", "opt_in_sms")
    deleted = load(account, "Email\na@ex.fr\nb@ex.fr\n", "deleting")
    undo(account, deleted.import_id)
    assert account.contacts("email", "mobile", "opt_in_sms") == before
    load(account, f"Email;Mobile;Opt-In SMS\nc@ex.fr;{number};Oui\n")
    assert account.contacts("email", "opt_in_sms")[-1] == ("c@ex.fr", "no"), "the undo is nobody's leave"


def test_an_edit_to_a_listed_address_takes_what_it_says_itself(account: Account, key: str) -> None:
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "suppressing")
    load(account, f"{HEADS[key]};Opt-In Email;Opt-In SMS\n{STRANGERS[key]};Oui;Oui\n")
    [told] = by_hand(account, STRANGERS[key], **{key: KEYS[key], "opt_in_email": "Oui"})
    assert told.startswith("opt_in_sms is now 'Non': the suppression list keeps that of the address.")
    assert consents(account, key) == ("yes", "no")
    log = account.rows("SELECT channel, old, new, source, who FROM main.consents WHERE source = 'hand'")
    assert log == [("sms", "yes", "no", "hand", "a test")]


def test_an_edit_to_a_suppressed_address_keeps_it_on_the_list(account: Account) -> None:
    declare(account)
    load(account, "Email\ng@ex.fr\n", "suppressing")
    load(account, "Email;Opt-In Email\na@ex.fr;Oui\n")
    by_hand(account, "a@ex.fr", email="g@ex.fr")
    assert account.contacts("email", "opt_in_email", "opt_in_sms") == [("g@ex.fr", "suppression_list", "no")]
    assert account.rows("SELECT key FROM main.suppression_list WHERE channel = 'email'") == [("g@ex.fr",)]


def test_each_entry_of_the_list_says_who_asked(account: Account, key: str) -> None:
    again(account, key, "no")
    load(account, f"{HEADS[key]}\n{KEYS[key]}\n", "deleting")
    entries = account.rows("SELECT DISTINCT reason, source, who FROM main.suppression_list")
    assert entries == [("unsubscribed", "import 2", "a test")]


def kept(account: Account, model: str) -> list[tuple[str, str]]:
    result = load(account, "Email;Opt-In Email\na@ex.fr;Oui\n", model)
    return result.problems.filter(rule="consent_kept").select("column", "message").rows()


def test_a_kept_consent_says_which_what_and_how_it_may_change(account: Account) -> None:
    declare(account)
    load(account, "Email;Opt-In Email\na@ex.fr;Non\n")
    [(column, message)] = kept(account, "clients")
    assert column == "Opt-In Email"
    assert message.startswith("opt_in_email stays 'Non' where the file says 'Oui'")
    assert "`may_resubscribe: true`" in message
    load(account, "Email\na@ex.fr\n", "suppressing")
    for model in ("clients", "resubscribing"):
        [(_, message)] = kept(account, model)
        assert "stays 'En Liste Repoussoir du compte'" in message
        assert "by hand only (`carnet contact set`)" in message
        assert "may_resubscribe" not in message
    result = load(account, "Email\na@ex.fr\n", "constant")
    assert result.problems.filter(rule="consent_kept")["column"].to_list() == [None, None], "no column said so"


def test_an_action_on_keys_needs_the_key(account: Account) -> None:
    declare(account)
    for model in ("suppressing", "unsubscribing", "deleting"):
        refused = account.load("Prénom;Nom\nA;B\n", f"{model}.csv", model=model)
        assert (refused.status, refused.problems["rule"].to_list()) == ("refused", ["key_column"])


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
    assert set(account.rows(named)) == {(KEYS[key],)}


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
    with pytest.raises(UsageError, match=r"Nobody has 'zed@ex\.fr', so it would be a new contact's email"):
        by_hand(account, "zed@ex.fr", email="zed2@ex.fr")
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
