"""Events straight into the lake (`into: lake`), piece by piece from a folder, beside the same file into the base itself (LAK-3)."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb

from benchmarks.events import DECLARATIONS, make_base, make_file
from benchmarks.importing import workspace_of
from benchmarks.machine import processor_seconds
from expectations.judge import Judge
from pipelines.imports.intake import ImportRequest
from pipelines.layout import Layout

_SOURCE = "incoming"
_INTO_LAKE = DECLARATIONS.replace("attributes: {}", "attributes: {lake: {catalog: sqlite, warehouse: lake}}").replace(
    "  channel: email\n", f"  channel: email\n  into: lake\n  source: {_SOURCE}\n"
)


@dataclass(frozen=True)
class Added:
    """Seconds by the clock and of processor that it took, how many events the lake holds then, and the bytes of the base."""

    seconds: float
    processor: float
    held: int
    base_bytes: int


def into_lake(contacts: int, events: int, judge: Judge) -> Added:
    """Every piece of one file, each an import of its own."""
    with tempfile.TemporaryDirectory() as name:
        layout = Layout(Path(name) / "data", Path(name) / "assets")
        make_base(layout, contacts, _INTO_LAKE)
        (layout.data / _SOURCE).mkdir()
        make_file(layout.data / _SOURCE, contacts, events)
        workspace = workspace_of(layout, judge)
        since, used = time.perf_counter(), processor_seconds()
        for result in workspace.take_from_source("esp", settle=timedelta(0)):
            _require_imported(result.status)
        return _added(layout, events, time.perf_counter() - since, processor_seconds() - used)


def into_base(contacts: int, events: int, judge: Judge) -> Added:
    """The same file, whole, as where no lake is declared."""
    with tempfile.TemporaryDirectory() as name:
        layout = Layout(Path(name) / "data", Path(name) / "assets")
        make_base(layout, contacts)
        file = make_file(Path(name), contacts, events)
        workspace = workspace_of(layout, judge)
        since, used = time.perf_counter(), processor_seconds()
        _require_imported(workspace.take(ImportRequest(str(file), "esp")).status)
        return _added(layout, events, time.perf_counter() - since, processor_seconds() - used)


def _require_imported(status: str) -> None:
    if status != "imported":
        raise RuntimeError(f"The benchmark's events were {status}.")


def _added(layout: Layout, events: int, seconds: float, processor: float) -> Added:
    with duckdb.connect(str(layout.base), read_only=True) as connection:
        [(own,)] = connection.execute("SELECT count(*) FROM main.events").fetchall()
        [(held,)] = connection.execute("SELECT coalesce(sum(events), 0)::BIGINT FROM main.held_files").fetchall()
    if own + held != events:
        raise RuntimeError(f"{events:,} events were added, {own:,} are in the base and {held:,} in the lake.")
    return Added(seconds, processor, held, layout.base.stat().st_size)
