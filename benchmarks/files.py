"""The files and bases that the benchmarks work on: made once, the same every time, kept in a folder of their own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.layout import ROOT, Layout

ASSETS = ROOT / "benchmarks" / "assets"
SQL = ROOT / "benchmarks" / "sql"
MODEL = "bench"


@dataclass(frozen=True)
class Size:
    """How much is measured: contacts in the base, rows of the file, of which half are new."""

    contacts: int = 1_000_000
    rows: int = 118_000

    @property
    def known(self) -> int:
        """Rows of the file whose contact is in the base."""
        return self.rows // 2


@dataclass(frozen=True)
class Bench:
    """The folder in which everything that the benchmarks make lies."""

    folder: Path
    size: Size

    @property
    def base_file(self) -> Path:
        """The file of the first load."""
        return self.folder / f"contacts-{self.size.contacts}.csv"

    @property
    def file(self) -> Path:
        """The file that is imported into the loaded base."""
        return self.folder / f"file-{self.size.contacts}-{self.size.rows}.csv"

    @property
    def loaded(self) -> Layout:
        """The folders of the base after its first load; rounds work on copies of it."""
        return Layout(self.folder / "loaded", ASSETS)

    def fresh(self, name: str) -> Layout:
        """A copy of the loaded base in a folder of its own, in the page cache as a base in use is."""
        layout = Layout(self.folder / name, ASSETS)
        shutil.rmtree(layout.data, ignore_errors=True)
        layout.base.parent.mkdir(parents=True)
        shutil.copyfile(self.loaded.base, layout.base)
        shutil.copyfile(self.loaded.published, layout.published)
        layout.published.chmod(0o444)
        return layout

    def make_files(self) -> None:
        """Write both files, where they are not there yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.base_file.exists():
            write_contacts(self.base_file, [People(0, self.size.contacts)])
        if not self.file.exists():
            write_contacts(self.file, _half_new(self.size))


@dataclass(frozen=True)
class People:
    """Numbers of made-up people: `count` from `first` on, every `step`-th; `roll` varies what is said of them."""

    first: int
    count: int
    step: int = 1
    roll: int = 0
    malformed: bool = False


def _half_new(size: Size) -> list[People]:
    """Half known contacts spread over the base, half new; 0.5 % of them stand twice, 0.2 % have no valid address."""
    twice, bad = size.rows // 200, size.rows // 500
    return [
        People(0, size.known, step=max(1, size.contacts // size.known), roll=1),
        People(size.contacts, size.rows - size.known - twice - bad, roll=1),
        People(size.contacts, twice, roll=2),
        People(size.contacts, bad, roll=1, malformed=True),
    ]


def write_contacts(path: Path, people: list[People]) -> None:
    """Write a contact file of these people, in an order of its own."""
    aside = path.with_suffix(".part")
    query = (SQL / "contacts_csv.sql").read_text(encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE numbers (n BIGINT, roll INTEGER, malformed BOOLEAN)")
        for some in people:
            connection.execute(
                "INSERT INTO numbers SELECT $first + range * $step, $roll, $malformed FROM range($count)", vars(some)
            )
        connection.sql(query).write_csv(str(aside), sep=";")
    aside.replace(path)
