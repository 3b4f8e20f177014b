"""An account with the sample declarations, its Dagster instance, and the jobs run in this process."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg
import pytest

from expectations.judge import Judge
from pipelines.building import build_defs
from pipelines.cli.running import Watcher
from pipelines.declared import declared
from pipelines.files.opening import sha256
from pipelines.imports.filing import partition_key
from pipelines.imports.results import ImportResult
from pipelines.layout import Layout
from pipelines.orchestration.instance import open_instance
from pipelines.orchestration.names import import_job, partitions_of
from pipelines.orchestration.resources import RESOURCE
from pipelines.workspace import Workspace
from tests.planting import plant

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "data" / "samples"


@dataclass
class House:
    """A workspace, its definitions and its instance: what the code location has at hand."""

    workspace: Workspace
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    watcher: Watcher

    @property
    def layout(self) -> Layout:
        return self.workspace.layout

    def run(self, job: str, **options: Any) -> dg.ExecuteInProcessResult:
        """Run a job as the UI and the command line do; a refusal fails the run and raises nothing."""
        options.setdefault("run_config", {})
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        found = self.definitions.resolve_job_def(job)
        run_config = {**quiet, **options.pop("run_config")}
        return found.execute_in_process(instance=self.instance, run_config=run_config, raise_on_error=False, **options)

    def imported(self, path: Path, model: str = "newsletter", **options: Any) -> dg.ExecuteInProcessResult:
        """Import a file by its path, as `carnet import` does."""
        key = self.partition(path, model)
        config: Mapping[str, Any] = {"path": str(path), "name": "", "force": options.pop("force", False)}
        return self.run(
            import_job(model),
            partition_key=key,
            run_config={"ops": {f"take_{model}": {"config": config}}},
            **options,
        )

    def partition(self, path: Path, model: str = "newsletter") -> str:
        """The partition of a file, made known to the instance."""
        key = partition_key(path.name, sha256(path))
        self.instance.add_dynamic_partitions(str(partitions_of(model).name), [key])
        return key

    def redeclare(self, edit: Callable[[Path], object]) -> None:
        """Go on under other declarations: `edit` is given the folder of the YAML."""
        edit(self.layout.assets)
        judge = self.workspace.judge
        self.workspace = Workspace(self.layout, declared(self.layout.assets), "a test", self.watcher)
        self.workspace.__dict__["judge"] = judge
        self.definitions = build_defs(
            declarations=self.workspace.declarations,
            layout=self.layout,
            resource_overrides={RESOURCE: self.workspace},
        )

    def forget(self) -> None:
        """Delete DAGSTER_HOME and begin another: the base knows more than Dagster then."""
        self.instance.dispose()
        shutil.rmtree(self.layout.dagster)
        self.instance = open_instance(self.layout)

    @property
    def results(self) -> list[ImportResult]:
        """What the imports of this house gave, oldest first."""
        return [result for result in self.watcher.results if isinstance(result, ImportResult)]

    def published(self, query: str) -> list[tuple[Any, ...]]:
        """What an analyst gets from the published copy."""
        with self.workspace.published() as connection:
            return connection.execute(query).fetchall()


AnyHouse = TypeVar("AnyHouse", bound=House)


@contextmanager
def open_house(
    folder: Path,
    judge: Judge,
    monkeypatch: pytest.MonkeyPatch,
    more_segments: str = "",
    raw: Mapping[str, str] | None = None,
) -> Generator[House]:
    """The sample declarations, `more_segments`, and raw segments (name → SQL) over an empty base."""
    assets = folder / "assets"
    shutil.copytree(ROOT / "assets", assets, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    with (assets / "segments" / "defs.yaml").open("a", encoding="utf-8") as declared:
        declared.write(more_segments)
    for name, sql in (raw or {}).items():
        (assets / "segments" / f"{name}.sql").write_text(sql, encoding="utf-8")
    with house_over(Layout(data=folder / "data", assets=assets), judge, monkeypatch) as house:
        yield house


@contextmanager
def house_over(
    layout: Layout, judge: Judge, monkeypatch: pytest.MonkeyPatch, make: Callable[..., AnyHouse] = House, **more: object
) -> Generator[AnyHouse]:
    """What is declared in a folder, over its base: a House, or what `make` makes of one and `more`."""
    monkeypatch.setenv("DAGSTER_HOME", os.environ.get("DAGSTER_HOME", ""))
    watcher = Watcher()
    workspace = Workspace(layout, declared(layout.assets), "a test", watcher)
    workspace.__dict__["judge"] = judge  # the session's: Great Expectations takes seconds to start
    if not layout.dagster.exists():
        shutil.copytree(_fresh_home(), layout.dagster)
    plant(layout)
    instance = open_instance(layout)
    try:
        defs = build_defs(declarations=workspace.declarations, layout=layout, resource_overrides={RESOURCE: workspace})
        house = make(workspace, defs, instance, watcher, **more)
        yield house
        house.instance.dispose()
    finally:
        watcher.stop()


@cache
def _fresh_home() -> Path:
    """A DAGSTER_HOME as the first command of an account leaves it, made once: Dagster takes half a second."""
    folder = Path(tempfile.mkdtemp(prefix="carnet-home-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    layout = Layout(data=folder, assets=folder)
    open_instance(layout).dispose()
    return layout.dagster


@pytest.fixture
def house(tmp_path: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """The sample declarations over an empty base."""
    with open_house(tmp_path, judge, monkeypatch) as opened:
        yield opened
