"""What is measured of the contacts that changed says what a look at all of them would (IMP-6, FLD-7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipelines.base.looks import last_look
from pipelines.base.measures import measure_all, measure_changed
from tests.conftest import Account

MANY = "Email\n" + "".join(f"p{n}@ex.fr\n" for n in range(30))


def changed(account: Account) -> dict[str, int]:
    with account.workspace.store.write() as writer:
        return measure_changed(writer)


def spoil(account: Account, statement: str) -> None:
    """What no revision wrote, so that no version tells of it."""
    with account.workspace.store.write() as writer, writer.transaction() as connection:
        connection.execute(statement)


@pytest.fixture
def checked(account: Account) -> Account:
    """Thirty contacts in whom nothing is wrong, looked at."""
    account.load(MANY)
    assert changed(account) == {
        "contacts": 30,
        **dict.fromkeys(("duplicate_keys", "missing_keys", "duplicate_ids"), 0),
    } | (dict.fromkeys(("unknown_states", "empty_strings", "empty_lists"), 0))
    return account


WRONG: dict[str, str] = {
    "duplicate_keys": "UPDATE main.contacts SET email = 'p7@ex.fr' WHERE email = 'new@ex.fr'",
    "missing_keys": "UPDATE main.contacts SET email = NULL WHERE email = 'new@ex.fr'",
    "duplicate_ids": "UPDATE main.contacts SET contact_id = 31 WHERE email = 'p7@ex.fr'",
    "unknown_states": "UPDATE main.contacts SET opt_in_email = 'perhaps' WHERE email = 'new@ex.fr'",
    "empty_strings": "UPDATE main.contacts SET last_name = '' WHERE email = 'new@ex.fr'",
}


@pytest.mark.parametrize("measure", WRONG)
def test_a_fault_of_a_touched_contact_is_found(checked: Account, measure: str) -> None:
    checked.load("Email\nnew@ex.fr\n")
    spoil(checked, WRONG[measure])
    found = changed(checked)
    assert {name for name, count in found.items() if count} == {"contacts", measure}
    with checked.workspace.store.write() as writer:
        assert measure_all(writer) == found


def test_a_fault_stays_until_it_is_mended(checked: Account) -> None:
    checked.load("Email\nnew@ex.fr\n")
    spoil(checked, WRONG["empty_strings"])
    assert changed(checked)["empty_strings"] == 1
    checked.load("Email\nother@ex.fr\n")
    assert changed(checked)["empty_strings"] == 1
    spoil(checked, "UPDATE main.contacts SET last_name = NULL WHERE last_name = ''")
    assert changed(checked)["empty_strings"] == 0


def _undo(account: Account) -> None:
    account.workspace.undo(2)


def _declare_a_field(account: Account) -> None:
    text = (account.layout.assets / "defs.yaml").read_text(encoding="utf-8")
    more = "  fields:\n    - {name: another, label: Autre, format: text}\n"
    account.declare(text.replace("  fields:\n", more, 1))


def _lose_a_contact(account: Account) -> None:
    spoil(account, "DELETE FROM main.contacts WHERE email = 'p9@ex.fr'")


def _load_more_than_half(account: Account) -> None:
    account.load(MANY + MANY.replace("p", "q").removeprefix("Email\n") + MANY.replace("p", "r").removeprefix("Email\n"))


@pytest.mark.parametrize("what", [_undo, _declare_a_field, _lose_a_contact, _load_more_than_half])
def test_everybody_is_looked_at_where_versions_do_not_tell_all(
    checked: Account, what: Callable[[Account], None]
) -> None:
    checked.load("Email\nnew@ex.fr\n")
    assert changed(checked)["empty_strings"] == 0
    spoil(checked, "UPDATE main.contacts SET last_name = '' WHERE email = 'p7@ex.fr'")
    assert changed(checked)["empty_strings"] == 0, "a contact that no version tells of is taken as it was"
    what(checked)
    assert changed(checked)["empty_strings"] == 1


def test_a_look_is_no_news_for_who_reads_the_copy(checked: Account) -> None:
    checked.workspace.publish()
    checked.load("Email\nnew@ex.fr\n")
    assert checked.workspace.publish()
    changed(checked)
    assert not checked.workspace.publish()
    with checked.workspace.store.write() as writer:
        look = last_look(writer.connection, "checked")
    assert look is not None
    assert look.contacts == 31
