r"""Dialects read as meant (`sep=;`, `\"`, blanks before quotes, headers pasted in), and what is told where none fits."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.files.profiles import FileProfile
from pipelines.files.profiling import profile_bytes
from pipelines.files.reading import read

TEXTS = st.text(alphabet='ab"\\;, \n\té|', max_size=6)


def profiled(data: bytes | str, separator: str = ";", *, cut: bool = False) -> FileProfile:
    data = data if isinstance(data, bytes) else data.encode()
    return profile_bytes(data, name="a.csv", separator=separator, max_bytes=1 << 24, cut=cut)[0]


def table(data: bytes | str, separator: str = ";", *, cut: bool = False) -> list[tuple[int | str | None, ...]]:
    """The headers, then line and cells of each row."""
    data = data if isinstance(data, bytes) else data.encode()
    _, source = profile_bytes(data, name="a.csv", separator=separator, max_bytes=1 << 24, cut=cut)
    assert source is not None
    text = read(source)
    return [text.headers, *text.frame.drop("cells").rows()]


@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
@pytest.mark.parametrize("line", ["sep={}", '"sep={}"', "SEP={}", "sep={};;;"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_first_line_that_names_the_separator_is_obeyed(sign: str, line: str, encoding: str, end: str) -> None:
    text = end.join([line.format(sign), f"Email{sign}Prénom", f"a@b.fr{sign}Noël Élodie François"])
    data = text.encode(encoding)
    assert table(data, "|" if sign == ";" else ";") == [("Email", "Prénom"), (3, "a@b.fr", "Noël Élodie François")]
    contents = profiled(data).contents
    assert contents is not None
    assert (contents.header_line, contents.blank.count, contents.repeated.count) == (2, 0, 0)


@pytest.mark.parametrize("line", ["sep=x", "sep=", "separator=;", "sep=;Email", "x sep=;"])
def test_other_first_lines_are_headers(line: str) -> None:
    assert table(f"{line}\n1\n")[0][0] == line.partition(";")[0]


@pytest.mark.parametrize(
    ("data", "separator", "rows"),
    [
        (r'e,c' "\n" r'"a","Dupont \"Le Grand\" SARL"', ",", ['a', 'Dupont "Le Grand" SARL']),
        (r'e;c' "\n" r'a;"dit \"Ben\""', ";", ["a", 'dit "Ben"']),
        (r'e;c' "\n" r'"5 \"";"6 \""', ";", ['5 "', '6 "']),
        (r'e;c' "\n" r'"\"q\"";"C:\\"', ";", ['"q"', "C:\\"]),
        (r'e;c' "\n" r'"a \"b\"";"C:\dir\x"', ";", ['a "b"', "C:\\dir\\x"]),
        ('e;c\n"a \\"b\\"";"one\\\ntwo"', ";", ['a "b"', "one\ntwo"]),
        (r'e;c' "\n" r'"{\"k\": \"v;w\"}";x', ";", ['{"k": "v;w"}', "x"]),
        ('"e", "c", "d"\n"a@b", "A", "Dupont, SARL"', ",", ["a@b", "A", "Dupont, SARL"]),
        ('"e" , "c"\n"a" ,\t"say ""x"""', ",", ["a", 'say "x"']),
        ('"e", "c"\n"a", "say \\"x, y\\""', ",", ["a", 'say "x, y"']),
        ('e; "c"\na; "b;c"', ";", ["a", "b;c"]),
        # Regular quotes are never taken for anything else.
        ('e;c\n"C:\\";"a"', ";", ["C:\\", "a"]),
        ('e;c\n"C:\\";"say ""x"", "" y"', ";", ["C:\\", 'say "x", " y']),
        ('e;c\n12" vinyl;\\"x\\"', ";", ['12" vinyl', '\\"x\\"']),
    ],
)  # fmt: skip
def test_quotes_are_read_as_meant_where_every_line_agrees(data: str, separator: str, rows: list[str]) -> None:
    assert table(data, separator)[1] == (2, *rows)
    contents = profiled(data, separator).contents
    assert contents is not None
    assert contents.contradiction is None


@pytest.mark.parametrize(
    ("data", "separator", "way", "lines"),
    [
        ('e;r\na;"Le \\"Grand\\" Jean"\nb;"dit \\"Ben\\""\nc;"C:\\"\n', ";", "backslash", (2, 3)),
        ('e;r\na;"x \\"y\\" z"\nb;"lone \\ stroke, \\\\"\n', ";", "backslash", (2,)),
        ('a,b\n1, "x" y\n"2", "3,4"\n', ",", "blank", (3,)),
        ('a,b\n1, "x" y\n2, "3,4"\n', ",", "blank", (3,)),
    ],
)
def test_what_no_reading_fits_is_told(data: str, separator: str, way: str, lines: tuple[int, ...]) -> None:
    contents = profiled(data, separator).contents
    assert contents is not None
    assert contents.contradiction is not None
    assert (contents.contradiction.way, contents.contradiction.lines) == (way, lines)
    assert (contents.contradiction.against == ()) == ("lone" in data)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), st.sampled_from(";,|"), st.booleans(), st.booleans())
def test_one_table_in_every_dialect(rows: list[tuple[str, str]], separator: str, backslash: bool, blank: bool) -> None:
    """Written by Python's csv module, quotes escaped or doubled, with a blank behind separators or without."""
    out = io.StringIO(newline="")
    escaping = {"doublequote": False, "escapechar": "\\"} if backslash else {}
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n", **escaping).writerows(
        [("h", "k"), *rows]
    )
    text = out.getvalue()
    if blank:
        fields = [["h", "k"], *([*row] for row in rows)]
        text = "".join(
            f"{separator} ".join(_quoted(cell, backslash=backslash) for cell in row) + "\n" for row in fields
        )
    found = profiled(text, separator).contents
    assert found is not None
    if found.contradiction is None and found.unclosed is None and ("backslash" in found.ways) == backslash:
        read_back = [row[1:] for row in table(text, separator)[1:]]
        assert read_back == [tuple(cell or None for cell in row) for row in rows if any(map(str.strip, row))]


def _quoted(cell: str, *, backslash: bool) -> str:
    held = cell.replace("\\", "\\\\").replace('"', '\\"') if backslash else cell.replace('"', '""')
    return f'"{held}"'


def test_the_header_pasted_in_again_is_skipped_and_told() -> None:
    data = "sep=,\nEmail,Nom\na@b.fr,A\n\ufeffEmail,Nom\nc@d.fr,C\nsep=,\nEmail,Nom\ne@f.fr,Email\n"
    assert table(data) == [("Email", "Nom"), (3, "a@b.fr", "A"), (5, "c@d.fr", "C"), (8, "e@f.fr", "Email")]
    contents = profiled(data).contents
    assert contents is not None
    assert (contents.repeated.first, contents.rows, contents.blank.count) == ((4, 6, 7), 3, 0)


def test_separators_at_the_end_of_every_line_are_cut_where_the_model_says_so() -> None:
    data = 'Email\tNom\t\na@b.fr\t"de\nux"\t\n\t\t\nc@d.fr\t\t\n'
    found = profiled(data, "\t", cut=True).contents
    assert found is not None
    assert (found.headers, found.header_trailing, found.trailing.count, found.cut) == (("Email", "Nom"), False, 0, True)
    assert table(data, "\t", cut=True) == [("Email", "Nom"), (2, "a@b.fr", "de\nux"), (5, "c@d.fr", None)]


@pytest.mark.parametrize(
    "data", ["Email;Nom\na@b.fr;A;\n", "Email;Nom;\na@b.fr;A;x\n"], ids=["not the header", "something behind"]
)
def test_other_separators_too_many_are_no_matter_of_cutting(data: str) -> None:
    found, uncut = profiled(data, cut=True).contents, profiled(data).contents
    assert found == uncut
    assert found is not None
    assert not found.cut


@pytest.mark.parametrize(
    "cell",
    ["Ã‰loÃ¯se", "LefÃ¨vre", "Lâ€™HaÃ¿", "NÂ°5", "voilÃ ", "Å“uvre", "ÐŸÑ€Ð¸", "N√©e", "Ren├®e", "dÃ»", "Zo\ufffd", "â‚¬"],
)  # fmt: skip
def test_text_that_was_read_in_the_wrong_encoding_is_told(cell: str) -> None:
    found = profiled(f"Email;Nom\na@b.fr;x\nb@b.fr;{cell}\n").contents
    assert found is not None
    assert [(each.header, each.count, each.line, each.lost) for each in found.mojibake] == [
        ("Nom", 1, 3, "\ufffd" in cell)
    ]


@pytest.mark.parametrize(
    "cell",
    ["Éloïse", "SÃO PAULO", "IRMÃ”", "ÎLE D’OLÉRON", "« Ærø »", "ÅSE ÖBERG", "Àgnes Ñuñez", "Привет", "×2", "CAFÉ’S",
     "Ødegård Åse", "MAÇÃ"],
)  # fmt: skip
def test_words_of_the_world_are_no_mojibake(cell: str) -> None:
    found = profiled(f"Email;Nom\na@b.fr;{cell}\n").contents
    assert found is not None
    assert found.mojibake == ()
