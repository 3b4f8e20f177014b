"""What the dossier calls things, to be said in the base's language. Does not belong here: labels of fields, which are declared."""

from __future__ import annotations

from pipelines.language import mark, words

_WORDS = {
    "title": mark("Dossier of one person"),
    "intro": mark(
        "Everything that this contact base holds about the person, as of {at}. Regulation (EU) 2016/679, article 15."
    ),
    "nothing": mark("Nothing."),
    "fields": mark("Fields"),
    "former_addresses": mark("Former addresses and numbers"),
    "consents": mark("Consents and their proof"),
    "suppression": mark("Suppression list"),
    "segments": mark("Segments"),
    "history": mark("History"),
    "events": mark("Events"),
    "imports": mark("Imports"),
    "rejected_rows": mark("Rejected rows"),
    "files": mark("Files received and kept"),
    "exports": mark("Exports that hold them"),
    "runs": mark("Runs in Dagster"),
    "field": mark("Field"),
    "label": mark("Label"),
    "value": mark("Value"),
    "kind": mark("Kind"),
    "address": mark("Address"),
    "since": mark("Since"),
    "until": mark("Until"),
    "occurred_at": mark("When"),
    "started_at": mark("When"),
    "taken_at": mark("When"),
    "channel": mark("Channel"),
    "old": mark("Before"),
    "new": mark("After"),
    "source": mark("By what"),
    "who": mark("By whom"),
    "import_id": mark("Import"),
    "export_id": mark("Export"),
    "name": mark("Name"),
    "model": mark("Model"),
    "action": mark("Action"),
    "outcome": mark("Outcome"),
    "file": mark("File"),
    "kept_file": mark("Kept file"),
    "sha256": mark("SHA-256"),
    "line": mark("Line"),
    "lines": mark("Lines"),
    "rows": mark("Rows"),
    "reasons": mark("Reasons"),
    "cells": mark("Cells"),
    "reason": mark("Reason"),
    "key": mark("Key"),
    "segment": mark("Segment"),
    "operation": mark("Operation"),
    "type": mark("Type"),
    "link": mark("Link"),
    "detail": mark("Detail"),
    "event_id": mark("Event"),
    "undone_by": mark("Undone by"),
    "run": mark("Run"),
}


def word(name: str) -> str:
    """The word for a table, a column or a sentence of the dossier."""
    return words(_WORDS[name]) if name in _WORDS else name
