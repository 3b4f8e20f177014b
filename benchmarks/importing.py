"""One file into the loaded base: Carnet's own work by step, the bare script, and the whole command."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from benchmarks.files import MODEL, SQL, Bench
from benchmarks.machine import Ran, Stopwatch, run_carnet
from expectations.judge import Judge
from pipelines.base.measures import measure_changed
from pipelines.base.statements import literal
from pipelines.declared import declared
from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import Counts
from pipelines.layout import Layout
from pipelines.workspace import Workspace

OTHER = "open, hash, record, commit, close"


@contextmanager
def warm_judge() -> Generator[Judge]:
    """A judge that has loaded Great Expectations: its start belongs to the start-up, which is measured by itself."""
    with tempfile.TemporaryDirectory() as folder, Judge(Path(folder), idle_seconds=0) as judge:
        judge.judge("base", {"duplicate_keys": [0]}, {})
        yield judge


def workspace_of(layout: Layout, judge: Judge) -> Workspace:
    """A workspace of that base with a judge that is at work already."""
    workspace = Workspace(layout, declared(layout.assets), who="benchmark")
    workspace.__dict__["judge"] = judge
    return workspace


@dataclass(frozen=True)
class Round:
    """Seconds by step of one import, and what it did."""

    seconds: dict[str, float]
    counts: Counts

    @property
    def total(self) -> float:
        """All steps together."""
        return sum(self.seconds.values())


def carnet_round(bench: Bench, judge: Judge) -> Round:
    """Everything that a run does to take one file into a fresh copy, with start-up left out."""
    return carnet_into(bench.fresh("carnet-round"), judge, bench.file)


def carnet_into(layout: Layout, judge: Judge, file: Path) -> Round:
    """The same into the base that lies there, which is opened once, as a run does."""
    workspace = workspace_of(layout, judge)
    watch = Stopwatch()
    with watch.step(OTHER), workspace.store.hold():
        result = workspace.take(ImportRequest(str(file), MODEL))
        if result.status != "imported":
            raise RuntimeError(f"The benchmark's file was {result.status}: {result.listed_problems()[:5]}")
        with watch.step("check the base"):
            with workspace.store.write() as writer:
                measures = measure_changed(writer)
            judge.judge("base", {name: [value] for name, value in measures.items()}, {})
        with watch.step("segments"):
            workspace.refresh_segments()
        with watch.step("publish"):
            workspace.store.publish()
    whole, steps = watch.seconds.pop(OTHER), {**result.seconds, **watch.seconds}
    counts = result.counts
    if not isinstance(counts, Counts):
        raise TypeError("The benchmark's file is one of contacts.")
    return Round({**steps, OTHER: whole - sum(steps.values())}, counts)


def bare_round(bench: Bench) -> Round:
    """The hand-written script (read_csv, MERGE INTO, checkpoint) into a fresh copy of a base as one would make it by hand."""
    base = bench.folder / "bare-round.duckdb"
    shutil.copyfile(_made_by_hand(bench), base)
    watch = Stopwatch()
    with watch.step("open"):
        connection = duckdb.connect(str(base))
    with connection:
        row = connection.execute("SELECT max(contact_id), count(*) FROM contacts").fetchone() or (0, 0)
        with watch.step("read"):
            connection.execute((SQL / "bare_read.sql").read_text(encoding="utf-8"), {"path": str(bench.file)})
        with watch.step("merge"):
            connection.execute((SQL / "bare_merge.sql").read_text(encoding="utf-8"), {"last": row[0]})
        with watch.step("checkpoint"):
            connection.execute("CHECKPOINT")
        after = connection.execute("SELECT count(*) FROM contacts").fetchone() or (0,)
    with watch.step("close"):
        connection.close()
    base.unlink()
    return Round(watch.seconds, Counts(inserted=after[0] - row[1]))


def _made_by_hand(bench: Bench) -> Path:
    """The loaded contacts in a file of DuckDB's defaults: Carnet's own is packed for its way of writing, which slows MERGE."""
    base = bench.folder / "bare.duckdb"
    if not base.exists() or base.stat().st_mtime < bench.loaded.base.stat().st_mtime:
        base.unlink(missing_ok=True)
        # One thread: a table made by several is twice as large, and its next checkpoint pays for it.
        with duckdb.connect(str(base), config={"threads": 1}) as connection:
            connection.execute(f"ATTACH {literal(str(bench.loaded.base))} AS loaded (READ_ONLY)")
            connection.execute("CREATE TABLE contacts AS FROM loaded.contacts ORDER BY contact_id")
            connection.execute("CHECKPOINT")
    return base


def command_round(bench: Bench, judges: Path | None = None) -> Ran:
    """`carnet import FILE` from the shell's point of view: start-up, the Dagster run, the work. `judges`: where a warm judge is."""
    layout = bench.fresh("command-round")
    # The history of runs too: making Dagster's storage is the first command's work, not each one's.
    shutil.copytree(bench.loaded.dagster, layout.dagster)
    judge = {"CARNET_JUDGE": str(judges)} if judges else {"CARNET_JUDGE_SECONDS": "0"}
    return run_carnet(layout, "import", str(bench.file), "--model", MODEL, "--json", environment=judge)


def first_load(bench: Bench) -> tuple[Ran, dict[str, Any]]:
    """`carnet import` of the large file into an empty base, which the other benchmarks then start from."""
    ran = run_carnet(bench.loaded, "import", str(bench.base_file), "--model", MODEL, "--json")
    return ran, json.loads(ran.output)


def medians(rounds: list[Round]) -> dict[str, float]:
    """The median of each step."""
    return {step: median(one.seconds[step] for one in rounds) for step in rounds[0].seconds}


def steady(rounds: list[Round]) -> float:
    """The median of the rounds' totals."""
    return median(one.total for one in rounds)
