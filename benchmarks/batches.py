"""Events in batches into one base: what the last batch costs beside the first, and how much memory all processes held.

python -m benchmarks.batches [--events N] [--batch N] [--contacts N] [--folder F]

Belongs here: many files of events, each as a command of its own. Does not: one file beside the bare statement (`events`).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.events import make_base, make_file
from benchmarks.files import Size
from benchmarks.machine import Neighbours, Ran, machine, run_carnet
from benchmarks.report import gibibytes, table
from pipelines.layout import Layout

EVENTS, BATCH = 100_000_000, 10_000_000
LIMIT = 8 * 2**30
"""Bytes of memory that all processes of an import may hold together."""


@dataclass(frozen=True)
class Batch:
    """One file: the command that imported it, what it added, and the base after it."""

    ran: Ran
    added: int
    base_bytes: int


def import_batches(layout: Layout, contacts: int, events: int, batch: int) -> list[Batch]:
    """Import so many events, a file a batch, each by `carnet import`; RuntimeError where the base has not each event once."""
    make_base(layout, contacts)
    found: list[Batch] = []
    for first in range(0, events, batch):
        file = make_file(layout.assets, contacts, min(batch, events - first), first)
        ran = run_carnet(layout, "import", str(file), "--model", "esp", "--json")
        found.append(Batch(ran, json.loads(ran.output)["new"], layout.base.stat().st_size))
        file.unlink()
        print(f"{first + found[-1].added:,} events: {ran.seconds:.1f} s, {gibibytes(ran.peak_bytes)}", file=sys.stderr)
    # Each event once: ids are numbers from 0 on, and to count them distinctly would take more memory than what is measured.
    numbers = "SELECT count(*), sum(number), bit_xor(hash(number)) FROM {}"
    with duckdb.connect(str(layout.published), read_only=True) as connection:
        known = connection.sql(numbers.format("(SELECT event_id[4:]::BIGINT AS number FROM events)")).fetchall()
        meant = connection.sql(numbers.format(f"range({events}) AS t(number)")).fetchall()
    if known != meant:
        raise RuntimeError(f"{events:,} events were imported, the base has {known[0][0]:,}, or others.")
    return found


def peak(batches: list[Batch]) -> int:
    """The most bytes of memory that the processes of any batch held together."""
    return max(one.ran.peak_bytes for one in batches)


def told(contacts: int, batches: list[Batch]) -> str:
    """The figures, as a part of the page."""
    rows = [
        [
            str(number),
            f"{one.ran.seconds:.1f}",
            f"{one.ran.processor_seconds:.1f}",
            gibibytes(one.ran.peak_bytes),
            f"{one.base_bytes / 1e6:.0f} MB",
        ]
        for number, one in enumerate(batches, start=1)
    ]
    return (
        f"### {sum(one.added for one in batches):,} events of {contacts:,} contacts in {len(batches)} files\n\n"
        "Each file by `carnet import`, start-up, checks of the base and publication included. Memory: the most that all its "
        f"processes held together.\n\n{table(('file', 'seconds', 'of processor', 'memory', 'base'), rows)}\n\n"
        f"At most **{gibibytes(peak(batches))}** (limit: {gibibytes(LIMIT)})."
    )


def measure(contacts: int, events: int = EVENTS, batch: int = BATCH, folder: Path | None = None) -> list[Batch]:
    """All of it, in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        return import_batches(Layout(Path(name) / "data", Path(name) / "assets"), contacts, events, batch)


def main() -> int:
    """Measure, print the figures; 1 where the memory goes beyond its limit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batches", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--batch", type=int, default=BATCH, help="events a file")
    parser.add_argument("--contacts", type=int, default=Size.contacts)
    parser.add_argument("--folder", type=Path, help="where the base is made (a temporary folder)")
    options = parser.parse_args()
    neighbours = Neighbours()
    batches = measure(options.contacts, options.events, options.batch, options.folder)
    print(f"Measured on {machine()}. Other programs took {neighbours.share():.0%} of the cores meanwhile.\n")
    print(told(options.contacts, batches))
    return int(peak(batches) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
