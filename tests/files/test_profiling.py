"""The measures of a file as a file, and what the rules say of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from expectations import file as file_suite
from expectations.judge import Judge
from expectations.rules import Rule
from expectations.verdicts import Verdict
from pipelines.files.dialects import Contradiction
from pipelines.files.encodings import DAMAGED_UTF8, UNKNOWN, recognise, to_utf8
from pipelines.files.file_problems import MissingColumn, file_problems
from pipelines.files.judging import FileRules
from pipelines.files.kinds import ZIP
from pipelines.files.mojibake import Mojibake
from pipelines.files.opening import open_file
from pipelines.files.profiles import Contents, FileProfile, Lines, Reading, Strays, measures
from pipelines.files.profiling import profile_bytes, profile_file
from pipelines.files.quoting import Unclosed
from pipelines.files.sheets import ErrorCells, Sheet
from pipelines.imports.contacts.missing_columns import lacking_columns

FRENCH = "nom;prénom;ville\nLéa;Gaëlle;Besançon\nDupré;François;Nîmes\nHélène;Noël;Orléans\n"
LIMIT = 16_777_216
OPTIONS = FileRules(LIMIT).options


def profile(data: bytes | str, name: str = "clients.csv", separator: str = ";") -> FileProfile:
    text = data.encode() if isinstance(data, str) else data
    return profile_bytes(text, name=name, separator=separator, max_bytes=LIMIT)[0]


def contents(data: bytes | str, separator: str = ";") -> Contents:
    found = profile(data, separator=separator).contents
    assert found is not None
    return found


def problems(judge: Judge, found: FileProfile, missing: tuple[MissingColumn, ...] = (), **options: str) -> pl.DataFrame:
    verdicts = judge.judge("file", measures(found, len(missing)), OPTIONS | options)
    headers = found.contents.headers if found.contents else ()
    return file_problems(found, verdicts, missing=lacking_columns(missing, headers))


@pytest.mark.parametrize(
    ("codec", "name", "line", "column"),
    [
        ("cp1252", "cp1252", 1, 7),
        ("iso-8859-1", "cp1252", 1, 7),
        ("mac-roman", "mac-roman", 1, 7),
        ("cp850", "cp850", 1, 7),
        ("utf-16", "utf-16-le", 1, 1),
        ("utf-16-le", "utf-16-le", 1, 1),
        ("utf-16-be", "utf-16-be", 1, 1),
        ("utf-32", "utf-32-le", 1, 1),
    ],
)
def test_likely_encodings(codec: str, name: str, line: int, column: int) -> None:
    found = recognise(FRENCH.encode(codec))
    assert (found.name, found.line, found.column) == (name, line, column)
    assert to_utf8(FRENCH.encode(codec), found) == (FRENCH.encode() if found.convertible else None)
    assert found.convertible == (codec != "cp850")


def test_iso_8859_15_is_told_by_its_own_signs() -> None:
    text = FRENCH + "sœur;Agnès;5 €\ncœur;Zoé;7 €\n"
    assert recognise(text.encode("iso-8859-15")).name == "iso8859-15"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
def test_one_bad_byte_is_placed(line_end: str, mark: bytes) -> None:
    data = mark + FRENCH.replace("\n", line_end).encode().replace("ç".encode() + b"ois", b"\xe7ois")
    found = recognise(data)
    assert (found.name, found.line, found.column, found.damaged) == (DAMAGED_UTF8, 3, 11, 1)


@pytest.mark.parametrize("text", ["Éve;é", "García;López", "Müller", "L’été d’Anne", "c’est", "ÉCOLE", "São"])
def test_few_signs_are_never_turned_into_something_else(text: str) -> None:
    for codec in ("cp1252", "mac-roman", "cp850"):
        data = f"a;b\n{text};{text}\n".encode(codec, "ignore")
        found = recognise(data)
        assert not found.convertible or to_utf8(data, found) == data.decode(codec).encode()


def test_a_bad_byte_in_ascii() -> None:
    assert [recognise(b"a;b\n1;" + bad + b"\n").name for bad in (b"\xff", b"\x81", b"\xc3")] == [DAMAGED_UTF8] * 3
    assert recognise(b"a;b\n1;Andr\xe9\n").name == "cp1252"


def test_binary_data_has_no_encoding() -> None:
    assert recognise(bytes(range(256)) * 8).name == UNKNOWN


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "BOM"])
def test_utf_8_is_utf_8(mark: str) -> None:
    assert recognise((mark + FRENCH).encode()) == recognise(b"plain")


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1], ids=["16 MiB", "one byte more"])
def test_size(tmp_path: Path, judge: Judge, size: int) -> None:
    path = tmp_path / "clients.csv"
    path.write_bytes(b"mail\n" + b"a@b.fr\n" * 100 + b"x" * (size - 705))
    found, source = profile_file(open_file(path, LIMIT), Reading(";"), LIMIT)
    refused = size > LIMIT
    assert found.size == size
    assert (source is None) == refused
    assert problems(judge, found)["rule"].to_list() == (["size"] if refused else [])


def test_ragged_lines_are_counted_by_kind() -> None:
    found = contents('a;b;c\n1;2;3;\n1;2;\n1\n1;2;3;4\n1;2;3;;""; \n;;;;;;\n\n1;2;3\n')
    assert (found.rows, found.columns) == (6, 3)
    assert found.trailing.first == (2, 6)
    assert found.extra.first == (5,)
    assert found.short.first == (4,)
    assert found.blank.first == (7, 8)


def test_an_empty_last_cell_is_no_trailing_separator(judge: Judge) -> None:
    assert problems(judge, profile("a;b;c\n1;2;\n")).height == 0
    assert problems(judge, profile("a;b;c\n1;2;3;\n"))["rule"].to_list() == ["trailing_separators"]


@pytest.mark.parametrize(
    ("data", "rules"),
    [
        pytest.param("", ["rows"], id="empty"),
        pytest.param("\n ;\n", ["rows", "blank_lines"], id="nothing but separators"),
        pytest.param("a;b\n", ["rows"], id="header alone"),
        pytest.param("a;b;\n1;2;\n", ["headers"], id="header ends in a separator"),
        pytest.param("a;a;b\n1;2;3\n", ["headers"], id="duplicate header"),
        pytest.param("a; A ;Pre\u0301nom;Prénom\n1;2;3;4\n", ["headers"], id="same header in two Unicode forms"),
        pytest.param("a;;b\n1;2;3\n", ["headers"], id="empty header"),
        pytest.param("a;b\n1;2;3\n", ["extra_cells"], id="extra cell"),
        pytest.param("a;b\n1;\0\n", ["nul_bytes"], id="NUL"),
        pytest.param('a;b\n1;"2\n', ["unclosed_quote"], id="unclosed quote"),
        pytest.param("a,b\n1,2\n", ["one_column"], id="other separator"),
        pytest.param("a;b\n1\n", ["short_lines"], id="short line"),
        pytest.param('a;b\n1;2,\n"3""";4\n', ["stray_separators"] * 2, id="strays in two columns"),
        pytest.param(FRENCH.encode("cp1252"), ["encoding"], id="Windows-1252"),
        pytest.param(FRENCH.encode("utf-16"), ["encoding"], id="UTF-16"),
        pytest.param(b"\xff\xfea;", ["encoding"], id="half a UTF-16 sign"),
        pytest.param(";".join(f"h{i}" for i in range(5000)) + "\n" + "1;" * 4999 + "1\n", ["columns"], id="too wide"),
    ],
)
def test_rules_that_fail(judge: Judge, data: bytes | str, rules: list[str]) -> None:
    found = problems(judge, profile(data))["rule"].to_list()
    assert found[: len(rules)] == rules
    assert set(found) <= {*rules, "rows"}


def test_file_names(judge: Judge) -> None:
    assert profile("a\n1\n", "Été (2).csv").name_oddities == ("blanks", "accents", "capitals", "special characters")
    assert profile("a\n1\n", "clients-2024_b.csv").name_oddities == ()
    found = problems(judge, profile("a\n1\n", "Clients.csv"))
    assert found.select("rule", "severity").rows() == [("file_name", "warning")]


def test_messages_say_where(judge: Judge) -> None:
    encoding = problems(judge, profile(FRENCH.encode("cp1252"))).row(0, named=True)
    assert "Windows-1252" in encoding["message"]
    assert "line 1, column 7" in encoding["message"]
    quote = problems(judge, profile('a;b\né;"2\n')).row(0, named=True)
    assert (quote["line"], "line 2, column 3" in quote["message"]) == (2, True)
    header = problems(judge, profile("a;b;\n1;2;\n")).row(0, named=True)
    assert "ends in a separator" in header["message"]


def test_missing_columns_stand_beside_found_ones(judge: Judge) -> None:
    lacking = (MissingColumn("Email", "Mail"),)
    found = problems(judge, profile("Mail;Nom\n1;2\n"), lacking).row(0, named=True)
    assert (found["rule"], found["severity"]) == ("missing_columns", "critical")
    assert "lacks a column" in found["message"]
    assert "Expected: 'Email'. Found: 'Mail', 'Nom'. Likely 'Email' is now 'Mail'. " in found["message"]
    warned = problems(judge, profile("Mail;Nom\n1;2\n"), lacking, missing_columns="warn")
    assert warned["severity"].to_list() == ["warning"]


def test_several_missing_columns_are_one_message(judge: Judge) -> None:
    lacking = (MissingColumn("Email", "Mail"), MissingColumn("Ville"), MissingColumn("Prénom", "Nom"))
    [message] = problems(judge, profile("Mail;Nom\n1;2\n"), lacking)["message"]
    assert "lacks 3 columns" in message
    assert "Expected: 'Email', 'Ville', 'Prénom'. Found: 'Mail', 'Nom'. " in message
    assert "Likely 'Email' is now 'Mail' and 'Prénom' is now 'Nom'. " in message


@pytest.mark.parametrize("rule", file_suite.rules(OPTIONS), ids=lambda rule: rule.name)
def test_each_file_rule_has_its_words(rule: Rule) -> None:
    broken = profile("a;;a\nné;2;3\n".encode("cp1252"), name="é .csv")
    found = contents("a;;a\n1;2;3\n")
    two = Lines(2, (3, 5))
    found = replace(found, blank=two, short=two, trailing=two, extra=two, nul_bytes=1, nul_line=2, nul_column=1)
    found = replace(found, strays=(Strays("a", 2, 3),), unclosed=Unclosed(2, 1), other_separator=",")
    found = replace(found, repeated=two, contradiction=Contradiction("blank", (2,), (3,)))
    found = replace(found, mojibake=(Mojibake("a", 1, 2, lost=True),))
    sheet = Sheet("Feuil1", (), b"", 0, (ErrorCells(0, 1, 2, "#N/A"),))
    broken = replace(broken, kind=ZIP, fault="The workbook is damaged.", sheet=sheet)
    verdict = Verdict(rule.name, rule.severity, passed=False, unexpected=1, rows=(0,), observed="")
    said = file_problems(
        replace(broken, contents=found), [verdict], missing=lacking_columns([MissingColumn("Email")], ["a"])
    )
    assert set(said["rule"]) == {rule.name}
    assert said["message"].str.len_chars().min() > 20


def test_no_value_stands_in_a_message(judge: Judge) -> None:
    found = problems(judge, profile('nom;mail\nSecretName";secret@b.fr,;secret\nSecretName\nSecret;"x\n'))
    assert found.height >= 4
    assert not found["message"].str.contains("(?i)secret").any()
