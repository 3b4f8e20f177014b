"""Notices: kept until they are sent, once each, several in one mail (IMP-17)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.delivery.faults import MailError
from pipelines.delivery.memory import Memory
from pipelines.delivery.notices import Notice, hand_over, post
from pipelines.layout import Layout

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
CRM, DPO = ("crm@exemple.fr",), ("dpo@exemple.fr",)


class Postman:
    """Sends by keeping; or cannot."""

    def __init__(self) -> None:
        self.mails: list[tuple[Sequence[str], str, str]] = []
        self.said: list[str] = []
        self.down: set[Sequence[str]] = set()

    def send(self, people: Sequence[str], subject: str, body: str) -> None:
        if people in self.down:
            raise MailError("mail.exemple.fr is down.")
        self.mails.append((people, subject, body))

    def round(self, memory: Memory, now: datetime = NOW) -> int:
        return hand_over(memory, self.send, self.said.append, now)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory.open(Layout(tmp_path, tmp_path)) as found:
        yield found


def test_a_notice_is_sent_once(memory: Memory) -> None:
    postman = Postman()
    for _ in range(2):
        post(memory, Notice("refused:1", CRM, "a.csv was refused", "why\n"), NOW)
        postman.round(memory)
    assert postman.mails == [(CRM, "a.csv was refused", "why\n")]


def test_notices_for_the_same_people_go_in_one_mail(memory: Memory) -> None:
    postman = Postman()
    for number in range(60):
        post(memory, Notice(f"refused:{number:02}", CRM, f"{number}.csv was refused", f"why {number}\n"), NOW)
    post(memory, Notice("refused:99", DPO, "z.csv was refused", "why\n"), NOW)
    post(memory, Notice("refused:100", (), "nobody is told", "why\n"), NOW)
    assert postman.round(memory) == 61
    (people, subject, body), other = postman.mails
    assert (people, subject) == (CRM, "0.csv was refused (and 59 more)")
    assert "49.csv was refused\n\nwhy 49\n" in body
    assert "50.csv" not in body
    assert "10 more" in body
    assert other == (DPO, "z.csv was refused", "why\n")


def test_a_mail_that_fails_is_told_and_tried_again_and_holds_up_no_other(memory: Memory) -> None:
    postman = Postman()
    postman.down = {CRM}
    post(memory, Notice("refused:1", CRM, "a", "b"), NOW)
    post(memory, Notice("refused:2", DPO, "c", "d"), NOW)
    assert postman.round(memory) == 1
    assert postman.said == ["1 notices could not be sent: mail.exemple.fr is down."]
    postman.down = set()
    assert postman.round(memory, NOW + timedelta(days=1)) == 1
    assert [mail[0] for mail in postman.mails] == [DPO, CRM]


def test_what_could_not_be_sent_for_three_days_is_let_go(memory: Memory) -> None:
    postman = Postman()
    post(memory, Notice("refused:1", CRM, "a", "b"), NOW)
    assert postman.round(memory, NOW + timedelta(days=4)) == 0
    assert postman.mails == []
