"""EXP-14: contacts that may be one person are listed with the reason, each group once."""

from __future__ import annotations

import pytest

from pipelines.upkeep.duplicates import find_duplicates
from tests.conftest import Account

HEAD = "Email;Mobile;Prénom;Nom;Code postal;Date de naissance\n"
PAIRS = {
    "same mobile": ("a@ex.fr;0612345678;;;;", "b@ex.fr;+33 6 12 34 56 78;;;;"),
    "same address but for dots, tags or a typo": ("jean.dupont@gmail.com;;;;;", "jeandupont+soldes@gmial.com;;;;;"),
    "same name and birth date": ("a@ex.fr;;Zoé;Le Gall;;1980-02-01", "b@ex.fr;;le gall;ZOE;;1980-02-01"),
    "same name and postcode": ("a@ex.fr;;Jean-Luc;Ômé;75011;", "b@ex.fr;;Jean Luc;Ome;75011;"),
}
APART = [
    ("a.b@ex.fr;;;;;", "ab@ex.fr;;;;;"),
    ("a@ex.fr;;Zoé;;75011;", "b@ex.fr;;Zoé;;75011;"),
    ("a@ex.fr;;Zoé;Le Gall;75011;1980-02-01", "b@ex.fr;;Zoé;Le Gall;69001;1980-02-02"),
    ("a@ex.fr;0612345678;;;;", "b@ex.fr;0612345679;;;;"),
]


def found(account: Account) -> list[dict]:
    account.workspace.refresh_segments()
    account.workspace.publish()
    with account.workspace.published() as connection:
        return find_duplicates(connection, account.workspace.declarations.base)


@pytest.mark.parametrize("reason", PAIRS)
def test_each_reason(account: Account, reason: str) -> None:
    one, other = PAIRS[reason]
    account.load(f"{HEAD}{one}\n{other}\nz@ex.fr;;;;;\n")
    [group] = found(account)
    assert group["reason"] == reason
    assert [contact["contact_id"] for contact in group["contacts"]] == [1, 2]


def test_who_is_not_alike_is_not_listed(account: Account) -> None:
    for one, other in APART:
        account.load(f"{HEAD}{one}\n{other}\n", "clients.csv", force=True)
        assert found(account) == []
        with account.workspace.store.write() as writer, writer.transaction() as connection:
            connection.execute("DELETE FROM main.contacts")


def test_a_group_is_listed_once_by_its_first_reason(account: Account) -> None:
    account.load(f"{HEAD}a@ex.fr;0612345678;Zoé;Le Gall;75011;\nb@ex.fr;0612345678;Zoé;Le Gall;75011;\n")
    assert [group["reason"] for group in found(account)] == ["same mobile"]
