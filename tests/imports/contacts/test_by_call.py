"""Contacts that calls bring one by one: written together, they are what they would be one after the other."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.contacts.erased import TELLING
from pipelines.errors import RefusedError
from pipelines.imports.contacts.by_call import (
    Asked,
    CalledContact,
    Written,
    affected,
    import_contacts,
    write_contact,
    write_contacts,
)
from tests.conftest import Account
from tests.examples import some

DECLARATIONS = """\
type: pipelines.components.ContactBase
attributes:
  locale: en
  fields:
    - {name: postcode, label: Postcode, format: text}
    - {name: basket, label: Basket, format: number}
    - {name: member, label: Member, format: single_select, values: ["Yes", "No"], unknown_values: reject}
    - {name: interests, label: Interests, format: multi_select, values: [Pearl, Agate], unknown_values: add}
---
type: pipelines.components.ImportModel
attributes: {name: clients, file: "clients*.csv"}
"""
KNOWN = "email;postcode;opt_in_email;mobile\na@ex.fr;75011;yes;0612345678\nb@ex.fr;13001;no;\nc@ex.fr;;;\n"
CELLS = {
    "first_name": ["Ann", "", "Zoé"],
    "postcode": ["01000", "", "75011"],
    "basket": ["12.5", "no number", ""],
    "member": ["Yes", "Perhaps"],
    "opt_in_email": ["yes", "no", ""],
    "mobile": ["0698765432", ""],
    "interests": ['["Pearl"]', '["Opal", "Agate"]'],
    "email_status": ["valid"],
    "email": ["moved@ex.fr", "a@ex.fr"],
}
KEYS = ["a@ex.fr", "A@EX.fr", "b@ex.fr", "c@ex.fr", "new@ex.fr", "other@ex.fr", "no address", None]


def calls(chance: random.Random) -> list[CalledContact]:
    found = []
    for _ in range(30):
        names = chance.sample(sorted(CELLS), chance.randrange(1, 5))
        cells = {name: chance.choice(CELLS[name]) for name in names if name != "email" or chance.random() < 0.2}
        named = 2 if chance.random() < 0.1 else None
        found.append(CalledContact(None if named else chance.choice(KEYS), cells, named))
    return found


def told(written: Written | RefusedError) -> object:
    return written.message if isinstance(written, RefusedError) else written


def one_by_one(account: Account, contacts: list[CalledContact], asked: Asked) -> list[object]:
    found: list[object] = []
    for contact in contacts:
        with account.workspace.store.write() as writer:
            try:
                found.append(write_contact(writer, contact, asked))
            except RefusedError as error:
                found.append(error.message)
    return found


def held(account: Account) -> list[list[tuple[Any, ...]]]:
    """The contacts, and what is known of how they became so, but for instants and numbers of revisions."""
    names = [name for (name, *_) in account.rows("DESCRIBE main.contacts") if not name.endswith("_at")]
    queries = (
        f"SELECT {', '.join(names)} FROM main.contacts ORDER BY contact_id",
        "SELECT contact_id, field, old, new, source FROM main.changes ORDER BY ALL",
        "SELECT contact_id, channel, old, new, source FROM main.consents ORDER BY ALL",
    )
    return [account.rows(query) for query in queries]


@pytest.mark.parametrize("seed", some([1, 2, 3, 4], 1))
@pytest.mark.parametrize("asked", [Asked("upsert", "a shop"), Asked("update", "a shop", resubscribe=True)], ids=str)
def test_written_together_they_are_as_one_after_the_other(
    new_account: Callable[[], Account], asked: Asked, seed: int
) -> None:
    contacts = calls(random.Random(seed))
    alone, together = new_account(), new_account()
    for account in (alone, together):
        account.declare(DECLARATIONS)
        account.load(KNOWN)
    expected = one_by_one(alone, contacts, asked)
    with together.workspace.store.write() as writer:
        found = [told(each) for each in write_contacts(writer, contacts, asked)]
    assert found == expected
    assert held(together) == held(alone)
    assert {type(each) for each in expected} == {str, Written}, "some are refused, some are not"


def test_many_that_have_nothing_to_do_with_each_other_take_one_transaction(new_account: Callable[[], Account]) -> None:
    account = new_account()
    with account.workspace.store.write() as writer:
        contacts = [CalledContact(f"at{number}@ex.fr", {"first_name": "N"}) for number in range(40)]
        written = write_contacts(writer, contacts, Asked("upsert", "a shop"))
        assert [each.outcome for each in written if isinstance(each, Written)] == ["inserted"] * 40
    assert account.rows("SELECT count(DISTINCT revision_id), count(*) FROM main.contact_versions") == [(1, 40)]


@pytest.mark.parametrize("several", [False, True], ids=["one", "a list"])
def test_a_call_brings_nobody_back_who_was_erased(new_account: Callable[[], Account], *, several: bool) -> None:
    account = new_account()
    account.declare(DECLARATIONS)
    account.load(KNOWN + "d@ex.fr;;yes;0611223344\n")
    account.workspace.erase_contact("a@ex.fr")
    asked = Asked("upsert", "a shop", resubscribe=True)
    contacts = [
        CalledContact("A@ex.fr", {"first_name": "Back", "opt_in_email": "yes"}),
        CalledContact(None, {"email": "a@ex.fr", "opt_in_email": "no"}),
        CalledContact("d@ex.fr", {"first_name": "Dan", "mobile": "06 12 34 56 78"}),
        CalledContact("new@ex.fr", {"first_name": "New", "mobile": "+33612345678"}),
        CalledContact("new@ex.fr", {"email": "a@ex.fr"}),
    ]
    with account.workspace.store.write() as writer:
        if several:
            surroundings = account.workspace.surroundings("a shop")
            assert affected(import_contacts(writer, contacts, b"[]", asked, surroundings)) == 2
        else:
            erased, again, dan, new, moved = write_contacts(writer, contacts, asked)
            assert [isinstance(each, RefusedError) for each in (erased, again, dan, new, moved)] == [1, 1, 0, 0, 1]
            assert told(erased) == told(again) == told(moved) == f"erased: {TELLING} [email]"
    written = account.rows("SELECT email, first_name, mobile FROM main.contacts WHERE email >= 'd' ORDER BY ALL")
    assert written == [("d@ex.fr", "Dan", "+33611223344"), ("new@ex.fr", "New", None)], "what Dan has is not cleared"
    assert account.rows("SELECT count(*) FROM main.contacts WHERE email = 'a@ex.fr' OR mobile LIKE '%12345678'") == [
        (0,)
    ]
    assert account.rows("SELECT DISTINCT reason FROM main.suppression_list WHERE channel = 'email'") == [("erased",)]
    if several:
        kept = account.rows("SELECT line, cells FROM main.import_rejects ORDER BY line")
        assert kept == [(1, []), (2, []), (5, [])], "line numbers alone"
