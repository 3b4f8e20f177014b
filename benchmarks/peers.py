"""The same file into the same contacts by what else people have: PostgreSQL, SQLite, pandas; beside Carnet and the bare script.

python -m benchmarks.peers [--rounds N] [--contacts N] [--rows N]

Belongs here: peers, each as one who knows it would write it. Each reads the file, types it, takes one row a key, and upserts it;
none of them has rules, rejects, a history, an undo or a published copy. All end with the rows safe on the disk.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import date
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any
from xml.etree import ElementTree

import duckdb

from benchmarks import postgres
from benchmarks.files import SQL, Bench, Size
from benchmarks.importing import bare_round, carnet_round, first_load, warm_judge
from benchmarks.machine import Neighbours, Stopwatch, machine
from benchmarks.report import table
from pipelines.layout import ROOT, Layout

CHART = ROOT / "docs" / "images" / "peers.svg"
_PAGE = 500
_MARKS = ", ".join("?" * 12)
_CROSSES = ("Perle", "Diamant", "Agathe")
Way = Callable[[], float]
"""One round on a fresh base: its seconds."""


def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def rows_of(file: Path, after: int, crosses: Callable[[list[str]], Any]) -> Iterator[tuple[Any, ...]]:
    """The file's rows typed in Python, one a key, each with a number for a new contact."""
    seen, numbers = set[str](), count(after + 1)
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter=";"):
            email = row["Email"].strip().lower()
            if "@" not in email or email in seen:
                continue
            seen.add(email)
            day, month, year = row["Né(e) le"].split("/")
            mobile = "".join(sign for sign in row["Portable"] if sign.isdigit() or sign == "+")
            yield (
                next(numbers),
                email,
                row["Prénom"].strip() or None,
                row["Nom"].strip() or None,
                row["Société"].strip() or None,
                "+33" + mobile[1:] if mobile.startswith("0") else mobile,
                row["CP"],
                date(int(year), int(month), int(day)).isoformat(),
                float(row["Panier moyen"].replace(",", ".")),
                row["Adhérent"],
                {"Oui": "yes", "Non": "no"}.get(row["Optin Email"]),
                crosses([name for name in _CROSSES if row[name] == "X"]),
            )


class Postgres:
    """A server that holds the loaded contacts as a template."""

    def __init__(self, address: str, bench: Bench, contacts: Path) -> None:
        self._address, self._bench = address, bench
        self._admin = self._connected("postgres")
        self._admin.autocommit = True
        with self._admin.cursor() as cursor:
            cursor.execute("CREATE DATABASE loaded")
        with closing(self._connected("loaded")) as connection, connection, connection.cursor() as cursor:
            cursor.execute(_sql("postgres_schema"))
            with contacts.open("rb") as lines:
                names = lines.readline().decode().strip()
                cursor.copy_expert(f"COPY contacts ({names}) FROM STDIN (FORMAT csv)", lines)

    def _connected(self, name: str) -> Any:
        import psycopg2

        return psycopg2.connect(f"{self._address}/{name}")

    def _round(self, work: Callable[[Any], None]) -> float:
        with self._admin.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS round")
            cursor.execute("CREATE DATABASE round TEMPLATE loaded")
            cursor.execute("CHECKPOINT")
        watch = Stopwatch()
        with closing(self._connected("round")) as connection:
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM contacts")  # In memory, as the base of a server in use is.
            with watch.step("round"), connection, connection.cursor() as cursor:
                work(cursor)
        return watch.total

    def by_copy(self) -> float:
        """COPY into a table of text, then one INSERT … ON CONFLICT."""

        def work(cursor: Any) -> None:
            cursor.execute(_sql("postgres_staging"))
            with self._bench.file.open("rb") as lines:
                cursor.copy_expert("COPY incoming FROM STDIN (FORMAT csv, DELIMITER ';', HEADER)", lines)
            cursor.execute("ANALYZE incoming")
            cursor.execute(_sql("postgres_upsert"))

        return self._round(work)

    def by_pages(self) -> float:
        """Rows typed in Python, upserted by the five hundred, in one transaction."""
        from psycopg2.extras import execute_values

        def work(cursor: Any) -> None:
            rows = rows_of(self._bench.file, self._bench.size.contacts, list)
            query = _sql("rows_upsert").format(values="%s")
            execute_values(cursor, query, rows, page_size=_PAGE, template="(%s,%s,%s,%s,%s,%s,%s,%s::date,%s,%s,%s,%s)")

        return self._round(work)


class Sqlite:
    """A file that holds the loaded contacts."""

    def __init__(self, bench: Bench, contacts: Path) -> None:
        self._bench, self._loaded = bench, bench.folder / "peers.sqlite"
        self._loaded.unlink(missing_ok=True)
        with closing(sqlite3.connect(self._loaded)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_sql("sqlite_schema"))
            with contacts.open(encoding="utf-8", newline="") as lines:
                rows = csv.reader(lines)
                columns = ", ".join(next(rows))
                connection.executemany(f"INSERT INTO contacts ({columns}) VALUES ({_MARKS})", rows)  # noqa: S608

    def by_rows(self) -> float:
        """Rows typed in Python, upserted by one prepared statement, in one transaction."""
        path = self._loaded.with_name("peers-round.sqlite")
        shutil.copyfile(self._loaded, path)
        watch = Stopwatch()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA cache_size = -1000000")
            with watch.step("round"), connection:
                rows = rows_of(self._bench.file, self._bench.size.contacts, ",".join)
                connection.executemany(_sql("rows_upsert").format(values=f"({_MARKS})"), rows)
        path.unlink()
        return watch.total


def pandas_round(bench: Bench, loaded: Path) -> float:
    """The contacts as a Parquet file: read, joined with the file, written anew."""
    import pandas as pd

    target = bench.folder / "peers-round.parquet"
    watch = Stopwatch()
    with watch.step("round"):
        contacts = pd.read_parquet(loaded).set_index("email")
        rows = pd.read_csv(bench.file, sep=";", dtype=str, keep_default_na=False)
        rows["email"] = rows["Email"].str.strip().str.lower()
        rows = rows[rows["email"].str.contains("@", regex=False)].drop_duplicates("email").set_index("email")
        mobile = rows["Portable"].str.replace(r"[^0-9+]", "", regex=True).str.replace(r"^0", "+33", regex=True)
        crosses = [rows[name].eq("X").map({True: name + ",", False: ""}) for name in _CROSSES]
        typed = pd.DataFrame(
            {
                "first_name": rows["Prénom"].str.strip().replace("", None),
                "last_name": rows["Nom"].str.strip().replace("", None),
                "company": rows["Société"].str.strip().replace("", None),
                "mobile": mobile,
                "postcode": rows["CP"],
                "birth_date": pd.to_datetime(rows["Né(e) le"], format="%d/%m/%Y"),
                "basket": rows["Panier moyen"].str.replace(",", ".").astype(float),
                "member": rows["Adhérent"],
                "opt_in_email": rows["Optin Email"].map({"Oui": "yes", "Non": "no"}),
                "interests": "{" + (crosses[0] + crosses[1] + crosses[2]).str.rstrip(",") + "}",
            }
        )
        new = typed.index.difference(contacts.index, sort=False)
        typed["contact_id"] = contacts["contact_id"].reindex(typed.index)
        typed.loc[new, "contact_id"] = range(bench.size.contacts + 1, bench.size.contacts + 1 + len(new))
        merged = pd.concat([contacts.drop(typed.index.intersection(contacts.index)), typed])
        merged.reset_index().to_parquet(target)
    target.unlink()
    return watch.total


def ways(bench: Bench, opened: ExitStack) -> dict[str, Way]:
    """Each way of doing it, ready for a round."""
    contacts, parquet = bench.folder / "peers.csv", bench.folder / "peers.parquet"
    with duckdb.connect(str(bench.loaded.published), read_only=True) as connection:
        loaded = connection.sql(_sql("peers_contacts"))
        loaded.write_csv(str(contacts))
        loaded.write_parquet(str(parquet))
    judge = opened.enter_context(warm_judge())
    found: dict[str, Way] = {
        "bare DuckDB script": lambda: bare_round(bench).total,
        "**Carnet**, everything on": lambda: carnet_round(bench, judge).total,
    }
    if postgres.program("postgres") is not None:
        server = Postgres(opened.enter_context(postgres.running()), bench, contacts)
        found["PostgreSQL: COPY, one upsert"] = server.by_copy
        found[f"PostgreSQL: upserts by {_PAGE} rows"] = server.by_pages
    found["SQLite: one prepared upsert"] = Sqlite(bench, contacts).by_rows
    found["pandas over Parquet"] = lambda: pandas_round(bench, parquet)
    return found


def measure(bench: Bench, rounds: int) -> dict[str, float]:
    """Seconds by way: medians of rounds that alternate."""
    took: dict[str, list[float]] = {}
    with ExitStack() as opened:
        each_way = ways(bench, opened)
        for number in range(rounds + 1):
            for name, way in each_way.items():
                print(f"{name}, round {number}", file=sys.stderr, flush=True)
                seconds = way()
                if number:  # The first of a process pays for lazy imports and cold caches.
                    took.setdefault(name, []).append(seconds)
    return {name: median(seconds) for name, seconds in took.items()}


def told(bench: Bench, took: Mapping[str, float]) -> str:
    """The figures, as a part of the page."""
    bare = next(iter(took.values()))
    rows = [[name, f"{seconds / bare:.2f}", f"{seconds:.2f}"] for name, seconds in took.items()]
    return (
        f"### The same file by other programs\n\n{bench.size.rows:,} rows into {bench.size.contacts:,} contacts, each way on a "
        "fresh base, start-up left out. Only Carnet has rules, rejects, a report, a history, an undo, counted segments and a "
        f"published copy.\n\n{table(('', '× bare script', 'seconds'), rows)}\n\n![The same as bars](images/{CHART.name})"
    )


def part(bench: Bench, rounds: int) -> str:
    """Measured, drawn beside the page, and told."""
    took = measure(bench, rounds)
    draw(took, CHART)
    return told(bench, took)


def draw(took: Mapping[str, float], path: Path) -> None:
    """The ratios as bars, in SVG."""
    from pygal import Config, HorizontalBar
    from pygal.style import LightColorizedStyle

    bare = next(iter(took.values()))
    settings = Config(
        js=(), show_legend=False, height=60 + 40 * len(took), width=800, print_values=True, disable_xml_declaration=True
    )
    chart = HorizontalBar(settings, style=LightColorizedStyle, value_formatter="{:.2f} ×".format)
    chart.x_labels = [name.replace("*", "") for name in reversed(took)]
    chart.add("× bare script", [round(seconds / bare, 2) for seconds in reversed(list(took.values()))])
    path.parent.mkdir(parents=True, exist_ok=True)
    image = ElementTree.fromstring(chart.render())  # noqa: S314 - pygal made it
    for parent in list(image.iter()):
        for script in [each for each in parent if each.tag.endswith("}script")]:
            parent.remove(script)
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    path.write_text(ElementTree.tostring(image, encoding="unicode") + "\n", encoding="utf-8")


def main() -> int:
    """Measure, print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contacts", type=int, default=Size.contacts)
    parser.add_argument("--rows", type=int, default=Size.rows)
    options = parser.parse_args()
    bench = Bench(Layout.from_environment().data / "bench", Size(options.contacts, options.rows))
    bench.make_files()
    if not bench.loaded.published.exists():
        first_load(bench)
    neighbours = Neighbours()
    took = measure(bench, options.rounds)
    draw(took, CHART)
    print(
        f"Measured on {machine()}. Other programs took {neighbours.share():.0%} of the cores meanwhile.\n\n{told(bench, took)}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
