"""Structure drift: a file whose columns changed since its model was written (IMP-4)."""

from __future__ import annotations

import pytest

from tests.conftest import DECLARATIONS, Account

MODEL = """\
---
type: pipelines.components.ImportModel
attributes:
  name: shop
  file: "shop*.csv"
  mapping: {Email: email, Prénom: first_name, Perle: interests}
  missing_columns: %s
"""
DRIFTED = "Mail;Prénom client;Nom;Couleur\na@ex.fr;Anne;Martin;rouge\n"
SAID = (
    "The file lacks 3 columns that the model maps. Expected: 'Email', 'Prénom', 'Perle'. "
    "Found: 'Mail', 'Prénom client', 'Nom', 'Couleur'. "
    "Likely 'Email' is now 'Mail' and 'Prénom' is now 'Prénom client'. "
)


def drifted(account: Account, missing_columns: str) -> Account:
    account.declare(DECLARATIONS + MODEL % missing_columns)
    return account


def test_a_drifted_file_is_refused_in_one_message_and_its_report_has_it(account: Account) -> None:
    refused = drifted(account, "refuse").load(DRIFTED, name="shop.csv", model="shop")
    assert refused.status == "refused"
    [said] = [problem for problem in refused.as_json()["problems"] if problem["rule"] == "missing_columns"]
    assert (said["severity"], said["line"], said["message"].startswith(SAID)) == ("critical", 1, True)
    assert refused.report is not None
    assert SAID in refused.report.read_text(encoding="utf-8")
    assert account.contacts() == []


def test_it_is_imported_with_warnings_where_the_model_says_so(account: Account) -> None:
    taken = drifted(account, "warn").load(DRIFTED, name="shop.csv", model="shop")
    assert (taken.status, taken.counts.inserted) == ("imported", 1)
    warned = {(p["rule"], p["column"]): p["message"] for p in taken.as_json()["problems"] if p["severity"] == "warning"}
    assert warned["missing_columns", None].startswith(SAID)
    assert set(warned) == {
        ("missing_columns", None),
        ("unmapped_column", "Prénom client"),
        ("unmapped_column", "Couleur"),
    }
    assert account.contacts("email", "first_name", "last_name") == [("a@ex.fr", None, "Martin")]


def test_a_file_without_the_key_is_refused_though_the_model_only_warns(account: Account) -> None:
    refused = drifted(account, "warn").load("Courriel;Prénom;Perle\na@ex.fr;Anne;X\n", name="shop.csv", model="shop")
    assert refused.status == "refused"
    assert {problem["rule"] for problem in refused.as_json()["problems"]} >= {"missing_columns", "key_column"}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        pytest.param("Perle;Prénom;Email", "X;Anne;a@ex.fr", id="another order"),
        pytest.param("Email;Nouveau;Prénom;Perle", "a@ex.fr;?;Anne;X", id="one column more"),
        pytest.param("EMAIL; prenom ;Centre d'intérêt : Perle", "a@ex.fr;Anne;X", id="other cases and forms"),
    ],
)
def test_what_is_no_drift(account: Account, header: str, row: str) -> None:
    taken = drifted(account, "refuse").load(f"{header}\n{row}\n", name="shop.csv", model="shop")
    assert taken.status == "imported"
    assert account.contacts("email", "first_name", "interests") == [("a@ex.fr", "Anne", ["Perle"])]


def test_a_header_of_another_field_is_not_taken_for_the_missing_one(account: Account) -> None:
    refused = drifted(account, "refuse").load("Email;Nom;Perle\na@ex.fr;Martin;X\n", name="shop.csv", model="shop")
    [said] = [problem["message"] for problem in refused.as_json()["problems"] if problem["rule"] == "missing_columns"]
    assert "Expected: 'Prénom'. Found: 'Email', 'Nom', 'Perle'." in said
    assert "Likely" not in said
