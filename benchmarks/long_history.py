"""A base of many contacts after many imports, made by statements: its size, a file into it, its publication, memory.

python -m benchmarks.long_history [--contacts N] [--past N] [--files N] [--rows N]

Belongs here: what size and history decide. Does not: what a base becomes file by file (`lasting`).
"""

from __future__ import annotations

import argparse
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.files import ASSETS, MODEL, SQL, People, write_contacts
from benchmarks.importing import Round, carnet_into, medians, steady, warm_judge, workspace_of
from benchmarks.machine import Neighbours, machine, run_carnet
from benchmarks.report import gibibytes, table
from expectations.judge import Judge
from pipelines.base.statements import identifier, statement
from pipelines.base.versions import FORMER
from pipelines.imports.history import record
from pipelines.imports.results import UNREACHABLE, Counts
from pipelines.layout import Layout

Connection = duckdb.DuckDBPyConnection
CONTACTS, PAST, FILES, ROWS = 5_000_000, 10, 3, 118_000
_PAST = datetime(2026, 1, 1, tzinfo=UTC)


def make_base(layout: Layout, judge: Judge, contacts: int, past: int, rows: int) -> None:
    """A base of so many contacts, added by one import, and `past` later ones of about `rows` rows each, all of known contacts."""
    workspace = workspace_of(layout, judge)
    every = max(1, contacts // rows)
    with workspace.store.write() as writer:
        # A table that several threads fill is larger than what imports leave.
        writer.connection.execute("SET threads = 1")
        with writer.transaction() as connection:
            _add_contacts(connection, contacts)
            connection.execute(
                "CREATE TEMP TABLE carnet_imported AS SELECT contact_id, 'inserted' AS outcome FROM main.contacts"
            )
            _leave_import(connection, 1)
        for number in range(past):
            with writer.transaction() as connection:
                connection.execute(
                    "CREATE TEMP TABLE carnet_imported AS SELECT contact_id, 'updated' AS outcome FROM main.contacts "
                    "WHERE (contact_id + $number) % $every = 0",
                    {"number": number, "every": every},
                )
                _leave_import(connection, 2 + number)
        counters = {"contact_id": contacts, "import_id": past + 1, "revision_id": past + 1}
        for name, value in counters.items():
            writer.connection.execute("UPDATE main.counters SET value = ? WHERE name = ?", [value, name])
        writer.connection.execute("RESET threads")
    workspace.refresh_segments()
    workspace.store.publish()


def _add_contacts(connection: Connection, contacts: int) -> None:
    connection.execute(
        "CREATE TEMP TABLE numbers AS SELECT range AS n, 0 AS roll, false AS malformed FROM range(?)", [contacts]
    )
    query = (SQL / "contacts_csv.sql").read_text(encoding="utf-8")
    connection.execute(f"CREATE TEMP VIEW contact_file AS {query}")
    connection.execute((SQL / "long_contacts.sql").read_text(encoding="utf-8"), {"at": _PAST})
    connection.execute("DROP VIEW contact_file; DROP TABLE numbers")


def _leave_import(connection: Connection, import_id: int) -> None:
    """What the import of `carnet_imported` (contact_id, outcome) leaves beside the contacts."""
    connection.execute(
        "INSERT INTO main.import_contacts SELECT ?, contact_id, outcome FROM carnet_imported", [import_id]
    )
    described = connection.execute("SELECT name FROM pragma_table_info('main.contacts')").fetchall()
    names = [name for (name,) in described if name != "contact_id"]
    now = ", ".join(f"c.{identifier(name)}" for name in names)
    former = ", ".join(f"{_former(name)} AS {identifier(FORMER + name)}" for name in names)
    connection.execute(
        f"CREATE TEMP VIEW carnet_changed AS SELECT c.contact_id, i.outcome, {now}, {former} "  # noqa: S608
        "FROM carnet_imported AS i JOIN main.contacts AS c USING (contact_id)"
    )
    connection.execute(
        "INSERT INTO main.contact_versions BY NAME SELECT ?::BIGINT AS revision_id, * FROM carnet_changed", [import_id]
    )
    source = {"at": _PAST, "source": f"import {import_id}", "who": "benchmark"}
    connection.execute(statement("contacts/log_consents"), source)
    connection.execute(
        "INSERT INTO main.revisions VALUES ($1, 'import', $1, 'import ' || $1, 'benchmark', $2, false)",
        [import_id, _PAST],
    )
    counted = dict(connection.execute("SELECT outcome, count(*) FROM carnet_imported GROUP BY ALL").fetchall())
    record(connection, _row(import_id, counted.get("inserted", 0), counted.get("updated", 0)))
    connection.execute("DROP VIEW carnet_changed; DROP TABLE carnet_imported")


def _former(name: str) -> str:
    value = "c.basket + 1" if name == "basket" else f"c.{identifier(name)}"
    return f"CASE WHEN i.outcome = 'updated' THEN {value} END"


def _row(import_id: int, inserted: int, updated: int) -> dict[str, Any]:
    return dict.fromkeys((*vars(Counts()), "warnings", *UNREACHABLE), 0) | {
        "import_id": import_id,
        "name": "past.csv",
        "model": MODEL,
        "action": "upsert",
        "file": "past.csv",
        "size": 0,
        "sha256": "",
        "status": "imported",
        "rows": inserted + updated,
        "inserted": inserted,
        "updated": updated,
        "started_at": _PAST,
        "ended_at": _PAST,
        "who": "benchmark",
        "separator": ";",
        "partition": f"past.csv-{import_id}",
        "declaration": "",
        "filed": True,
    }


def measure(folder: Path, judge: Judge, contacts: int, past: int = PAST, files: int = FILES, rows: int = ROWS) -> str:
    """All of it, as a part of the page; the base is removed."""
    layout = Layout(folder / "long", ASSETS)
    shutil.rmtree(layout.data, ignore_errors=True)
    make_base(layout, judge, contacts, past, rows)
    made = layout.base.stat().st_size
    rounds = [carnet_into(layout, judge, _file(folder, contacts, rows, number)) for number in range(files)]
    ran = run_carnet(layout, "import", str(_file(folder, contacts, rows, files)), "--model", MODEL, "--json")
    shutil.rmtree(layout.data)
    return _told(contacts, contacts + past * rows, made, rounds, f"{ran.seconds:.1f} s, {gibibytes(ran.peak_bytes)}")


def _file(folder: Path, contacts: int, rows: int, number: int) -> Path:
    """Half of its rows are known contacts, spread over the base, half new."""
    file, known = folder / "long.csv", rows // 2
    every = max(1, contacts // known)
    new = contacts + number * (rows - known)
    write_contacts(
        file, [People(number % every, known, every, 10 + number), People(new, rows - known, roll=10 + number)]
    )
    return file


def _told(contacts: int, versions: int, made: int, rounds: list[Round], command: str) -> str:
    rows = [["the base's file", f"{made / 1e6:,.0f} MB"]]
    rows += [[step, f"{took:.2f} s"] for step, took in medians(rounds).items()]
    rows += [
        ["**a file, everything on**", f"**{steady(rounds):.2f} s**"],
        ["`carnet import`, memory of all processes", command],
    ]
    return (
        f"### {contacts:,} contacts, {versions:,} rows in the history\n\n"
        f"The base is made by statements; then {len(rounds)} files of {rounds[0].counts.rows:,} rows, half of them known "
        f"(medians), and one as a whole command.\n\n{table(('', 'took'), rows)}"
    )


def main() -> int:
    """Measure, print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.long_history", description=__doc__)
    parser.add_argument("--contacts", type=int, default=CONTACTS)
    parser.add_argument("--past", type=int, default=PAST, help="imports before (10)")
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--rows", type=int, default=ROWS)
    options = parser.parse_args()
    folder = Layout.from_environment().data / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    neighbours = Neighbours()
    with warm_judge() as judge:
        figures = measure(folder, judge, options.contacts, options.past, options.files, options.rows)
    print(f"Measured on {machine()}. Other programs took {neighbours.share():.0%} of the cores meanwhile.\n\n{figures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
