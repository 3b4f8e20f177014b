"""Files of events, one by one: what is read, refused, kept for later, and what follows for the contacts (BHV-1, BHV-2)."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from pipelines.errors import RefusedError

CONTACTS = "email;mobile;opt_in_email;opt_in_sms\nanna@ex.fr;0612345678;yes;yes\nbob@ex.fr;0612345679;yes;yes\n"


def event(email: str, kind: str, at: str = "2026-01-10T10:00:00Z", **more: str) -> dict[str, str]:
    return {"id": f"{email}-{kind}-{at}", "campaign": "Soldes d'hiver", "email": email, "event": kind, "ts": at, **more}


def test_events_of_known_and_unknown_people(behaving) -> None:
    behaving.contacts(CONTACTS)
    sent = [event("anna@ex.fr", "sent"), event(" ANNA@ex.fr ", "delivered"), event("carl@ex.fr", "open")]
    result = behaving.send(*sent)
    assert vars(result.counts) == {"rows": 3, "new": 2, "known": 0, "pending": 1, "rejected": 0, "left_out": 0}
    assert behaving.sql("SELECT name, channel FROM operations") == [("Soldes d'hiver", "email")]
    assert behaving.sql("SELECT type FROM events ORDER BY type") == [("delivered",), ("sent",)]
    assert behaving.contact("anna@ex.fr", "email_status") == "valid"

    behaving.contacts("email\ncarl@ex.fr\n")
    assert behaving.sql(
        "SELECT c.email, e.type FROM events e JOIN contacts c USING (contact_id) WHERE type = 'opened'"
    ) == [("carl@ex.fr", "opened")]
    assert behaving.sql("SELECT count(*) FROM pending_events") == [(0,)]


def test_the_same_event_counts_once(behaving) -> None:
    behaving.contacts(CONTACTS)
    first, second = event("anna@ex.fr", "open"), event("bob@ex.fr", "click", url="https://ex.fr/a")
    assert behaving.send(first, first, second).counts.known == 1
    again = behaving.send(second, first, event("bob@ex.fr", "open"), name="esp-2.ndjson")
    assert (again.counts.known, again.counts.new) == (2, 1)
    assert behaving.sql("SELECT count(*) FROM events") == [(3,)]


def test_without_a_number_events_are_known_by_their_content(behaving) -> None:
    behaving.contacts(CONTACTS)
    text = {"campaign": "Noël", "phone": "06 12 34 56 78", "event": "delivered", "ts": "2026-01-10 10:00:00"}
    spelt = {**text, "phone": "+33612345678", "ts": "2026-01-10T09:00:00Z"}
    assert behaving.send(text, spelt, model="texts", name="texts.ndjson").counts.known == 1
    assert behaving.contact("anna@ex.fr", "mobile_status") == "valid"


def test_csv_ndjson_and_parquet_say_the_same(behaving, tmp_path) -> None:
    behaving.contacts(CONTACTS)
    rows = [event("anna@ex.fr", "open"), event("bob@ex.fr", "hard_bounce", message="550 unknown")]
    behaving.send(*rows)
    stored = behaving.sql("SELECT event_id, type, occurred_at, detail FROM events ORDER BY ALL")
    csv = "id;campaign;email;event;ts;url;message\n" + "".join(
        f"{r['id']};{r['campaign']};{r['email']};{r['event']};{r['ts']};;{r.get('message', '')}\n" for r in rows
    )
    assert behaving.events(behaving.account.write(csv, "esp.csv")).counts.known == 2
    frame = pl.DataFrame([{"url": None, "message": None, **row} for row in rows]).with_columns(
        pl.lit(datetime(2026, 1, 10, 10, tzinfo=UTC)).alias("ts")
    )
    frame.write_parquet(tmp_path / "esp.parquet")
    assert behaving.events(tmp_path / "esp.parquet").counts.known == 2
    assert behaving.sql("SELECT event_id, type, occurred_at, detail FROM events ORDER BY ALL") == stored


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-10T10:00:00Z", datetime(2026, 1, 10, 10, tzinfo=UTC)),
        ("2026-01-10 10:00:00", datetime(2026, 1, 10, 9, tzinfo=UTC)),
        ("2026-07-10T10:00+0200", datetime(2026, 7, 10, 8, tzinfo=UTC)),
        ("10/01/2026 10:00", datetime(2026, 1, 10, 9, tzinfo=UTC)),
        ("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-01-10", datetime(2026, 1, 9, 23, tzinfo=UTC)),
        (1768039200, datetime(2026, 1, 10, 10, tzinfo=UTC)),
        (1768039200123, datetime(2026, 1, 10, 10, 0, 0, 123000, tzinfo=UTC)),
    ],
    ids=str,
)
def test_instants(behaving, written, meant) -> None:
    behaving.contacts(CONTACTS)
    behaving.send({**event("anna@ex.fr", "open"), "ts": written})
    [(found,)] = behaving.sql("SELECT occurred_at FROM events")
    assert found == meant


def test_rows_that_cannot_be_read_are_rejected_and_kept(behaving) -> None:
    behaving.contacts(CONTACTS)
    text = '{"id": 1, "email": "anna@ex.fr", "event": "open", "ts": "2026-01-10"}\n\nnonsense\n'
    text += '{"id": 2, "email": "anna@@ex.fr", "event": "opn", "ts": "hier"}\n{"id": 3, "event": "open", "ts": "2026-01-10"}\n'
    text += '{"id": 4, "email": "anna@ex.fr", "event": "deferred", "ts": "2026-01-10"}\n'
    result = behaving.events(behaving.account.write(text, "esp.ndjson"))
    assert vars(result.counts) == {"rows": 5, "new": 1, "known": 0, "pending": 0, "rejected": 3, "left_out": 1}
    found = result.problems.filter(pl.col("severity") == "error").select("line", "rule").rows()
    assert found == [
        (3, "unreadable_line"),
        (4, "unknown_person"),
        (4, "unknown_type"),
        (4, "unreadable_instant"),
        (5, "unknown_person"),
    ]
    assert "did you mean 'opened'?" in result.problems.filter(pl.col("rule") == "unknown_type")["message"][0]
    assert [v.rule for v in result.verdicts["events"] if not v.passed] == [
        "unreadable_line", "unknown_person", "unknown_type", "unreadable_instant",
    ]  # fmt: skip
    kept = behaving.sql("SELECT line, reasons, cells FROM import_rejects ORDER BY line")
    assert [(line, len(reasons)) for line, reasons, _ in kept] == [(3, 1), (4, 3), (5, 1)]
    assert "anna@@ex.fr" in kept[1][2][0]
    assert result.report.read_text().count("line 4") == 3


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("esp.parquet", b"PAR1 no more", "unreadable"),
        ("esp.ndjson", b'{"email": "\xe9"}\n', "encoding"),
        ("esp.csv", b"id;campaign;email;event;url;message\n1;a;b;c;d;e\n", "missing_columns"),
        ("esp-2.csv", b"id;campaign\n1;2;3\n", "extra_cells"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(behaving, name, content, rule) -> None:
    result = behaving.events(behaving.account.write(content, name))
    assert result.status == "refused"
    assert rule in result.problems["rule"].to_list()
    assert result.report.exists()
    assert behaving.sql("SELECT count(*) FROM events") == [(0,)]


def test_a_preview_writes_nothing(behaving) -> None:
    behaving.contacts(CONTACTS)
    result = behaving.send(event("anna@ex.fr", "unsub"), event("carl@ex.fr", "open"), preview=True)
    assert (result.status, result.counts.new, result.counts.pending, result.changed) == ("preview", 1, 1, 1)
    assert behaving.sql("SELECT count(*) FROM events") == [(0,)]
    assert behaving.contact("anna@ex.fr", "opt_in_email") == "yes"


def test_the_same_bytes_are_skipped(behaving) -> None:
    behaving.contacts(CONTACTS)
    assert behaving.send(event("anna@ex.fr", "open")).status == "imported"
    assert behaving.send(event("anna@ex.fr", "open")).status == "skipped"


def test_an_import_of_events_is_not_undone(behaving) -> None:
    behaving.contacts(CONTACTS)
    result = behaving.send(event("anna@ex.fr", "unsub"))
    with pytest.raises(RefusedError, match="brought events"):
        behaving.workspace.undo(result.import_id)
    assert behaving.contact("anna@ex.fr", "opt_in_email") == "no"
