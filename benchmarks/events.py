"""Events: a Parquet file of them into a base of contacts, beside the bare statement that reads it and leaves out what is known."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.importing import workspace_of
from expectations.judge import Judge
from pipelines.base.store import Store
from pipelines.declared import declared
from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import ImportResult
from pipelines.layout import Layout

DECLARATIONS = """\
type: pipelines.components.ContactBase
attributes: {}
---
type: pipelines.components.EventImport
attributes:
  name: esp
  file: "*.parquet"
  channel: email
  mapping: {event_id: event_id, operation: operation, email: email, type: type, occurred_at: occurred_at, link: link}
"""


@dataclass(frozen=True)
class Timed:
    """Medians of seconds: the import and its steps, and the bare statement; how many contacts changed."""

    carnet: float
    steps: dict[str, float]
    bare: float
    changed: int


def measure(contacts: int, events: int, rounds: int, judge: Judge) -> Timed:
    """Both, in alternating rounds, each into a base of its own."""
    ours: list[float] = []
    bare: list[float] = []
    steps: dict[str, list[float]] = {}
    changed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = make_file(folder, contacts, events)
        for _ in range(rounds):
            bare.append(_bare(folder, file))
            seconds, result = _ours(folder, file, contacts, judge)
            ours.append(seconds)
            for step, taken in result.seconds.items():
                steps.setdefault(step, []).append(taken)
            changed = result.changed
    return Timed(median(ours), {step: median(taken) for step, taken in steps.items()}, median(bare), changed)


def make_file(folder: Path, contacts: int, events: int, first: int = 0) -> Path:
    """A file of so many events from the `first` on, of contacts that `make_base` makes."""
    file = folder / f"events-{first}.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            COPY (
                SELECT 'ev-' || i AS event_id, 'Campaign ' || (i % 40) AS operation,
                    'client' || (hash(i) % {contacts}) || '@exemple.fr' AS email,
                    ['sent', 'delivered', 'opened', 'clicked'][1 + i % 4] AS type,
                    TIMESTAMPTZ '2026-01-01 00:00:00+00' + INTERVAL (i % 20000000) SECOND AS occurred_at,
                    CASE WHEN i % 4 = 3 THEN 'https://exemple.fr/' || (i % 50) END AS link
                FROM range({first}, {first + events}) AS t(i)
            ) TO '{file}' (FORMAT parquet)
            """  # noqa: S608
        )
    return file


def _bare(folder: Path, file: Path) -> float:
    """The events of the file that a table does not have yet, into that table, on disk."""
    path = folder / "bare.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE events (event_id VARCHAR, operation VARCHAR, email VARCHAR, type VARCHAR, "
            "occurred_at TIMESTAMPTZ, link VARCHAR)"
        )
        since = time.perf_counter()
        connection.execute(
            f"INSERT INTO events SELECT * FROM read_parquet('{file}') AS p "  # noqa: S608
            "ANTI JOIN (SELECT event_id FROM events) AS known ON known.event_id = p.event_id"
        )
        connection.execute("CHECKPOINT")
        seconds = time.perf_counter() - since
    path.unlink()
    return seconds


def make_base(layout: Layout, contacts: int, declarations: str = DECLARATIONS) -> None:
    """An account with so many contacts, each with an address, and an import of events."""
    layout.assets.mkdir(parents=True, exist_ok=True)
    (layout.assets / "defs.yaml").write_text(declarations)
    store = Store(layout, declared(layout.assets).base, who="benchmark")
    with store.write() as writer, writer.transaction() as connection:
        connection.execute(
            "INSERT INTO contacts BY NAME SELECT i + 1 AS contact_id, 'client' || i || '@exemple.fr' AS email, "  # noqa: S608
            "'unknown' AS email_status, 'unknown' AS mobile_status, TIMESTAMPTZ '2025-01-01 00:00:00+00' AS created_at, "
            f"TIMESTAMPTZ '2025-01-01 00:00:00+00' AS modified_at FROM range({contacts}) AS t(i)"
        )
        writer.next_id("contact_id", contacts)


def _ours(folder: Path, file: Path, contacts: int, judge: Judge) -> tuple[float, ImportResult]:
    layout = Layout(data=folder / "data", assets=folder / "assets")
    make_base(layout, contacts)
    workspace = workspace_of(layout, judge)
    since = time.perf_counter()
    result = workspace.take(ImportRequest(str(file), "esp"))
    seconds = time.perf_counter() - since
    shutil.rmtree(layout.data)
    return seconds, result
