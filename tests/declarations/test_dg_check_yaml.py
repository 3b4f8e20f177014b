"""`dg check yaml` finds what `carnet check` finds, in every document, with file and line (contract: YAML)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.declared import check
from pipelines.layout import ROOT

WRONG = """
---
type: pipelines.components.Segment
attributes:
  name: first
  criteria:
    - {field: postcode, op: starts_with, value: 01000}
    - {field: opt_in_email, op: equals, value: yes}
---
type: pipelines.components.Segment
attributes:
  name: second
  criteria: [{field: postcod, op: starts_with, value: "75"}]
"""


def dg_check_yaml(project: Path, *paths: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CARNET_ASSETS": str(project / "assets"), "DAGSTER_DISABLE_TELEMETRY": "1"}
    command = [str(Path(sys.executable).with_name("dg")), "check", "yaml", *paths]
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's YAML with three errors in its segments, and a raw segment that leaves the base."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "assets", folder / "assets", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "assets" / "__init__.py").touch()
    segments = folder / "assets" / "segments" / "defs.yaml"
    segments.write_text(segments.read_text(encoding="utf-8") + WRONG, encoding="utf-8")
    segments.with_name("leaving.sql").write_text("SELECT contact_id\nFROM read_csv('/etc/passwd')\n", encoding="utf-8")
    return folder


def test_the_projects_own_yaml_passes() -> None:
    done = dg_check_yaml(ROOT)
    assert (done.returncode, done.stdout.strip()) == (0, "All component YAML validated successfully.")


def test_every_problem_stands_there_with_its_line(project: Path) -> None:
    done = dg_check_yaml(project)
    problems = check(project / "assets")
    assert done.returncode == 1
    assert len(problems) == 4
    for problem in problems:
        assert f"{problem.file.relative_to(project)}:{problem.line} - {problem.message}" in done.stdout
    assert 'write "01000"' in done.stdout
    assert "assets/segments/leaving.sql:2 - read_csv() cannot be read" in done.stdout


def test_only_the_chosen_files_are_shown(project: Path) -> None:
    assert dg_check_yaml(project, "assets/exports").returncode == 0
