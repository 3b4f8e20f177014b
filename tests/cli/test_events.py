"""Imports of events at the command line: what people are told of them, and what they changed (BHV-1, BHV-2, IMP-12)."""

from __future__ import annotations

from pipelines.cli.tour import stops
from tests.cli.conftest import Terminal

CONTACTS = "Email;Prénom\nanna@exemple.fr;Anna\nbob@exemple.fr;Bob\n"
EVENTS = (
    '{"id": "1", "campaign": "Soldes", "email": "anna@exemple.fr", "event": "unsub", "ts": "2026-01-10T10:00:00Z"}\n'
    '{"id": "2", "campaign": "Soldes", "email": "bob@exemple.fr", "event": "hard_bounce", "ts": "2026-01-10T10:00:00Z"}\n'
    '{"id": "3", "campaign": "Soldes", "email": "zoe@exemple.fr", "event": "open", "ts": "2026-01-10T10:00:00Z"}\n'
    '{"id": "2", "campaign": "Soldes", "email": "bob@exemple.fr", "event": "open", "ts": "2026-01-11T10:00:00Z"}\n'
    '{"email": "nobody", "event": "open", "ts": "2026-01-11T10:00:00Z", "more": [1]}\n'
)


def test_events_are_told_with_what_they_changed(terminal: Terminal) -> None:
    declared = "mapping: {Email: email, Prénom: first_name}"
    model = f"{{name: mine, file: 'mine*', {declared}, constants: {{opt_in_email: 'yes'}}}}"
    (terminal.folder / "assets" / "mine").mkdir()
    terminal.write(f"type: pipelines.components.ImportModel\nattributes: {model}\n", "assets/mine/defs.yaml")
    terminal.carnet("import", terminal.write(CONTACTS, "mine.csv"))
    refused = terminal.write('{"a": 1}\n', "events-none.ndjson")
    told = terminal.carnet("import", refused, "--preview", code=1)
    assert "Preview: the file would be refused; nothing was written." in told
    told = terminal.carnet("import", terminal.write(EVENTS, "events.ndjson"))
    assert "The event id stands for another event on line 2, with another event, ts" in told.replace(
        "ts, event", "event, ts"
    )
    [events, _] = terminal.json("imports")
    counted = ("inserted", "unchanged", "pending", "rejected", "skipped_by_action")
    assert events["rows"] == sum(events[name] for name in counted) == 5
    assert "pending" in terminal.carnet("imports").splitlines()[2]
    [reject] = terminal.json("rejects", 2)
    assert reject["row"] == {"email": "nobody", "event": "open", "ts": "2026-01-11T10:00:00Z", "more": [1]}
    [moved] = [stop for stop in stops() if "said stop" in stop.why]
    assert terminal.json(*moved.arguments) == [
        {
            "email": "anna@exemple.fr",
            "what": "consent to email",
            "old": "yes",
            "new": "no",
            "source": "operation Soldes",
        },
        {
            "email": "bob@exemple.fr",
            "what": "e-mail status",
            "old": "unknown",
            "new": "bad_alias",
            "source": "operation Soldes",
        },
    ]
