"""Workbooks and archives: cells as a person sees them, lines that are rows, and what is refused with how to mend it (IMP-1b)."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pytest

from pipelines.files.kinds import kind_of
from pipelines.files.opening import FileIdentity, Opened
from pipelines.files.profiles import FileProfile, Reading
from pipelines.files.profiling import profile_file
from pipelines.files.reading import read
from tests.workbooks import ods, xlsx, zipped

LIMIT = 1 << 20


def opened(data: bytes, name: str = "clients.xlsx") -> Opened:
    return Opened(FileIdentity(Path(name), 1, len(data), 0), data, whole=True)


def taken(data: bytes, name: str = "clients.xlsx", sheet: str | None = None) -> list[tuple[int | str | None, ...]]:
    """The headers, then line and cells of each row."""
    profile, source = profile_file(opened(data, name), Reading(sheet=sheet), LIMIT)
    assert source is not None, profile.fault
    text = read(source)
    return [text.headers, *text.frame.drop("cells").rows()]


def profiled(data: bytes, name: str = "clients.xlsx", limit: int = LIMIT, sheet: str | None = None) -> FileProfile:
    return profile_file(opened(data, name), Reading(sheet=sheet), limit)[0]


def test_cells_are_what_a_person_sees() -> None:
    day, instant = date(1985, 3, 14), datetime(2024, 3, 4, 10, 30)
    book = xlsx(
        Feuil1=[
            ["Email", "Né le", "Vu", "Heure", "CP", "Mobile", "Points", "Prix", "Somme", "Actif", "Note"],
            ["a@b.fr", day, instant, time(9, 5), "01000", "0612345678", 12, 12.5, 0.1 + 0.2, True, 'a;"b"\nc'],
            ["c@d.fr", None, None, None, 75011, 33612345678, -3, 1e-05, 1e21, False, " x "],
        ]
    )  # fmt: skip
    assert taken(book)[1:] == [
        (2, "a@b.fr", "1985-03-14", "2024-03-04 10:30:00", "09:05:00", "01000", "0612345678", "12", "12.5", "0.3",
         "true", 'a;"b"\nc'),
        (3, "c@d.fr", None, None, None, "75011", "33612345678", "-3", "0.00001", "1000000000000000000000", "false", " x "),
    ]  # fmt: skip


def test_lines_are_rows_of_the_sheet_whatever_its_cells_hold() -> None:
    book = xlsx(
        Feuil1=[[], [None, "Email", "Nom", None], [], [None, "a@b.fr", "de\nux\r\nlignes"], [None, "c@d.fr", "x"]]
    )
    assert taken(book) == [("Email", "Nom"), (4, "a@b.fr", "de\nux\nlignes"), (5, "c@d.fr", "x")]


def test_a_sheet_is_chosen_by_its_name_and_otherwise_the_first() -> None:
    book = xlsx(Un=[["Email"], ["a@b.fr"]], Deux=[["Mail"], ["c@d.fr"]])
    assert taken(book) == [("Email",), (2, "a@b.fr")]
    assert taken(book, sheet="Deux") == [("Mail",), (2, "c@d.fr")]
    fault = profiled(book, sheet="Deu").fault or ""
    assert "no sheet 'Deu'" in fault
    assert "Did you mean 'Deux'?" in fault


def hidden_first(book: bytes) -> bytes:
    """The workbook with its first sheet hidden, as a person leaves notes or lists behind."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook.xml"] = bytes(parts["xl/workbook.xml"]).replace(b'sheetId="1"', b'sheetId="1" state="hidden"')
    return zipped(parts)


def test_a_hidden_sheet_is_none_that_a_person_sees_first() -> None:
    book = hidden_first(xlsx(Notes=[["Email"], ["a@b.fr"]], Clients=[["Mail"], ["c@d.fr"]]))
    assert taken(book) == [("Mail",), (2, "c@d.fr")]
    assert taken(book, sheet="Notes") == [("Email",), (2, "a@b.fr")]
    assert taken(hidden_first(xlsx(Notes=[["Email"], ["a@b.fr"]]))) == [("Email",), (2, "a@b.fr")]


def test_errors_are_empty_and_told_with_their_place() -> None:
    book = xlsx(
        Feuil1=[["Email", "A", "B"], ["a@b.fr", ValueError("#N/A"), "#DIV/0!"], ["b@b.fr", 1, ValueError("#REF!")]]
    )
    assert taken(book)[1:] == [(2, "a@b.fr", None, None), (3, "b@b.fr", "1", None)]
    sheet = profiled(book).sheet
    assert sheet is not None
    assert [(each.column, each.count, each.line, each.sign) for each in sheet.errors] == [
        (1, 1, 2, "#N/A"),
        (2, 2, 2, "#DIV/0!"),
    ]


def test_an_opendocument_sheet_is_taken_alike() -> None:
    header = [("string", "", name) for name in ("Email", "Né le", "Vu", "Heure", "Points", "Actif", "Code", "Part")]
    row = [
        ("string", "", "a@b.fr"),
        ("date", "1985-03-14", "14/03/1985"),
        ("date", "2024-03-04T10:30:00", "04/03/2024 10:30"),
        ("time", "PT09H05M00S", "09:05"),
        ("float", "12", "12"),
        ("boolean", "true", "VRAI"),
        ("string", "", "01000"),
        ("string", "", "#N/A"),
    ]
    book = ods([header, row])
    seen = ("a@b.fr", "1985-03-14", "2024-03-04T10:30:00", "09:05:00", "12", "true", "01000", None)
    assert taken(book, "clients.ods")[1:] == [(2, *seen)]


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "locked", None),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"Workbook", "xls", None),
        (ods([[("string", "", "Email")]], locked=True), "locked", None),
        (xlsx(F=[["Email"]])[:-40], "xlsx", "The workbook is damaged"),
        (zipped({"xl/workbook.xml": "<workbook", "[Content_Types].xml": ""}), "xlsx", "The workbook is damaged"),
        (zipped({"a.csv": "Email\na@b.fr\n", "b.csv": "x"}), "zip", None),
        (zipped({"a.png": b"\x89PNG\r\n\x1a\n"}), "image", None),
        (zipped({}), "zip", None),
    ],
    ids=["locked", "old", "locked ods", "cut", "broken", "two files", "picture", "empty archive"],
)  # fmt: skip
def test_what_cannot_be_read_is_told(data: bytes, kind: str, said: str | None) -> None:
    found = profiled(data)
    assert found.kind is not None
    assert (found.kind.name, (found.fault or "")[: len(said or "")]) == (kind, said or "")
    assert found.kind.advice or found.fault


def test_cells_far_apart_end_no_process_but_the_reader_s_own() -> None:
    book = xlsx(Feuil1=[["Email"], ["a@b.fr"]])
    far = book_with(book, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    assert "cells lie so far apart" in (profiled(far).fault or "")


def book_with(book: bytes, rows: str) -> bytes:
    import io

    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    return zipped(parts | {sheet: parts[sheet].replace(b"</sheetData>", rows.encode())})


def test_the_size_rule_holds_for_what_it_unpacks_to() -> None:
    bomb = book_with(xlsx(Feuil1=[["Email"], ["a@b.fr"]]), "</sheetData>" + " " * LIMIT)
    assert len(bomb) < 5_000
    assert profiled(bomb).size > LIMIT
    assert profiled(bomb).contents is None
    packed = zipped({"clients.csv": b"Email\n" + b"a@b.fr\n" * LIMIT})
    assert profiled(packed, "clients.zip").size > LIMIT
    assert profiled(packed, "clients.zip").contents is None


def test_the_one_file_of_an_archive_is_taken_as_that_file() -> None:
    beside = {"__MACOSX/._clients.txt": "x", "export/": ""}
    packed = zipped(beside | {"export/clients.txt": "Email\tNom\na@b.fr\tA;B\n"})
    assert taken(packed, "clients.zip") == [("Email", "Nom"), (2, "a@b.fr", "A;B")]
    found = profiled(packed, "clients.zip")
    assert (found.archived, found.separator, found.ending, found.name) == ("clients.txt", "\t", ".txt", "clients.zip")
    book = zipped({"clients.xlsx": xlsx(F=[["Email"], ["a@b.fr"]])}, zipfile.ZIP_STORED)
    assert taken(book, "clients.zip") == [("Email",), (2, "a@b.fr")]
    assert profiled(book, "clients.zip").ending == ".csv"


def test_an_empty_sheet_is_an_empty_file() -> None:
    found = profiled(xlsx(Feuil1=[], Deux=[["Email"]]))
    assert found.contents is not None
    assert (found.contents.rows, found.contents.headers) == (0, ())
    assert found.sheet is not None
    assert found.sheet.others == ("Deux",)


def test_a_stored_workbook_in_an_archive_does_not_make_it_one() -> None:
    assert kind_of(zipped({"a.xlsx": xlsx(F=[["Email"]])}, zipfile.ZIP_STORED)).name == "zip"
