"""Whose an event is, and what address it speaks of, whatever comes first: files, deletions, undos (BHV-1, STA-2, IMP-15)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.behaving import Behaving
from tests.imports.events.test_importing import event

Step = Callable[[Behaving], Any]
ANNA = "email;opt_in_email\nanna@ex.fr;yes\n"
JANUARY = "2026-01-10T10:00:00Z"


def contacts(behaving: Behaving) -> None:
    behaving.contacts(ANNA)


def events(behaving: Behaving) -> None:
    behaving.send(event("anna@ex.fr", "unsub"), event("anna@ex.fr", "hard_bounce", message="550"), force=True)


def delete(behaving: Behaving) -> None:
    behaving.contacts("email\nanna@ex.fr\n", model="leaving")


def undo(behaving: Behaving) -> None:
    """The last import of contacts that stands."""
    [(last,)] = behaving.sql(
        "SELECT max(import_id) FROM imports WHERE action NOT IN ('undo', 'events') AND undone_by IS NULL"
    )
    behaving.undo(last)


WAYS: dict[str, Sequence[Step]] = {
    "events last": (contacts, delete, contacts, events),
    "events before the deletion": (contacts, events, delete, contacts),
    "events while she is gone": (contacts, delete, events, contacts),
    "events first": (events, contacts, delete, contacts),
    "gone twice": (contacts, events, delete, contacts, delete, contacts),
    "gone twice, events between": (contacts, delete, contacts, delete, events, contacts),
    "undone, events last": (contacts, undo, contacts, events),
    "undone, events while she is gone": (contacts, undo, events, contacts),
    "events before the undo": (contacts, events, undo, contacts),
    "the deletion undone": (contacts, delete, events, undo),
    "events, then the deletion undone": (contacts, events, delete, undo),
    "the successor undone, then the deletion": (contacts, delete, contacts, events, undo, undo),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_whoever_has_the_key_again_has_the_events_again(behaving, way) -> None:
    for step in way:
        step(behaving)
    assert behaving.contact("anna@ex.fr", "opt_in_email", "email_status", "email_return_detail") == (
        "no",
        "bad_alias",
        "550",
    )
    owners = behaving.sql("SELECT c.email FROM events e LEFT JOIN contacts c USING (contact_id)")
    assert owners == [("anna@ex.fr",)] * 2
    assert behaving.sql("SELECT bounced, unsubscribed FROM operation_report") == [(1, 1)]


def test_events_of_who_is_gone_are_counted_until_a_successor_comes(behaving) -> None:
    for step in (contacts, delete, events):
        step(behaving)
    assert behaving.sql("SELECT bounced FROM operation_report") == [(1,)]
    assert behaving.sql("SELECT count(*) FROM pending_events") == [(0,)]


def test_a_resubscription_is_the_successors_too(behaving) -> None:
    contacts(behaving)
    events(behaving)
    behaving.edit("anna@ex.fr", opt_in_email="yes")
    delete(behaving)
    contacts(behaving)
    assert behaving.contact("anna@ex.fr", "opt_in_email") == "yes"


def number(kind: str, phone: str, at: str = JANUARY) -> dict[str, str]:
    return {"campaign": "Noël", "phone": phone, "event": kind, "ts": at}


def text(behaving: Behaving, *sent: dict[str, str]) -> None:
    behaving.send(*sent, model="texts", name="texts.ndjson", force=True)


NUMBERS = (
    "email;mobile;opt_in_sms\ncarl@ex.fr;;yes\n",
    "email;mobile;opt_in_sms\nbob@ex.fr;0612345679;yes\n",
    "email;mobile\ncarl@ex.fr;0612345679\n",
)


@pytest.mark.parametrize("place", range(4))
def test_a_number_filled_later_was_nobodys_before(behaving, place) -> None:
    """The STOP is of before anybody had the number: of the first who got it."""
    for at, file in enumerate((*NUMBERS, "")):
        if at == place:
            text(behaving, number("unsubscribed", "0612345679"))
        if file:
            behaving.contacts(file)
    assert behaving.contact("bob@ex.fr", "opt_in_sms") == "no"
    assert behaving.contact("carl@ex.fr", "opt_in_sms") == "yes"


def test_a_number_given_up_was_held_since_it_was_filled(behaving) -> None:
    for file in (*NUMBERS[:1], NUMBERS[2], "email;mobile\ncarl@ex.fr;0612345670\n"):
        behaving.contacts(file)
    [(since, created)] = behaving.sql(
        "SELECT f.since, c.created_at FROM former_keys f JOIN contacts c USING (contact_id)"
    )
    assert since > created


@pytest.mark.parametrize("late", [False, True], ids=["events before the undo", "events after"])
def test_an_undone_change_of_number_gives_the_old_ones_state_back(behaving, late) -> None:
    """STA-2, IMP-15: a return of the new number says nothing of the old one."""
    behaving.contacts("email;mobile\ncarl@ex.fr;0612345678\n")
    changed = behaving.contacts("email;mobile\ncarl@ex.fr;0699345678\n")
    sent = [number("bad_number", "0699345678"), number("delivered", "0612345678")]
    if not late:
        text(behaving, *sent)
        assert behaving.contact("carl@ex.fr", "mobile_status") == "bad_number"
    assert behaving.undo(changed.import_id).kept == []
    if late:
        text(behaving, *sent)
    assert behaving.contact("carl@ex.fr", "mobile", "mobile_status") == ("+33612345678", "valid")


@pytest.mark.parametrize("by_hand", [False, True], ids=["by an import", "by hand"])
def test_a_number_that_moved_on_keeps_its_own_state(behaving, *, by_hand: bool) -> None:
    """STA-2, IMP-15: what was known of the number that an undone import replaced says nothing of the one that came after."""
    behaving.contacts("email;mobile;mobile_status\ncarl@ex.fr;0612345678;Valide\n")
    changed = behaving.contacts("email;mobile\ncarl@ex.fr;0699345678\n")
    if by_hand:
        behaving.edit("carl@ex.fr", mobile="0655345678")
    else:
        behaving.contacts("email;mobile\ncarl@ex.fr;0655345678\n")
    kept = behaving.undo(changed.import_id).kept
    assert [entry["field"] for entry in kept] == ["mobile"]
    assert behaving.contact("carl@ex.fr", "mobile", "mobile_status") == ("+33655345678", "unknown")


def test_a_number_that_came_back_has_its_state_again(behaving) -> None:
    """STA-2, IMP-15: it is the number that the former state is of."""
    behaving.contacts("email;mobile;mobile_status\ncarl@ex.fr;0612345678;Valide\n")
    changed = behaving.contacts("email;mobile\ncarl@ex.fr;0699345678\n")
    behaving.contacts("email;mobile\ncarl@ex.fr;0612345678\n")
    behaving.undo(changed.import_id)
    assert behaving.contact("carl@ex.fr", "mobile", "mobile_status") == ("+33612345678", "valid")


def test_a_state_of_a_former_number_is_kept_and_listed(behaving) -> None:
    behaving.contacts("email;mobile;mobile_status\ndan@ex.fr;0612345670;Valide\n")
    changed = behaving.contacts("email;mobile_status\ndan@ex.fr;Inconnu\n")
    behaving.edit("dan@ex.fr", mobile="0655345678")
    [kept] = behaving.undo(changed.import_id).kept
    assert (kept["field"], kept["why"]) == ("mobile_status", "it was of another mobile, which changed since")
    assert behaving.contact("dan@ex.fr", "mobile", "mobile_status") == ("+33655345678", "unknown")


@pytest.mark.parametrize("late", [False, True], ids=["events before the undo", "events after"])
def test_an_undone_setting_counts_no_longer(behaving, late) -> None:
    contacts(behaving)
    setting = behaving.contacts("email;email_status\nanna@ex.fr;Valide\n")
    if not late:
        events(behaving)
        assert behaving.contact("anna@ex.fr", "email_status") == "valid"
    behaving.undo(setting.import_id)
    if late:
        events(behaving)
    assert behaving.contact("anna@ex.fr", "email_status") == "bad_alias"


@pytest.mark.parametrize("first", [False, True], ids=["events last", "events first"])
def test_what_is_dated_after_a_resubscription_stands(behaving, first) -> None:
    """Its date decides, though it lies in the future: a consent never loosens by accident (STA-5)."""
    contacts(behaving)
    future = event("anna@ex.fr", "unsub", "2099-01-01T00:00:00Z")
    if first:
        behaving.send(future)
    behaving.contacts(ANNA, model="again")
    if not first:
        behaving.send(future)
    assert behaving.contact("anna@ex.fr", "opt_in_email") == "no"


@pytest.mark.parametrize("first", [False, True], ids=["events last", "events first"])
def test_an_id_names_whoever_succeeds_it(behaving, first) -> None:
    """A file may name contacts by their ids (BHV-1)."""
    contacts(behaving)
    [(old,)] = behaving.sql("SELECT contact_id FROM contacts")
    sent = {"campaign": "Contact", "who": str(old), "event": "submitted_form", "ts": JANUARY}
    if first:
        behaving.send(sent, model="forms", name="forms.ndjson")
    delete(behaving)
    contacts(behaving)
    if not first:
        behaving.send(sent, model="forms", name="forms.ndjson")
    assert behaving.sql("SELECT c.email FROM events LEFT JOIN contacts c USING (contact_id)") == [("anna@ex.fr",)]
