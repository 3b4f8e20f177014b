"""What is done with a loaded base: snapshots, movements, a workbook; segments counted in one pass or one by one."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

import duckdb

from benchmarks.files import Bench
from benchmarks.importing import workspace_of
from benchmarks.machine import Stopwatch
from expectations.judge import Judge
from pipelines.base.statements import identifier
from pipelines.declarations.model import Audience, Export, FieldCriterion, Group
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


def delta_rounds(bench: Bench, judge: Judge, rounds: int) -> dict[str, float]:
    """Seconds of the same export without and with its movements, 1 % of the contacts having changed; medians of the rounds."""
    workspace = workspace_of(bench.fresh("delta-round"), judge)
    workspace.refresh_segments(force=True)
    plain = workspace.declarations.export("base_totale")
    telling = replace(plain, delta=True)
    workspace.export(telling)
    found: list[dict[str, float]] = []
    for number in range(rounds):
        with workspace.store.write() as writer, writer.transaction() as connection:
            change = "UPDATE main.contacts SET first_name = $name WHERE contact_id % 100 = $number"
            connection.execute(change, {"name": f"Round {number}", "number": number})
        workspace.store.publish()
        watch = Stopwatch()
        with watch.step("plain"):
            workspace.export(plain)
        with watch.step("telling"):
            moved = workspace.export(telling).delta
        if moved is None or moved.changed != bench.size.contacts // 100:
            raise RuntimeError(f"The movements are {moved}.")
        found.append(watch.seconds)
    return {step: median(one[step] for one in found) for step in ("plain", "telling")}


def workbook_round(bench: Bench, judge: Judge, most: int) -> tuple[int, float]:
    """How many contacts (at most so many), and the seconds of a workbook of their 12 main fields."""
    workspace = workspace_of(bench.fresh("workbook-round"), judge)
    first = Audience(condition=Group("all", (FieldCriterion("contact_id", "at_most", (float(most),)),)))
    export = Export("workbook", first, format="xlsx")
    watch = Stopwatch()
    with watch.step("workbook"):
        snapshot = workspace.export(export)
    return snapshot.rows, watch.total


def count_round(bench: Bench, judge: Judge) -> dict[str, float]:
    """The count of every segment: one query over the base, or one query a view."""
    layout = bench.fresh("count-round")
    workspace = workspace_of(layout, judge)
    workspace.refresh_segments(force=True)
    workspace.store.publish()
    watch = Stopwatch()
    # A connection each: the second way would find in memory what the first had to read from the file.
    with workspace.published() as connection, watch.step("carnet"):
        together = count_all(connection, workspace.declarations)
    with workspace.published() as connection, watch.step("bare"):
        alone = {name: _count(connection, name) for name in together}
    if alone != together:
        raise RuntimeError(f"Counted in one pass {together}, one by one {alone}.")
    return watch.seconds | {"segments": len(together)}


def _count(connection: duckdb.DuckDBPyConnection, segment: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM segments.{identifier(segment)}").fetchone()  # noqa: S608
    return row[0] if row else 0
