"""Who speaks which language (I18N-1): a terminal's own one, else the base's; reports, mails and refusals as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from pipelines.cli.main import run
from pipelines.delivery.notices import one_mail
from pipelines.files.problems import Problem, problems_frame
from pipelines.imports.masking import masked_problems
from pipelines.imports.notices import refusal
from pipelines.imports.results import ImportResult
from pipelines.language import say, speak, speaking
from pipelines.speaking import speak_with_the_operator
from tests.conftest import DECLARATIONS, Account

NBSP = "\u00a0"
ENGLISH = DECLARATIONS.replace("attributes:\n", "attributes:\n  locale: en\n", 1)
BAD = "Email;Nom;Nom\na@exemple.fr;A;B\n"
ODD = "Email;Date de naissance\na@exemple.fr;31/02/1985\npas-d-adresse;01/01/1990\n"


@pytest.fixture
def operator(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account whose operator's terminal has no language of its own."""
    monkeypatch.delenv("CARNET_LANG")
    monkeypatch.setenv("CARNET_DATA", str(account.layout.data))
    monkeypatch.setenv("CARNET_ASSETS", str(account.layout.assets))
    speak_with_the_operator()
    yield account
    speak(lambda: "en")


def messages(result: ImportResult) -> list[str]:
    return result.problems["message"].to_list()


def test_a_french_base_speaks_french(operator: Account) -> None:
    result = operator.load(BAD)
    [said] = messages(result)
    assert said == f"Plusieurs colonnes s'appellent «{NBSP}Nom{NBSP}». Donnez à chacune son nom, ou n'en gardez qu'une."
    assert result.report is not None
    report = result.report.read_text(encoding="utf-8")
    assert f"clients.csv{NBSP}: refusé. Rien n'a été importé{NBSP}; la base est inchangée." in report
    assert f"Motifs du refus (1)\n- ligne 1, « Nom »{NBSP}: Plusieurs colonnes" in report
    assert "  Séparateur point-virgule\n" in report


def test_an_english_base_speaks_english(operator: Account) -> None:
    operator.declare(ENGLISH)
    speak_with_the_operator()
    assert messages(operator.load(BAD)) == [
        "Several columns are headed 'Nom'. Give each its own name, or remove all but one."
    ]


def test_rows_are_told_in_french(operator: Account) -> None:
    result = operator.load(ODD)
    assert messages(result) == [
        "L'adresse e-mail n'a pas de @.",
        f"Cette date n'existe pas{NBSP}: écrivez-la AAAA-MM-JJ ou JJ/MM/AAAA.",
    ]
    assert result.report is not None
    report = result.report.read_text(encoding="utf-8")
    assert re.search(r"^  rejetées +2$", report, re.M)
    assert f"Lignes rejetées (2)\n- ligne 2, « Date de naissance »{NBSP}: Cette date" in report


def test_a_mail_is_in_french(operator: Account) -> None:
    subject, body = one_mail([refusal(operator.load(BAD), ("crm@exemple.fr",))])
    assert subject == f"Carnet{NBSP}: clients.csv a été refusé"
    assert (
        "Le fichier clients.csv a été refusé par le modèle d'import clients (import 1). La base est inchangée." in body
    )
    assert f"- headers, ligne 1{NBSP}: Plusieurs colonnes s'appellent" in body
    assert f"Rapport{NBSP}: " in body


def test_a_terminal_has_its_own_language(
    operator: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = operator.folder / "nowhere.csv"
    said: list[str] = []
    for language in (None, "en"):
        if language is not None:
            monkeypatch.setenv("CARNET_LANG", language)
        assert run(["import", str(nowhere), "--model", "clients"]) == 2
        said.append(capsys.readouterr().err)
    assert f"Le fichier {nowhere} n'existe pas.\nVérifiez son nom et son dossier." in said[0]
    assert f"There is no file {nowhere}.\nCheck its name and folder." in said[1]


def test_a_language_that_carnet_does_not_speak_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARNET_LANG", "de")
    assert run(["--help"]) == 2
    assert "does not speak 'de'" in capsys.readouterr().err


def test_names_that_may_be_a_person_s_are_masked_in_either_language() -> None:
    """SEC-4: a message names a column in quotes, and each language has its own."""
    name = "Jean d'Arc"
    with speaking("fr"):
        french = say(
            "Several columns are headed {header!r}. Give each its own name, or remove all but one.", header=name
        )
    english = say("Several columns are headed {header!r}. Give each its own name, or remove all but one.", header=name)
    problems = problems_frame([Problem("headers", "critical", each, 1, name) for each in (french, english)])
    masked = masked_problems(problems, (name,))
    assert not masked.select(pl.concat_str("message", "column").str.contains("Arc").any()).item()


def test_no_value_of_a_person_stands_in_a_french_mail(operator: Account) -> None:
    """SEC-4, as in English: a file without a header has its first contact for one."""
    path = Path("jeanne@exemple.fr;0612345678;jeanne@exemple.fr\n")
    result = operator.load(f"{path}\nb@exemple.fr;0612345679;c\n")
    _, body = one_mail([refusal(result, ("crm@exemple.fr",))])
    assert "jeanne@" not in body
    assert "0612345678" not in body
