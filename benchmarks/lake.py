"""`make bench LAKE=1`: a base in the lake, and Spark (Sail) beside DuckDB; figures for docs/lake.md, which it prints.

python -m benchmarks.lake [--contacts N] [--rounds N]
"""

from __future__ import annotations

import argparse
import os
import resource
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from statistics import median

import duckdb

from benchmarks import counting, importing, report
from benchmarks.files import Bench, Size
from benchmarks.machine import Neighbours, Stopwatch, machine
from pipelines.base.published import read_published
from pipelines.declarations.model import Audience, Declarations, Lake
from pipelines.lake.publishing import Published, publish_lake
from pipelines.lake.spark import engine
from pipelines.layout import Layout
from pipelines.segments.counting import count_all
from pipelines.spark_answers import SparkAnswers

_BIGGER = "UPDATE main.counters SET value = value + 1 WHERE name = 'generation'"


def main() -> int:
    """Measure at a tenth of the size and at the size, print the figures and how they grow."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lake", description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    neighbours = Neighbours()
    sizes = (options.contacts // 10, options.contacts)
    found = {size: _measure(size, options.rounds) for size in sizes}
    rows = [[what, *(f"{found[size][what]:.2f}" for size in sizes)] for what in found[options.contacts]]
    print(f"{machine()}. Other programs took {neighbours.share():.0%} of the cores meanwhile.\n")
    print(report.table(("seconds", *(f"{size:,} contacts, {size * 10:,} events" for size in sizes)), rows))
    return 0


def _measure(contacts: int, rounds: int) -> dict[str, float]:
    bench = Bench(
        Layout.from_environment().data / "bench-lake" / str(contacts), Size(contacts, max(contacts // 10, 1000))
    )
    bench.make_files()
    importing.first_load(bench)
    prepared = counting.prepare(bench)
    base = replace(prepared.declarations.base, lake=Lake())
    declarations = replace(prepared.declarations, base=base)
    watch = Stopwatch()
    with watch.step("first publication"):
        _publish(prepared.layout, declarations)
    with _writing(prepared.layout) as connection:
        connection.execute("UPDATE main.contacts SET last_name = 'X' WHERE contact_id = 1")
    with watch.step("publication of one changed contact"):
        _publish(prepared.layout, declarations)
    with _writing(prepared.layout) as connection:
        more = "SELECT * REPLACE ('n' || event_id AS event_id, import_id + 1 AS import_id) FROM main.events LIMIT ?"
        connection.execute(f"INSERT INTO main.events BY NAME {more}", [contacts])
    with watch.step("publication of an event a contact more"):
        _publish(prepared.layout, declarations)
    took = {**watch.seconds, "size of the lake, bytes a contact": _bytes(prepared.layout) / contacts}
    return took | _questions(prepared.layout, declarations, rounds)


def _publish(layout: Layout, declarations: Declarations) -> Published:
    with closing(duckdb.connect(str(layout.base), read_only=True)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return publish_lake(connection, declarations.base, layout)


@contextmanager
def _writing(layout: Layout) -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect(str(layout.base))) as connection:
        yield connection
        connection.execute(_BIGGER)


def _questions(layout: Layout, declarations: Declarations, rounds: int) -> dict[str, float]:
    """Medians of the same questions to both engines; RuntimeError where the answers differ."""
    each: dict[str, list[float]] = {}
    with read_published(layout.base) as connection:
        starting = Stopwatch()
        with starting.step("start of Sail and a session"):
            opened = engine(declarations.base, layout)
            spark = opened.__enter__()
        try:
            asked = SparkAnswers(spark, connection, declarations)
            for _ in range(rounds):
                watch = Stopwatch()
                with watch.step("counts of 200 segments, DuckDB"):
                    here = count_all(connection, declarations)
                before = _processor()
                with watch.step("counts of 200 segments, Sail"):
                    there = asked.counts()
                watch.seconds["counts of 200 segments, Sail, seconds of processor"] = _processor() - before
                if here != there:
                    raise RuntimeError({name: (here[name], there[name]) for name in here if here[name] != there[name]})
                with watch.step("one segment with every column, from Sail"):
                    asked.audience(Audience(("field_0",)))
                for name, seconds in watch.seconds.items():
                    each.setdefault(name, []).append(seconds)
        finally:
            opened.__exit__(None, None, None)
    return starting.seconds | {name: median(seconds) for name, seconds in each.items()}


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _bytes(layout: Layout) -> int:
    return sum(os.path.getsize(path) for path in layout.lake.rglob("*.parquet"))


if __name__ == "__main__":
    raise SystemExit(main())
