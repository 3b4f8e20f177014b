"""Models that find contacts by another field than the key (IMP-6c), and those that fill gaps alone (IMP-8)."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.base.measures import measure_base
from pipelines.errors import RefusedError
from pipelines.imports.contacts.by_hand import edit_contact
from tests.conftest import Account

DECLARATIONS = """\
type: pipelines.components.ContactBase
attributes:
  fields:
    - {name: customer_id, label: N° client, format: text, unique: true}
    - {name: card, label: Carte, format: number, unique: true}
    - {name: postcode, label: Code postal, format: text}
    - {name: interests, label: Intérêts, format: multi_select, values: [Perle, Diamant]}
"""
MODELS = {
    "plain": "",
    "clients": "match: customer_id",
    "cards": "match: card",
    "ids": "match: contact_id",
    "gaps": "known_cells: fill_empty",
    "updating": "match: customer_id, action: update",
    "unsubscribing": "match: customer_id, action: unsubscribe",
    "deleting": "match: customer_id, action: delete",
}


@pytest.fixture
def base(account: Account) -> Account:
    documents = [DECLARATIONS]
    for name, more in MODELS.items():
        documents.append(
            f"type: pipelines.components.ImportModel\nattributes: {{name: {name}, file: '{name}*.csv', {more}}}\n"
        )
    account.declare("---\n".join(documents))
    return account


def take(account: Account, model: str, *lines: str):
    number = account.rows("SELECT count(*) FROM main.imports")[0][0]
    result = account.load("\n".join(lines) + "\n", f"{model}-{number}.csv", model=model, force=True)
    assert result.status == "imported", result.problems.rows()
    with account.workspace.store.rehearse() as writer:
        measured = measure_base(writer.connection, writer.contact_base)
        assert not any(count for name, count in measured.items() if name != "contacts"), measured
    return result


def rejected(result) -> list[tuple[int, str, str]]:
    return result.problems.filter(pl.col("severity") == "error").select("line", "rule", "column").sort("line").rows()


def test_a_contact_found_by_its_number_brings_a_new_address(base: Account) -> None:
    take(base, "plain", "Email;N° client;Statut Email;Opt-In Email", "a@ex.fr;C1;Valide;Oui", "b@ex.fr;C2;Valide;Oui")
    moved = take(base, "clients", "N° client;Email;Nom", "C1;new@ex.fr;Durand", "C2;;Aubert", "C3;c@ex.fr;Petit")
    assert (moved.counts.updated, moved.counts.inserted, moved.counts.rejected) == (2, 1, 0)
    assert base.contacts(
        "contact_id", "email", "customer_id", "last_name", "email_status", "opt_in_email", key="contact_id"
    ) == [
        (1, "new@ex.fr", "C1", "Durand", "unknown", "yes"),
        (2, "b@ex.fr", "C2", "Aubert", "valid", "yes"),
        (3, "c@ex.fr", "C3", "Petit", "unknown", None),
    ]


def test_the_key_finds_whom_the_number_does_not(base: Account) -> None:
    take(base, "plain", "Email;N° client", "a@ex.fr;", "b@ex.fr;C2")
    found = take(base, "clients", "N° client;Email;Nom", "C1;a@ex.fr;Durand", ";b@ex.fr;Aubert")
    assert (found.counts.updated, found.counts.inserted) == (2, 0)
    assert base.contacts("email", "customer_id", "last_name") == [
        ("a@ex.fr", "C1", "Durand"),
        ("b@ex.fr", "C2", "Aubert"),
    ]


def test_an_address_of_somebody_else_is_a_row_problem(base: Account) -> None:
    take(base, "plain", "Email;N° client", "a@ex.fr;C1", "b@ex.fr;C2")
    result = take(base, "clients", "N° client;Email;Nom", "C1;b@ex.fr;Durand", "C2;b@ex.fr;Aubert")
    assert rejected(result) == [(2, "taken_value", "Email")]
    assert base.contacts("email", "last_name") == [("a@ex.fr", None), ("b@ex.fr", "Aubert")]


def test_two_rows_of_one_contact_are_one(base: Account) -> None:
    take(base, "plain", "Email;N° client", "a@ex.fr;C1")
    result = take(
        base,
        "clients",
        "N° client;Email;Nom;Prénom",
        "C1;x@ex.fr;Durand;",
        ";x@ex.fr;;Anne",  # the address that C1 has from the line above
        ";a@ex.fr;;",  # the one that it had
        "C9;n@ex.fr;Neuf;",
        "C9;m@ex.fr;;Nora",
        ";n@ex.fr;Neuve;",
    )
    assert (result.counts.updated, result.counts.inserted, result.counts.duplicates) == (1, 1, 4)
    assert base.contacts("customer_id", "first_name", "last_name", key="customer_id") == [
        ("C1", "Anne", "Durand"),
        ("C9", "Nora", "Neuve"),
    ]
    assert base.rows("SELECT count(DISTINCT email) FROM main.contacts") == [(2,)]


@pytest.mark.parametrize(
    ("lines", "problems"),
    [
        (("C8;",), [(2, "invalid_key", "Email")]),
        (("C8;pas-d-adresse",), [(2, "invalid_key", "Email")]),
        (("C8;x@ex.fr", "C9;x@ex.fr"), [(3, "taken_value", "Email")]),
        (("C9;a@ex.fr", "C9;b@ex.fr"), [(3, "taken_value", "N° client")]),
    ],
)
def test_rows_that_are_nobodys_or_two_peoples(base: Account, lines: tuple[str, ...], problems: list) -> None:
    take(base, "plain", "Email;N° client", "a@ex.fr;", "b@ex.fr;")
    result = take(base, "clients", "N° client;Email", *lines)
    assert rejected(result) == problems


def test_contacts_are_found_by_their_id(base: Account) -> None:
    take(base, "plain", "Email;Nom", "a@ex.fr;A", "b@ex.fr;B")
    result = take(
        base, "ids", "Identifiant;Email;Nom", "2;new@ex.fr;Bis", "77;c@ex.fr;C", ";a@ex.fr;Prime", "x;d@ex.fr;D"
    )
    assert rejected(result) == [(5, "unreadable_cells", "Identifiant")]
    assert base.contacts("contact_id", "email", "last_name", key="contact_id") == [
        (1, "a@ex.fr", "Prime"),
        (2, "new@ex.fr", "Bis"),
        (3, "c@ex.fr", "C"),
    ]


def test_a_file_without_the_key_updates_whom_it_finds(base: Account) -> None:
    take(base, "plain", "Email;Carte", "a@ex.fr;12", "b@ex.fr;13")
    result = take(base, "cards", "Carte;Nom", "12;A", "99;X")
    assert (result.counts.updated, result.counts.rejected) == (1, 1)
    assert base.contacts("email", "last_name") == [("a@ex.fr", "A"), ("b@ex.fr", None)]


@pytest.mark.parametrize("model", ["plain", "clients", "gaps"])
def test_a_unique_value_is_one_contacts_in_every_model(base: Account, model: str) -> None:
    take(base, "plain", "Email;N° client;Carte", "a@ex.fr;C1;12", "b@ex.fr;C2;")
    lines = ("b@ex.fr;C2;12", "c@ex.fr;C3;14", "d@ex.fr;C4;14")
    result = take(base, model, "Email;N° client;Carte", *lines)
    assert rejected(result) == [(2, "taken_value", "Carte"), (4, "taken_value", "Carte")]
    with base.workspace.store.write() as writer, pytest.raises(RefusedError, match="unique"):
        edit_contact(writer, "b@ex.fr", {"card": "12"}, "a test")
    with base.workspace.store.write() as writer:
        edit_contact(writer, "a@ex.fr", {"card": "12", "customer_id": "C1"}, "a test")


def test_unsubscribing_by_number_moves_no_address_and_forgets_none(base: Account) -> None:
    take(base, "plain", "Email;N° client;Opt-In Email", "a@ex.fr;C1;Oui")
    result = take(base, "unsubscribing", "N° client;Email", "C1;other@ex.fr", "C5;stranger@ex.fr")
    assert (result.counts.updated, result.counts.skipped_by_action, result.counts.remembered) == (1, 1, 1)
    assert base.contacts("email", "opt_in_email") == [("a@ex.fr", "no")]
    take(base, "plain", "Email;Opt-In Email", "other@ex.fr;Oui", "stranger@ex.fr;Oui")
    assert base.rows("SELECT DISTINCT opt_in_email FROM main.contacts") == [("no",)]


def test_what_was_refused_comes_with_the_address_that_a_match_brings(base: Account) -> None:
    take(base, "plain", "Email;N° client;Opt-In Email", "a@ex.fr;C1;Oui", "no@ex.fr;C2;Non")
    take(base, "deleting", "N° client", "C2")
    take(base, "clients", "N° client;Email", "C1;no@ex.fr")
    assert base.contacts("email", "opt_in_email") == [("no@ex.fr", "no")]


def test_gaps_alone_are_filled(base: Account) -> None:
    head = "Email;Nom;Code postal;Perle;Diamant;Mobile;Statut Mobile;Statut Email;Opt-In Email;Opt-In SMS"
    take(base, "plain", head, "a@ex.fr;Durand;;X;;;;Valide;Oui;", "b@ex.fr;;75011;;;0612345678;Valide;;;Non")
    result = take(
        base,
        "gaps",
        head,
        "a@ex.fr;Autre;69001;;X;0687654321;Valide;Mauvais alias;Non;Oui",
        "b@ex.fr;Aubert;13001;;X;06 12;;Valide;Oui;Oui",
    )
    fields = (
        "last_name",
        "postcode",
        "interests",
        "mobile",
        "mobile_status",
        "email_status",
        "opt_in_email",
        "opt_in_sms",
    )
    assert base.contacts(*fields) == [
        ("Durand", "69001", ["Perle", "Diamant"], "+33687654321", "valid", "valid", "no", "yes"),
        ("Aubert", "75011", ["Diamant"], "+33612345678", "valid", "valid", "yes", "no"),
    ]
    assert result.counts.updated == 2
