"""Workbooks: dates are dates, numbers are numbers, all else is text, and nothing is dropped (EXP-3)."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.declarations.model import Export
from pipelines.errors import RefusedError
from pipelines.exports import workbooks
from pipelines.exports.snapshots import Snapshot
from pipelines.files.sheets import read_sheet
from tests.exports.conftest import Taker
from tests.exports.test_golden_files import EVERY_FIELD
from tests.exports.world import BASE, make_base, published, snapshot_of


def cells(snapshot: Snapshot) -> list[list[str]]:
    """The sheet as an import takes it."""
    text = read_sheet(snapshot.path.read_bytes(), None, 1 << 24).text.decode()
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))


def part(snapshot: Snapshot, name: str = "xl/worksheets/sheet1.xml") -> str:
    with zipfile.ZipFile(snapshot.path) as archive:
        return archive.read(name).decode()


def test_an_import_sees_what_stands_in_a_text_file(take: Taker) -> None:
    with take(name="text", fields=EVERY_FIELD).path.open(encoding="utf-8", newline="") as file:
        expected = list(csv.reader(file, delimiter=";"))
    seen = cells(take(name="sheet", fields=EVERY_FIELD, format="xlsx"))
    instants = {position for position, header in enumerate(expected[0]) if header.startswith(("Contact ", "Date du"))}
    plain = [
        [re.sub(r"(\.\d+)?\+\d\d:\d\d$", "", cell) if place in instants else cell for place, cell in enumerate(row)]
        for row in expected
    ]
    assert seen == plain


def test_dates_and_numbers_are_numbers_and_nothing_is_run(take: Taker) -> None:
    snapshot = take(fields=EVERY_FIELD, format="xlsx")
    sheet, styles = part(snapshot), part(snapshot, "xl/styles.xml")
    assert re.search(r'<c r="R2" s="\d"><v>30741</v></c>', sheet), "29/02/1984"
    assert re.search(r'<c r="S2"( s="\d")?><v>1234.5</v></c>', sheet)
    assert '<c r="Q2" t="inlineStr"><is><t>01000</t></is></c>' in sheet
    assert re.search(r'<c r="C2" t="inlineStr"><is><t>\+33612345678</t></is></c>', sheet)
    assert 'formatCode="dd/mm/yyyy"' in styles
    assert 'formatCode="dd/mm/yyyy hh:mm:ss"' in styles
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' in sheet


def test_the_same_contacts_give_the_same_bytes(take: Taker) -> None:
    first = take(name="a", format="xlsx").path.read_bytes()
    assert take(name="b", format="xlsx").path.read_bytes() == first


@pytest.mark.parametrize(
    ("number", "as_number"),
    [(9.3, True), (-1234.5, True), (999999999999999.0, True), (0.1 + 0.2, False), (1e15, False), (1e-10, False)],
)
def test_a_number_is_one_where_the_workbook_can_hold_it(
    macros: duckdb.DuckDBPyConnection, number: float, as_number: bool
) -> None:
    [(held,)] = macros.execute("SELECT carnet_sheet_number($number::DOUBLE)", {"number": number}).fetchall()
    assert held == (number if as_number else None)


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 12))
def test_a_number_that_is_held_has_at_most_fifteen_digits(
    macros: duckdb.DuckDBPyConnection, digits: int, places: int
) -> None:
    number = float(f"{digits}e-{places}")
    [(held,)] = macros.execute("SELECT carnet_sheet_number($number::DOUBLE)", {"number": number}).fetchall()
    # What the library writes, and what Excel keeps of it.
    assert held is None or float(f"{held:.16G}") == float(f"{held:.15G}") == number


@given(st.lists(st.datetimes(datetime(1890, 1, 1), datetime(2090, 1, 1)), min_size=1))
def test_an_instant_is_told_to_the_second_or_as_text(macros: duckdb.DuckDBPyConnection, found: list[datetime]) -> None:
    for moment in (each.replace(tzinfo=UTC) for each in found):
        query = "SELECT carnet_sheet_instant($moment::TIMESTAMPTZ, 'Europe/Paris'), timezone('Europe/Paris', $moment::TIMESTAMPTZ)"
        [(serial, clock)] = macros.execute(query, {"moment": moment}).fetchall()
        if serial is None:
            assert moment.microsecond or clock.year <= 1911 or clock.month in (3, 4, 8, 9, 10, 11)
        else:
            assert datetime(1899, 12, 30) + timedelta(seconds=round(serial * 86400)) == clock


HOSTILE = [
    "=1+1",
    "'=1",
    "@x",
    "+33612345678",
    "\t=1",
    "<r>x</r>",
    "<r><t>x</t></r>",
    "_x0001_",
    "a\x01b",
    "a\nb",
    "0123",
]
HOSTILE += [
    "http://exemple.fr",
    "&amp;",
    "]]>",
    "true",
    "1.5",
    "\U0001f600",
    "a\u00a0b",
    "mailto:a@b.fr",
    "12345678901234567890",
]


def test_hostile_texts_are_text(tmp_path: Path) -> None:
    people = [{"email": f"{n}@exemple.fr", "company": text} for n, text in enumerate(HOSTILE)]
    with published(make_base(tmp_path / "base.duckdb", people, BASE)) as connection:
        snapshot = snapshot_of(connection, tmp_path, Export("x", fields=("company",), format="xlsx"))
        plain = snapshot_of(connection, tmp_path, Export("x", fields=("company",)))
    with plain.path.open(encoding="utf-8", newline="") as file:
        assert cells(snapshot) == list(csv.reader(file, delimiter=";"))
    assert "<f>" not in part(snapshot)


def test_days_that_excel_does_not_know_are_text(tmp_path: Path) -> None:
    days = [date(1899, 12, 31), date(1900, 2, 28), date(1900, 3, 1), date(9999, 12, 31), date(1000, 1, 1)]
    people = [{"email": f"{n}@exemple.fr", "birth_date": day} for n, day in enumerate(days)]
    with published(make_base(tmp_path / "base.duckdb", people, BASE)) as connection:
        snapshot = snapshot_of(connection, tmp_path, Export("x", fields=("birth_date",), format="xlsx"))
    assert cells(snapshot)[1:] == [[day.isoformat()] for day in days]
    assert part(snapshot).count("inlineStr") == 1 + 3


@pytest.mark.parametrize(("columns", "rows", "told"), [(16_385, 1, "16385 columns"), (2, 1_048_576, "1048576 rows")])
def test_what_a_sheet_has_no_room_for_is_refused(columns: int, rows: int, told: str) -> None:
    with pytest.raises(RefusedError, match=told) as refused:
        workbooks.judge_size("x", columns, rows)
    assert "csv" in refused.value.hint
    workbooks.judge_size("x", 16_384, 1_048_575)


@pytest.mark.parametrize("text", ["x" * 32_768, "\U0001f600" * 16_384])
def test_a_cell_that_is_too_long_is_refused_and_replaces_nothing(tmp_path: Path, text: str) -> None:
    people = [{"email": "a@exemple.fr"}, {"email": "b@exemple.fr", "company": text}]
    export = Export("x", fields=("email", "company"), format="xlsx")
    with published(make_base(tmp_path / "base.duckdb", people, BASE)) as connection:
        with pytest.raises(RefusedError, match="32768 signs in the column 'Raison Sociale', row 3"):
            snapshot_of(connection, tmp_path, export)
        assert not (tmp_path / "exports").exists()
        assert list((tmp_path / "tmp").iterdir()) == []
        people[1]["company"] = text[1:]
    with published(make_base(tmp_path / "shorter.duckdb", people, BASE)) as connection:
        assert snapshot_of(connection, tmp_path, export).rows == 2
