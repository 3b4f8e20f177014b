"""A file through every step: nothing is lost, the same file in any dress gives the same base (IMP-1 to IMP-9, IMP-14, IMP-19)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.imports.results import ImportResult
from tests.conftest import DECLARATIONS, Account
from tests.examples import examples

HEADER = ("Email", "Prénom", "Nom", "Portable", "Code postal", "Date de naissance", "Panier moyen", "Adhérent", "Perle")
ROWS = [
    ("Zoe@Exemple.FR", "Zoé", 'D\'Hôtel "la Perle"', "06 12 34 56 78", "01000", "31/12/1980", "1 234,5", "oui", "X"),
    ("b@ex.fr", "Léa; Lou", "O'Neil\nfils", "+33612345679", "75011", "1999-02-28", "12.5", "Non", " x "),
    ("zoe@exemple.fr", "", "", "", "", "", "", "", ""),
    ("c@ex.fr", "Ana", "", "", "", "30/02/2001", "", "", ""),
    ("pas d'adresse", "Bob", "", "", "", "", "", "", ""),
]
FIELDS = ("email", "first_name", "last_name", "mobile", "postcode", "birth_date", "basket", "member", "interests")


def dressed(separator: str, quoting: int, ending: str, bom: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator="\n")
    writer.writerows([HEADER, *ROWS])
    # The newline inside a cell changes with the others, as an editor would do it.
    return (bom + out.getvalue().replace("\n", ending)).encode()


def identity_holds(result: ImportResult) -> bool:
    c = result.counts
    return c.rows == c.inserted + c.updated + c.unchanged + c.deleted + c.duplicates + c.rejected + c.skipped_by_action


@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["no BOM", "BOM"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL], ids=["minimal", "all"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"], ids=["semicolon", "comma", "tab", "bar"])
def test_the_same_file_in_any_dress_gives_the_same_base(account, separator, quoting, ending, bom) -> None:
    quoted = "\\t" if separator == "\t" else separator
    account.declare(DECLARATIONS.replace('"clients*.csv"}', f'"clients*.csv", separator: "{quoted}"}}'))
    result = account.load(dressed(separator, quoting, ending, bom))
    assert result.status == "imported"
    assert identity_holds(result)
    assert (result.counts.rows, result.counts.inserted, result.counts.duplicates, result.counts.rejected) == (
        5,
        2,
        1,
        2,
    )
    assert account.contacts(*FIELDS) == [
        ("b@ex.fr", "Léa; Lou", "O'Neil\nfils", "+33612345679", "75011", _date("1999-02-28"), 12.5, "Non", ["Perle"]),
        (
            "zoe@exemple.fr",
            "Zoé",
            'D\'Hôtel "la Perle"',
            "+33612345678",
            "01000",
            _date("1980-12-31"),
            1234.5,
            "Oui",
            ["Perle"],
        ),
    ]
    assert account.rows("SELECT line, len(cells) FROM main.import_rejects ORDER BY line") == [(6, 9), (7, 9)]


def _date(text: str):
    from datetime import date

    return date.fromisoformat(text)


def test_importing_twice_is_skipped_and_forced_changes_nothing(account: Account) -> None:
    path = account.write("Email;Prénom\na@ex.fr;Ana\n")
    first = account.take(path)
    before = account.contacts()
    again = account.take(path)
    assert (again.status, again.import_id) == ("skipped", first.import_id)
    forced = account.take(path, force=True)
    assert (forced.status, forced.counts.unchanged) == ("imported", 1)
    assert account.contacts() == before


def test_a_b_a_imports_three_times(account: Account) -> None:
    a, b = (
        account.write("Email;Nom\na@ex.fr;A\n", "clients-a.csv"),
        account.write("Email;Nom\na@ex.fr;B\n", "clients-b.csv"),
    )
    assert [account.take(path).status for path in (a, b, a)] == ["imported"] * 3
    assert account.contacts("last_name") == [("A",)]


def test_a_changed_declaration_imports_again(account: Account) -> None:
    path = account.write("Email;Ville\na@ex.fr;Nîmes\n")
    assert account.take(path).status == "imported"
    account.declare(
        DECLARATIONS.replace(
            "    - {name: postcode", "    - {name: city, label: Ville, format: text}\n    - {name: postcode"
        )
    )
    assert account.take(path).status == "imported"
    assert account.contacts("city") == [("Nîmes",)]


def test_a_preview_gives_what_the_import_gives_and_writes_nothing(account: Account) -> None:
    account.load("Email;Prénom\na@ex.fr;Ana\n", "clients-0.csv")
    before = account.contacts()
    path = account.write("Email;Prénom\na@ex.fr;Anne\nb@ex.fr;Bob\nrien;X\n")
    preview = account.take(path, preview=True)
    assert preview.status == "preview"
    assert account.contacts() == before
    assert account.rows("SELECT count(*) FROM main.imports") == [(1,)]
    done = account.take(path)
    assert preview.counts == done.counts
    assert preview.problems.equals(done.problems)


REFUSED = {
    "windows-1252": (
        "Email;Nom\na@ex.fr;Hélène\na@ex.fr;Hélène Lefèvre, château de Besançon\n".encode("cp1252"),
        "encoding",
        2,
    ),
    "utf-16": ("Email;Nom\na@ex.fr;Hélène\n".encode("utf-16"), "encoding", None),
    "one-bad-byte": (
        "Email;Nom\nb@ex.fr;Zoé\na@ex.fr;H".encode() + b"\xe9" + "lène\nc@ex.fr;Éva\n".encode(),
        "encoding",
        3,
    ),
    "nul": (b"Email;Nom\na@ex.fr;A\0B\n", "nul_bytes", 2),
    "empty": (b"", "rows", None),
    "header-only": (b"Email;Nom\n", "rows", 1),
    "trailing-separators": (b"Email;Nom;Mobile\na@ex.fr;b;c;\n", "trailing_separators", 2),
    "extra-cells": (b"Email;Nom\na@ex.fr;b;c\n", "extra_cells", 2),
    "same-header-twice": (b"Email;Nom;Nom\na@ex.fr;b;c\n", "headers", 1),
    "empty-header": (b"Email;;Nom\na@ex.fr;b;c\n", "headers", 1),
    "unclosed-quote": (b'Email;Nom\na@ex.fr;"b\nc@ex.fr;d\n', "unclosed_quote", 2),
    "no-key": (b"Nom;Ville\na;b\n", None, None),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_file_changes_nothing_and_says_why(account: Account, case: str) -> None:
    content, rule, line = REFUSED[case]
    account.load("Email;Nom\nz@ex.fr;Z\n", "clients-0.csv")
    before = account.contacts()
    path = account.write(content)
    result = account.take(path)
    assert result.status == "refused"
    assert account.contacts() == before
    critical = [p for p in result.listed_problems() if p["severity"] == "critical"]
    assert critical
    if rule is not None:
        assert rule in {p["rule"] for p in critical}
    if line is not None:
        assert line in {p["line"] for p in critical}
    assert path.read_bytes() == content, "a file given by path is copied, never moved"
    folder = account.layout.refused / "clients" / result.partition
    assert (folder / path.name).read_bytes() == content
    assert result.report is not None
    assert critical[0]["message"].split(".")[0] in result.report.read_text()
    assert account.rows("SELECT status FROM main.imports WHERE import_id = ?", [result.import_id]) == [("refused",)]


@pytest.mark.parametrize("case", ["windows-1252", "utf-16", "trailing-separators"])
def test_what_can_be_mended_without_guessing_is_mended_and_imports(account: Account, case: str) -> None:
    result = account.load(REFUSED[case][0])
    assert result.mended_file is not None
    assert result.mended_file.name == "clients.mended.csv"
    assert account.take(result.mended_file).counts.inserted == 1


def test_the_encoding_is_named(account: Account) -> None:
    result = account.load(REFUSED["windows-1252"][0])
    assert "1252" in result.listed_problems()[0]["message"]


def test_an_empty_last_cell_is_no_trailing_separator(account: Account) -> None:
    assert account.load("Email;Nom;Mobile\na@ex.fr;b;\n").counts.inserted == 1


@pytest.mark.parametrize(("extra", "status"), [(0, "imported"), (1, "refused")], ids=["16 777 216", "one more"])
def test_the_size_limit_is_exact(account: Account, extra: int, status: str) -> None:
    head = b"Email;Nom\na@ex.fr;"
    result = account.load(head + b"b" * (16_777_216 - len(head) - 1 + extra) + b"\n")
    assert result.status == status


def test_the_rejects_file_corrected_gives_the_right_base(account: Account) -> None:
    result = account.load("Email;Prénom;Date de naissance\na@ex.fr;Ana;31/12/1980\nb@ex.fr;Bob;31/13/1980\n")
    assert result.rejects_file is not None
    text = result.rejects_file.read_text()
    assert text.splitlines()[0] == "Email;Prénom;Date de naissance;carnet_line;carnet_reasons"
    corrected = account.load(text.replace("31/13/1980", "31/12/1980"), "clients-corrected.csv")
    assert corrected.counts.inserted == 1
    assert account.contacts("first_name", "birth_date") == [("Ana", _date("1980-12-31")), ("Bob", _date("1980-12-31"))]


def test_a_hostile_header_and_value_are_data(account: Account) -> None:
    header = "Robert'); DROP TABLE contacts;--"
    result = account.load(f'Email;Nom;"{header}"\na@ex.fr;"\'); DROP TABLE contacts;--";x\n')
    assert result.status == "imported"
    assert account.contacts("last_name") == [("'); DROP TABLE contacts;--",)]


def test_an_inbox_file_is_archived_and_a_refused_one_moved(account: Account) -> None:
    good = account.write("Email\na@ex.fr\n", "data/inbox/clients/clients-1.csv")
    bad = account.write("Email;Nom\na@ex.fr;b;\n", "data/inbox/clients/clients-2.csv")
    done, refused = account.take(good), account.take(bad)
    assert not good.exists()
    assert not bad.exists()
    assert (account.layout.archive / "clients" / done.partition / "clients-1.csv").exists()
    assert (account.layout.refused / "clients" / refused.partition / "clients-2.csv").exists()
    assert account.rows("SELECT count(*) FROM main.imports WHERE NOT filed") == [(0,)]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
keys = st.sampled_from(["a@ex.fr", "A@EX.FR ", "b@ex.fr", "c@ex.fr", "", "nobody", "é@ex.fr"])


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(
        st.lists(st.tuples(keys, cells, cells, st.sampled_from(["", "x", "X", "?"])), min_size=1, max_size=8),
        min_size=1,
        max_size=3,
    )
)
def test_every_row_is_accounted_for_and_keys_stay_unique(new_account: Callable[[], Account], files) -> None:
    account = new_account()
    for rows in files:
        out = io.StringIO()
        csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
            [("Email", "Nom", "Panier moyen", "Perle"), *rows]
        )
        result = account.load(out.getvalue())
        if result.status == "refused":
            # Only rows of empty cells: there is nothing to import.
            assert not any(cell.strip() for row in rows for cell in row) or result.counts.rows
            continue
        assert identity_holds(result) or result.status == "skipped"
        before = account.contacts()
        assert account.take(account.folder / "clients.csv", force=True).counts.updated == 0
        assert account.contacts() == before
    assert account.rows("SELECT count(*) - count(DISTINCT email) FROM main.contacts") == [(0,)]
