"""What is mended without guessing, and what is not (IMP-19)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.judge import Judge
from expectations.verdicts import Verdict
from pipelines.declarations.model import ContactBase
from pipelines.files.judging import FileRules
from pipelines.files.mending import Mended, line_ranges, mend
from pipelines.files.profiles import FileProfile, measures
from pipelines.files.profiling import profile_bytes
from pipelines.files.reading import read

OPTIONS = FileRules(ContactBase().max_file_bytes).options
ACCENTS = "Email;Prénom\na@b.fr;Hélène\nb@b.fr;François\n"
Judged = Callable[[FileProfile], Sequence[Verdict]]


@pytest.fixture
def judged(judge: Judge) -> Judged:
    return lambda profile: judge.judge("file", measures(profile), OPTIONS)


def mended_of(data: bytes, judged: Judged) -> Mended | None:
    profile, source = profile_bytes(data, name="clients.csv", separator=";", max_bytes=16_777_216)
    return mend(profile, source, judged)


@pytest.mark.parametrize("codec", ["cp1252", "mac-roman", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_encodings_are_turned_into_utf_8(judged: Judged, codec: str, line_end: str) -> None:
    text = ACCENTS.replace("\n", line_end)
    mended = mended_of(text.encode(codec), judged)
    assert mended is not None
    assert mended.data == text.encode()


def test_the_lines_with_accents_are_named(judged: Judged) -> None:
    mended = mended_of(("a;b\n" * 3 + "Zoé;Hélène\nNoël;x\n1;2\nJérôme;été\n").encode("cp1252"), judged)
    assert mended is not None
    assert [(change.what, change.lines) for change in mended.changes] == [
        ("Windows-1252 turned into UTF-8", "4-5, 7"),
    ]


@pytest.mark.parametrize(
    ("data", "mended", "lines"),
    [
        pytest.param("a;b\n1;2;\n3;4\n5;6;;;\n", "a;b\n1;2\n3;4\n5;6\n", "2, 4", id="rows"),
        pytest.param("a;b;\r\n1;2;\r\n3;\r\n", "a;b\r\n1;2\r\n3;\r\n", "1-2", id="header too"),
        pytest.param('\ufeffa;b\n"x\ny";2;\n', '\ufeffa;b\n"x\ny";2\n', "2", id="BOM, cell of two lines"),
        pytest.param('a;b\n1;"2;";"";\n', 'a;b\n1;"2;"\n', "2", id="quoted cells"),
        pytest.param("a;b\n;;;;\n1;2;\n", "a;b\n;;;;\n1;2\n", "3", id="blank lines are let be"),
    ],
)
def test_trailing_separators_are_cut(judged: Judged, data: str, mended: str, lines: str) -> None:
    found = mended_of(data.encode(), judged)
    assert found is not None
    assert found.data.decode() == mended
    assert [change.lines for change in found.changes] == [lines]


def test_both_at_once_and_quotes(judged: Judged) -> None:
    found = mended_of('Prénom;b\nÉve;12";\n'.encode("cp1252"), judged)
    assert found is not None
    assert found.data.decode() == 'Prénom;b\nÉve;"12"""\n'
    assert len(found.changes) == 3


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"a;b\n1;2\n", id="nothing to mend"),
        pytest.param("é;b\n1;à".encode() + b"\xff;\n", id="damaged bytes"),
        pytest.param(b"a;b\n1;2;\n1;2;3\n", id="extra cells that hold something"),
        pytest.param(b"a;b\n1;\0;\n", id="NUL"),
        pytest.param(b'a;b\n1;2;\n1;"2\n', id="unclosed quote"),
        pytest.param(b"a;a\n1;2;\n", id="duplicate headers"),
        pytest.param(b"a;;b\n1;2;3;\n", id="a nameless column inside"),
        pytest.param(b"a;b;\n1;2;3\n", id="a nameless column that holds something"),
        pytest.param(bytes(range(256)) * 5, id="binary"),
        pytest.param("a;b\n1;ж2;\nпривет;мир\n".encode("cp866"), id="an encoding not known well enough"),
    ],
)
def test_what_would_be_a_guess_is_not_mended(judged: Judged, data: bytes) -> None:
    assert mended_of(data, judged) is None


@given(st.lists(st.tuples(st.text('ab;"\né', max_size=4), st.integers(0, 3)), min_size=1, max_size=8))
def test_a_mended_file_holds_the_same_cells(rows: list[tuple[str, int]]) -> None:
    quoted = ('"' + cell.replace('"', '""') + '"' for cell, _ in rows)
    lines = [f"k;{cell}" + ";" * extra for cell, (_, extra) in zip(quoted, rows, strict=True)]
    data = "\n".join(["a;b", *lines, "z;z;"]).encode()
    profile, source = profile_bytes(data, name="a.csv", separator=";", max_bytes=1 << 24)
    assert source is not None
    mended = mend(profile, source, lambda _: ())
    assert mended is not None
    after, again = profile_bytes(mended.data, name="a.csv", separator=";", max_bytes=1 << 24)
    assert again is not None
    assert after.contents is not None
    assert after.contents.trailing.count == 0
    assert read(again).frame.drop("cells").equals(read(source).frame.drop("cells"))


def test_line_ranges() -> None:
    assert line_ranges(np.array([2, 3, 4, 9, 11, 12])) == "2-4, 9, 11-12"
    assert line_ranges(np.array([], np.int64)) == ""
