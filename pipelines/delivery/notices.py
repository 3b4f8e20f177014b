"""What people are to be told, kept until it was sent: a notice is written down once, whatever dies before the mail goes out.

Belongs here: keeping and handing over. Does not: what notices say, nor how mail is sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from pipelines.delivery.faults import MailError
from pipelines.delivery.memory import Memory
from pipelines.language import say

Send = Callable[[Sequence[str], str, str], None]
_SHOWN_IN_ONE_MAIL = 50
_TRIED_FOR = timedelta(days=3)


@dataclass(frozen=True)
class Notice:
    """One thing to tell some people. `key`: what it is about; of one key only the first notice counts. No person's value."""

    key: str
    people: tuple[str, ...]
    subject: str
    body: str


def post(memory: Memory, notice: Notice, now: datetime) -> None:
    """Keep the notice for the next `hand_over`; nothing where nobody is to be told, or it is known already."""
    if notice.people:
        row = (notice.key, json.dumps(notice.people), notice.subject, notice.body, now.timestamp())
        memory.tell("INSERT INTO notices VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING", [row])


def hand_over(memory: Memory, send: Send, tell: Callable[[str], object], now: datetime) -> int:
    """Send what waits, one mail to the same people; how many notices went out.

    A mail that cannot be sent is told of and waits for the next call, three days at most, for those who have not got it. Nothing
    is raised.
    """
    memory.forget_the_old(now)
    waiting = memory.ask(
        "SELECT people, key, subject, body FROM notices WHERE sent_at IS NULL AND created_at > ? ORDER BY people, created_at, key",
        (now - _TRIED_FOR).timestamp(),
    )
    sent = 0
    for people, group in groupby(waiting, key=lambda row: row[0]):
        notices = [Notice(key, tuple(json.loads(people)), subject, body) for _, key, subject, body in group]
        try:
            send(notices[0].people, *one_mail(notices))
        except MailError as error:
            tell(f"{len(notices)} notices could not be sent: {error}")
            if error.waiting:
                left = json.dumps(error.waiting)
                memory.tell("UPDATE notices SET people = ? WHERE key = ?", [(left, one.key) for one in notices])
            continue
        memory.tell("UPDATE notices SET sent_at = ? WHERE key = ?", [(now.timestamp(), one.key) for one in notices])
        sent += len(notices)
    return sent


def one_mail(notices: Sequence[Notice]) -> tuple[str, str]:
    """Subject and body that hold several notices."""
    shown = notices[:_SHOWN_IN_ONE_MAIL]
    if len(notices) == 1:
        return notices[0].subject, notices[0].body
    bodies = [f"{notice.subject}\n\n{notice.body.rstrip()}\n" for notice in shown]
    if len(notices) > len(shown):
        bodies.append(say("… and {more} more: the Dagster UI shows them.", more=len(notices) - len(shown)) + "\n")
    subject = say("{subject} (and {more} more)", subject=notices[0].subject, more=len(notices) - 1)
    return subject, "\n\n".join(bodies)
