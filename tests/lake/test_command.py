"""`carnet lake`, `carnet sql --as-of`, and the lake in the runs that publish."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.building import build_defs
from pipelines.cli.main import run
from pipelines.declared import declared
from pipelines.layout import Layout
from pipelines.orchestration.names import COMPACT_LAKE
from tests.conftest import DECLARATIONS, Account

LAKE = DECLARATIONS.replace("attributes:\n", "attributes:\n  lake: {catalog: sqlite, warehouse: lake}\n", 1)


@pytest.fixture
def layout(account: Account, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """An account with a lake, as the command line sees it."""
    account.declare(LAKE)
    monkeypatch.setenv("CARNET_DATA", str(account.layout.data))
    monkeypatch.setenv("CARNET_ASSETS", str(account.layout.assets))
    monkeypatch.setenv("DAGSTER_HOME", "")
    return account.layout


def printed(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    capsys.readouterr()
    ended = run([*map(str, arguments), "--json"])
    said = capsys.readouterr()
    assert ended == code, said.out + said.err
    return json.loads(said.out)


def test_a_run_publishes_there_and_former_generations_are_read(
    account: Account, layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    printed(capsys, "import", account.write("Email\na@ex.fr\n"), "--model", "clients")
    told = printed(capsys, "lake")
    assert (told["behind"], told["engine"], told["catalog"]) == (False, "duckdb", "sqlite")
    [first] = told["publications"]
    printed(capsys, "import", account.write("Email\nb@ex.fr\n"), "--model", "clients")
    told = printed(capsys, "lake")
    assert [each["generation"] for each in told["publications"]][1:] == [first["generation"]]
    asked = ("sql", "SELECT email FROM contacts ORDER BY email")
    assert printed(capsys, *asked, "--as-of", first["generation"]) == [{"email": "a@ex.fr"}]
    assert printed(capsys, *asked) == [{"email": "a@ex.fr"}, {"email": "b@ex.fr"}]
    assert printed(capsys, *asked, "--as-of", 1, code=2)["error"]["type"] == "UsageError"

    account.workspace.edit_contact("c@ex.fr", {})
    account.workspace.publish()
    assert printed(capsys, "lake")["behind"] is True
    assert printed(capsys, "lake", "publish")["rows"]["contacts"] == 3
    assert printed(capsys, "lake", "publish")["rows"] == {}
    assert printed(capsys, "lake", "--compact")["expired"] == 0
    assert run(["lake"]) == 0
    shown = capsys.readouterr().out
    assert "What runs where" in shown
    assert "counts of segments" in shown


def test_a_lake_that_is_away_stops_no_import(
    account: Account, layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    layout.lake.mkdir(parents=True)
    (layout.lake / "catalog.db").write_bytes(b"nothing of SQLite's" * 100)
    assert run(["import", str(account.write("Email\na@ex.fr\n")), "--model", "clients"]) == 0
    said = capsys.readouterr()
    assert "the lake is behind" in said.err
    assert account.rows("SELECT email FROM contacts") == [("a@ex.fr",)]
    assert printed(capsys, "lake", code=3)["error"]["type"] == "LakeFaultError"


def test_without_a_lake_there_is_none(account: Account, layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    account.declare(DECLARATIONS)
    assert printed(capsys, "lake", code=2)["error"]["type"] == "UsageError"
    account.load("Email\na@ex.fr\n")
    account.workspace.publish()
    assert account.workspace.follow_in_lake() is None
    assert not layout.lake.exists()


def test_the_address_of_spark_is_judged(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARNET_SPARK", "localhost:15002")
    assert "sc://" in printed(capsys, "lake", code=2)["error"]["hint"]
    monkeypatch.setenv("CARNET_SPARK", "sc://localhost:15002")
    assert printed(capsys, "lake")["engine"] == "sc://localhost:15002"


@pytest.mark.parametrize(
    "address", ["sc://h:1;token=quill", "sc://h;token=quill", "sc://h:x/;token=quill", "sc:///;a=quill"]
)
def test_an_address_whose_token_runs_into_the_host_is_refused_and_not_repeated(
    address: str, layout: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARNET_SPARK", address)
    assert run(["lake"]) == 2
    said = capsys.readouterr()
    assert "quill" not in said.out + said.err


def test_the_token_of_spark_is_told_nowhere(
    account: Account, layout: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARNET_SPARK", "sc://plume@127.0.0.1:1/;token=quill;user_id=plume")
    assert printed(capsys, "lake")["engine"] == "sc://127.0.0.1:1"
    assert run(["lake"]) == 0
    account.load("Email\na@ex.fr\n")
    account.workspace.publish()
    assert run(["segments", "--refresh"]) == 3
    said = capsys.readouterr()
    assert "sc://127.0.0.1:1" in said.out
    assert "sc://127.0.0.1:1" in said.err
    assert not any(secret in said.out + said.err for secret in ("quill", "plume"))


def test_the_compaction_is_scheduled_where_a_lake_is_declared(account: Account) -> None:
    def jobs() -> set[str]:
        definitions = build_defs(declarations=declared(account.layout.assets), layout=account.layout)
        return {job.name for job in definitions.get_repository_def().get_all_jobs()}

    account.declare(LAKE)
    assert COMPACT_LAKE in jobs()
    account.declare(DECLARATIONS)
    assert COMPACT_LAKE not in jobs()


_IMPORTED = """
import sys
from pipelines.cli.main import run
code = run(sys.argv[1:])
heavy = ("pyiceberg", "pysail", "pyspark", "pyarrow.dataset", "pipelines.lake")
print(code, *(name for name in heavy if name in sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", ["segments --json", "lake --json"])
def test_nothing_of_it_is_imported_without_a_lake(account: Account, arguments: str) -> None:
    account.load("Email\na@ex.fr\n")
    account.workspace.refresh_segments()
    account.workspace.publish()
    places = {"CARNET_DATA": str(account.layout.data), "CARNET_ASSETS": str(account.layout.assets)}
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTED, *arguments.split()],
        capture_output=True,
        text=True,
        env=os.environ | places,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    code, *loaded = done.stderr.split()
    assert code in ("0", "2")
    assert not {"pyiceberg", "pysail", "pyspark"} & set(loaded)
    assert ("pipelines.lake" in loaded) is arguments.startswith("lake")


_DEFINED = """
import sys
from pipelines.building import build_defs
build_defs().get_repository_def()
print(*(name for name in ("pyiceberg", "pysail", "pyspark", "pipelines.lake") if name in sys.modules))
"""


def test_no_definition_loads_it_without_a_lake(account: Account) -> None:
    places = {"CARNET_DATA": str(account.layout.data), "CARNET_ASSETS": str(account.layout.assets)}
    done = subprocess.run(
        [sys.executable, "-c", _DEFINED],
        capture_output=True,
        text=True,
        env=os.environ | places,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stdout.strip() == ""
