"""The shapes in which senders write events: lists, JSON in texts, several keys for one of ours, patterns, constants (BHV-1)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest

from tests.behaving import Behaving
from tests.imports.events.test_importing import CONTACTS

IMPORT = """\

---
type: pipelines.components.EventImport
attributes:
  name: shaped
  file: "shaped*"
"""
AT = "2024-03-04T10:20:30Z"
OPENED = [{"email": f"{name}@ex.fr", "event": "opened", "ts": 1709547631} for name in ("anna", "bob", "carl")]


def declare(behaving: Behaving, *attributes: str) -> None:
    behaving.declare(more=IMPORT + "".join(f"  {each}\n" for each in attributes))
    behaving.contacts(CONTACTS)


def take(behaving: Behaving, text: str, name: str = "shaped.json"):
    return behaving.events(behaving.account.write(text, name), "shaped", force=True)


def said(result, rule: str) -> list[tuple[int | None, str]]:
    return result.problems.filter(pl.col("rule") == rule).select("line", "message").rows()


def lines_of(objects: list, around: str = "{}", between: str = "\n", **options) -> str:
    return around.format(between.join(json.dumps(each, **options) for each in objects))


WRITTEN = {
    "an object a line": lines_of(OPENED),
    "a list on one line": json.dumps(OPENED),
    "a list with an object a line": "[\n" + lines_of(OPENED, between=",\n") + "\n]\n",
    "a list printed for people": json.dumps(OPENED, indent=2),
    "one after the other": lines_of(OPENED, between=""),
    "several a line": lines_of(OPENED[:2], between=" ") + "\n" + json.dumps(OPENED[2]),
    "printed, one after the other": lines_of(OPENED, indent=1),
    "a list a line": lines_of([OPENED[:2], OPENED[2:]]),
    "a byte order mark": "\ufeff" + json.dumps(OPENED),
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_objects_are_read_whatever_stands_around_them(behaving, text) -> None:
    declare(behaving, "channel: email", "mapping: {email: email, event: type, ts: occurred_at}")
    counts = take(behaving, text).counts
    assert (counts.rows, counts.new, counts.pending, counts.rejected) == (3, 2, 1, 0)


def test_a_problem_names_the_line_of_its_object_or_else_its_number(behaving) -> None:
    declare(behaving, "channel: email", "mapping: {email: email, event: type, ts: occurred_at}")
    broken = [*OPENED[:2], {**OPENED[2], "event": "read"}]
    where = {
        "a list with an object a line": "[\n" + lines_of(broken, between=",\n") + "\n]\n",
        "a list printed for people": json.dumps(broken, indent=2),
        "one after the other": lines_of(broken, between=""),
    }
    told = [said(take(behaving, text), "unknown_type")[0][0] for text in where.values()]
    assert told == [4, 12, 3]


def test_a_damaged_line_of_a_list_is_rejected_alone_and_a_file_that_breaks_off_is_refused(behaving) -> None:
    declare(behaving, "channel: email", "mapping: {email: email, event: type, ts: occurred_at}")
    text = "[\n" + lines_of(OPENED, between=",\n") + "\n]\n"
    result = take(behaving, text.replace('"bob@ex.fr"', '"bob@ex.fr'))
    assert (result.counts.new + result.counts.pending, said(result, "unreadable_line")[0][0]) == (2, 3)
    cut = take(behaving, json.dumps(OPENED, indent=2)[:-40])
    assert cut.status == "refused"
    assert "within the object that begins on line 12" in said(cut, "unreadable")[0][1]


SES = {
    "eventType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bouncedRecipients": [{"emailAddress": "anna@ex.fr"}, {"emailAddress": "bob@ex.fr"}],
        "timestamp": "2024-03-04T10:20:30.669Z",
    },
    "mail": {"messageId": "EX1", "destination": ["anna@ex.fr", "bob@ex.fr"]},
}
STATUSES = "SELECT email_status FROM contacts ORDER BY email"


@pytest.mark.parametrize("listed", ["bounce.bouncedRecipients[].emailAddress", "mail.destination[]"])
def test_a_list_gives_one_event_an_item(behaving, listed) -> None:
    declare(
        behaving,
        "channel: email",
        f'mapping: {{"{listed}": email, bounce.bounceType: type, bounce.timestamp: occurred_at, mail.messageId: event_id}}',
        "types: {Permanent: bad_alias}",
    )
    assert take(behaving, json.dumps(SES)).counts.new == 2
    assert behaving.sql(STATUSES) == [("bad_alias",)] * 2
    assert take(behaving, json.dumps(SES, indent=1)).counts.known == 2


def test_text_that_holds_json_is_opened_by_the_path(behaving) -> None:
    declare(
        behaving,
        "channel: email",
        "mapping: {'Message.bounce.bouncedRecipients[].emailAddress': email, 'Records[].Sns.Message.mail.destination[]': email, "
        "Message.eventType: type, Message.bounce.bounceType: type, 'Records[].Sns.Type': type, Timestamp: occurred_at}",
        "types: {Bounce/Permanent: bad_alias, Notification: opened}",
        "constants: {occurred_at: 2024-03-04}",
    )
    lists = {"Records": [{"Sns": {"Type": "Notification", "Message": json.dumps(SES)}}, {"Sns": {"Message": "hello"}}]}
    sns = {"Type": "Notification", "Message": json.dumps(SES), "Timestamp": AT}
    result = take(behaving, lines_of([sns, lists]))
    assert (result.counts.new, result.counts.rejected) == (4, 1)
    assert behaving.sql(STATUSES) == [("bad_alias",)] * 2
    assert said(result, "unknown_person")[0][1].startswith("Item 2 of the list: The row names nobody")


def test_one_text_is_taken_of_a_list_of_one_and_several_are_told(behaving) -> None:
    declare(
        behaving,
        "channel: email",
        "mapping: {category: operation, to.0: email, event: type, ts: occurred_at}",
        "types: {open: opened, unsubscribe: unsubscribed}",
    )
    anna = {"to": ["anna@ex.fr"], "event": "open", "ts": AT}
    result = take(
        behaving,
        lines_of(
            [
                {**anna, "category": ["Soldes"]},
                {**anna, "ts": 1709547631, "category": "Soldes"},
                {**anna, "category": ["Soldes", "hiver"]},
                {**anna, "category": {"name": "Soldes"}},
                {**anna, "to": ["anna@ex.fr", "bob@ex.fr"]},
                {**anna, "event": "unsubscribe", "category": ["Soldes", "hiver"]},
                {**anna, "category": []},
            ]
        ),
    )
    assert behaving.sql("SELECT DISTINCT name FROM operations ORDER BY name") == [("Soldes",), ("shaped",)]
    told = said(result, "several_values")
    assert [line for line, _ in told] == [3, 4, 5, 6]
    assert "holds a list of several" in told[0][1]
    assert "holds an object" in told[1][1]
    assert "map to[] for one event an item" in told[2][1]
    assert "whoever said stop is heard" in told[3][1]
    assert (result.counts.new, result.counts.rejected) == (4, 3)
    assert behaving.contact("anna@ex.fr", "opt_in_email") == "no"


POSTMARK = [
    {"RecordType": "Delivery", "Recipient": "anna@ex.fr", "DeliveredAt": AT, "Tag": "s"},
    {"RecordType": "Bounce", "Type": "HardBounce", "Email": "bob@ex.fr", "BouncedAt": "2024-03-04T10:20:30.9070259Z", "Tag": ""},
]  # fmt: skip


def test_the_first_of_several_keys_that_has_a_value_counts_and_types_are_joined(behaving) -> None:
    declare(
        behaving,
        "channel: email",
        "mapping: {Tag: operation, Recipient: email, Email: email, RecordType: type, Type: type, "
        "DeliveredAt: occurred_at, BouncedAt: occurred_at, ReceivedAt: occurred_at}",
        'types: {Delivery: delivered, "Bounce/Soft*": soft, "bounce / hardbounce": bad_alias, "*": null}',
    )
    assert take(behaving, json.dumps(POSTMARK)).counts.new == 2
    assert behaving.sql(STATUSES) == [("valid",), ("bad_alias",)]
    csv = "Tag;Recipient;Email;RecordType;Type;BouncedAt\ns;;bob@ex.fr;Bounce;SoftBounce;2025-03-04\n"
    assert take(behaving, csv, "shaped.csv").counts.new == 1
    assert behaving.sql(STATUSES) == [("valid",), ("soft",)]


def test_a_temporary_failure_is_never_made_hard(behaving) -> None:
    declare(
        behaving,
        "channel: email",
        "mapping: {event-data.recipient: email, event-data.event: type, event-data.severity: type, "
        "event-data.timestamp: occurred_at}",
        'types: {failed/temporary: soft, "failed*": bad_alias}',
    )
    failures = [("anna@ex.fr", "temporary", 1709547630.5), ("bob@ex.fr", "permanent", 1709547631.1)]
    take(
        behaving,
        lines_of(
            [{"event-data": {"event": "failed", "severity": how, "timestamp": at, "recipient": who}} for who, how, at in failures]
        ),
    )  # fmt: skip
    assert behaving.sql(STATUSES) == [("soft",), ("bad_alias",)]


def test_a_report_without_type_or_date_is_read_by_constants(behaving) -> None:
    declare(
        behaving,
        "channel: email",
        'separator: ","',
        "operation: Soldes",
        "mapping: {Email Address: email}",
        'constants: {type: opened, occurred_at: "2026-11-20"}',
    )
    result = take(behaving, "Email Address,First Name,Opens\nanna@ex.fr,A,3\n", "shaped.csv")
    assert result.counts.new == 1
    assert behaving.sql("SELECT type, occurred_at FROM events") == [("opened", datetime(2026, 11, 19, 23, tzinfo=UTC))]


def test_every_answer_that_begins_with_stop_is_obeyed(behaving) -> None:
    declare(
        behaving,
        "channel: sms",
        "mapping: {From: mobile, Body: type, Date: occurred_at}",
        'types: {"STOP*": unsubscribed, "ARR*T*": unsubscribed, "*": null}',
    )
    bodies = ("STOP", "stop ", "STOP SVP", "Stop.", "ARRÊT", "STOP 36180", "merci stop")
    rows = "".join(f"+3361234567{n};{body};2024-03-04T10:20:3{n}Z\n" for n, body in enumerate(bodies))
    counts = take(behaving, "From;Body;Date\n" + rows, "shaped.csv").counts
    assert (counts.rejected, counts.left_out, counts.new + counts.pending) == (0, 1, 6)


def test_what_somebody_wrote_is_not_shown(behaving) -> None:
    declare(behaving, "channel: sms", "mapping: {From: mobile, Body: type, Date: occurred_at}")
    text = "From;Body;Date\n+33612345678;Je suis Anna du 8 rue;2024-03-04\n+33612345678;RESUME;2024-03-04\n"
    told = said(take(behaving, text, "shaped.csv"), "unknown_type")
    assert told[0][1].startswith("This text is no type")
    assert told[1][1].startswith("'RESUME' is no type")


WHO = ("channel: {}", "mapping: {{mail: email, phone: mobile, what: type, when: occurred_at}}")


def test_a_row_with_a_malformed_address_is_bound_by_a_good_mobile(behaving) -> None:
    declare(behaving, *(each.format("email") for each in WHO))
    text = "mail;phone;what;when\n" + "".join(
        f"anna.ex.fr;0612345678;{what};2024-03-04\n" for what in ("unsubscribed", "opened", "bad_alias", "delivered")
    )
    result = take(behaving, text, "shaped.csv")
    assert behaving.contact("anna@ex.fr", "opt_in_email", "email_status", "opt_in_sms") == ("no", "unknown", "yes")
    assert [line for line, _ in said(result, "unread_person")] == [2, 3]
    assert "The row is taken by its mobile." in said(result, "unread_person")[0][1]
    # A return is of the address alone: a malformed one is nobody's, and his good one has not come back.
    assert [line for line, _ in said(result, "unknown_person")] == [4, 5]


def test_a_stop_by_sms_is_bound_by_whichever_can_be_read(behaving) -> None:
    declare(behaving, *(each.format("sms") for each in WHO))
    text = "mail;phone;what;when\nanna.ex.fr;0612345678;unsubscribed;2024-03-04\nbob@ex.fr;06;unsubscribed;2024-03-04\n"
    text += "bob@ex.fr;06;bad_number;2024-03-04\n"
    assert take(behaving, text, "shaped.csv").counts.rejected == 1
    assert (
        behaving.sql("SELECT opt_in_sms, opt_in_email, mobile_status FROM contacts") == [("no", "yes", "unknown")] * 2
    )


INSTANTS = [
    "2024-03-04T10:20:30.9070259123Z",
    1709547630,
    1709547630000,
    1709547630000000,
    "1709547630.25",
    "Mon, 04 Mar 2024 10:20:30 +0000",
    "4 Mar 2024 05:20:30 EST",
    "2024-03-04 10:20:30 UTC",
    "2024-03-04 10:20:30 +0000 UTC",
    "2024/03/04 11:20:30",
    "2024-03-04 11:20:30 AM",
    "04/03/2024 11:20:30",
    "Mar 4, 2024 11:20:30 am",
    "20240304T102030Z",
]


def test_every_instant_is_read(behaving) -> None:
    declare(behaving, "channel: email", "mapping: {email: email, event: type, ts: occurred_at}")
    take(behaving, lines_of([{**OPENED[0], "ts": at} for at in [*INSTANTS, "2024-03-04 13:20 AM"]]))
    found = {at.replace(microsecond=0) for (at,) in behaving.sql("SELECT occurred_at FROM events")}
    assert found == {datetime(2024, 3, 4, 10, 20, 30, tzinfo=UTC)}
    assert behaving.sql("SELECT count(*) FROM import_rejects") == [(1,)]


def test_a_file_without_an_ending_is_read_by_how_it_begins(behaving) -> None:
    declare(behaving, "channel: email", "mapping: {email: email, event: type, ts: occurred_at}")
    assert take(behaving, lines_of(OPENED, between=""), "shaped-1-2024-03-04").counts.rows == 3
