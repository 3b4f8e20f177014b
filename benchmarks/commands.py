"""Whole commands, from the shell and back: what a person waits for, start-up included, with a judge that starts or is warm."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.files import ASSETS, MODEL, Bench, People, write_contacts
from benchmarks.importing import bare_round, command_round
from benchmarks.machine import Ran, run_carnet
from expectations.judge import Judge
from pipelines.cli.handover import socket_of
from pipelines.layout import Layout

_CONTACTS = 120
_AT_ONCE = 5
SEGMENTS = (0, 18, 185)
"""How many segments are declared, beside those that every base has."""
_READS = (("--help",), ("segments", "--json"), ("imports", "--json"), ("sql", "FROM contacts LIMIT 1", "--json"))
_SEGMENT = """---
type: pipelines.components.Segment
attributes: {{name: segment_{number}, criteria: [{{field: postcode, op: starts_with, value: "{number:03}"}}]}}
"""

_LIBRARY = "import sys; sys.modules['pyspark'] = None; import great_expectations"
"""Without Spark, which it would load where that is installed, and which ends a process without a main module's file."""


@dataclass(frozen=True)
class Commands:
    """Seconds of wall clock: medians. `rows`: of one row by (declared segments, warm judge). `reads`: of processor, by command.

    `served`: with the service running, by command.
    """

    import_rules: float
    rows: dict[tuple[int, bool], float]
    at_once: float
    file: dict[bool, float]
    bare: float
    reads: dict[str, float]
    served: dict[str, float]


def measure(bench: Bench, rounds: int) -> Commands:
    """Every figure, in rounds that alternate with what it is compared to."""
    kept = range(min(rounds, 3))
    imported = [_seconds([sys.executable, "-c", _LIBRARY]) for _ in kept]
    rows: dict[tuple[int, bool], float] = {}
    for segments in SEGMENTS:
        base = _SmallBase(bench.folder / "small", segments)
        base.make()
        rows[segments, False] = median(base.row(warm=False) for _ in kept)
        with _warm(base.layout):
            rows[segments, True] = median(base.row(warm=True) for _ in kept)
    base = _SmallBase(bench.folder / "small", SEGMENTS[1])
    base.make()
    reads = {" ".join(words): base.read(*words) for words in _READS}
    with _warm(base.layout):
        at_once = base.several(_AT_ONCE)
        served = _served(base)
    file: dict[bool, list[float]] = {False: [], True: []}
    bare: list[float] = []
    for _ in kept:
        file[False].append(command_round(bench).seconds)
        with _warm(Layout(bench.folder / "warm", ASSETS)) as judges:
            file[True].append(command_round(bench, judges).seconds)
        bare.append(bare_round(bench).total)
    return Commands(
        median(imported),
        rows,
        at_once,
        {warm: median(took) for warm, took in file.items()},
        median(bare),
        reads,
        served,
    )


def _served(base: _SmallBase) -> dict[str, float]:
    """Seconds of wall clock with the warm process of `carnet serve` there: an import of ten rows, and what only reads."""
    data = base.layout.data
    command = [sys.executable, "-P", "-m", "pipelines.service.warm", str(data)]
    with subprocess.Popen(command) as warm:
        while not socket_of(data).exists():
            time.sleep(0.05)
        base.row(warm=True)
        took = {"import of 10 rows": median(base.row(warm=True, people=10) for _ in range(5))}
        took |= {" ".join(words): base.read(*words, processor=False) for words in _READS}
        warm.terminate()
    return took


@contextmanager
def _warm(layout: Layout) -> Generator[Path]:
    """A judge that has loaded Great Expectations, where the layout's commands find one."""
    with Judge(layout.judge, idle_seconds=0) as judge:
        judge.judge("base", {"duplicate_keys": [0]}, {})
        yield layout.judge


class _SmallBase:
    """A base of a few contacts, with so many segments declared."""

    def __init__(self, folder: Path, segments: int) -> None:
        self.layout = Layout(folder / "data", folder / "assets")
        self._segments, self._row = segments, 0

    def make(self) -> None:
        """Anew, with one import done: Dagster's storage is there."""
        shutil.rmtree(self.layout.data.parent, ignore_errors=True)
        self.layout.assets.mkdir(parents=True)
        declared = (
            (ASSETS / "defs.yaml").read_text(encoding="utf-8").partition("---\ntype: pipelines.components.Segment")
        )
        segments = "".join(_SEGMENT.format(number=number) for number in range(self._segments))
        (self.layout.assets / "defs.yaml").write_text(declared[0] + segments, encoding="utf-8")
        self.row(warm=False, people=_CONTACTS)

    def row(self, *, warm: bool, people: int = 1) -> float:
        """Seconds of the import of a file with so many new contacts."""
        return self._import(self._file(people), warm=warm).seconds

    def several(self, count: int) -> float:
        """Seconds until so many imports, started at once, have ended."""
        files = [self._file(1) for _ in range(count)]
        since = time.perf_counter()
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(partial(self._import, warm=True), files))
        return time.perf_counter() - since

    def read(self, *words: str, processor: bool = True) -> float:
        """Seconds of processor, or of wall clock, that a command takes."""
        ran = [run_carnet(self.layout, *words) for _ in range(3)]
        return median(each.processor_seconds if processor else each.seconds for each in ran)

    def _file(self, people: int) -> Path:
        self._row += people
        file = self.layout.data.parent / f"rows-{self._row}.csv"
        write_contacts(file, [People(self._row - people, people)])
        return file

    def _import(self, file: Path, *, warm: bool) -> Ran:
        judge = {} if warm else {"CARNET_JUDGE_SECONDS": "0"}
        return run_carnet(self.layout, "import", str(file), "--model", MODEL, "--json", environment=judge)


def _seconds(command: list[str]) -> float:
    since = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - since
