"""Files in a row into one base: what the hundredth costs beside the tenth, and how large the base has become.

python -m benchmarks.lasting [--files N] [--contacts N] [--rows N] [--new SHARE]

Belongs here: a base in long use. Does not: one file into a fresh copy (`importing`).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.files import Bench, People, Size, write_contacts
from benchmarks.importing import Round, bare_round, carnet_into, first_load, medians, warm_judge
from benchmarks.machine import Neighbours, machine
from benchmarks.report import table
from expectations.judge import Judge
from pipelines.base.statements import literal
from pipelines.layout import Layout

FILES, NEW = 100, 0.1
_AROUND = 5
"""Files around the tenth, and at the end, of which the median is taken: checkpoints that close holes come every few files."""


@dataclass(frozen=True)
class Step:
    """One file: what it took, and the base after it."""

    round: Round
    contacts: int
    base_bytes: int


def files_in_a_row(bench: Bench, judge: Judge, files: int, new: float) -> list[Step]:
    """Import so many files, one after the other, into one base; a share of the rows of each is new to it."""
    layout, steps = bench.fresh("lasting"), list[Step]()
    fresh = int(bench.size.rows * new)
    known = bench.size.rows - fresh
    for number in range(files):
        file = bench.folder / "lasting.csv"
        # Other people each time, spread over the base as in life, with other values than before.
        every = max(1, bench.size.contacts // known)
        people = [
            People(number % every, known, step=every, roll=10 + number),
            People(bench.size.contacts + number * fresh, fresh, roll=10 + number),
        ]
        write_contacts(file, people)
        took = carnet_into(layout, judge, file)
        steps.append(Step(took, bench.size.contacts + (number + 1) * fresh, layout.base.stat().st_size))
        print(f"file {number + 1}: {took.total:.2f} s, base {steps[-1].base_bytes / 1e6:.0f} MB", file=sys.stderr)
        file.unlink()
    return steps


def bytes_when_fresh(layout: Layout, folder: Path) -> int:
    """How large the base is once all that it holds was copied into an empty file."""
    copy = folder / "lasting-fresh.duckdb"
    copy.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {literal(str(layout.base))} AS held (READ_ONLY)")
        connection.execute(f"ATTACH {literal(str(copy))} AS fresh (STORAGE_VERSION 'v1.4.0')")
        connection.execute("COPY FROM DATABASE held TO fresh (SCHEMA)")
        tables = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'held'"
        for schema, name in connection.execute(tables).fetchall():
            connection.execute(f'INSERT INTO fresh."{schema}"."{name}" FROM held."{schema}"."{name}"')
    size = copy.stat().st_size
    copy.unlink()
    return size


def told(bench: Bench, steps: list[Step], bare: float, new: float, fresh: int) -> str:
    """The figures, as a part of the page."""
    tenth, last = steps[max(0, 10 - _AROUND) : 10], steps[-_AROUND:]
    early, late = (median(step.round.total for step in some) for some in (tenth, last))
    grown = last[-1].contacts / tenth[-1].contacts
    begun, ended = (medians([step.round for step in some]) for some in (tenth, last))
    rows = [
        [step, f"{begun[step]:.3f}", f"{ended[step]:.3f}", f"{ended[step] / max(begun[step], 1e-9):.2f}"]
        for step in begun
    ]
    rows.append(["**everything on**", f"**{early:.2f}**", f"**{late:.2f}**", f"**{late / early:.2f}**"])
    return (
        f"### {len(steps)} files in a row into {bench.size.contacts:,} contacts\n\n"
        f"{bench.size.rows:,} rows each, {new:.0%} of them new to the base: at the end it has {last[-1].contacts:,} contacts, "
        f"{grown:.2f} times as many as after the tenth, and {len(steps) * bench.size.rows:,} former rows in its history. Medians "
        f"of the {_AROUND} files up to the tenth, and of the last {_AROUND}:\n\n"
        f"{table(('step', 'around the tenth', 'at the end', 'ratio'), rows)}\n\n"
        f"(Aim: at most 1.3 beyond the base's own growth: **{late / early / grown:.2f}** with that taken out. The bare script "
        f"takes {bare:.2f} s on a fresh base.)\n\n"
        f"The base's file: {tenth[-1].base_bytes / 1e6:.0f} MB after the tenth, {last[-1].base_bytes / 1e6:.0f} MB at the end; all "
        f"that it holds, written anew: {fresh / 1e6:.0f} MB. **Ratio {last[-1].base_bytes / fresh:.2f}** (aim: at most 2)."
    )


def measure(bench: Bench, judge: Judge, files: int = FILES, new: float = NEW) -> str:
    """All of it."""
    bare = bare_round(bench).total
    steps = files_in_a_row(bench, judge, files, new)
    fresh = bytes_when_fresh(Layout(bench.folder / "lasting", bench.loaded.assets), bench.folder)
    return told(bench, steps, bare, new, fresh)


def main() -> int:
    """Measure, print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lasting", description=__doc__)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--contacts", type=int, default=Size.contacts)
    parser.add_argument("--rows", type=int, default=Size.rows)
    parser.add_argument("--new", type=float, default=NEW)
    options = parser.parse_args()
    bench = Bench(Layout.from_environment().data / "bench", Size(options.contacts, options.rows))
    bench.make_files()
    if not bench.loaded.published.exists():
        first_load(bench)
    neighbours = Neighbours()
    with warm_judge() as judge:
        figures = measure(bench, judge, options.files, options.new)
    print(f"Measured on {machine()}. Other programs took {neighbours.share():.0%} of the cores meanwhile.\n\n{figures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
