"""The command line in this process, over an account of its own with the sample declarations."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.main import run
from pipelines.layout import ROOT

SAMPLES = ROOT / "data" / "samples"


@dataclass
class Terminal:
    """Runs `carnet` and keeps what it printed."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def carnet(self, *arguments: object, code: int = 0) -> str:
        """What a command prints on standard output, without blanks at line ends; the exit code must be `code`."""
        self.capture.readouterr()
        ended = run([str(argument) for argument in arguments])
        printed = self.capture.readouterr()
        assert ended == code, f"exit code {ended}\n{printed.out}\n{printed.err}"
        return "\n".join(line.rstrip() for line in printed.out.splitlines()) + printed.err * (code > 0)

    def json(self, *arguments: object, code: int = 0) -> Any:
        """The document that a command prints with `--json`: nothing else may stand on standard output."""
        self.capture.readouterr()
        ended = run([*(str(argument) for argument in arguments), "--json"])
        printed = self.capture.readouterr()
        assert ended == code, f"exit code {ended}\n{printed.out}\n{printed.err}"
        return json.loads(printed.out)

    def write(self, content: str, name: str) -> Path:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return path


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """An account with the sample declarations and an empty base."""
    settle(tmp_path, monkeypatch)
    return Terminal(tmp_path, capsys)


def settle(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sample declarations in `folder`, and an environment that names them and a base beside them."""
    shutil.copytree(ROOT / "assets", folder / "assets", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name, place in (("CARNET_DATA", "data"), ("CARNET_ASSETS", "assets"), ("DAGSTER_HOME", "data/dagster")):
        monkeypatch.setenv(name, str(folder / place))


@pytest.fixture(scope="session")
def imported_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder after the newsletter sample and then the CRM sample were imported, to be copied."""
    folder = tmp_path_factory.mktemp("imported")
    with pytest.MonkeyPatch.context() as monkeypatch:
        settle(folder, monkeypatch)
        assert run(["import", str(SAMPLES / "newsletter-2026-11.csv")]) == 0
        shutil.copytree(folder / "data", folder / "one")
        assert run(["import", str(SAMPLES / "crm-2026-11.txt")]) == 0
        shutil.copytree(folder / "data", folder / "two")
    return folder


@pytest.fixture
def filled(terminal: Terminal, imported_data: Path) -> Terminal:
    """The account after its newsletter sample was imported."""
    shutil.copytree(imported_data / "one", terminal.folder / "data")
    return terminal


@pytest.fixture
def merged(terminal: Terminal, imported_data: Path) -> Terminal:
    """The account after both good samples were imported, one after the other."""
    shutil.copytree(imported_data / "two", terminal.folder / "data")
    return terminal
