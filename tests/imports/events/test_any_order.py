"""Where files of events stand among imports, edits and undos, however cut and re-sent, changes nothing (BHV-1, BHV-2)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from expectations.judge import Judge
from pipelines.errors import RefusedError, UsageError
from tests.behaving import Behaving
from tests.conftest import Account
from tests.examples import examples

PEOPLE = ("anna", "bob", "carl", "dora")
NUMBERS = ("0612345671", "0612345672", "0612345673")
E_MAIL = (
    "sent",
    "delivered",
    "open",
    "click",
    "soft",
    "soft",
    "absent",
    "hard_bounce",
    "rejected",
    "unsub",
    "complained",
)
SMS = ("sent", "delivered", "clicked", "temporary_error", "bad_number", "unsubscribed")
DAYS = [f"2026-01-{day:02d}T10:00:00Z" for day in range(1, 9)]
FUTURE = "2099-01-01T00:00:00Z"

people = st.sampled_from(PEOPLE)
numbers = st.sampled_from(("", *NUMBERS))
some = st.lists(people, min_size=1, max_size=3, unique=True)


def rows(*values: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, ...]]]:
    return st.lists(st.tuples(people, *values), min_size=1, max_size=3, unique_by=lambda row: row[0])


a_step = st.one_of(
    st.tuples(st.just("clients"), rows(numbers, st.sampled_from(("", "yes")))),
    st.tuples(st.just("clients"), rows(numbers, st.sampled_from(("", "yes")))),
    st.tuples(st.just("numbers"), rows(numbers)),
    st.tuples(st.just("states"), rows(st.sampled_from(("Valide", "Soft")))),
    st.tuples(st.just("again"), some),
    st.tuples(st.just("leaving"), some),
    st.tuples(st.just("leaving"), some),
    st.tuples(st.just("suppressed"), st.lists(people, min_size=1, max_size=1)),
    st.tuples(st.just("number by hand"), st.tuples(people, st.sampled_from(NUMBERS))),
    st.tuples(st.just("address by hand"), people),
    st.tuples(st.just("undo"), st.integers(0, 9)),
    st.tuples(st.just("undo"), st.integers(0, 9)),
)
an_email = st.fixed_dictionaries(
    {
        "campaign": st.sampled_from(["Noël", "Soldes"]),
        "email": st.sampled_from([f"{who}@ex.fr" for who in (*PEOPLE, *(f"{who}.new" for who in PEOPLE))]),
        "event": st.sampled_from(E_MAIL),
        "ts": st.sampled_from([*DAYS, FUTURE]),
        "message": st.sampled_from(["a", "b"]),
    },
    optional={"id": st.integers(1, 10_000).map(str)},
)
# What a STOP dated in the future did is not taken back when its number changes hands before that date (docs/behaviours.md).
a_text = st.fixed_dictionaries(
    {
        "campaign": st.sampled_from(["Noël", "Soldes"]),
        "phone": st.sampled_from(NUMBERS),
        "event": st.sampled_from(SMS),
        "ts": st.sampled_from([*DAYS, FUTURE]),
    }
).filter(lambda text: text["ts"] != FUTURE or text["event"] != "unsubscribed")


@dataclass(frozen=True)
class Played:
    """Steps of contacts, and files of events among them: the file's place (before which step), its model and its events."""

    steps: list[Any]
    files: list[tuple[int, str, list[dict[str, str]]]] = field(default_factory=list)


@st.composite
def ways(draw: st.DrawFn) -> tuple[Played, Played]:
    """One history of contacts with its events in files anywhere, and with all of them last, in two files."""
    steps = draw(st.lists(a_step, min_size=2, max_size=6))
    emails = identified(draw(st.lists(an_email, min_size=1, max_size=8)))
    if draw(st.booleans()):  # then files may go straight into the base
        emails = [{"id": f"n{number}", **each} for number, each in enumerate(emails)]
    texts = draw(st.lists(a_text, max_size=6))
    among = [*in_files(draw, "esp", emails, len(steps)), *in_files(draw, "texts", texts, len(steps))]
    last = [(len(steps), model, found) for model, found in (("esp", emails), ("texts", texts)) if found]
    return Played(steps, among), Played(steps, last)


def identified(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A number names one event: what bears the same one is the same."""
    first: dict[str, dict[str, Any]] = {}
    return [first.setdefault(each["id"], each) if "id" in each else each for each in events]


def in_files(draw: st.DrawFn, model: str, events: list[Any], places: int) -> list[tuple[int, str, list[Any]]]:
    """The events in an order of their own, some of them twice, cut into files that stand anywhere."""
    if not events:
        return []
    left = draw(st.permutations(events + draw(st.lists(st.sampled_from(events), max_size=2))))
    cut = draw(st.integers(1, len(left)))
    return [(draw(st.integers(0, places)), model, part) for part in (left[:cut], left[cut:]) if part]


UNDOABLE = ("email;mobile", "email;email_status", "email")
"""What an import said of consents, and whether it may take a contact back, depends on what was known then (docs/behaviours.md)."""


@dataclass
class Playing:
    """A base to which steps are done; whoever has another address is called by that one from then on."""

    behaving: Behaving
    moved: set[str] = field(default_factory=set)
    undoable: list[int | None] = field(default_factory=list)

    def address(self, who: str) -> str:
        return f"{who}.new@ex.fr" if who in self.moved else f"{who}@ex.fr"

    def load(self, model: str, header: str, found: list[tuple[str, ...]]) -> None:
        lines = [";".join((self.address(who), *cells)) + "\n" for who, *cells in found]
        done = self.behaving.contacts(header + "\n" + "".join(lines), model=model)
        if header in UNDOABLE and model != "suppressed" and not done.counts.inserted:
            self.undoable.append(done.import_id)

    def clients(self, found: list[tuple[str, ...]]) -> None:
        self.load("clients", "email;mobile;opt_in_email;opt_in_sms", [(*row, row[-1]) for row in found])

    def again(self, found: list[str]) -> None:
        self.load("again", "email;opt_in_email;opt_in_sms", [(who, "yes", "yes") for who in found])

    def by_hand(self, who: str, **values: str) -> bool:
        try:
            self.behaving.edit(self.address(who), **values)
        except (RefusedError, UsageError):
            return False
        return True

    def new_address(self, who: str) -> None:
        if who not in self.moved and self.by_hand(who, email=f"{who}.new@ex.fr"):
            self.moved.add(who)

    def undo(self, number: int) -> None:
        if self.undoable:
            self.behaving.undo(self.undoable.pop(number % len(self.undoable)))

    def play(self, kind: str, what: Any) -> None:
        done: dict[str, Callable[[Any], object]] = {
            "clients": self.clients,
            "numbers": lambda found: self.load("clients", "email;mobile", found),
            "states": lambda found: self.load("clients", "email;email_status", found),
            "again": self.again,
            "leaving": lambda found: self.load("leaving", "email", [(who,) for who in found]),
            "suppressed": lambda found: self.load("suppressed", "email", [(who,) for who in found]),
            "number by hand": lambda found: self.by_hand(found[0], mobile=found[1]),
            "address by hand": self.new_address,
            "undo": self.undo,
        }
        done[kind](what)


SEEN = {
    "contacts": "SELECT email, mobile, email_status, email_return_detail, email_return_at, opt_in_email, mobile_status, opt_in_sms "
    "FROM contacts",
    "events": "SELECT c.email, e.type, e.occurred_at, o.name, o.channel FROM events e LEFT JOIN contacts c USING (contact_id) "
    "JOIN operations o USING (operation_id)",
    "report": "SELECT * EXCLUDE (operation_id) FROM operation_report",
    "activity": "SELECT c.email, degree, last_active_at, active, activity_degree FROM activity JOIN contacts c USING (contact_id)",
    "pending": "SELECT count(*) FROM pending_events",
}
COUNTED = (
    "email_reachable",
    "sms_reachable",
    "bad_sms_numbers",
    "email_unsubscribed",
    "active_contacts",
    "bounced",
    "silent",
)
SEGMENTS = """
---
type: pipelines.components.Segment
attributes: {name: bounced, label: Bounced, criteria: [{behaviour: bounced, operations: any}]}
---
type: pipelines.components.Segment
attributes: {name: silent, label: Silent, criteria: [{behaviour: opened, operations: [Soldes], negate: true}]}
"""


def outcome(played: Played, judge: Judge) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        behaving = Behaving(Account(Path(folder), judge))
        behaving.declare("soft_limit: 2", SEGMENTS)
        playing = Playing(behaving)
        for place, step in enumerate([*played.steps, None]):
            for number, (before, model, events) in enumerate(played.files):
                if before == place:
                    behaving.send(*events, name=f"{model}-{number}.ndjson", model=model, force=True)
            if step is not None:
                playing.play(*step)
        behaving.workspace.compute_activity()
        counts = behaving.workspace.refresh_segments(force=True).counts
        seen = {name: sorted(behaving.sql(query), key=repr) for name, query in SEEN.items()}
        return seen | {"counts": [(name, counts[name]) for name in COUNTED]}


# Each example plays two bases: shrinking a failure would take longer than reading it.
@settings(max_examples=examples(10), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(both=ways())
def test_where_events_stand_changes_nothing(both: tuple[Played, Played], judge: Judge) -> None:
    among, last = both
    assert outcome(among, judge) == outcome(last, judge)
