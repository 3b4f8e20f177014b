"""What was set of contacts goes with the history where it can never matter again, and nowhere else (IMP-12, IMP-15, STA-4)."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from expectations.judge import Judge
from pipelines.errors import RefusedError
from pipelines.imports import trimming
from tests.behaving import Behaving
from tests.conftest import Account
from tests.examples import examples
from tests.imports.events.test_any_order import DAYS, NUMBERS, PEOPLE, Playing, numbers, rows, some

KEPT = 2
SETTINGS = "SELECT count(*) FROM state_settings"


@pytest.fixture
def short(behaving: Behaving) -> Behaving:
    behaving.declare(f"import_history: {KEPT}")
    return behaving


def settings_of(behaving: Behaving) -> int:
    [(count,)] = behaving.sql(SETTINGS)
    return count


def event(email: str, kind: str, moment: str, **more: str) -> dict[str, str]:
    return {"campaign": "Noël", "email": email, "event": kind, "ts": moment, **more}


def now() -> str:
    return datetime.now(UTC).isoformat()


def test_what_each_import_sets_does_not_add_up(short: Behaving) -> None:
    counts = []
    for status in ("Valide", "Soft") * 4:
        short.contacts(f"email;email_status\nanna@ex.fr;{status}\nbob@ex.fr;{status}\n")
        counts.append(settings_of(short))
    assert counts[:4] == [2, 4, 6, 6], "two imports that can be undone, and the last of those that cannot"
    assert counts[4:] == [6] * 4


def test_nor_does_what_people_set(short: Behaving) -> None:
    for status in ("valid", "soft") * 3:
        short.contacts("email\nanna@ex.fr\n")
        short.edit("anna@ex.fr", email_status=status)
    assert settings_of(short) <= KEPT


def test_what_was_set_of_an_address_stays_while_another_is_there(short: Behaving) -> None:
    short.contacts("email;email_status\nanna@ex.fr;Valide\n")
    moment = now()
    short.contacts("email;email_status\nanna@ex.fr;Soft\n")
    short.edit("anna@ex.fr", email="anna.new@ex.fr")
    for _ in range(KEPT + 1):
        short.contacts("email;email_status\nanna.new@ex.fr;Valide\n")
    short.edit("anna.new@ex.fr", email="anna@ex.fr")
    short.edit("anna@ex.fr", email_status="unknown")
    short.send(event("anna@ex.fr", "hard_bounce", moment))
    assert short.contact("anna@ex.fr", "email_status") == "unknown"


def test_of_the_gone_their_resubscription_stays_for_whoever_succeeds_them(short: Behaving) -> None:
    short.contacts("email;opt_in_email;email_status\nanna@ex.fr;no;Soft\n")
    moment = now()
    short.contacts("email;opt_in_email\nanna@ex.fr;yes\n", model="again")
    short.contacts("email\nanna@ex.fr\n", model="leaving")
    before = settings_of(short)
    for _ in range(KEPT + 1):
        short.contacts("email\nbob@ex.fr\n")
    assert settings_of(short) == 1 < before
    short.contacts("email;opt_in_email\nanna@ex.fr;yes\n")
    short.send(event("anna@ex.fr", "unsub", moment))
    assert short.contact("anna@ex.fr", "opt_in_email") == "yes"


a_step = st.one_of(
    st.tuples(st.just("clients"), rows(numbers, st.sampled_from(("", "yes", "no")))),
    st.tuples(st.just("states"), rows(st.sampled_from(("Valide", "Soft", "")), st.sampled_from(("", "a", "b")))),
    st.tuples(st.just("states"), rows(st.sampled_from(("Valide", "Soft", "")), st.sampled_from(("", "a", "b")))),
    st.tuples(st.just("numbers"), rows(numbers)),
    st.tuples(st.just("again"), some),
    st.tuples(st.just("leaving"), some),
    st.tuples(st.just("state by hand"), st.tuples(st.sampled_from(PEOPLE), st.sampled_from(("valid", "soft")))),
    st.tuples(st.just("number by hand"), st.tuples(st.sampled_from(PEOPLE), st.sampled_from(NUMBERS))),
    st.tuples(st.just("address by hand"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("undo"), st.integers(0, KEPT - 1)),
    st.tuples(st.just("undo"), st.integers(0, KEPT - 1)),
)
addresses = st.sampled_from([f"{who}{new}@ex.fr" for who in PEOPLE for new in ("", ".new")])
kinds = st.sampled_from(("delivered", "soft", "absent", "hard_bounce", "unsub", "complained"))
# When each happened: after so many steps, or long before all.
an_event = st.tuples(st.integers(-1, 12), addresses, kinds)


@dataclass(frozen=True)
class Played:
    """Steps, and files of events: after how many steps each comes."""

    steps: list[Any]
    files: list[tuple[int, list[tuple[int, str, str]]]]


@st.composite
def histories(draw: st.DrawFn) -> Played:
    steps = draw(st.lists(a_step, min_size=5, max_size=12))
    early = draw(st.lists(an_event, max_size=3))
    late = draw(st.lists(an_event, min_size=4, max_size=12))
    return Played(steps, [(draw(st.integers(0, len(steps))), early), (len(steps), late)])


@dataclass
class Short(Playing):
    """A base whose history is short, and an instant before each step and after the last."""

    moments: list[str] = field(default_factory=list)

    def undo(self, number: int) -> None:
        found = self.behaving.sql("SELECT import_id FROM imports ORDER BY import_id DESC LIMIT ?", [KEPT])
        if number < len(found):
            with suppress(RefusedError):
                self.behaving.undo(found[number][0])

    def new_address(self, who: str) -> None:
        other = f"{who}@ex.fr" if who in self.moved else f"{who}.new@ex.fr"
        if self.by_hand(who, email=other):
            self.moved ^= {who}

    def play(self, kind: str, what: Any) -> None:
        if kind == "states":
            self.load("clients", "email;email_status;email_return_detail", what)
        elif kind == "state by hand":
            self.by_hand(what[0], email_status=what[1])
        else:
            super().play(kind, what)

    def send(self, number: int, events: list[tuple[int, str, str]]) -> None:
        """Instants are this base's own: what happened after a step that is still to come is taken for the latest."""
        found = [
            event(email, kind, DAYS[place] if moment < 0 else self.moments[min(moment, len(self.moments) - 1)])
            | {"message": f"{number} {place}", "id": f"{number} {place}"}
            for place, (moment, email, kind) in enumerate(events[: len(DAYS)])
        ]
        if found:
            self.behaving.send(*found, name=f"esp-{number}.ndjson", force=True)


CONTACTS = (
    "SELECT email, mobile, email_status, email_return_detail, email_return_at IS NULL, opt_in_email, mobile_status, opt_in_sms "
    "FROM contacts"
)
EVENTS = "SELECT c.email, e.event_id FROM events e LEFT JOIN contacts c USING (contact_id)"


def outcome(played: Played, judge: Judge, dropped: tuple[str, ...]) -> tuple[list[Any], list[Any], int]:
    with tempfile.TemporaryDirectory() as folder, patch.object(trimming, "DROPPED", dropped):
        short = Short(Behaving(Account(Path(folder), judge)))
        short.behaving.declare(f"import_history: {KEPT}")
        for place, step in enumerate([*played.steps, None]):
            short.moments.append(now())
            for number, (before, events) in enumerate(played.files):
                if before == place:
                    short.send(number, events)
            if step is not None:
                short.play(*step)
        contacts, events = (sorted(short.behaving.sql(query), key=repr) for query in (CONTACTS, EVENTS))
        return contacts, events, settings_of(short.behaving)


# Each example plays two bases: shrinking a failure would take longer than reading it.
@settings(max_examples=examples(6), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(played=histories())
def test_no_state_tells_what_was_dropped(played: Played, judge: Judge) -> None:
    whole = tuple(name for name in trimming.DROPPED if name != "trim_settings")
    *trimmed, kept = outcome(played, judge, trimming.DROPPED)
    *untouched, all_of_them = outcome(played, judge, whole)
    assert trimmed == untouched
    assert kept <= all_of_them
