"""The same records, however they are written, are the same TextFrame."""

from __future__ import annotations

import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.files.profiling import profile_bytes
from pipelines.files.reading import TextFrame, read
from pipelines.files.strays import ends_in_stray, without_stray

ANY_SIGN = st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")
CELLS = st.one_of(st.text(ANY_SIGN, max_size=6), st.text(alphabet=' ;,|\t"\nxé', max_size=6))
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


def text_frame(data: bytes, separator: str = ";") -> TextFrame:
    _, source = profile_bytes(data, name="a.csv", separator=separator, max_bytes=1 << 24)
    assert source is not None
    return read(source)


def written(rows: list[list[str]], separator: str, quoting: int) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, quoting=quoting, lineterminator="\n").writerows(rows)
    return out.getvalue()


def file_bytes(text: str, line_end: str, *, mark: bool) -> bytes:
    return text.replace("\n", line_end).encode("utf-8-sig" if mark else "utf-8")


@given(
    TABLES,
    st.sampled_from([";", ",", "\t", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_one_table_in_every_dress_is_one_frame(
    rows: list[list[str]], separator: str, quoting: int, line_end: str, mark: bool
) -> None:
    header = [f"h{position}" for position in range(len(rows[0]))]
    plain = text_frame(written([header, *rows], ";", csv.QUOTE_ALL).encode())
    dressed = text_frame(file_bytes(written([header, *rows], separator, quoting), line_end, mark=mark), separator)
    assert dressed.headers == plain.headers == tuple(header)
    assert_frame_equal(dressed.frame, plain.frame)


@given(TABLES)
def test_cells_are_those_of_pythons_csv_module(rows: list[list[str]]) -> None:
    header = [f"h{position}" for position in range(len(rows[0]))]
    frame = text_frame(written([header, *rows], ";", csv.QUOTE_MINIMAL).encode()).frame
    expected = [row for row in rows if any(cell.strip(" \t\n") for cell in row)]
    assert frame.drop("line", "cells").rows() == [tuple(cell or None for cell in row) for row in expected]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_lines_are_physical_ones(line_end: str) -> None:
    text = '\n"a\nb";c\n1;2\n\n"x\n\ny";z\n;;;\n3;"4"\n'
    found = text_frame(file_bytes(text, line_end, mark=True))
    assert found.headers == ("a\nb", "c")
    assert found.frame.rows() == [(4, 2, "1", "2"), (6, 2, "x\n\ny", "z"), (10, 2, "3", "4")]


def test_headers_are_trimmed_unquoted_and_composed() -> None:
    assert text_frame('"dit ""Jo"";x"; Pre\u0301nom \u00a0\n1;2\n'.encode()).headers == ('dit "Jo";x', "Prénom")


def test_ragged_lines() -> None:
    found = text_frame(b'a;b;c\n1\n1;2;3;"x\ny";5\n1;;\n"";"";""\n')
    assert found.frame.rows() == [(2, 1, "1", None, None), (3, 5, "1", "2", "3"), (5, 3, "1", None, None)]


def test_one_column_keeps_its_rows_and_skips_blank_lines() -> None:
    found = text_frame(b'mail\na@b.fr\n\n""\n  \n"c@d.fr"\n\n\n')
    assert found.frame.rows() == [(2, 1, "a@b.fr"), (6, 1, "c@d.fr")]


@pytest.mark.parametrize("data", [b"", b"\n\n", b";;\n", b"a;b", b"a;b\n\n"], ids=repr)
def test_no_rows(data: bytes) -> None:
    frame = text_frame(data).frame
    assert frame.height == 0
    assert frame.schema["line"] == frame.schema["cells"] == pl.UInt32


def test_many_cells_of_several_lines() -> None:
    data = b"a;b\n" + b"".join(b'"n%d\nline";"v;""%d"\n' % (i, i) for i in range(60_000))
    frame = text_frame(data).frame
    assert frame.height == 60_000
    assert frame.row(-1) == (120_000, 2, "n59999\nline", 'v;"59999')


@pytest.mark.parametrize(
    ("cell", "clean"),
    [
        ("Paris;", "Paris"),
        ("Paris ,; ", "Paris"),
        ('Dupont"', "Dupont"),
        ('Dupont,";', "Dupont"),
        (",", None),
        ('12"', "12"),
        ('Jean "Jo"', None),
        ("Paris", None),
        ("a;b", None),
    ],
)
def test_strays(cell: str, clean: str | None) -> None:
    frame = pl.DataFrame({"cell": [cell]}).select(
        ends_in_stray(pl.col("cell")).alias("is"), without_stray(pl.col("cell"))
    )
    stray = cell not in ('Jean "Jo"', "Paris", "a;b")
    assert frame.row(0) == (stray, clean if stray else cell)
