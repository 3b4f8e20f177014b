"""Files in the forms that tools give them: dialects, workbooks, archives, columns that stand twice (IMP-1, IMP-1b, IMP-2)."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from pipelines.declared import check
from pipelines.files.profiling import profile_bytes
from pipelines.imports.results import ImportResult
from tests.conftest import DECLARATIONS, Account
from tests.workbooks import xlsx, zipped

BASE = DECLARATIONS.split("---")[0]
MODEL = "---\ntype: pipelines.components.ImportModel\nattributes:\n  name: clients\n  file: 'clients*'\n  {}\n"


def declared(account: Account, *attributes: str) -> Account:
    account.declare(BASE + MODEL.format("\n  ".join(attributes)))
    return account


def rules(result: ImportResult) -> list[str]:
    return result.problems["rule"].to_list()


def test_a_hinted_file_is_imported_and_its_rejects_too(account: Account) -> None:
    result = account.load("sep=,\nEmail,Nom\na@b.fr,A;B\nnobody,C\n")
    assert (result.status, result.counts.inserted, result.counts.rejected) == ("imported", 1, 1)
    assert rules(result) == ["invalid_key"]
    assert result.problems["line"].to_list() == [4]
    assert account.contacts("email", "last_name") == [("a@b.fr", "A;B")]
    assert result.rejects_file is not None
    text = result.rejects_file.read_text(encoding="utf-8")
    assert text.splitlines()[:2] == ["sep=,", "Email,Nom,carnet_line,carnet_reasons"]
    again = account.load(text.replace("nobody,", "c@d.fr,"), "clients-again.csv")
    assert again.counts.inserted == 1


def test_a_hinted_file_that_is_refused_is_mended_with_its_hint(account: Account) -> None:
    result = account.load("sep=,\r\nEmail,Prénom\r\na@b.fr,Élodie\r\nb@b.fr,Noël,\r\n".encode("cp1252"))
    assert (result.status, rules(result)) == ("refused", ["encoding", "trailing_separators"])
    assert result.mended_file is not None
    mended = result.mended_file.read_bytes()
    assert mended.decode() == "sep=,\r\nEmail,Prénom\r\na@b.fr,Élodie\r\nb@b.fr,Noël\r\n"
    assert account.load(mended, "clients-2.csv").counts.inserted == 2


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('Email;Code postal\na@b.fr;"Le \\"Grand\\" Jean"\nb@b.fr;"C:\\"\n', 2),
        ('Email;Code postal\na@b.fr; "x" y\n"b@b.fr"; "c;d"\n', 2),
    ],
)
def test_quotes_that_no_reading_fits_refuse_the_file(account: Account, content: str, line: int) -> None:
    result = account.load(content)
    assert (result.status, rules(result)[0]) == ("refused", "quotes")
    assert result.mended_file is None
    assert account.contacts("email") == []


def test_headers_that_stand_twice_matter_only_where_they_are_read(account: Account) -> None:
    declared(account, "separator: ','", "mapping: {Email Address: email, UNSUB_REASON: null}")
    header = "Email Address,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_TIME,UNSUB_CAMPAIGN_ID,UNSUB_REASON"
    rows = "a@b.fr,,,2020-05-01 10:00:00,12,Spam\nnobody,1,2,3,4,5\n"
    result = account.load(f"{header}\n{rows}")
    assert (result.status, result.counts.inserted, result.counts.rejected) == ("imported", 1, 1)
    assert result.rejects_file is not None
    lines = result.rejects_file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"{header},carnet_line,carnet_reasons"
    assert lines[1].startswith("nobody,1,2,3,4,5,3,")
    again = account.take(account.write("\n".join(lines).replace("nobody", "c@d.fr"), "clients-2.csv"))
    assert again.counts.inserted == 1
    refused = account.load("Email Address,Nom,Nom\na@b.fr,A,B\n", "clients-3.csv")
    assert (refused.status, set(refused.problems.filter(pl.col("severity") == "critical")["rule"])) == (
        "refused",
        {"headers"},
    )


def test_only_the_key_matters_to_an_action_that_reads_it_alone(account: Account) -> None:
    declared(account, "action: unsubscribe")
    assert account.load("Email;Nom;Nom\na@b.fr;A;B\n").status == "imported"
    assert account.load("Email;Email\na@b.fr;a@b.fr\n", "clients-2.csv").status == "refused"


def test_separators_at_the_end_of_every_line_by_the_model(account: Account) -> None:
    content = "\ufeffEmail\tNom\t\r\na@b.fr\tA\t\r\nnobody\t\t\r\n"
    assert rules(account.load(content, "clients-1.txt", model="clients"))[0] == "headers"
    declared(account, "trailing_separators: cut")
    result = account.load(content, "clients-2.txt")
    assert (result.status, result.counts.inserted, rules(result)) == ("imported", 1, ["invalid_key"])
    assert result.rejects_file is not None
    assert result.rejects_file.read_text(encoding="utf-8").splitlines()[0] == "Email\tNom\tcarnet_line\tcarnet_reasons"
    assert account.load("Email\tNom\na@b.fr\tA\t\n", "clients-3.txt").status == "refused"


def test_files_pasted_together_are_imported_and_told(account: Account) -> None:
    result = account.load("Email;Nom\na@b.fr;A\n\ufeffEmail;Nom\nc@d.fr;C\n")
    assert (result.counts.rows, result.counts.inserted, rules(result)) == (2, 2, ["repeated_headers"])
    assert "Line 3 holds the header again" in result.problems["message"][0]


def test_text_read_in_the_wrong_encoding_once_is_told_and_kept(account: Account) -> None:
    result = account.load("Email;Prénom;Nom\na@b.fr;Ã‰loÃ¯se;LefÃ¨vre\nb@b.fr;Zo\ufffd;N?el\n")
    told = result.problems.filter(pl.col("rule") == "mojibake")
    assert told.select("severity", "line", "column").rows() == [("warning", 2, "Prénom"), ("warning", 2, "Nom")]
    assert not told["message"].str.contains("Zo|Lef").any()
    assert account.contacts("first_name") == [("Ã‰loÃ¯se",), ("Zo\ufffd",)]


def test_a_workbook_is_imported_like_a_csv_and_its_rejects_are_one(account: Account) -> None:
    declared(account, "sheet: Liste", "mapping: {Perle: interests}")
    book = xlsx(
        Lisez=[["Bonjour"]],
        Liste=[["Email", "Nom", "Panier moyen", "Perle"], ["a@b.fr", "A;B", 12.5, "X"], ["nobody", "C", 3, None]],
    )
    result = account.load(book, "clients.xlsx")
    assert (result.status, result.counts.inserted, result.counts.rejected) == ("imported", 1, 1)
    assert account.contacts("email", "last_name", "basket", "interests") == [("a@b.fr", "A;B", 12.5, ["Perle"])]
    assert (rules(result), result.problems["line"].to_list()) == (["invalid_key"], [3])
    assert result.rejects_file is not None
    assert result.rejects_file.suffix == ".csv"
    fixed = result.rejects_file.read_text(encoding="utf-8").replace("nobody", "c@d.fr")
    assert account.load(fixed, "clients-fixed.csv").counts.inserted == 1


@pytest.mark.parametrize("decimal", ['","', '"."'])
def test_numbers_of_a_workbook_are_numbers_whatever_the_model_says_of_signs(account: Account, decimal: str) -> None:
    declared(account, f"decimal: {decimal}", "dates: mdy")
    book = xlsx(
        F=[["Email", "Panier moyen", "Date de naissance"], ["a@b.fr", 0.125, date(1984, 3, 4)], ["b@b.fr", 1234.5]]
    )
    assert account.load(book, "clients.xlsx").status == "imported"
    assert account.contacts("basket", "birth_date") == [(0.125, date(1984, 3, 4)), (1234.5, None)]


def test_a_workbook_in_the_inbox_is_archived_or_refused_as_it_came(account: Account) -> None:
    declared(account)
    good = xlsx(F=[["Email"], ["a@b.fr"]])
    for name, data, room in (("clients.xlsx", good, "archive"), ("clients-2.xlsx", good[:-9], "refused")):
        path = account.layout.inbox / "clients" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        result = account.take(path)
        assert room in result.file.parts
        assert result.file.read_bytes() == data
        assert not path.exists()
    assert rules(result) == ["unreadable"]
    assert (result.status, result.mended_file) == ("refused", None)
    assert result.report is not None
    assert "damaged" in result.report.read_text(encoding="utf-8")


def test_the_one_file_of_an_archive_is_imported_and_mended_as_that_file(account: Account) -> None:
    declared(account)
    packed = zipped({"export.txt": "Email\tPrénom\na@b.fr\tNoël\nb@b.fr\tZoé\nc@b.fr\tÉlodie\n".encode("cp1252")})
    refused = account.load(packed, "clients.zip")
    assert (refused.status, rules(refused)) == ("refused", ["encoding"])
    assert refused.mended_file is not None
    assert refused.mended_file.name == "clients.mended.txt"
    good = zipped({"export.txt": "Email\tPrénom\na@b.fr\tNoël\nnobody\tZoé\n"})
    result = account.load(good, "clients-2.zip")
    assert (result.counts.inserted, result.counts.rejected) == (1, 1)
    assert result.rejects_file is not None
    assert result.rejects_file.name == "clients-2.rejects.txt"
    assert account.load(good, "clients-2.zip").status == "skipped"


@pytest.mark.parametrize(
    ("data", "rule", "said"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"Workbook", "kind", "old Office file"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "kind", "password"),
        (zipped({"a.csv": "x", "b.csv": "y"}), "kind", "holds 2 files"),
        (b"<html><table><tr><td>Email</td></tr></table></html>", "kind", "web page"),
        (xlsx(Autre=[["Email"]]), "unreadable", "no sheet 'Liste'"),
    ],
    ids=["old", "locked", "archive", "web page", "sheet"],
)  # fmt: skip
def test_what_is_no_contact_file_is_refused_with_what_to_do(
    account: Account, data: bytes, rule: str, said: str
) -> None:
    declared(account, "sheet: Liste")
    result = account.load(data, "clients.xlsx")
    assert (result.status, rules(result)) == ("refused", [rule])
    assert said in result.problems["message"][0]


def test_an_empty_first_sheet_names_the_others(account: Account) -> None:
    declared(account)
    result = account.load(xlsx(Feuil1=[], Liste=[["Email"], ["a@b.fr"]]), "clients.xlsx")
    assert rules(result) == ["rows"]
    assert "also has 'Liste': say `sheet`" in result.problems["message"][0]


def test_a_model_for_workbooks_is_checked(account: Account) -> None:
    declared(account, "sheet: 2026")
    (problem,) = check(account.layout.assets)
    assert "sheet" in problem.message
    declared(account, "trailing_separators: keep")
    (problem,) = check(account.layout.assets)
    assert "trailing_separators" in problem.message


def test_the_report_names_the_dialect_that_was_read() -> None:
    profile, _ = profile_bytes(b'"a", "b"\n"1", "x \\"y\\""\n', name="a.csv", separator=",", max_bytes=1 << 20)
    assert profile.described["Separator"] == 'comma (quotes written \\", blanks around quoted cells)'
