"""The account of `world`, filled once a session."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from pipelines.layout import Layout
from tests.rights.world import fill


def _enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    layout = Layout(folder / "data", folder / "assets")
    for name, place in (("CARNET_DATA", "data"), ("CARNET_ASSETS", "assets"), ("DAGSTER_HOME", "data/dagster")):
        monkeypatch.setenv(name, str(folder / place))
    return layout


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all, since what the base says of places is where they were."""
    folder = tmp_path_factory.mktemp("rights")
    with pytest.MonkeyPatch.context() as monkeypatch:
        fill(_enter(folder / "account", monkeypatch))
    shutil.copytree(folder / "account", folder / "kept", symlinks=True)
    return folder


@pytest.fixture
def filled(filled_once: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """The account as it was filled."""
    shutil.rmtree(filled_once / "account")
    shutil.copytree(filled_once / "kept", filled_once / "account", symlinks=True)
    monkeypatch.setenv("DAGSTER_HOME", os.environ.get("DAGSTER_HOME", ""))
    return _enter(filled_once / "account", monkeypatch)
