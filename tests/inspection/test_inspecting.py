"""What an inspection says of files as people have them, and that its model imports them."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.declared import check, declared
from pipelines.errors import UsageError
from pipelines.files.kinds import kind_of
from pipelines.inspection.inspecting import inspect_files
from pipelines.inspection.proposing import quoted, scalar
from pipelines.layout import ROOT
from tests.conftest import DECLARATIONS, Account

SMALL = DECLARATIONS.replace("attributes:\n", "attributes:\n  max_file_bytes: 2000\n", 1)
GUESTS = "Courriel;Téléphone portable;Prénom;Ville;Perle;Diamant;Escalade;Voile\n" + "".join(
    f"invite{n}@exemple.fr;06 12 34 56 {n:02d};Zoé;{'Nîmes' if n % 2 else 'Évry'};{'X' * (n % 3 > 0)};x;{'X' * (n % 2)};X\n"
    for n in range(20)
)


def inspected(account: Account, *paths: Path) -> list[dict[str, Any]]:
    declarations = declared(account.layout.assets)
    return [answer.as_json() for answer in inspect_files(paths, declarations, account.judge)]


def answer_of(account: Account, content: str | bytes, name: str = "guests.csv") -> dict[str, Any]:
    return inspected(account, account.write(content, name))[0]


def rules(answer: dict[str, Any]) -> list[str]:
    return [problem["rule"] for problem in answer["problems"]]


def columns(answer: dict[str, Any]) -> dict[str, tuple[str | None, str | None, str | None]]:
    return {each["header"]: (each["format"], each["field"], each["value"]) for each in answer["columns"]}


def test_columns_are_known_by_name_by_likeness_and_by_their_cells(account: Account) -> None:
    answer = answer_of(account, GUESTS)
    assert (answer["encoding"], answer["separator"], answer["rows"], answer["header_line"]) == ("utf-8", ";", 20, 1)
    assert rules(answer) == []
    assert columns(answer) == {
        "Courriel": ("text", "email", None),
        "Téléphone portable": ("text", "mobile", None),
        "Prénom": ("text", "first_name", None),
        "Ville": ("single_select", None, None),
        "Perle": ("multi_select", "interests", "Perle"),
        "Diamant": ("multi_select", "interests", "Diamant"),
        "Escalade": ("multi_select", None, None),
        "Voile": ("multi_select", None, None),
    }
    assert answer["sample"][0]["Courriel"] == "invite0@exemple.fr"
    assert len(answer["sample"]) == 5


def test_fields_are_proposed_for_what_no_field_takes(account: Account) -> None:
    answer = answer_of(account, GUESTS)
    assert [(field["name"], field["format"], field["values"]) for field in answer["fields"]] == [
        ("ville", "single_select", ("Évry", "Nîmes")),
        ("escalade_voile", "multi_select", ("Escalade", "Voile")),
    ]


def test_crosses_headed_by_their_field_and_value_are_one_list(account: Account) -> None:
    header = "Email;Sports : Voile;Sports : Judo;Arts : Piano"
    answer = answer_of(account, header + "\n" + "\n".join(f"a{n}@b.fr;X;;x" for n in range(6)))
    assert [(field["label"], field["values"]) for field in answer["fields"]] == [
        ("Sports", ("Voile",)),
        ("Arts", ("Piano",)),
    ]
    filled = answer_of(account, header + "\n" + "\n".join(f"a{n}@b.fr;X;x;x" for n in range(6)))
    assert [(field["label"], field["values"]) for field in filled["fields"]] == [
        ("Sports", ("Voile", "Judo")),
        ("Arts", ("Piano",)),
    ]


def test_the_proposed_model_is_accepted_and_imports_the_file(account: Account) -> None:
    path = account.write(GUESTS, "guests-2026-11.csv")
    (answer,) = inspected(account, path)
    account.declare(DECLARATIONS + "---\n" + answer["model"])
    assert check(account.layout.assets) == ()
    result = account.take(path, "guests")
    assert (result.status, result.counts.inserted, result.counts.rejected) == ("imported", 20, 0)
    assert result.problems.height == 0


def test_the_proposed_fields_are_accepted_once_pasted(account: Account) -> None:
    path = account.write(GUESTS, "guests.csv")
    (answer,) = inspected(account, path)
    fields = [line.removeprefix("# ") for line in answer["model"].splitlines() if line.startswith("#   - ")]
    assert len(fields) == 2
    documents = DECLARATIONS.replace("  fields:\n", "  fields:\n" + "".join(f"  {line}\n" for line in fields), 1)
    account.declare(documents)
    (again,) = inspected(account, path)
    assert again["fields"] == []
    assert columns(again)["Voile"] == ("multi_select", "escalade_voile", "Voile")
    account.declare(documents + "---\n" + again["model"])
    assert account.take(path, "guests").counts.inserted == 20


def test_proposed_fields_that_yaml_would_misread_are_quoted(account: Account) -> None:
    """`name: yes` is a boolean to YAML, and refused by `carnet check`."""
    headers = ("yes", "no", "null", "on", "off", "true", "y", "1e3", "select")
    answer = answer_of(account, ";".join(("Email", *headers)) + "\na@ex.fr" + ";du texte" * len(headers) + "\n")
    fields = [line.removeprefix("# ") for line in answer["model"].splitlines() if line.startswith("#   - ")]
    documents = DECLARATIONS.replace("  fields:\n", "  fields:\n" + "".join(f"  {line}\n" for line in fields), 1)
    account.declare(f"{documents}---\n{answer['model']}")
    assert check(account.layout.assets) == ()
    named = [field.name for field in declared(account.layout.assets).base.declared_fields[: len(headers)]]
    assert named == ["yes", "no", "null", "on", "off", "true", "y", "e3", "select"]


@pytest.mark.parametrize(
    ("file", "name", "pattern"),
    [
        ("2026-11-01.csv", "contacts", "????-??-??.csv"),
        ("20261101.csv", "contacts", "[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9].csv"),
        ("7.csv", "contacts", "[0-9].csv"),
        ("salon-2026-11.csv", "salon", "salon-*.csv"),
        ("2026-11 salon.csv", "salon", "* salon.csv"),
    ],
)
def test_the_proposed_model_takes_files_like_this_one_and_no_others(
    account: Account, file: str, name: str, pattern: str
) -> None:
    model = yaml.safe_load(answer_of(account, "Email\na@ex.fr\n", file)["model"])["attributes"]
    assert (model["name"], model["file"]) == (name, pattern)
    assert fnmatch(file, pattern)
    assert not fnmatch("contacts.csv", pattern)


def test_a_file_without_a_header_gets_one_and_a_model_for_it(account: Account) -> None:
    body = GUESTS.partition("\n")[2]
    answer = answer_of(account, body, "list.csv")
    assert (answer["header"], answer["header_line"], answer["rows"]) == ([], None, 20)
    (problem,) = answer["problems"]
    assert (problem["rule"], problem["severity"], problem["line"]) == ("no_header", "critical", 1)
    header = problem["message"].rpartition(": ")[2]
    assert header.startswith("Adresse Email;Mobile (pour SMS);Colonne 3;")
    account.declare(DECLARATIONS + "---\n" + answer["model"])
    assert account.load(f"{header}\n{body}", "list.csv", model="list").counts.inserted == 20


def test_title_lines_are_told_with_the_header_below_and_lines_are_the_file_s_own(account: Account) -> None:
    content = "Base du salon\n\nédité le 12/03/2026\nEmail;Prénom;Nom\na@b.fr;Zoé;X\nc@d.fr;Léa\n\ne@f.fr;;;;\n"
    answer = answer_of(account, content)
    assert (answer["header"], answer["header_line"], answer["rows"]) == (["Email", "Prénom", "Nom"], 4, 3)
    assert {problem["rule"]: problem["line"] for problem in answer["problems"]} == {
        "title_lines": 1,
        "trailing_separators": 8,
        "short_lines": 6,
        "blank_lines": 7,
    }


@pytest.mark.parametrize("sample", sorted(path.name for path in (ROOT / "data/samples/refused").iterdir()))
def test_the_file_rules_say_what_an_import_says(account: Account, sample: str) -> None:
    content = (ROOT / "data/samples/refused" / sample).read_bytes()
    (answer,) = inspected(account, account.write(content, sample))
    separator = answer["separator"]
    account.declare(f"{DECLARATIONS}---\ntype: pipelines.components.ImportModel\n"
                    f"attributes: {{name: same, file: '*', separator: '{separator}'}}\n")  # fmt: skip
    imported = account.take(account.folder / sample, "same")
    file_rules = {verdict.rule for verdict in imported.verdicts["file"]}
    assert [problem for problem in answer["problems"] if problem["rule"] in file_rules] == [
        problem for problem in imported.listed_problems() if problem["rule"] in file_rules
    ]


def test_a_key_that_no_column_gives_is_told(account: Account) -> None:
    answer = answer_of(account, "Prénom;Nom\nZoé;Lefèvre\nLéa;Durand\n")
    assert [(each["rule"], each["severity"]) for each in answer["problems"]] == [("key_column", "critical")]


def test_of_two_columns_for_one_field_the_fuller_one_is_taken(account: Account) -> None:
    answer = answer_of(account, "E-mail;Mail\n;a@b.fr\n;c@d.fr\ne@f.fr;g@h.fr\n")
    assert columns(answer) == {"E-mail": ("text", None, None), "Mail": ("text", "email", None)}
    assert "two_columns" not in rules(answer)
    assert "'Mail' is it" in answer["columns"][0]["note"]


def test_codes_are_no_numbers(account: Account) -> None:
    rows = "".join(f"a{n}@b.fr;0{n}400;{n * 7};{n},50;0{n % 2}/02/2020\n" for n in range(1, 9))
    formats = columns(answer_of(account, f"Email;CP;Points;Prix;Vu\n{rows.replace('00/02', '03/02')}"))
    assert {header: found[0] for header, found in formats.items()} == {
        "Email": "text", "CP": "text", "Points": "number", "Prix": "number", "Vu": "date",
    }  # fmt: skip


def test_a_file_that_is_too_large_is_told_by_its_beginning(account: Account) -> None:
    account.declare(SMALL)
    answer = answer_of(account, "Email;Prénom\n" + "a@b.fr;Zoé\n" * 1000)
    assert (answer["rows"], answer["header"], rules(answer)) == (None, ["Email", "Prénom"], ["size"])
    assert answer["model"] is not None


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"BZh;Nom\na@b.fr;x\n", "text"),
        (b"PAR1;Nom\na@b.fr;x\n", "text"),
        (b"{x};Nom\n", "text"),
        (b"[Email];Nom\n", "text"),
        (b"BZh91AY&SY\x01\x02\x03", "bzip2"),
        (b'\xef\xbb\xbf {"a b": 1}', "json"),
    ],
    ids=["like bzip2", "like Parquet", "braces", "brackets", "bzip2", "JSON after a mark"],
)
def test_a_header_is_not_taken_for_a_signature(data: bytes, name: str) -> None:
    assert kind_of(data).name == name


def test_what_cannot_be_opened_is_told_and_the_others_answered(account: Account) -> None:
    good = account.write(GUESTS)
    os.mkfifo(account.folder / "pipe.csv")
    (account.folder / "loop.csv").symlink_to(account.folder / "loop.csv")
    paths = [account.folder / "absent.csv", account.folder, account.folder / "pipe.csv", good, good / "below.csv"]
    paths += [account.folder / "loop.csv", account.folder / ("x" * 300)]
    answers = list(inspect_files(paths, declared(account.layout.assets), account.judge))
    assert [isinstance(answer.error, UsageError) for answer in answers] == [True, True, True, False, True, True, True]
    assert [rules(answer.as_json()) for answer in answers] == [["file"]] * 3 + [[]] + [["file"]] * 3
    assert "is a folder" in answers[1].as_json()["problems"][0]["message"]


def test_a_name_that_is_no_text_is_shown(account: Account) -> None:
    path = Path(os.fsdecode(os.fsencode(account.folder) + b"/clients-\xe9t\xe9[1].csv"))
    path.write_bytes(GUESTS.encode())
    (answer,) = inspected(account, path)
    assert answer["file"].endswith("/clients-�t�[1].csv")
    account.declare(DECLARATIONS + "---\n" + answer["model"])
    assert check(account.layout.assets) == ()
    assert yaml.safe_load(answer["model"])["attributes"]["file"] == "clients-?t?[[]*].csv"


@pytest.mark.parametrize(
    "text",
    ["Prénom", "yes", "no", "null", "~", "1", "01000", "2026-01-01", "a: b", "- c", "#d", "e # f", "'g'", '"h"', "{i", "[j",
     "&k", "*l", "!m", "%n", "@o", "`p", "a\nb", "a\\b", "\x85", "\u2028", "\ufeff", "\x7f", "\U0001f600", "Oui", "on",
     "Né(e) le", "C. P.", "1e3", "0x1", "a:", ":", "a:b", "?", "k ", "trailing:"],
)  # fmt: skip
def test_scalars_are_read_back(text: str) -> None:
    for written in (scalar(text), quoted(text)):
        assert yaml.safe_load(f"{{{written}: 1}}") == {text: 1}
        assert yaml.safe_load(f"a: {written} # note") == {"a": text}


def test_the_page_shows_what_is_said(account: Account) -> None:
    page = (ROOT / "docs" / "inspect.md").read_text(encoding="utf-8")
    path = Path(__file__).parent / "cases" / "salon-2026-11.csv"
    (answer,) = inspect_files([path], declared(ROOT / "assets"), account.judge)
    assert answer.model is not None
    assert f"```yaml\n{answer.model}```" in page
    told = " ".join(page.split())
    assert [each for each in answer.as_json()["problems"] if each["message"] not in told] == []


def test_a_declaration_is_given_no_nul() -> None:
    assert (quoted("a\0b"), scalar("a\0b")) == ('"ab"', '"ab"')
