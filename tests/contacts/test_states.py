"""What events make of states and consents (BHV-2, STA-1, STA-2, STA-4, STA-6, STA-7)."""

from __future__ import annotations

import pytest

from tests.imports.events.test_importing import CONTACTS, event

DAY = "2026-01-{:02d}T10:00:00Z"


def at(day: int, kind: str, **more: str) -> dict[str, str]:
    return event("anna@ex.fr", kind, DAY.format(day), **more)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("delivered", "valid"),
        ("absent", "absent"),
        ("soft", "soft"),
        ("rejected", "rejected"),
        ("unknown_recipient", "bad_alias"),
        ("hard_bounce", "bad_alias"),
        ("bad_domain", "bad_domain"),
        ("bad_syntax", "bad_syntax"),
        ("sent", "unknown"),
        ("open", "unknown"),
    ],
)
def test_a_delivery_event_moves_the_status(behaving, kind, status) -> None:
    behaving.contacts(CONTACTS)
    behaving.send(at(1, kind))
    assert behaving.contact("anna@ex.fr", "email_status") == status


def test_the_last_message_stays_when_a_delivery_follows(behaving) -> None:
    behaving.contacts(CONTACTS)
    behaving.send(at(2, "soft", message="452 full"), at(3, "delivered"), at(1, "absent", message="on leave"))
    status, detail, returned = behaving.contact("anna@ex.fr", "email_status", "email_return_detail", "email_return_at")
    assert (status, detail, returned.day) == ("valid", "452 full", 2)


def test_an_older_event_that_comes_late_changes_nothing(behaving) -> None:
    behaving.contacts(CONTACTS)
    behaving.send(at(5, "delivered"))
    late = behaving.send(at(3, "hard_bounce", message="550"), name="esp-late.ndjson")
    assert late.counts.new == 1
    assert behaving.contact("anna@ex.fr", "email_status", "email_return_detail") == ("valid", "550")


def test_what_an_operator_sets_is_not_undone_by_older_events(behaving) -> None:
    behaving.contacts(CONTACTS)
    behaving.edit("anna@ex.fr", email_status="valid")
    behaving.edit("anna@ex.fr", email_status="valid")
    behaving.contacts("email;email_status\nbob@ex.fr;Valide\n")
    behaving.send(at(5, "hard_bounce"), event("bob@ex.fr", "hard_bounce", DAY.format(5)))
    assert behaving.contact("anna@ex.fr", "email_status") == "valid"
    assert behaving.contact("bob@ex.fr", "email_status") == "valid"
    behaving.send(at(5, "soft", ts="2099-01-01T00:00:00Z"), name="esp-after.ndjson")
    assert behaving.contact("anna@ex.fr", "email_status") == "soft"


def test_another_address_begins_anew(behaving) -> None:
    behaving.contacts(CONTACTS)
    behaving.send(at(5, "hard_bounce", message="550"))
    behaving.edit("anna@ex.fr", email="anna.new@ex.fr")
    fields = ("email_status", "email_return_detail", "email_return_at")
    assert behaving.contact("anna.new@ex.fr", *fields) == ("unknown", None, None)
    late = behaving.send(at(6, "bad_domain"), name="esp-late.ndjson")
    assert (late.counts.new, late.counts.pending) == (1, 0), "the former address was hers"
    assert behaving.contact("anna.new@ex.fr", *fields) == ("unknown", None, None)


def test_soft_returns_exhaust_an_address(behaving) -> None:
    behaving.declare("soft_limit: 3")
    behaving.contacts(CONTACTS)
    behaving.send(at(1, "soft"), at(2, "soft"), at(3, "delivered"), at(4, "soft"), at(5, "soft", message="452"))
    assert behaving.contact("anna@ex.fr", "email_status") == "soft"
    behaving.send(at(6, "soft", message="452 again"), name="esp-2.ndjson")
    assert behaving.contact("anna@ex.fr", "email_status", "email_return_detail") == (
        "bad_alias",
        "soft_limit: 452 again",
    )
    behaving.send(at(7, "delivered"), name="esp-3.ndjson")
    assert behaving.contact("anna@ex.fr", "email_status") == "valid"


@pytest.mark.parametrize("kind", ["absent", "rejected"])
def test_an_exhausted_address_stays_so_until_a_delivery(behaving, kind) -> None:
    """STA-6: an absence is no delivery, nor is another return that is not hard."""
    behaving.declare("soft_limit: 2")
    behaving.contacts(CONTACTS)
    behaving.send(at(1, "soft"), at(2, "soft", message="452"), at(3, kind, message="on leave"))
    fields = ("email_status", "email_return_detail")
    assert behaving.contact("anna@ex.fr", *fields) == ("bad_alias", "soft_limit: on leave")
    behaving.send(at(4, "delivered"), at(5, kind, message="away"), name="esp-2.ndjson")
    assert behaving.contact("anna@ex.fr", *fields) == (kind, "away")


def test_a_hard_return_of_an_exhausted_address_says_so(behaving) -> None:
    behaving.declare("soft_limit: 1")
    behaving.contacts(CONTACTS)
    behaving.send(at(1, "soft"), at(2, "bad_domain", message="no such host"))
    assert behaving.contact("anna@ex.fr", "email_status", "email_return_detail") == ("bad_domain", "no such host")


@pytest.mark.parametrize("run", ["contacts", "events", "segments"])
def test_another_soft_limit_is_reckoned_by_the_next_run_that_writes(behaving, run) -> None:
    """STA-6: declared, raised or taken away."""
    behaving.contacts(CONTACTS)
    behaving.send(at(1, "soft"), at(2, "soft"))
    runs = {
        "contacts": lambda: behaving.contacts("email\nbob@ex.fr\n"),
        "events": lambda: behaving.send(event("bob@ex.fr", "open"), name="esp-2.ndjson", force=True),
        "segments": lambda: behaving.workspace.refresh_segments(force=True),
    }
    for limit, status in (
        ("soft_limit: 2", "bad_alias"),
        ("soft_limit: 3", "soft"),
        ("soft_limit: 1", "bad_alias"),
        ("", "soft"),
    ):
        behaving.declare(limit)
        runs[run]()
        assert behaving.contact("anna@ex.fr", "email_status") == status


def test_unsubscriptions_and_complaints_move_consent_and_are_logged(behaving) -> None:
    behaving.contacts(CONTACTS)
    behaving.send(at(1, "unsub"), event("bob@ex.fr", "complained"))
    assert behaving.contact("anna@ex.fr", "opt_in_email", "opt_in_sms") == ("no", "yes")
    assert behaving.contact("bob@ex.fr", "opt_in_email") == "orange_list"
    phone = {"campaign": "Noël", "phone": "0612345679", "event": "complained", "ts": "2026-01-10"}
    behaving.send(phone, model="texts", name="texts.ndjson")
    assert behaving.contact("bob@ex.fr", "opt_in_sms") == "no"
    logged = behaving.sql("SELECT channel, old, new, source FROM consents WHERE old IS NOT NULL ORDER BY ALL")
    assert logged == [
        ("email", "yes", "no", "operation Soldes d'hiver"),
        ("email", "yes", "orange_list", "operation Soldes d'hiver"),
        ("sms", "yes", "no", "operation Noël"),
    ]


def test_no_event_lifts_or_loosens(behaving) -> None:
    behaving.contacts("email;opt_in_email\nanna@ex.fr;suppression_list\nbob@ex.fr;orange_list\n")
    behaving.send(at(1, "unsub"), at(2, "complained"), event("bob@ex.fr", "unsub"))
    assert behaving.contact("anna@ex.fr", "opt_in_email") == "suppression_list"
    assert behaving.contact("bob@ex.fr", "opt_in_email") == "orange_list"


def test_a_late_unsubscription_is_kept_unless_someone_resubscribed_since(behaving) -> None:
    behaving.contacts(CONTACTS)
    behaving.edit("bob@ex.fr", opt_in_email="yes")
    behaving.send(at(1, "unsub"), event("bob@ex.fr", "unsub"))
    assert behaving.contact("anna@ex.fr", "opt_in_email") == "no", "an ordinary import's yes is no resubscription"
    assert behaving.contact("bob@ex.fr", "opt_in_email") == "yes"
    behaving.contacts("email;opt_in_email\nanna@ex.fr;yes\n")
    assert behaving.contact("anna@ex.fr", "opt_in_email") == "no"
    behaving.contacts("email;opt_in_email\nanna@ex.fr;yes\n", model="again")
    behaving.send(at(2, "unsub"), name="esp-late.ndjson")
    assert behaving.contact("anna@ex.fr", "opt_in_email") == "yes"


def test_an_unsubscription_waits_for_its_contact(behaving) -> None:
    behaving.send(at(1, "unsub"), at(1, "hard_bounce"))
    behaving.contacts(CONTACTS)
    assert behaving.contact("anna@ex.fr", "opt_in_email", "email_status") == ("no", "bad_alias")


def test_several_who_share_a_number_share_its_events(behaving) -> None:
    behaving.contacts("email;mobile;opt_in_sms\nanna@ex.fr;0612345678;yes\nbob@ex.fr;0612345678;yes\n")
    stop = {"campaign": "Noël", "phone": "0612345678", "event": "unsubscribed", "ts": "2026-01-10"}
    result = behaving.send(stop, model="texts", name="texts.ndjson")
    assert (result.counts.new, result.counts.pending) == (1, 0)
    assert behaving.sql("SELECT DISTINCT opt_in_sms FROM contacts") == [("no",)]
