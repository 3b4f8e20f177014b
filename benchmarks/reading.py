"""What is done with a loaded base: a snapshot beside DuckDB's COPY, segments counted in one pass or one by one."""

from __future__ import annotations

import duckdb

from benchmarks.files import Bench
from benchmarks.importing import workspace_of
from benchmarks.machine import Stopwatch
from expectations.judge import Judge
from pipelines.base.statements import identifier
from pipelines.fields import MAIN_FIELDS
from pipelines.segments.counting import count_all


def export_round(bench: Bench, judge: Judge) -> dict[str, float]:
    """The 12 main fields of every contact as CSV: Carnet's snapshot, and a COPY of the same columns as they stand."""
    layout = bench.fresh("export-round")
    workspace = workspace_of(layout, judge)
    workspace.refresh_segments(force=True)
    workspace.store.publish()
    watch = Stopwatch()
    with watch.step("carnet"):
        snapshot = workspace.export(workspace.declarations.export("base_totale"))
    target = str(layout.data / "copy.csv")
    with duckdb.connect(str(layout.published), read_only=True) as connection, watch.step("bare"):
        # A COPY, written as a relation's method so that nothing has to be quoted.
        connection.table("contacts").select(*MAIN_FIELDS).write_csv(target, sep=";")
    if snapshot.rows != bench.size.contacts:
        raise RuntimeError(f"The export has {snapshot.rows} rows, the base {bench.size.contacts} contacts.")
    return watch.seconds


def count_round(bench: Bench, judge: Judge) -> dict[str, float]:
    """The count of every segment: one query over the base, or one query a view."""
    layout = bench.fresh("count-round")
    workspace = workspace_of(layout, judge)
    workspace.refresh_segments(force=True)
    workspace.store.publish()
    watch = Stopwatch()
    # A connection each: the second way would find in memory what the first had to read from the file.
    with workspace.store.read() as connection, watch.step("carnet"):
        together = count_all(connection, workspace.declarations)
    with workspace.store.read() as connection, watch.step("bare"):
        alone = {name: _count(connection, name) for name in together}
    if alone != together:
        raise RuntimeError(f"Counted in one pass {together}, one by one {alone}.")
    return watch.seconds | {"segments": len(together)}


def _count(connection: duckdb.DuckDBPyConnection, segment: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM segments.{identifier(segment)}").fetchone()  # noqa: S608
    return row[0] if row else 0
