"""IMP-11, IMP-13: a preview shows what the import would store, whom it would delete and whom it would not reach."""

from __future__ import annotations

import pytest

from tests.conftest import DECLARATIONS, Account

ACTIONS = "".join(
    f'---\ntype: pipelines.components.ImportModel\nattributes: {{name: {action}, file: "{action}*.csv", action: {action}}}\n'
    for action in ("insert", "update", "unsubscribe", "suppress", "delete")
)
KNOWN = """\
Email;Prénom;Opt-In Email;Statut Email
a@exemple.fr;Anne;Oui;
b@exemple.fr;Bruno;Non;
c@exemple.fr;Chloé;;Mauvais alias
"""
FILE = "Email;Prénom;Opt-In Email\na@exemple.fr;Aude;Oui\nb@exemple.fr;;\nc@exemple.fr;;\nd@exemple.fr;Denis;Non\n"


@pytest.fixture
def known(account: Account) -> Account:
    account.declare(DECLARATIONS + ACTIONS)
    assert account.load(KNOWN).counts.inserted == 3
    return account


def shown(account: Account, action: str) -> list[tuple[str | None, str | None, str]]:
    stored = account.load(FILE, f"{action}.csv", model=action, preview=True).stored
    assert stored is not None
    return stored.select("email", "first_name", "outcome").rows()


def test_a_row_that_the_action_skips_is_not_shown_as_if_it_were_stored(known: Account) -> None:
    assert shown(known, "insert") == [("d@exemple.fr", "Denis", "inserted")]
    assert [email for email, _, _ in shown(known, "update")] == ["a@exemple.fr", "b@exemple.fr", "c@exemple.fr"]


def test_a_contact_that_would_be_deleted_is_shown_as_it_is(known: Account) -> None:
    assert shown(known, "delete") == [
        ("a@exemple.fr", "Anne", "deleted"),
        ("b@exemple.fr", "Bruno", "deleted"),
        ("c@exemple.fr", "Chloé", "deleted"),
    ]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("clients", {"hard": 1, "unsubscribed": 2}),
        ("insert", {"unsubscribed": 1}),
        ("update", {"hard": 1, "unsubscribed": 1}),
        ("unsubscribe", {"hard": 1, "unsubscribed": 2}),
        ("suppress", {"hard": 1, "suppression_list": 2}),
        ("delete", {}),
    ],
)
def test_whom_it_would_not_reach_is_what_the_import_says(known: Account, action: str, expected: dict[str, int]) -> None:
    path = known.write(FILE, f"{action}.csv")
    preview = known.take(path, model=action, preview=True)
    assert {reason: count for reason, count in preview.unreachable.items() if count} == expected
    done = known.take(path, model=action)
    assert (preview.unreachable, preview.counts) == (done.unreachable, done.counts)
    [row] = known.rows(
        "SELECT hard, suppression_list, orange_list, unsubscribed, no_consent FROM main.imports WHERE import_id = ?",
        [done.import_id],
    )
    assert row == tuple(done.unreachable.values())
