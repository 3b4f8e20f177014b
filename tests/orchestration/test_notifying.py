"""Who is mailed of what goes wrong in the runs that nobody watches (IMP-17), beside refused files and sources (test_automation)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from expectations.judge import Judge
from pipelines.orchestration.names import IMPORT_INBOX, REFRESH_SEGMENTS
from tests.delivery.mailbox import Mailbox, mail_server
from tests.orchestration.conftest import House, open_house

FAILING = "SELECT contact_id FROM contacts WHERE CAST(last_name AS INTEGER) > 0"
MODEL = """
---
type: pipelines.components.ImportModel
attributes: {name: club, file: "club*.csv", notify: [crm@exemple.org]}
"""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


@pytest.fixture
def house(tmp_path: Path, judge: Judge, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The samples, with a segment whose SQL fails on a name, and a model of whose files somebody is told."""
    monkeypatch.setenv("CARNET_SMTP_URL", f"smtp://127.0.0.1:{mailbox.port}?encryption=none")
    with open_house(tmp_path, judge, monkeypatch, MODEL, {"numbered": FAILING}) as opened:
        yield opened


def drop(house: House, content: str, name: str) -> None:
    path = house.layout.inbox / "club" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_a_segment_that_cannot_be_counted_is_mailed_once_a_day(house: House, mailbox: Mailbox) -> None:
    drop(house, "Email;Nom\na@exemple.fr;Hermeline\n", "club-1.csv")
    assert house.run(IMPORT_INBOX).success
    assert mailbox.subjects == ["Carnet: the segment numbered could not be counted"]
    assert mailbox.recipients == [["crm@exemple.org"]]
    assert "numbered.sql:1" in mailbox.texts[0]
    assert "Hermeline" not in mailbox.texts[0], "DuckDB's own words hold the value (SEC-4)"
    drop(house, "Email;Nom\nb@exemple.fr;Potiron\n", "club-2.csv")
    assert house.run(IMPORT_INBOX).success
    assert len(mailbox.mails) == 1


def test_who_refreshes_segments_by_hand_is_shown_and_not_mailed(house: House, mailbox: Mailbox) -> None:
    drop(house, "Email;Nom\na@exemple.fr;12\n", "club-1.csv")
    assert house.run(IMPORT_INBOX).success
    house.workspace.edit_contact("a@exemple.fr", {"last_name": "Hermeline"})
    assert house.run(REFRESH_SEGMENTS).success
    assert mailbox.mails == []
