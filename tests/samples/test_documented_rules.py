"""docs/imports.md lists every rule: its severity, its exact message for a file that breaks it, and the test that proves it.

docs/fr/imports.md has the same messages as an operator of a French base reads them (I18N-1).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from expectations import columns, file, rows
from expectations.judge import Judge
from pipelines.imports.intake import ImportRequest
from pipelines.language import LOCALES, Locale, speaking
from pipelines.layout import ROOT, Layout
from pipelines.workspace import Workspace
from tests.conftest import DECLARATIONS, Account
from tests.workbooks import xlsx

PAGE = (ROOT / "docs" / "imports.md").read_text(encoding="utf-8")
FRENCH_PAGE = (ROOT / "docs" / "fr" / "imports.md").read_text(encoding="utf-8")
SAMPLES = ROOT / "data" / "samples"
ROW = re.compile(r"^\| `(?P<rule>\w+)` \| (?P<severity>\w+) \| (?P<cells>.*) \| `(?P<test>tests/[^`]+)` \|$")


@dataclass(frozen=True)
class Documented:
    """One row of the page's tables of rules."""

    rule: str
    severity: str
    message: str
    test: str


def documented(page: str) -> Iterator[Documented]:
    for line in page.splitlines():
        if found := ROW.match(line):
            message = found["cells"].rsplit(" | ", 1)[-1]
            yield Documented(found["rule"], found["severity"], message, found["test"])


TABLE = list(documented(PAGE))
FRENCH_TABLE = list(documented(FRENCH_PAGE))
MODEL = "---\ntype: pipelines.components.ImportModel\nattributes:\n  name: {name}\n  file: '*.csv'\n  {more}\n"
NEWSLETTER = "mapping: {Email: email, Prénom: first_name}"
BOOK = xlsx(**{"Lisez-moi": [["Bonjour"]], "Contacts": [["Email", "Nom"], ["a@exemple.fr", ValueError("#N/A")]]})
CASES: dict[str, tuple[str, str, str | bytes]] = {
    # name: what the model says, the file's name, its content
    "size": ("", "size.csv", ""),
    "columns": ("", "columns.csv", ";".join(f"c{n}" for n in range(4097)) + "\na\n"),
    "key_column": ("", "key.csv", "Prénom;Nom\nAnne;Durand\n"),
    "refuse_file": ("on_error: refuse_file", "all.csv", "Email;Nom\na@exemple.fr;Durand\npas-d-adresse;Aubert\n"),
    "renamed": (NEWSLETTER, "renamed.csv", "Mail;Prénom client;Nom\na@exemple.fr;Anne;Durand\n"),
    "short_line": ("short_lines: reject_row", "short.csv", "Email;Nom\na@exemple.fr;Durand\nb@exemple.fr\n"),
    "stray_separator": ("stray_separators: reject_row", "stray.csv", 'Email;Nom\na@exemple.fr;"Durand,"\n'),
    "stray_separators": ("", "strays.csv", 'Email;Nom\na@exemple.fr;"Durand,"\n'),
    "file_name": ("", "Salon Été.csv", "Email\na@exemple.fr\n"),
    "one_column": ("separator: ';'\n  missing_columns: warn", "one.csv", "Email,Prénom,Portable\na@exemple.fr,Anne,\n"),
    "missing_columns": (
        f'{NEWSLETTER}\n  missing_columns: warn\n  constants: {{opt_in_email: "yes"}}',
        "missing.csv",
        "Email;Nom;Opt-In Email;Couleur;Identifiant;Perle\na@exemple.fr;Durand;Oui;rouge;7;X\n",
    ),
    "refusal_column": ('constants: {opt_in_email: "yes"}', "refusals.csv", "Email;Unsubscribed\na@exemple.fr;true\n"),
    "taken_value": ("", "taken.csv", "Email;N° client\na@exemple.fr;C1\nb@exemple.fr;C1\n"),
    "not_crosses": ("mapping: {Goûts: tastes}", "tastes.csv", 'Email;Goûts\na@exemple.fr;"Thé, Café"\n'),
    "cell_skipped": ("unreadable: skip", "skip.csv", "Email;Date de naissance\na@exemple.fr;31/02/1985\n"),
    "date_order": (
        "",
        "days.csv",
        "Email;Date de naissance\na@exemple.fr;03/04/2024\nb@exemple.fr;03/25/2024\nc@exemple.fr;45123\nd@exemple.fr;demain\n",
    ),
    "decimal_sign": (
        "",
        "baskets.csv",
        "Email;Panier moyen\na@exemple.fr;1,240\nb@exemple.fr;1,240.50\nc@exemple.fr;1234567890123456789\n",
    ),
    "landline": ("", "landline.csv", "Email;Portable\na@exemple.fr;01 40 00 00 00\n"),
    "value_added": ("", "added.csv", "Email;Étape\na@exemple.fr;Trois\n"),
    "ambiguous_column": ("", "ambiguous.csv", "Email;Oui\na@exemple.fr;X\n"),
    "kind": ("", "old.csv", bytes.fromhex("d0cf11e0a1b11ae1") + b"Workbook"),
    "unreadable": ("", "damaged.csv", BOOK[:-40]),
    "sheet": ("sheet: Contact", "sheet.csv", BOOK),
    "error_cells": ("sheet: Contacts", "errors.csv", BOOK),
    "quotes": ("", "quotes.csv", 'Email;Nom\na@exemple.fr;"Le \\"Grand\\""\nb@exemple.fr;"C:\\"\n'),
    "repeated_headers": ("", "pasted.csv", "Email;Nom\na@exemple.fr;A\nEmail;Nom\nb@exemple.fr;B\n"),
    "mojibake": ("", "mojibake.csv", "Email;Prénom\na@exemple.fr;Ã‰loÃ¯se\n"),
}
MORE_FIELDS = {
    "not_crosses": "    - {name: tastes, label: Envies, format: multi_select, values: [Eau], unknown_values: add}\n",
    "ambiguous_column": "    - {name: loyal, label: Oui, format: multi_select, values: [Oui, Jamais]}\n",
    "taken_value": "    - {name: customer_id, label: N° client, format: text, unique: true}\n",
    "value_added": "    - {name: step, label: Étape, format: single_select, values: [Un, Deux], unknown_values: add}\n",
}


Told = tuple[str, str, str, int | None]
"""Rule, severity, message and line."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, judge: Judge) -> dict[Locale, list[Told]]:
    """Whatever the samples and the cases are told, in both languages: in one order."""
    found: dict[Locale, list[Told]] = {}
    for locale in LOCALES:
        with speaking(locale):
            found[locale] = answered(tmp_path_factory, judge)
    return found


def answered(folders: pytest.TempPathFactory, judge: Judge) -> list[Told]:
    workspace = Workspace.open("tests", Layout(folders.mktemp("samples"), ROOT / "assets"))
    workspace.__dict__["judge"] = judge
    found: list[Told] = []
    for path in [SAMPLES / "newsletter-2026-11.csv", *sorted((SAMPLES / "refused").iterdir())]:
        found += told(workspace.take(ImportRequest(str(path), "newsletter")))
    found += told(workspace.take(ImportRequest(str(SAMPLES / "crm-2026-11.txt"), "crm")))
    for name in CASES:
        found += case(name, Account(folders.mktemp(name), judge))
    for others in (unchecked, skipped_refusal, erased_person, kept_consent):
        found += others(Account(folders.mktemp("account"), judge))
    return found


def told(result) -> list[Told]:
    return result.problems.select("rule", "severity", "message", "line").rows()


def places(row: Documented, answers: list[Told]) -> list[int]:
    """Where what a row of the page says is among the answers, with its line before it or without."""
    found = enumerate(answers)
    return [
        place
        for place, (rule, severity, message, line) in found
        if (rule, severity) == (row.rule, row.severity) and row.message in (message, f"line {line}: {message}")
    ]


def case(name: str, account: Account) -> list[Told]:
    more, file_name, content = CASES[name]
    base = DECLARATIONS.split("---")[0] + MORE_FIELDS.get(name, "")
    account.declare(base + MODEL.format(name="clients", more=more))
    if name == "size":
        content = "Email;Nom\n" + "a@exemple.fr;x\n" * 1_200_000
        content = content[:16_777_217]
    return told(account.load(content, file_name))


def unchecked(account: Account) -> list[Told]:
    """What declarations that were checked cannot lead to: the model is changed behind their back."""
    account.declare(DECLARATIONS)
    workspace, path = account.workspace, account.write("Email;Rubis\na@exemple.fr;X\n")
    found: list[Told] = []
    for wrong in ({"mapping": {"Rubis": "interests"}}, {"constants": {"birth_date": "demain"}}):
        declarations = replace(
            workspace.declarations, models=tuple(replace(model, **wrong) for model in workspace.declarations.models)
        )
        wrongly = replace(workspace, declarations=declarations)
        wrongly.__dict__["judge"] = account.judge
        found += told(wrongly.take(ImportRequest(str(path), "clients")))
    return found


def skipped_refusal(account: Account) -> list[Told]:
    account.declare(DECLARATIONS.split("---")[0] + MODEL.format(name="clients", more="action: insert"))
    account.load("Email;Opt-In Email\na@exemple.fr;Oui\n", "clients-1.csv")
    return told(account.load("Email;Opt-In Email\na@exemple.fr;Non\n", "clients-2.csv"))


def kept_consent(account: Account) -> list[Told]:
    account.declare(DECLARATIONS)
    known = "Email;Opt-In Email\na@exemple.fr;Non\nb@exemple.fr;En Liste Repoussoir du compte\n"
    account.load(known, "clients-1.csv")
    return told(account.load("Email;Opt-In Email\na@exemple.fr;Oui\nb@exemple.fr;Oui\n", "clients-2.csv"))


def erased_person(account: Account) -> list[Told]:
    account.declare(DECLARATIONS)
    header, number = "Email;Mobile\n", "0612345678"
    account.load(f"{header}gone@exemple.fr;{number}\n", "clients-1.csv")
    account.workspace.erase_contact("gone@exemple.fr")
    return told(account.load(f"{header}gone@exemple.fr;\nb@exemple.fr;{number}\n", "clients-2.csv"))


@pytest.mark.parametrize("row", TABLE, ids=[f"{row.rule}-{number}" for number, row in enumerate(TABLE)])
def test_the_rule_says_what_the_page_says(row: Documented, answers: dict[Locale, list[Told]]) -> None:
    nearest = sorted(
        message for rule, severity, message, _ in answers["en"] if (rule, severity) == (row.rule, row.severity)
    )
    assert nearest
    assert places(row, answers["en"]), nearest


def test_both_pages_list_the_same_rules(answers: dict[Locale, list[Told]]) -> None:
    assert [each[0] for each in answers["fr"]] == [each[0] for each in answers["en"]]
    assert [(row.rule, row.test) for row in FRENCH_TABLE] == [(row.rule, row.test) for row in TABLE]


@pytest.mark.parametrize(
    ("row", "french"),
    list(zip(TABLE, FRENCH_TABLE, strict=False)),
    ids=[f"{row.rule}-{number}" for number, row in enumerate(TABLE)],
)
def test_the_french_page_says_it_in_french(
    row: Documented, french: Documented, answers: dict[Locale, list[Told]]
) -> None:
    told = [answers["fr"][place] for place in places(row, answers["en"])]
    said = {
        message for _, _, message, line in told for message in (message, f"ligne {line}\N{NO-BREAK SPACE}: {message}")
    }
    assert french.message in said


@pytest.mark.parametrize("test", sorted({row.test for row in TABLE}))
def test_the_test_that_proves_it_is_there(test: str) -> None:
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert name in functions
    assert name.startswith("test_")


def all_rules() -> set[str]:
    """Those of the suites, and those that a step of an import finds by itself, by their names in its source."""
    suites = (*file.rules({"max_bytes": 1, "max_columns": 1}), *rows.rules({}), *columns.rules({}))
    rejections = rows.rejection_rules({"max_rejected": 0.1, "on_error": "refuse_file"})
    return {rule.name for rule in (*suites, *rejections)} | found_by_steps()


def found_by_steps() -> set[str]:
    rooms = [ROOT / "pipelines" / room for room in ("files", "imports", "imports/contacts")]
    sources = [path.read_text(encoding="utf-8") for room in rooms for path in room.glob("*.py")]
    named = r'(?:\bProblem\(|\bcell_problems\(|work\.tell\([^"]*?)\s*"(\w+)", *\s*"(?:critical|error|warning)"'
    shown = r'pl\.lit\("(\w+)"\)\.alias\("rule"\)'
    chosen = r'\("(\w+)", "(?:critical|error|warning)"\)'
    return {name for text in sources for pattern in (named, shown, chosen) for name in re.findall(pattern, text)}


def test_every_rule_has_a_row() -> None:
    assert {"duplicate", "consent_kept", "value_skipped", "malformed_address", "key_column"} <= found_by_steps()
    assert all_rules() == {row.rule for row in TABLE}


def test_every_row_of_the_tables_is_judged_here() -> None:
    sections = re.findall(
        r"^## (?:What refuses a file|What rejects a row|Warnings)\n.*?(?=^## |^### |\Z)", PAGE, re.M | re.S
    )
    lines = [line for section in sections for line in section.splitlines() if line.startswith("| `")]
    assert (len(sections), len(lines)) == (3, len(TABLE))
