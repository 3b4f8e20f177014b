"""The Dagster instance of one base: its home, its writer's slot, and the runs that a kill left behind.

`python -m pipelines.orchestration.instance` prepares it and prints its home: `make ui` does so before `dagster dev`.
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from dagster import DagsterRun, DagsterRunStatus, RunsFilter

from pipelines.environment import DAGSTER_POSTGRES
from pipelines.faults import is_damaged_sqlite, set_aside
from pipelines.language import say
from pipelines.layout import Layout

POOL = "duckdb_writer"
PROCESS_TAG = "carnet/process"
_UNFINISHED = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def prepare_home(layout: Layout) -> Path:
    """DAGSTER_HOME of the layout, made where it is missing, with the committed `dagster.yaml`; set in the environment.

    Runs are kept in its own files, or in PostgreSQL where the environment has its address.
    """
    layout.dagster.mkdir(parents=True, exist_ok=True)
    if address := os.environ.get(DAGSTER_POSTGRES):
        # SQLAlchemy's own driver is another one since its version 2.1; Dagster's is this one.
        os.environ[DAGSTER_POSTGRES] = re.sub(r"^postgres(ql)?://", "postgresql+psycopg2://", address)
    storage = "postgres" if os.environ.get(DAGSTER_POSTGRES) else "sqlite"
    parts = [Path(__file__).with_name(name) for name in ("dagster.yaml", f"dagster.{storage}.yaml")]
    written, settings = "\n".join(part.read_text(encoding="utf-8") for part in parts), layout.dagster / "dagster.yaml"
    if not settings.exists() or settings.read_text(encoding="utf-8") != written:
        settings.write_text(written, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(layout.dagster)
    return layout.dagster


def open_instance(layout: Layout) -> dg.DagsterInstance:
    """The instance of the layout, its one writer's slot set, its dead runs closed."""
    prepare_home(layout)
    try:
        return _opened_instance()
    except Exception as error:
        if not is_damaged_sqlite(error) or not renew_storage(layout):
            raise
    return _opened_instance()


def _opened_instance() -> dg.DagsterInstance:
    instance = dg.DagsterInstance.get()
    try:
        limit_writers(instance)
        close_dead_runs(instance)
    except BaseException:
        instance.dispose()
        raise
    return instance


def renew_storage(layout: Layout) -> list[Path]:
    """Set the damaged files of Dagster's storage aside, and say so: Dagster makes new ones, and the base is none of them.

    What is lost from the UI is the history of runs; that of imports stands in the base.
    """
    stamp = f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}"
    places = [set_aside(path, stamp) for path in sorted(layout.dagster.rglob("*.db")) if not _is_whole(path)]
    for place in places:
        shown = place.relative_to(layout.data)
        print(
            say(
                "Warning: Dagster's storage was damaged; it is made anew, and the old file kept as {path}.", path=shown
            ),
            file=sys.stderr,
        )
    return places


def _is_whole(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        return False


def limit_writers(instance: dg.DagsterInstance) -> None:
    """One slot for whatever writes the base: on a fresh home a default limit alone stalls (style)."""
    pools = {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}
    if pools.get(POOL) != 1:
        instance.event_log_storage.set_concurrency_slots(POOL, 1)


def process_mark() -> str:
    """This process, told apart from a later one of the same number: boot, number, start in clock ticks."""
    return mark_of_process(os.getpid())


def mark_of_process(number: int) -> str:
    """The same of another process."""
    return f"{_boot()}:{number}:{_start_of(number)}"


def number_alive(mark: str) -> int | None:
    """The number of the process of that mark; None once it has ended."""
    boot, _, rest = mark.partition(":")
    number, _, start = rest.partition(":")
    return int(number) if boot == _boot() and _start_of(int(number)) == start else None


def close_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Fail the runs whose process is gone and free their slots; gives their ids."""
    dead = [run for run in instance.get_runs(RunsFilter(statuses=_UNFINISHED)) if _is_dead(run)]
    for run in dead:
        instance.report_run_failed(run, say("The process of this run ended before the run did; the base is as it was."))
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in dead]


def _is_dead(run: DagsterRun) -> bool:
    mark = run.tags.get(PROCESS_TAG)
    return mark is not None and number_alive(mark) is None


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _start_of(process: int) -> str | None:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name, in brackets, may hold blanks: count from behind it. A zombie has ended.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


if __name__ == "__main__":
    open_instance(Layout.from_environment()).dispose()
    print(os.environ["DAGSTER_HOME"])
