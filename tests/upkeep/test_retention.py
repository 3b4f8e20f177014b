"""EXP-13: who nothing happened to for years is noticed, and purged when the notice is over; whoever did anything stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.declared import check
from pipelines.errors import UsageError
from tests.conftest import DECLARATIONS, Account

EVENTS = """---
type: pipelines.components.EventImport
attributes:
  name: news
  file: "news*.csv"
  channel: email
  mapping: {event_id: event_id, operation: operation, email: email, type: type, occurred_at: occurred_at}
"""
LONG_AGO = datetime.now(UTC) - timedelta(days=4 * 366)


def declare(account: Account, action: str, notice_days: int = 30) -> None:
    attributes = f"attributes:\n  retention: {{inactive_years: 3, notice_days: {notice_days}, action: {action}}}\n"
    account.declare(DECLARATIONS.replace("attributes:\n", attributes, 1) + EVENTS)


@pytest.fixture
def filled(account: Account) -> Account:
    """Four contacts of four years ago; since then one opened something, and one was in a file again."""
    declare(account, "purge")
    account.load("Email;Opt-In Email\n" + "".join(f"{name}@ex.fr;Oui\n" for name in "abcd"))
    account.load("Email\nd@ex.fr\n", "clients-2.csv")
    opened = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    account.load(
        f"event_id;operation;email;type;occurred_at\n1;Soldes;c@ex.fr;opened;{opened}\n", "news.csv", model="news"
    )
    with account.workspace.store.write() as writer, writer.transaction() as connection:
        connection.execute("UPDATE main.contacts SET created_at = $1, modified_at = $1", [LONG_AGO])
        connection.execute("UPDATE main.imports SET started_at = ? WHERE import_id = 1", [LONG_AGO])
    return account


def later(account: Account, days: int) -> None:
    with account.workspace.store.write() as writer, writer.transaction() as connection:
        connection.execute("UPDATE main.retention_notices SET noticed_at = noticed_at - to_days(?)", [days])


def test_who_is_inactive_is_noticed_first_and_purged_after_the_notice(filled: Account) -> None:
    assert filled.workspace.retain().as_json() == {"to_purge": 2, "noticed": 2, "purged": 0}
    later(filled, 29)
    assert filled.workspace.retain().as_json() == {"to_purge": 2, "noticed": 0, "purged": 0}
    later(filled, 2)
    done = filled.workspace.retain()
    assert done.as_json() == {"to_purge": 0, "noticed": 0, "purged": 2}
    assert filled.contacts("email") == [("c@ex.fr",), ("d@ex.fr",)]
    assert done.purged is not None
    assert done.purged.archive.read_text(encoding="utf-8").count("@ex.fr") == 2


def test_whoever_comes_back_during_the_notice_stays(filled: Account) -> None:
    filled.workspace.retain()
    later(filled, 31)
    filled.workspace.edit_contact("a@ex.fr", {"first_name": "Ana"})
    assert filled.workspace.retain().as_json() == {"to_purge": 0, "noticed": 0, "purged": 1}
    assert filled.contacts("email")[0] == ("a@ex.fr",)


def test_a_report_purges_nobody(filled: Account) -> None:
    declare(filled, "report", notice_days=0)
    assert [filled.workspace.retain().as_json()["purged"] for _ in range(2)] == [0, 0]
    assert len(filled.contacts()) == 4


def test_without_a_retention_it_is_told_how_to_declare_one(account: Account) -> None:
    with pytest.raises(UsageError, match="declares no retention"):
        account.workspace.retain()


def test_its_segment_is_its_own(account: Account) -> None:
    declare(account, "report")
    taken = "---\ntype: pipelines.components.Segment\nattributes: {name: to_purge, label: A, criteria: []}\n"
    with (account.layout.assets / "defs.yaml").open("a") as file:
        file.write(taken)
    assert any("to_purge" in problem.message for problem in check(account.layout.assets))
