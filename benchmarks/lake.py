"""`make bench LAKE=1`: a base in the lake, and Spark (Sail) beside DuckDB; figures for docs/lake.md, which it prints.

python -m benchmarks.lake [--contacts N] [--rounds N]

Belongs here: what a lake costs at a size, and what it answers there. Does not: more events and more workers (`growing`).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb

from benchmarks import counting, holding, importing, report
from benchmarks.files import Bench, Size
from benchmarks.machine import Neighbours, Stopwatch, machine, processor_seconds
from expectations.judge import Judge
from pipelines.base.published import read_published
from pipelines.declarations.model import Audience, Declarations, Export, Group, Lake, Segment
from pipelines.exports.snapshots import take_snapshot
from pipelines.files.opening import sha256
from pipelines.lake.publishing import Published, publish_lake
from pipelines.lake.spark import engine
from pipelines.layout import Layout
from pipelines.segments.counting import count_all
from pipelines.spark_answers import SparkAnswers, answer_base, everybody_query

_BIGGER = "UPDATE main.counters SET value = value + 1 WHERE name = 'generation'"


def main() -> int:
    """Measure at a tenth of the size and at the size, print the figures and how they grow."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lake", description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    neighbours = Neighbours()
    sizes = (options.contacts // 10, options.contacts)
    with importing.warm_judge() as judge:
        found = {size: _measure(size, options.rounds) | _added(size, judge) for size in sizes}
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
        publish(prepared.layout, declarations)
    with _writing(prepared.layout) as connection:
        connection.execute("UPDATE main.contacts SET last_name = 'X' WHERE contact_id = 1")
    with watch.step("publication of one changed contact"):
        publish(prepared.layout, declarations)
    with _writing(prepared.layout) as connection:
        more = "SELECT * REPLACE ('n' || event_id AS event_id, import_id + 1 AS import_id) FROM main.events LIMIT ?"
        connection.execute(f"INSERT INTO main.events BY NAME {more}", [contacts])
    with watch.step("publication of an event a contact more"):
        publish(prepared.layout, declarations)
    took = {**watch.seconds, "size of the lake, bytes a contact": _bytes(prepared.layout) / contacts}
    return took | _questions(prepared.layout, declarations, rounds)


def _added(contacts: int, judge: Judge) -> dict[str, float]:
    """What ten events a contact take that go straight into the lake, and into the base."""
    events = contacts * counting.EVENTS_A_CONTACT
    ways = {"lake": holding.into_lake, "base": holding.into_base}
    took = {name: way(contacts, events, judge) for name, way in ways.items()}
    return {
        f"ten events a contact into the {name}{unit}": figure
        for name, each in took.items()
        for unit, figure in (("", each.seconds), (", seconds of processor", each.processor))
    } | {
        f"size of the base then, bytes an event, in the {name}": each.base_bytes / events for name, each in took.items()
    }


def publish(layout: Layout, declarations: Declarations) -> Published:
    """The base as it is now, in its lake."""
    with closing(duckdb.connect(str(layout.base), read_only=True)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return publish_lake(connection, declarations.base, layout)


@contextmanager
def _writing(layout: Layout) -> Generator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect(str(layout.base))) as connection:
        yield connection
        connection.execute(_BIGGER)


def _questions(layout: Layout, declarations: Declarations, rounds: int) -> dict[str, float]:
    """Medians of the same questions to both engines; RuntimeError where the answers differ."""
    each: dict[str, list[float]] = {}
    with TemporaryDirectory() as scratch, read_published(layout.base, Path(scratch)) as connection:
        folder = Path(scratch)
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
                before = processor_seconds()
                with watch.step("counts of 200 segments, Sail"):
                    there = asked.counts()
                watch.seconds["counts of 200 segments, Sail, seconds of processor"] = processor_seconds() - before
                if here != there:
                    raise RuntimeError({name: (here[name], there[name]) for name in here if here[name] != there[name]})
                with watch.step("one segment with every column, from Sail"):
                    asked.audience(Audience(("field_0",)))
                with watch.step("an export of everybody, DuckDB"):
                    _write(asked, connection, folder, "here")
                with watch.step("an export of everybody, Sail"):
                    _export_there(asked, layout, folder)
                _require_equal(folder)
                for step, seconds in watch.seconds.items():
                    each.setdefault(step, []).append(seconds)
        finally:
            opened.__exit__(None, None, None)
    return starting.seconds | {name: median(seconds) for name, seconds in each.items()}


_EVERYBODY = Segment("everybody", "everybody", Group("all", ()))
_EXPORT = Export("everybody", Audience(("everybody",)))


def _export_there(asked: SparkAnswers, layout: Layout, folder: Path) -> None:
    """As `Workspace` does it: what Spark finds becomes a base, which the same writers write from."""
    place = folder / "answer.duckdb"
    everybody = replace(asked, declarations=replace(asked.declarations, segments=(_EVERYBODY,)))
    answer_base(everybody.audience(_EXPORT.audience), layout.base, place)
    with read_published(place, folder) as connection:
        _write(asked, connection, folder, "there")
    place.unlink()


def _write(asked: SparkAnswers, connection: duckdb.DuckDBPyConnection, folder: Path, name: str) -> None:
    take_snapshot(
        connection,
        _EXPORT,
        asked.declarations.base,
        everybody_query(),
        destination=folder / f"{name}.csv",
        scratch=folder,
        instant=datetime.now(UTC),
    )


def _require_equal(folder: Path) -> None:
    if sha256(folder / "here.csv") != sha256(folder / "there.csv"):
        raise RuntimeError("The export differs between DuckDB and Sail.")


def _bytes(layout: Layout) -> int:
    return sum(os.path.getsize(path) for path in layout.lake.rglob("*.parquet"))


if __name__ == "__main__":
    raise SystemExit(main())
