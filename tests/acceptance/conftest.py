"""The product from outside: its command line in processes of its own, its base as an analyst opens it (contract.md)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
CARNET = Path(sys.executable).with_name("carnet")


@dataclass(frozen=True)
class Shop:
    """An account of its own: `data` and `assets` folders, and the command line that works on them."""

    data: Path
    assets: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CARNET_DATA": str(self.data),
            "CARNET_ASSETS": str(self.assets),
            "DAGSTER_HOME": str(self.data / "dagster"),
        }

    def carnet(self, *arguments: str | Path, code: int = 0) -> Any:
        """Run a command with `--json`; its document. The exit code must be `code`."""
        ended = subprocess.run(
            [CARNET, *map(str, arguments), "--json"], env=self.environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == code, f"exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return json.loads(ended.stdout)

    def start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own, so that all of it can be killed at once."""
        return subprocess.Popen(
            [CARNET, *map(str, arguments)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def sql(self, query: str) -> list[tuple]:
        """What an analyst gets from the published copy."""
        with duckdb.connect(str(self.data / "contacts.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def write(self, content: str | bytes, name: str) -> Path:
        path = self.data.parent / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def temporary_files(self) -> list[Path]:
        """Whatever lies about that only a running process may own."""
        return [path for path in (self.data / "tmp").rglob("*") if path.name != ".sweep"]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An account with the sample declarations."""
    assets = tmp_path / "assets"
    shutil.copytree(ROOT / "assets", assets, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return Shop(tmp_path / "data", assets)
