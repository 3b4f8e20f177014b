"""docs/imports.md lists every rule: its severity, its exact message for a file that breaks it, and the test that proves it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from expectations import file, rows
from expectations.judge import Judge
from pipelines.imports.intake import ImportRequest
from pipelines.layout import ROOT, Layout
from pipelines.workspace import Workspace
from tests.conftest import DECLARATIONS, Account

PAGE = (ROOT / "docs" / "imports.md").read_text(encoding="utf-8")
SAMPLES = ROOT / "data" / "samples"
ROW = re.compile(
    r"^\| `(?P<rule>\w+)` \| (?P<severity>critical|error|warning) \| (?P<cells>.*) \| `(?P<test>tests/[^`]+)` \|$"
)


@dataclass(frozen=True)
class Documented:
    """One row of the page's tables of rules."""

    rule: str
    severity: str
    message: str
    test: str


def documented() -> Iterator[Documented]:
    for line in PAGE.splitlines():
        if found := ROW.match(line):
            message = found["cells"].rsplit(" | ", 1)[-1]
            yield Documented(found["rule"], found["severity"], message, found["test"])


TABLE = list(documented())
MODEL = "---\ntype: pipelines.components.ImportModel\nattributes:\n  name: {name}\n  file: '*.csv'\n  {more}\n"
NEWSLETTER = "mapping: {Email: email, Prénom: first_name}"
CASES: dict[str, tuple[str, str, str]] = {
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
    "value_added": ("", "added.csv", "Email;Étape\na@exemple.fr;Trois\n"),
    "ambiguous_column": ("", "ambiguous.csv", "Email;Oui\na@exemple.fr;X\n"),
}
MORE_FIELDS = {
    "ambiguous_column": "    - {name: loyal, label: Oui, format: multi_select, values: [Oui, Jamais]}\n",
    "value_added": "    - {name: step, label: Étape, format: single_select, values: [Un, Deux], unknown_values: add}\n",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory, judge: Judge) -> set[tuple[str, str, str]]:
    """Rule, severity and message of whatever the samples and the cases are told, with its line before it and without."""
    found: set[tuple[str, str, str]] = set()
    workspace = Workspace.open("tests", Layout(tmp_path_factory.mktemp("samples"), ROOT / "assets"))
    workspace.__dict__["judge"] = judge
    for path in [SAMPLES / "newsletter-2026-11.csv", *sorted((SAMPLES / "refused").iterdir())]:
        found |= told(workspace.take(ImportRequest(str(path), "newsletter")))
    found |= told(workspace.take(ImportRequest(str(SAMPLES / "crm-2026-11.txt"), "crm")))
    for name in CASES:
        found |= case(name, Account(tmp_path_factory.mktemp(name), judge))
    found |= unchecked(Account(tmp_path_factory.mktemp("unchecked"), judge))
    return found | kept_consent(Account(tmp_path_factory.mktemp("consent"), judge))


def told(result) -> set[tuple[str, str, str]]:
    found = result.problems.select("rule", "severity", "message", "line").rows()
    texts = {(rule, severity, f"line {line}: {message}") for rule, severity, message, line in found if line}
    return texts | {row[:3] for row in found}


def case(name: str, account: Account) -> set[tuple[str, str, str]]:
    more, file_name, content = CASES[name]
    base = DECLARATIONS.split("---")[0] + MORE_FIELDS.get(name, "")
    account.declare(base + MODEL.format(name="clients", more=more))
    if name == "size":
        content = "Email;Nom\n" + "a@exemple.fr;x\n" * 1_200_000
        content = content[:16_777_217]
    return told(account.load(content, file_name))


def unchecked(account: Account) -> set[tuple[str, str, str]]:
    """What declarations that were checked cannot lead to: the model is changed behind their back."""
    account.declare(DECLARATIONS)
    workspace, path = account.workspace, account.write("Email;Rubis\na@exemple.fr;X\n")
    found: set[tuple[str, str, str]] = set()
    for wrong in ({"mapping": {"Rubis": "interests"}}, {"constants": {"birth_date": "demain"}}):
        declarations = replace(
            workspace.declarations, models=tuple(replace(model, **wrong) for model in workspace.declarations.models)
        )
        wrongly = replace(workspace, declarations=declarations)
        wrongly.__dict__["judge"] = account.judge
        found |= told(wrongly.take(ImportRequest(str(path), "clients")))
    return found


def kept_consent(account: Account) -> set[tuple[str, str, str]]:
    account.declare(DECLARATIONS)
    known = "Email;Opt-In Email\na@exemple.fr;Non\nb@exemple.fr;En Liste Repoussoir du compte\n"
    account.load(known, "clients-1.csv")
    return told(account.load("Email;Opt-In Email\na@exemple.fr;Oui\nb@exemple.fr;Oui\n", "clients-2.csv"))


@pytest.mark.parametrize("row", TABLE, ids=[f"{row.rule}-{number}" for number, row in enumerate(TABLE)])
def test_the_rule_says_what_the_page_says(row: Documented, said: set[tuple[str, str, str]]) -> None:
    nearest = sorted(message for rule, severity, message in said if (rule, severity) == (row.rule, row.severity))
    assert nearest
    assert row.message in nearest


@pytest.mark.parametrize("test", sorted({row.test for row in TABLE}))
def test_the_test_that_proves_it_is_there(test: str) -> None:
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert name in functions
    assert name.startswith("test_")


def all_rules() -> set[str]:
    """Those of the suites, and those that a step of an import finds by itself, by their names in its source."""
    suites = (*file.rules({"max_bytes": 1, "max_columns": 1}), *rows.rules({}))
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
