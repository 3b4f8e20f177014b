"""Files of every kind without the rows of one person: which rows are theirs, and that all other bytes stay (EXP-9)."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from pipelines.traces.files import Removal, remove_from, without
from pipelines.traces.finding import mentions
from pipelines.traces.person import Traces
from tests.workbooks import ods, xlsx, zipped

ZOE = Traces(
    frozenset({"zoe.martin@exemple.fr", "zoe+a@xn--exmple-4ua.fr"}),
    frozenset({"+33612345678"}),
    {"contact_id": frozenset({"17"}), "Identifiant": frozenset({"17"})},
    33,
)


@pytest.mark.parametrize(
    "text",
    [
        "zoe.martin@exemple.fr",
        "Zoé <ZOE.Martin@Exemple.FR>",
        "écrire à zoe.martin@exemple.fr.",
        "?mail=zoe%2Ba%40xn--exmple-4ua.fr&",
        "zoe+a@exèmple.fr",
        "06 12 34 56 78",
        "06\u202f12\u00a034.56-78",
        "+33 (0)6 12 34 56 78",
        "0033612345678",
        "612345678",
        '"phone":"\\u002b33612345678"',
    ],
)
def test_however_it_is_written_it_is_the_person(text: str) -> None:
    assert ZOE.names(text)
    assert ZOE.may_name(text.encode())
    assert not ZOE.names(ZOE.masked(text))


@pytest.mark.parametrize(
    "text",
    [
        "azoe.martin@exemple.fr",
        "anne-zoe.martin@exemple.fr",
        "zoe.martin@exemple.fr.com",
        "zoexmartin@exemple.fr",
        "6123456789",
        "10612345678",
        "+44612345678",
    ],
)
def test_what_is_like_it_is_somebody_else(text: str) -> None:
    assert not ZOE.names(text)
    assert ZOE.masked(text) == text


CSV = b'Email;Nom\r\na@b.fr;"A\r\nzoe"\r\n%szoe.martin@exemple.fr;"Z\r\nM"\r\n%sc@d.fr;C'


@pytest.mark.parametrize(
    ("name", "data", "kept", "count"),
    [
        ("a.csv", CSV % (b"", b""), b'Email;Nom\r\na@b.fr;"A\r\nzoe"\r\nc@d.fr;C', 1),
        ("latin.csv", "Nom;Tél\nÉ;06 12 34 56 78\nÀ;1\n".encode("cp1252"), "Nom;Tél\nÀ;1\n".encode("cp1252"), 1),
        ("u.txt", "Mail\nzoe.martin@exemple.fr\na@b.fr\n".encode("utf-16"), "Mail\na@b.fr\n".encode("utf-16"), 1),
        ("ids.csv", b"sep=,\nIdentifiant,Nom\n17,Z\n170,A\n1,17\n", b"sep=,\nIdentifiant,Nom\n170,A\n1,17\n", 1),
        ("odd.csv", b'Mail;Nom\nzoe.martin@exemple.fr;"Z\na@b.fr;B\n', b"Mail;Nom\na@b.fr;B\n", 1),
        (
            "e.ndjson",
            b'{"m":"zoe.martin\\u0040exemple.fr"}\n{"contact_id":17}\n{"contact_id":170}',
            b'{"contact_id":170}',
            2,
        ),
        ("m.report.txt", b"line 2: zoe.martin@exemple.fr\n", "line 2: •••\n".encode(), 1),
        ("other.csv", b"Mail\na@b.fr\n", b"Mail\na@b.fr\n", 0),
    ],
)
def test_other_rows_stay_byte_for_byte(name: str, data: bytes, kept: bytes, count: int) -> None:
    assert without(data, name, ZOE) == (kept, count)
    assert without(kept, name, ZOE) == (kept, 0)


def test_packed_files_are_rewritten() -> None:
    sheet = xlsx(F=[["Email", "Nom"], ["zoe.martin@exemple.fr", "Zoé"], ["a@b.fr", "Anne"], [612345678, "Zora"]])
    kept, count = without(sheet, "a.xlsx", ZOE)
    assert count == 2
    assert fastexcel.read_excel(kept).load_sheet(0).to_polars()["Nom"].drop_nulls().to_list() == ["Anne"]
    calc = ods([[("string", "", "zoe.martin@exemple.fr"), ("string", "", "Zoé")], [("string", "", "a@b.fr")]])
    kept, count = without(calc, "a.ods", ZOE)
    assert (count, "Zoé".encode() in zipfile.ZipFile(io.BytesIO(kept)).read("content.xml")) == (1, False)
    inner = zipped({"one.csv": "Mail\nzoe.martin@exemple.fr\na@b.fr\n", "two.csv": "Mail\nb@c.fr\n"})
    kept, count = without(inner, "a.zip", ZOE)
    with zipfile.ZipFile(io.BytesIO(kept)) as archive:
        assert (count, archive.read("one.csv"), archive.read("two.csv")) == (1, b"Mail\na@b.fr\n", b"Mail\nb@c.fr\n")
    kept, count = without(json.dumps([{"to": ["zoe.martin@exemple.fr"]}, {"to": 1}]).encode(), "a.json", ZOE)
    assert (count, json.loads(kept)) == (1, [{"to": 1}])


def test_a_file_goes_or_is_told_where_it_cannot_be_rewritten(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    named, locked, table = tmp_path / "zoe.martin@exemple.fr.csv", tmp_path / "a.pdf", tmp_path / "a.parquet"
    named.write_text("Mail\n")
    locked.write_bytes(b"%PDF-1.7 zoe.martin@exemple.fr")
    frame = pl.DataFrame({"contact_id": [17, 2, 3], "cells": [["Z"], ["a@b.fr"], ["x", "06 12 34 56 78"]]})
    frame.write_parquet(table)
    table.chmod(0o640)
    assert mentions(table, ZOE).rows == 2
    removals = [remove_from(path, ZOE, scratch) for path in (named, locked, table)]
    assert removals == [Removal(1, whole=True), Removal(unsearchable=True), Removal(2)]
    assert (named.exists(), locked.exists()) == (False, True)
    assert pl.read_parquet(table).rows() == [(2, ["a@b.fr"])]
    assert table.stat().st_mode & 0o777 == 0o640
    assert list(scratch.iterdir()) == []
