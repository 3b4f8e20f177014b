"""Bases of their own with the sample declarations; one judge for all, since it starts slowly and keeps nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from expectations.judge import Judge
from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import ImportResult
from pipelines.layout import ROOT, Layout
from pipelines.workspace import Workspace

NewBase = Callable[..., Workspace]
_OWN = ("contact_id", "created_at", "modified_at")


@pytest.fixture
def new_base(tmp_path: Path, judge: Judge) -> NewBase:
    """Opens an empty base; `mapping` is added to the newsletter's."""

    def opened(mapping: str = "") -> Workspace:
        folder = tmp_path / f"base-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(ROOT / "assets", folder / "assets", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        models = folder / "assets" / "imports" / "defs.yaml"
        text = models.read_text(encoding="utf-8")
        assert "Divers: null}" in text
        models.write_text(text.replace("Divers: null}", f"Divers: null{mapping}}}"), encoding="utf-8")
        workspace = Workspace.open("tests", Layout(folder / "data", folder / "assets"))
        workspace.__dict__["judge"] = judge
        return workspace

    return opened


def imported(workspace: Workspace, path: Path, model: str = "newsletter") -> ImportResult:
    """The result of a file that must be imported."""
    result = workspace.take(ImportRequest(str(path), model))
    assert result.status == "imported", result.problems
    return result


def contacts(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """The contacts by key, without what tells when they came: ids and instants."""
    with workspace.store.rehearse() as writer:
        found = writer.connection.sql("SELECT * FROM main.contacts ORDER BY email").pl()
    assert found["email"].n_unique() == found.height
    return {row["email"]: row for row in found.drop(_OWN).to_dicts()}
