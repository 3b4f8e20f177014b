"""The JSON of every command has the keys of the contract, in their order and first; what it has besides comes after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SAMPLES, Terminal

COUNTS = ["rows", "inserted", "updated", "unchanged", "duplicates", "rejected"]
IMPORT = ["import_id", "status", *COUNTS, "problems", "rejects_file", "report", "mended_file", "unreachable"]
REACH = ["hard", "suppression_list", "orange_list", "unsubscribed", "no_consent"]
EXPORT = ["export_id", "name", "status", "path", "rows", "sha256", "manifest", "taken_at"]
HISTORY = ["import_id", "name", "model", "action", "file", "size", "sha256", "status", *COUNTS]


def has(document: dict[str, Any], *keys: str) -> None:
    assert [key for key in keys if key not in document] == []


def test_import(terminal: Terminal) -> None:
    done = terminal.json("import", SAMPLES / "newsletter-2026-11.csv")
    has(done, *IMPORT)
    has(done["unreachable"], *REACH)
    has(done["problems"][0], "rule", "severity", "line", "column", "message")
    parts = ("inserted", "updated", "unchanged", "deleted", "duplicates", "rejected", "skipped_by_action")
    assert done["rows"] == sum(done[part] for part in parts) == 60
    assert (done["status"], done["mended_file"]) == ("imported", None)
    again = terminal.json("import", SAMPLES / "newsletter-2026-11.csv")
    assert (again["status"], again["rows"], again["inserted"]) == ("skipped", 60, 0)
    preview = terminal.json("import", SAMPLES / "crm-2026-11.txt", "--preview")
    has(preview, *IMPORT)
    assert preview["status"] == "preview"
    refused = terminal.json("import", SAMPLES / "refused" / "newsletter-windows-1252.csv", code=1)
    has(refused, *IMPORT)
    assert (refused["status"], refused["inserted"]) == ("refused", 0)
    assert Path(refused["report"]).exists()
    assert Path(refused["mended_file"]).exists()
    events = terminal.json("import", SAMPLES / "events" / "sms-2026-11.csv")
    has(events, "import_id", "status", "rows", "new", "known", "pending", "rejected", "problems")


def test_imports_and_rejects(merged: Terminal) -> None:
    listed = merged.json("imports")
    assert [row["import_id"] for row in listed] == [2, 1]
    has(listed[0], *HISTORY, "deleted", "skipped_by_action", "suppressed", "started_at", "ended_at", "who")
    assert merged.json("imports", 1) == [listed[1]]
    rejected = merged.json("rejects", 1)
    has(rejected[0], "line", "reasons", "row")
    assert list(rejected[0]["row"])[:2] == ["Email", "Prénom"]
    has(merged.json("imports", 9, code=2)["error"], "type", "message", "hint")


def test_undo_and_contacts(merged: Terminal) -> None:
    shown = merged.json("contact", "show", "amelie.durand@exemple.fr")
    has(shown, "contact_id", "email", "mobile", "first_name", "created_at", "interests", "segments", "imports")
    has(
        merged.json("contact", "history", "amelie.durand@exemple.fr")[0], "field", "old", "new", "occurred_at", "source"
    )
    undone = merged.json("undo", 2)
    has(undone, "import_id", "removed", "restored", "kept")
    has(undone["kept"][0], "key", "field", "why")


def test_segments_and_searches(merged: Terminal) -> None:
    has(merged.json("segments")[0], "name", "label", "count", "refreshed_at")
    explained = merged.json("explain", "amelie.durand@exemple.fr", "paris_perle")
    has(explained, "contact_id", "segment", "holds", "criteria")
    has(explained["criteria"][0], "criterion", "value", "holds", "criteria")
    criteria = merged.write("criteria: [{field: postcode, op: starts_with, value: '75'}]", "paris.yaml")
    has(merged.json("search", criteria), "count", "left_out", "contacts")


@pytest.mark.parametrize(
    "command", [["export", "base_totale"], ["export", "--audience", "paris_perle", "--to", "FILE"]]
)
def test_exports(filled: Terminal, command: list[str]) -> None:
    place = str(filled.folder / "out.csv")
    done = filled.json(*(place if word == "FILE" else word for word in command))
    has(done, *EXPORT)
    assert Path(done["path"]).exists()
    assert filled.json("exports") == [done]


def test_operations_and_inspect(filled: Terminal) -> None:
    filled.json("import", SAMPLES / "events" / "events-2026-11.ndjson")
    figures = [
        "recipients",
        "delivered",
        "opened",
        "clicked",
        "submitted_form",
        "converted",
        "unsubscribed",
        "complained",
    ]
    has(filled.json("operations")[0], "operation", "channel", *figures, "returns")
    has(filled.json("operations", "Soldes d'hiver", "--figure", "clicked"), "count", "left_out", "contacts")
    inspected = filled.json("inspect", SAMPLES / "crm-2026-11.txt")
    has(inspected[0], "file", "encoding", "separator", "header", "rows", "problems", "sample", "model")


def test_check(terminal: Terminal) -> None:
    assert terminal.json("check") == {"ok": True, "problems": []}
    defs = terminal.folder / "assets" / "segments" / "defs.yaml"
    defs.write_text(defs.read_text().replace("field: postcode", "field: postcod", 1))
    found = terminal.json("check", code=2)
    assert found["ok"] is False
    has(found["problems"][0], "file", "line", "column", "message", "suggestion")
