"""The byte scan and the quotes, held against Python's csv module."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.files.scanning import Scan, scan


def rows_of(text: str, separator: str, *, strict: bool) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict))


def rows_scanned(found: Scan) -> list[list[str]]:
    """What any strict reader makes of the scan's bytes."""
    return rows_of(found.data.decode(), found.separator.decode(), strict=True)


@given(st.text(alphabet='ab;"\né ', max_size=25))
def test_any_text_is_read_as_pythons_csv_module_reads_it(text: str) -> None:
    # A blank before an opening quote is read as meant (IMP-1), which that module does not.
    assume(not re.search(r'(^|[;\n])[ ]+"', text))
    found = scan(text.encode(), ";")
    expected = rows_of(text, ";", strict=False)
    if found.unclosed:
        lines = int(found.lines[-1]) if found.records else 0
        assert found.unclosed.line > lines
        return
    assert rows_scanned(found) == expected
    assert found.cells.tolist() == [max(len(row), 1) for row in expected]
    assert found.blank.tolist() == [not any(cell.strip(" ") for cell in row) for row in _no_newlines(expected)]


def _no_newlines(rows: list[list[str]]) -> list[list[str]]:
    return [[cell.replace("\n", "") for cell in row] for row in rows]


@given(
    st.lists(st.lists(st.text(alphabet='ab;,|\t"\né0 ', max_size=8), min_size=1, max_size=4), min_size=1, max_size=12),
    st.sampled_from([";", ",", "\t", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_a_regular_file_is_left_as_it_is(rows: list[list[str]], separator: str, quoting: int) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, quoting=quoting, lineterminator="\n").writerows(rows)
    found = scan(out.getvalue().encode(), separator)
    assert found.data == out.getvalue().encode()
    assert found.rewritten == ()
    assert rows_scanned(found) == rows
    starts = found.data
    assert found.lines.tolist() == [starts.count(b"\n", 0, start) + 1 for start in found.starts.tolist()]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param('12" vinyl;x\n', [['12" vinyl', "x"]], id="inside an unquoted cell"),
        pytest.param('Dupont";x\n', [['Dupont"', "x"]], id="at the end of an unquoted cell"),
        pytest.param('a;Jean "Jo" B\n', [["a", 'Jean "Jo" B']], id="two of them"),
        pytest.param('12";"a;b"\n', [['12"', "a;b"]], id="beside a quoted cell"),
        pytest.param('"a"b;c\n', [["ab", "c"]], id="text after a closing quote"),
        pytest.param('"x\ny";12"\nz;7"\n', [["x\ny", '12"'], ["z", '7"']], id="beside a cell of two lines"),
        pytest.param('"p\n12" q";1\n', None, id="closing amid text on a later line"),
    ],
)
def test_literal_quotes(text: str, rows: list[list[str]] | None) -> None:
    found = scan(("h;i\n" + text).encode(), ";")
    assert rows_scanned(found) == [["h", "i"], *(rows or [])]
    assert (found.unclosed is None) == (rows is not None)


@pytest.mark.parametrize(
    ("text", "line", "column", "kept"),
    [
        pytest.param('a;b\n1;2\né;"open\n3;4\n5;6', 3, 3, 2, id="never closed"),
        pytest.param('a;b\n"Dupont;x\n"Durand";y\n1;2\n', 2, 1, 1, id="closed by the next line's opening one"),
        pytest.param('"a;b\n1;2\n', 1, 1, 0, id="in the header"),
        pytest.param('a\n12"\n"', 3, 1, 2, id="a lone quote at the end"),
    ],
)
def test_an_unclosed_quote_is_told_where_it_opens(text: str, line: int, column: int, kept: int) -> None:
    found = scan(text.encode(), ";")
    assert found.unclosed is not None
    assert (found.unclosed.line, found.unclosed.column) == (line, column)
    assert found.records == kept


def test_rewritten_lines_are_named() -> None:
    found = scan(b'a;b\n12";1\n1;2\n"x"y;3\n"m\nn";7"\n', ";")
    assert found.rewritten == (2, 4, 5)


@given(
    st.lists(st.lists(st.text(alphabet='ab;"\n é', max_size=4), min_size=1, max_size=4), max_size=8),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from([b';"', b" ", b"b", b"\xa9"]),
)
def test_columns_are_told_by_how_their_cells_end(rows: list[list[str]], quoting: int, signs: bytes) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\n", quoting=quoting).writerows(rows)
    found = scan(out.getvalue().encode(), ";")
    ending = {column for row in rows for column, cell in enumerate(row) if cell and cell.encode()[-1] in signs}
    assert set(found.columns_ending_in(signs).tolist()) == ending
