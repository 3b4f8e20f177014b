"""`make bench`: every benchmark in one run, its figures in docs/benchmarks.md.

python -m benchmarks.run [--rounds N] [--contacts N] [--rows N] [--peers] [--files N] [--events N] [--large N] [--no-page]
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from benchmarks import (
    adding,
    batches,
    commands,
    counting,
    events,
    importing,
    lasting,
    long_history,
    peers,
    reading,
    report,
)
from benchmarks.files import MODEL, Bench, Size
from benchmarks.machine import Neighbours, machine
from benchmarks.profiling import most_called
from expectations.judge import Judge
from pipelines.imports.intake import ImportRequest
from pipelines.layout import ROOT, Layout

_VALUES, _WORKBOOK = 100_000, 100_000
PAGE = ROOT / "docs" / "benchmarks.md"


def main() -> int:
    """Measure, print the figures, write them into the page."""
    options = _options()
    bench = Bench(Layout.from_environment().data / "bench", Size(options.contacts, options.rows))
    _say(f"Files in {bench.folder}")
    bench.make_files()
    neighbours = Neighbours()
    parts = [_first_load(bench)]
    with importing.warm_judge() as judge:
        parts += [
            _imports(bench, judge, options.rounds),
            _whole_commands(bench, options.rounds),
            _profile(bench, judge),
            _exports(bench, judge, options.rounds),
            _counts(bench, judge, options.rounds),
            _mixed_counts(bench, options.rounds),
            _events(bench, judge, options.rounds),
            _added_values(bench, judge, options.rounds),
        ]
        if options.peers:
            _say("Peers")
            parts.append(peers.part(bench, options.rounds))
        if options.files:
            _say("Files in a row")
            parts.append(lasting.measure(bench, judge, options.files))
        if options.events:
            _say("Events in batches")
            parts.append(batches.told(bench.size.contacts, batches.measure(bench.size.contacts, options.events)))
        if options.large:
            _say("A large base")
            parts.append(long_history.measure(bench.folder, judge, options.large))
    measured = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine()}. Medians of {options.rounds} alternating rounds. Other "
        f"programs took {neighbours.share():.0%} of the cores meanwhile."
    )
    figures = "\n\n".join([measured, *parts])
    print(figures)
    if not options.no_page:
        report.write(PAGE, figures)
    _clean(bench)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each thing is measured (5)")
    parser.add_argument("--contacts", type=int, default=Size.contacts, help="contacts in the base (1 000 000)")
    parser.add_argument("--rows", type=int, default=Size.rows, help="rows of the file (118 000)")
    parser.add_argument("--peers", action="store_true", help="the same file by PostgreSQL, SQLite and pandas too")
    parser.add_argument(
        "--files", type=int, default=0, help="so many files in a row too (0); 100 take a quarter of an hour"
    )
    parser.add_argument(
        "--events",
        type=int,
        default=0,
        help="so many events in files of 10 million too (0); 100 million take ten minutes",
    )
    parser.add_argument("--large", type=int, default=0, help="a base of so many contacts too (0), such as 5 000 000")
    parser.add_argument("--no-page", action="store_true", help="print the figures, write no page")
    return parser.parse_args()


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _first_load(bench: Bench) -> str:
    shutil.rmtree(bench.loaded.data, ignore_errors=True)
    _say("First load")
    ran, result = importing.first_load(bench)
    megabytes = bench.base_file.stat().st_size / 1e6
    return (
        "### First load\n\n"
        f"A file of {result['rows']:,} rows and 13 columns ({megabytes:.0f} MB; `max_file_bytes` raised) into an empty "
        f"base, by `carnet import`, start-up included: **{ran.seconds:.1f} s**, at most "
        f"**{report.gibibytes(ran.peak_bytes)}** of memory in all its processes together (limit: 4 GiB). "
        f"{result['inserted']:,} contacts inserted; base "
        f"{bench.loaded.base.stat().st_size / 1e6:.0f} MB."
    )


def _imports(bench: Bench, judge: Judge, rounds: int) -> str:
    importing.carnet_round(bench, judge)  # The first round of a process pays for lazy imports: start-up, not work.
    ours: list[importing.Round] = []
    bare: list[importing.Round] = []
    for number in range(rounds):
        _say(f"Import, round {number + 1}")
        # A judge keeps the answers that it gave: one that has seen this very file would be too quick.
        with importing.warm_judge() as unspoilt:
            ours.append(importing.carnet_round(bench, unspoilt))
        bare.append(importing.bare_round(bench))
    counts = ours[0].counts
    megabytes = bench.file.stat().st_size / 1e6
    ratios = [one.total / other.total for one, other in zip(ours, bare, strict=True)]
    tabled = report.steps_table(
        importing.medians(ours), importing.steady(ours), importing.medians(bare), importing.steady(bare)
    )
    return (
        f"### A file into {bench.size.contacts:,} contacts\n\n"
        f"{counts.rows:,} rows, 13 columns, {megabytes:.1f} MB: {counts.inserted:,} inserted, "
        f"{counts.updated:,} updated, {counts.unchanged:,} unchanged, "
        f"{counts.duplicates:,} duplicates, {counts.rejected:,} rejected.\n\n"
        f"{tabled}\n\n"
        f"Ratio of the totals, round by round: {', '.join(f'{ratio:.2f}' for ratio in ratios)}; "
        f"**median {median(ratios):.2f}** (aim: at most 1.5)."
    )


def _whole_commands(bench: Bench, rounds: int) -> str:
    _say("Whole commands")
    took = commands.measure(bench, rounds)
    rows = [
        [
            f"one row, {segments} segments declared, {'warm' if warm else 'cold'}",
            f"{seconds:.2f}",
            f"{seconds / took.import_rules:.2f}",
            "",
        ]
        for (segments, warm), seconds in took.rows.items()
    ]
    rows.append(["five of one row at once, warm", f"{took.at_once:.2f}", "", ""])
    rows += [
        [f"{bench.size.rows:,} rows, {'warm' if warm else 'cold'}", f"{seconds:.2f}", "", f"{seconds / took.bare:.2f}"]
        for warm, seconds in took.file.items()
    ]
    rows.append(["`import great_expectations`, nothing else", f"{took.import_rules:.2f}", "1.00", ""])
    rows.append(["the bare script on that file", f"{took.bare:.2f}", "", "1.00"])
    tabled = report.table(("`carnet import`", "seconds", "× `import great_expectations`", "× bare script"), rows)
    read, served = (
        ", ".join(f"`{command}` {seconds:.2f}" for command, seconds in each.items())
        for each in (took.reads, took.served)
    )
    return (
        "### Whole commands\n\n"
        "From the shell and back, with Python and Dagster started and the run recorded. Cold: the judge is started by the command; "
        f"warm: it is there.\n\n{tabled}\n\nCommands that only read, seconds of processor: {read} (aim: at most 0.5).\n\n"
        f"With [the service](service.md) running, seconds of wall clock: {served}."
    )


def _profile(bench: Bench, judge: Judge) -> str:
    _say("Profile")
    workspace = importing.workspace_of(bench.fresh("profile-round"), judge)
    called = most_called(lambda: workspace.take(ImportRequest(str(bench.file), MODEL)), 8)
    return (
        "### No function is called once a row\n\n"
        f"The functions of the importing process that were called most often while the {bench.size.rows:,} rows were "
        f"imported (cProfile, built-in functions included):\n\n{report.profile_table(called, bench.size.rows)}"
    )


def _exports(bench: Bench, judge: Judge, rounds: int) -> str:
    _say("Exports")
    carnet, bare = _pair(lambda: reading.export_round(bench, judge), rounds)
    delta = reading.delta_rounds(bench, judge, rounds)
    rows, seconds = reading.workbook_round(bench, judge, _WORKBOOK)
    tabled = report.pair_table(
        "`carnet`: labels, neutralised formulas, checked count, hash, manifest, history, published",
        carnet,
        "DuckDB `COPY` of the columns as they stand",
        bare,
    )
    more = delta["telling"] - delta["plain"]
    return (
        f"### {bench.size.contacts:,} contacts × 12 fields to CSV\n\n{tabled}\n\n(Aim: at most 1.3.) The movements of 1 % "
        f"(`delta: true`) take {more:.2f} s beside the {delta['plain']:.2f} s of the same export without: "
        f"**{more / delta['plain']:.2f}** (aim: under 0.33).\n\n"
        f"A workbook (XLSX) of {rows:,} contacts × 12 fields: {seconds:.1f} s."
    )


def _counts(bench: Bench, judge: Judge, rounds: int) -> str:
    _say("Counts")
    segments = reading.count_round(bench, judge)["segments"]
    carnet, bare = _pair(lambda: reading.count_round(bench, judge), rounds)
    return f"### The counts of {segments:.0f} segments over {bench.size.contacts:,} contacts\n\n" + report.pair_table(
        "one pass", carnet, "one query a view", bare
    )


def _mixed_counts(bench: Bench, rounds: int) -> str:
    _say("Counts of 200 segments over events")
    prepared = counting.prepare(bench)
    found = [counting.count_round(prepared) for _ in range(min(rounds, 3))]
    took = {step: median(one[step] for one in found) for step in found[0]}
    segments, events = len(prepared.declarations.segments), bench.size.contacts * counting.EVENTS_A_CONTACT
    return (
        f"### The counts of {segments} segments over {bench.size.contacts:,} contacts and {events:,} events\n\n"
        f"{report.kinds_table(took, counting.KINDS, counting.EACH)}\n\n"
        f"**Ratio {took['carnet'] / sum(took[kind] for kind in counting.KINDS):.2f}** (aim: at most 0.3)."
    )


def _events(bench: Bench, judge: Judge, rounds: int) -> str:
    _say("Events")
    count = bench.size.contacts * counting.EVENTS_A_CONTACT
    took = events.measure(bench.size.contacts, count, min(rounds, 3), judge)
    others = took.carnet - sum(took.steps.values())
    table = report.steps_table({**took.steps, "open, hash, record, commit, close": others}, took.carnet, {}, took.bare)
    return (
        f"### {count:,} events of {bench.size.contacts:,} contacts, one Parquet file\n\n"
        "The bare statement is `INSERT` from `read_parquet` without the ids that the table has, and `CHECKPOINT`: it finds no "
        "contact, sees no id that stands twice, and no state follows. A quarter of the events are deliveries: the step `states` "
        f"gives {took.changed:,} contacts another state, each with a version in the history.\n\n{table}\n\n"
        f"**Ratio {took.carnet / took.bare:.2f}** (aim: under 2)."
    )


def _added_values(bench: Bench, judge: Judge, rounds: int) -> str:
    _say("Added values")
    took = adding.measure(bench.folder / "adding", _VALUES, min(rounds, 3), judge)
    ratio = sum(took.add.values()) / sum(took.text.values())
    return (
        f"### A list that grows to {_VALUES:,} values\n\n"
        f"{_VALUES:,} contacts, each with a value of its own, under `unknown_values: add`; beside it the same column as text.\n\n"
        f"{report.beside_table('list', took.add, 'text', took.text)}\n\n"
        f"**Ratio of the sums {ratio:.2f}** (aim: at most 2)."
    )


def _pair(measure: Callable[[], dict[str, float]], rounds: int) -> tuple[float, float]:
    found = [measure() for _ in range(rounds)]
    return median(one["carnet"] for one in found), median(one["bare"] for one in found)


def _clean(bench: Bench) -> None:
    """Leave the two files, which the next run uses again; the bases go."""
    for folder in (path for path in bench.folder.iterdir() if path.is_dir()):
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
