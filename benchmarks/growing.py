"""How counting grows with events and with workers: 200 segments over the lake's files, by DuckDB, Sail, and a real Spark.

python -m benchmarks.growing [--contacts N] [--times N …] [--engines E …] [--workers N …] [--rounds N]

Belongs here: the same question at several sizes, and who is asked. Does not: what a lake costs otherwise (`lake`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median

import duckdb

from benchmarks import counting, importing, report
from benchmarks.cluster import cluster
from benchmarks.files import Bench, Size
from benchmarks.lake import publish
from benchmarks.machine import Neighbours, machine, processor_seconds
from pipelines.base.held import HeldFile, read_files
from pipelines.declarations.model import Declarations, Lake
from pipelines.environment import SPARK
from pipelines.lake.catalogs import open_catalog
from pipelines.lake.publications import chosen
from pipelines.lake.reading import TableFiles, read_lake, tables_of
from pipelines.lake.spark import SparkEngine, connected
from pipelines.layout import Layout
from pipelines.segments.counting import count_all
from pipelines.spark_answers import SparkAnswers

Count = Callable[[], dict[str, int]]
ENGINES = ("duckdb", "sail")
_MORE = "more-events"


@dataclass(frozen=True)
class Grown:
    """A lake whose events were multiplied: its layout, what declares its segments, its tables, how many events."""

    layout: Layout
    declarations: Declarations
    tables: tuple[TableFiles, ...]
    events: int


@dataclass(frozen=True)
class Took:
    """Seconds that the counts took at one size, by the clock and of processor, and what they were."""

    seconds: float
    processor: float
    counts: dict[str, int]


def main() -> int:
    """Count at each size by each engine, print the figures; RuntimeError where two engines differ."""
    options = _options()
    bench = Bench(Layout.from_environment().data / "bench-growing", Size(options.contacts))
    layout, declarations = _published(bench)
    sizes = [_grown(layout, declarations, times) for times in options.times]
    neighbours = Neighbours()
    found: dict[str, list[Took]] = {}
    for name, counts in _engines(sizes, options.engines, options.workers):
        found[name] = [_measured(each, processor, options.rounds, name, size) for size, each, processor in counts]
    for number, size in enumerate(sizes):
        _require_alike(size, {name: took[number].counts for name, took in found.items()})
    print(f"{machine()}. Other programs took {neighbours.share():.0%} of the cores meanwhile.\n")
    heads = [f"{each.events:,} events, {what}" for each in sizes for what in ("seconds", "of processor")]
    rows = [
        [name, *(f"{figure:.1f}" for each in took for figure in (each.seconds, each.processor))]
        for name, took in found.items()
    ]
    print(report.table((f"200 segments over {options.contacts:,} contacts", *heads), rows))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growing", description=__doc__)
    parser.add_argument("--contacts", type=int, default=Size.contacts, help="each with ten events")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10], help="how often each event is there")
    parser.add_argument(
        "--engines",
        nargs="*",
        choices=ENGINES,
        default=ENGINES,
        help="who is asked on this machine; none: the lake is made",
    )
    parser.add_argument(
        "--workers",
        type=int,
        nargs="*",
        default=[],
        help="worker processes of a real Spark, whose place SPARK_HOME says (`make spark` installs one)",
    )
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if options.workers and not (Path(os.environ.get("SPARK_HOME", "nowhere")) / "bin" / "spark-class").exists():
        parser.error("worker processes need a Spark in SPARK_HOME: `make spark` installs one")
    return options


def _published(bench: Bench) -> tuple[Layout, Declarations]:
    """A base of so many contacts with ten events each, in its lake; the one of the last time, where it is still there."""
    layout = Layout(bench.folder / "counting", bench.loaded.assets)
    declarations = counting.declared_segments(layout)
    declarations = replace(declarations, base=replace(declarations.base, lake=Lake()))
    done = bench.folder / f"published-{bench.size.contacts}"
    if not done.exists():
        shutil.rmtree(bench.folder, ignore_errors=True)
        bench.make_files()
        importing.first_load(bench)
        counting.prepare(bench)
        publish(layout, declarations)
        done.touch()
    return layout, declarations


def _grown(layout: Layout, declarations: Declarations, times: int) -> Grown:
    """The lake with each event so often: the copies are of other contacts, in files beside those of the publication."""
    catalog = open_catalog(declarations.base.lake or Lake(), layout)
    tables = tables_of(catalog, chosen(catalog))
    published = next(each for each in tables if each.name == "events")
    contacts = _first("SELECT count(*) FROM {}", next(each for each in tables if each.name == "contacts"))
    copies = [_copied(layout, published, number, contacts) for number in range(1, times)]
    events = replace(published, files=(*published.files, *(path.as_uri() for path in copies)))
    rest = (each for each in tables if each.name != "events")
    return Grown(layout, declarations, (*rest, events), _first("SELECT count(*) FROM {}", events))


def _copied(layout: Layout, events: TableFiles, number: int, contacts: int) -> Path:
    place = layout.lake / _MORE / f"{number}.parquet"
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        aside = place.with_suffix(".part")
        moved = f"1 + (contact_id + {number} * 104729) % {contacts}"
        query = f"SELECT * REPLACE ('{number}-' || event_id AS event_id, {moved} AS contact_id) FROM {_files(events)}"  # noqa: S608
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({query}) TO '{aside}' (FORMAT parquet, COMPRESSION zstd)")
        aside.replace(place)
    return place


def _first(query: str, table: TableFiles) -> int:
    with duckdb.connect() as connection:
        [(value,)] = connection.execute(query.format(_files(table))).fetchall()
    return value


def _files(table: TableFiles) -> str:
    return read_files([HeldFile(address, 0) for address in table.files])


def _engines(
    sizes: list[Grown], engines: Collection[str], workers: list[int]
) -> Iterator[tuple[str, Iterator[tuple[Grown, Count, Callable[[], float]]]]]:
    """Each engine, and at each size how it counts and what processor it has taken; it lives while it is asked."""
    if "duckdb" in engines:
        yield "DuckDB", _duckdb(sizes)
    if "sail" in engines:
        yield "Sail", _spark(sizes, processor_seconds)
    for number in workers:
        with cluster(Path(os.environ["SPARK_HOME"]), number) as started, _address(started.address):
            yield f"Spark, worker processes: {number}", _spark(sizes, started.processor_seconds)


def _duckdb(sizes: list[Grown]) -> Iterator[tuple[Grown, Count, Callable[[], float]]]:
    for size in sizes:
        with read_lake(size.declarations.base, size.layout) as (connection, _):
            events = next(each for each in size.tables if each.name == "events")
            connection.execute(f"CREATE OR REPLACE VIEW main.events AS SELECT * FROM {_files(events)}")  # noqa: S608
            yield size, partial(count_all, connection, size.declarations), processor_seconds


def _spark(sizes: list[Grown], processor: Callable[[], float]) -> Iterator[tuple[Grown, Count, Callable[[], float]]]:
    with connected() as session:
        for size in sizes:
            with read_lake(size.declarations.base, size.layout) as (connection, _):
                spark = SparkEngine(session)
                spark.show(size.tables)
                yield size, SparkAnswers(spark, connection, size.declarations).counts, processor


@contextmanager
def _address(address: str) -> Generator[None]:
    os.environ[SPARK] = address
    try:
        yield
    finally:
        del os.environ[SPARK]


def _measured(count: Count, processor: Callable[[], float], rounds: int, name: str, size: Grown) -> Took:
    """The median of so many rounds, the processor's seconds of all their mean."""
    seconds: list[float] = []
    counts: dict[str, int] = {}
    before = processor()
    for _ in range(rounds):
        since = time.perf_counter()
        counts = count()
        seconds.append(time.perf_counter() - since)
    took = Took(median(seconds), (processor() - before) / rounds, counts)
    print(f"{name}, {size.events:,} events: {took.seconds:.1f} s, of processor {took.processor:.1f}", file=sys.stderr)
    return took


def _require_alike(size: Grown, counts: dict[str, dict[str, int]]) -> None:
    if any(one != other for one, other in pairwise(counts.values())):
        raise RuntimeError(f"{size.events:,} events are counted otherwise by one of {', '.join(counts)}.")


if __name__ == "__main__":
    raise SystemExit(main())
