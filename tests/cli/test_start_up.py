"""A command pays for what it does alone: which libraries it imports is what its start costs (docs/start-up.md)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from expectations.judge import Judge
from pipelines.cli.main import COMMANDS
from tests.conftest import DECLARATIONS, Account

HEAVY = ("dagster", "great_expectations", "numpy", "pandas", "polars", "pyarrow", "pydantic", "rich", "sqlglot")
LOADED = f"""
import sys
from pipelines.cli.main import run
code = run(sys.argv[1:])
print(code, *(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)
"""
READS = {
    "--help": set[str](),
    "imports --json": set[str](),
    "rejects 1 --json": set[str](),
    "segments --json": set[str](),
    "fields --json": {"numpy", "polars", "pyarrow"},
    "exports --json": set[str](),
    "operations --json": set[str](),
    "activity --json": set[str](),
    "sql FROM\tcontacts --json": set[str](),
    "segments all_contacts --json": {"sqlglot"},
    "searches --json": {"sqlglot"},
}


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory, judge: Judge) -> dict[str, str]:
    """The environment of a base that has an import and was published."""
    account = Account(tmp_path_factory.mktemp("account"), judge)
    account.declare(DECLARATIONS)
    account.load("email\na@ex.fr\n")
    account.workspace.refresh_segments()
    account.workspace.publish()
    layout = account.layout
    return os.environ | {"CARNET_DATA": str(layout.data), "CARNET_ASSETS": str(layout.assets)}


@pytest.mark.parametrize("command", READS)
def test_a_command_that_reads_imports_little(command: str, reading: dict[str, str]) -> None:
    words = [word.replace("\t", " ") for word in command.split(" ")]
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words], capture_output=True, text=True, env=reading, check=False
    )
    code, *loaded = done.stderr.split()
    assert (code, set(loaded)) == ("0", READS[command]), done.stderr


def test_the_list_of_commands_knows_each() -> None:
    assert all(found.help.endswith(".") and len(found.help) <= 60 for found in COMMANDS.values())
