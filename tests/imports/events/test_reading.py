"""What is said of files of events, or of their rows, that cannot be read: what, where, and how to mend it (BHV-1, IMP-3)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest

from pipelines.imports.listing import list_imports, list_rejects
from tests.imports.events.test_importing import CONTACTS, event

FAR = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z", "2100-01-01 01:00:00")


def problems(result, rule: str) -> list[tuple[int | None, str | None, str]]:
    return result.problems.filter(pl.col("rule") == rule).select("line", "column", "message").rows()


@pytest.mark.parametrize("written", FAR)
def test_an_instant_out_of_all_bounds_rejects_its_row_alone(behaving, written) -> None:
    behaving.contacts(CONTACTS)
    result = behaving.send(event("anna@ex.fr", "open", written), event("bob@ex.fr", "open"))
    assert (result.status, result.counts.new, result.counts.rejected) == ("imported", 1, 1)
    [(line, column, message)] = problems(result, "unreadable_instant")
    assert (line, column) == (1, "ts")
    assert "from 1970 to 2099" in message
    assert behaving.send(event("anna@ex.fr", "open"), name="esp-2.ndjson").counts.new == 1


def test_native_instants_are_bounded_too(behaving, tmp_path) -> None:
    behaving.contacts(CONTACTS)
    rows = [{"url": None, "message": None, **event("anna@ex.fr", "open", at)} for at in ("a", "b", "c")]
    moments = [datetime(9999, 12, 31), datetime(2026, 1, 10), datetime(1, 1, 1)]
    pl.DataFrame(rows).with_columns(pl.Series("ts", moments)).write_parquet(tmp_path / "esp.parquet")
    counts = behaving.events(tmp_path / "esp.parquet").counts
    assert (counts.new, counts.rejected) == (1, 2)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-10T10:00:00z", datetime(2026, 1, 10, 10, tzinfo=UTC)),
        ("2026-01-10T10:00:00+14:00", datetime(2026, 1, 9, 20, tzinfo=UTC)),
        ("2026-01-10T10:00:00-14", datetime(2026, 1, 11, tzinfo=UTC)),
        ("2026-01-10T10:00:00+25:00", None),
        ("2026-01-10T10:00:00+14:30", None),
        ("2026-01-10T10:00:00-15:00", None),
    ],
)
def test_zones_that_exist_are_read(behaving, written, meant) -> None:
    behaving.contacts(CONTACTS)
    behaving.send(event("anna@ex.fr", "open", written))
    assert [found for (found,) in behaving.sql("SELECT occurred_at FROM events")] == ([meant] if meant else [])


def test_who_a_row_names_wrongly_is_told_by_column_and_kind(behaving) -> None:
    behaving.declare(BY_ANY)
    behaving.contacts(CONTACTS)
    text = "who;phone;ref;what;when\n" + "".join(
        f"{cells};open;2026-01-10\n" for cells in ("anna.ex.fr;;", ";06 12;", ";;999999", ";;x", ";;", ";;1")
    )
    result = behaving.events(behaving.account.write(text, "any.csv"), "any")
    told = problems(result, "unknown_person")
    assert [(line, column) for line, column, _ in told] == [(2, "who"), (3, "phone"), (4, "ref"), (5, "ref"), (6, None)]
    messages = [message for *_, message in told]
    assert "has no @" in messages[0]
    assert "No such mobile number" in messages[1]
    assert "they go from 1 to 2 here" in messages[2]
    assert "whole number" in messages[3]
    assert "who or phone or ref" in messages[4]
    assert not any(value in message for value in ("anna", "06 12") for message in messages)
    assert result.counts.new == 1


BY_ANY = """\

---
type: pipelines.components.EventImport
attributes:
  name: any
  file: "any*"
  channel: email
  mapping: {who: email, phone: mobile, ref: contact_id, what: type, when: occurred_at}
  types: {open: opened}
"""


def test_rejected_rows_are_kept_as_the_file_has_them(behaving, tmp_path) -> None:
    csv = "more;ts;id;campaign;email;event;url;message\nx;hier;1;Noël;anna@ex.fr;open;;\n"
    kept = behaving.events(behaving.account.write(csv, "esp.csv"))
    line = {"email": "anna@ex.fr", "event": "open", "ts": "hier", "more": {"a": [1, None]}, "none": None}
    lines = behaving.account.write(
        json.dumps(line) + '\nno\n{"ts": 1, "event": "open", "email": "a@ex.fr"}\n', "esp.ndjson"
    )
    objects = behaving.events(lines)
    row = {"more": 1, "url": None, "message": None, **event("anna@ex.fr", "open", "hier")}
    pl.DataFrame([row]).write_parquet(tmp_path / "esp.parquet")
    native = behaving.events(tmp_path / "esp.parquet")
    with behaving.workspace.store.write() as writer:
        rows = {r.import_id: [reject["row"] for reject in list_rejects(writer.connection, r.import_id)]
                for r in (kept, objects, native)}  # fmt: skip
    cells = ("x", "hier", "1", "Noël", "anna@ex.fr", "open", None, None)
    assert rows[kept.import_id] == [dict(zip(csv.splitlines()[0].split(";"), cells, strict=True))]
    assert rows[objects.import_id] == [line, {}, {"ts": 1, "event": "open", "email": "a@ex.fr"}]
    assert rows[native.import_id] == [{name: None if value is None else str(value) for name, value in row.items()}]


def test_the_history_accounts_for_pending_events(behaving) -> None:
    result = behaving.send(event("anna@ex.fr", "open"), event("bob@ex.fr", "open"))
    with behaving.workspace.store.write() as writer:
        [kept] = list_imports(writer.connection, result.import_id)
    assert kept["rows"] == kept["pending"] == 2


@pytest.mark.parametrize(
    ("name", "content", "rule", "told"),
    [
        pytest.param("esp.ndjson", "", "rows", "It needs one JSON object at least", id="nothing"),
        pytest.param("esp.ndjson", " \n\n", "rows", "It needs one JSON object at least", id="blank lines"),
        pytest.param("esp.ndjson", "[\n[1],\n1]\n", "unreadable", "There is no JSON object", id="a list of something else"),
        pytest.param(
            "esp.ndjson",
            '{"mail": "anna@ex.fr", "event": "open", "ts": 1768039200}\n',
            "missing_columns",
            "Expected: 'id', 'campaign', 'email', 'url', 'message'. Found: 'mail', 'event', 'ts'. Likely 'email' is now 'mail'.",
            id="nobody",
        ),
        pytest.param(
            "esp.ndjson", '{"email": "anna@ex.fr", "ts": 1768039200}\n', "missing_columns", "Expected: 'id', 'campaign', 'event'",
            id="no type",
        ),
        pytest.param(
            "texts.csv",
            "campaign;Portable;event;time\nNoël;0612345678;sent;2026-01-10\n",
            "missing_columns",
            "The file lacks 2 columns that the event import maps. Expected: 'phone', 'ts'. Found: 'campaign', 'Portable', 'event', "
            "'time'. Likely 'phone' is now 'Portable'. Rename them in the file, or change the event import's mapping.",
            id="columns",
        ),
    ],
)  # fmt: skip
def test_a_refused_file_says_how_it_is_mended(behaving, name, content, rule, told) -> None:
    result = behaving.events(behaving.account.write(content, name), name.split(".")[0])
    assert result.status == "refused"
    assert any(told in message for *_, message in problems(result, rule)), result.problems["message"].to_list()
    assert behaving.sql("SELECT count(*) FROM pending_events") == [(0,)]


def test_a_parquet_file_without_rows_is_refused_as_a_csv_file_is(behaving, tmp_path) -> None:
    row = {"url": None, "message": None, **event("anna@ex.fr", "open")}
    pl.DataFrame([row]).head(0).write_parquet(tmp_path / "esp.parquet")
    result = behaving.events(tmp_path / "esp.parquet")
    assert (result.status, result.problems["rule"].to_list()) == ("refused", ["rows"])


def test_keys_that_events_can_do_without_may_be_absent_from_every_line(behaving) -> None:
    behaving.contacts(CONTACTS)
    line = '{"email": "anna@ex.fr", "event": "open", "ts": 1768039200, "id": null, "campaign": null}\n'
    result = behaving.events(behaving.account.write("\ufeff" + line, "esp.ndjson"))
    assert (result.status, result.counts.new) == ("imported", 1)
    [(_, _, message)] = problems(result, "missing_columns")
    assert result.problems["severity"].to_list() == ["warning"]
    assert "Expected: 'url', 'message'" in message
    assert "They may be absent" in message
