"""Events that a program brings in a call: an import of the history, going the way of any file of events (BHV-1, rest.md).

Belongs here: a call's events → the lines of a file → the base. Does not: how a call says them (`pipelines.api`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pipelines.base.store import Writer
from pipelines.declarations.events import Channel
from pipelines.declarations.model import EventImport
from pipelines.errors import RefusedError
from pipelines.files.opening import FileIdentity, Opened
from pipelines.files.problems import problems_frame
from pipelines.imports.events.event_file import add, declaration_hash
from pipelines.imports.events.reading import make_rows, measure_json
from pipelines.imports.filing import partition_key
from pipelines.imports.history import import_row, record
from pipelines.imports.intake import Intake, Judgement, Surroundings
from pipelines.imports.results import ImportResult
from pipelines.imports.trimming import drop_rejects, trim
from pipelines.language import say

MODEL = "activities by call"
"""What the history shows as the event import: no declared one can be called so."""


@dataclass(frozen=True)
class CalledEvent:
    """Something that somebody did: `key` says who, as the base's key does. `event_id` None: its content tells it apart."""

    key: str
    operation: str
    detail: str
    occurred_at: str
    event_id: str | None = None


def add_conversions(
    writer: Writer, events: Sequence[CalledEvent], channel: Channel, surroundings: Surroundings
) -> ImportResult:
    """Add events of the type `converted` to operations of that channel, as one import; those that are known are not added twice.

    RefusedError, with every reason, where a rule refuses one: the base is unchanged then.
    """
    base, who = writer.contact_base, surroundings.store.who
    content = "\n".join(json.dumps(_as_line(event, base.key), ensure_ascii=False) for event in events).encode()
    named = {"event_id"} if any(event.event_id is not None for event in events) else set[str]()
    columns = (base.key, "operation", "occurred_at", "detail", *named)
    event_import = EventImport(MODEL, "", channel, {name: name for name in columns}, constants={"type": "converted"})
    opened = Opened(FileIdentity(Path(f"{MODEL}.ndjson"), 0, len(content), 0), content, whole=True)
    name = f"{len(events)} activities of {who}"
    partition = partition_key(MODEL, hashlib.sha256(content).hexdigest())
    declaration, started = declaration_hash(event_import, base), datetime.now(UTC)
    intake = Intake(opened, name, event_import, base, partition, declaration, started, in_inbox=False, preview=False)
    with writer.transaction() as connection:
        found = measure_json(connection, opened, event_import)
        make_rows(connection, found.source, found.cells, event_import.constants)
        result, _ = add(Judgement(found.facts, problems_frame(), {}), intake, surroundings, writer)
        _require_taken(result)
        record(connection, import_row(intake, result, found.facts, who))
        trimmed = trim(connection, surroundings.store.contact_base.import_history)
    drop_rejects(surroundings.layout, trimmed)
    return result


def _as_line(event: CalledEvent, key: str) -> dict[str, str]:
    said = {key: event.key, "operation": event.operation, "occurred_at": event.occurred_at, "detail": event.detail}
    return said if event.event_id is None else {"event_id": event.event_id, **said}


def _require_taken(result: ImportResult) -> None:
    refused = result.problems.filter((pl.col("severity") == "error") & pl.col("line").is_not_null())
    if result.counts.rejected:
        raise RefusedError("; ".join(refused["message"].unique(maintain_order=True)), say("The base is unchanged."))
