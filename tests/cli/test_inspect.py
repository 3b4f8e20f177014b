"""`carnet inspect` as people and programs call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from pipelines.cli.inspect import show, show_models
from pipelines.cli.main import run
from pipelines.declared import check, declared
from pipelines.inspection.inspecting import inspect_files
from tests.conftest import Account
from tests.inspection.corpus import corpus

TABLE = "Email;Prénom;Perle;Escalade\na@b.fr;Zoé;X;X\nc@d.fr;Léa;;X\n"


@pytest.fixture(autouse=True)
def _environment(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_DATA", str(account.layout.data))
    monkeypatch.setenv("CARNET_ASSETS", str(account.layout.assets))


def test_json_is_the_contract_s_and_nothing_else(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(account.write(TABLE, "one.csv")), str(account.write(b"%PDF-1.7\n", "two.pdf"))]
    assert run(["inspect", *paths, "--json"]) == 0
    one, two = json.loads(capsys.readouterr().out)
    assert (one["file"], one["encoding"], one["separator"]) == (paths[0], "utf-8", ";")
    assert (one["header"], one["rows"], one["problems"]) == (["Email", "Prénom", "Perle", "Escalade"], 2, [])
    assert one["sample"][1] == {"Email": "c@d.fr", "Prénom": "Léa", "Perle": None, "Escalade": "X"}
    (problem,) = two["problems"]
    assert (problem["rule"], problem["severity"], two["model"], two["header"]) == ("kind", "critical", None, [])
    assert "a PDF document" in problem["message"]
    assert "CSV UTF-8" in problem["message"]


def test_yaml_is_ready_to_paste(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(account.write(TABLE, name)) for name in ("one.csv", "one-2.csv", "nothing.csv")]
    Path(paths[2]).write_bytes(b"")
    assert run(["inspect", *paths, "--yaml"]) == 0
    printed = capsys.readouterr()
    first, second = yaml.safe_load_all(printed.out)
    assert (first["attributes"]["name"], second["attributes"]["name"]) == ("one", "one_2")
    assert first["attributes"]["mapping"] == {
        "Email": "email", "Prénom": "first_name", "Perle": "interests", "Escalade": None,
    }  # fmt: skip
    assert "nothing.csv: no model. The file is empty." in printed.err
    (account.layout.assets / "models.yaml").write_text(printed.out, encoding="utf-8")
    assert check(account.layout.assets) == ()


def test_the_table_says_it_all_and_nothing_is_written(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    content = TABLE.replace("Zoé", "\x1b[31mZoé\u202e[bold]")
    path = account.write(content, "one.csv")
    before = sorted(account.folder.rglob("*"))
    assert run(["inspect", str(path)]) == 0
    assert sorted(account.folder.rglob("*")) == before
    out = capsys.readouterr().out
    assert "encoding UTF-8, separator semicolon `;`, header on line 1, 4 columns, 2 rows." in out
    assert "interests : Perle" in out
    assert "�[31mZoé�[bold]" in out
    assert "\x1b" not in out
    assert "Perle: interests" in out


def test_a_missing_file_is_a_usage_error_and_the_others_are_answered(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [str(account.folder / "absent.csv"), str(account.write(TABLE, "one.csv"))]
    assert run(["inspect", *paths, "--json"]) == 2
    absent, one = json.loads(capsys.readouterr().out)
    assert [problem["rule"] for problem in absent["problems"]] == ["file"]
    assert one["rows"] == 2


def test_where_no_file_can_be_opened_the_command_fails(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(account.folder / "a.csv"), str(account.folder), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["type"] == "UsageError"
    assert "There is no file" in error["message"]
    assert "is a folder" in error["message"]


def test_yaml_and_json_exclude_each_other(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(account.write(TABLE, "one.csv")), "--yaml", "--json"]) == 2
    assert "error" in json.loads(capsys.readouterr().out)


def test_whatever_a_file_holds_can_be_shown(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [case for number, case in enumerate(corpus()) if number % 20 == 0 or case.name.startswith(("odd", "long"))]
    paths = [account.write(case.data, case.name) for case in cases]
    answers = list(inspect_files(paths, declared(account.layout.assets), account.judge))
    for path, answer in zip(paths, answers, strict=True):
        show(answer)
        printed = capsys.readouterr().out
        assert printed.startswith(str(path))
        assert [sign for sign in printed if not sign.isprintable() and sign != "\n"] == []
    show_models(answers)
    models = list(yaml.safe_load_all(capsys.readouterr().out))
    assert len(models) == sum(answer.model is not None for answer in answers) > 50


def test_one_row_is_one_row(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(account.write("Email\na@ex.fr\n", "one.csv"))]) == 0
    assert "header on line 1, 1 column, 1 row." in capsys.readouterr().out
