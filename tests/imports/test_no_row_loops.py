"""No Python function is called once a row: an import works on whole columns (issue 8)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.files import ASSETS, MODEL, Bench, Size
from benchmarks.profiling import calls_of
from pipelines.declared import declared
from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import ImportResult
from pipelines.layout import Layout
from pipelines.workspace import Workspace

FEW, MANY = 2_000, 20_000


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    layout = Layout(tmp_path / "data", ASSETS)
    opened = Workspace(layout, declared(layout.assets), who="tests")
    yield opened
    opened.close()


def profiled(workspace: Workspace, file: Path) -> tuple[ImportResult, dict[str, int]]:
    results: list[ImportResult] = []
    calls = calls_of(lambda: results.append(workspace.take(ImportRequest(str(file), MODEL))))
    return results[0], calls


def test_calls_are_counted_in_every_thread() -> None:
    def once_a_row(row: int) -> int:
        return row

    def work() -> None:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(once_a_row, range(MANY)))
        once_a_row(0)

    [calls] = [calls for name, calls in calls_of(work).items() if name.endswith(":once_a_row")]
    assert calls == MANY + 1


def test_no_function_is_called_once_more_for_each_row(workspace: Workspace, tmp_path: Path) -> None:
    few, many = (Bench(tmp_path, Size(contacts=MANY, rows=rows)) for rows in (FEW, MANY))
    few.make_files()
    many.make_files()
    workspace.take(ImportRequest(str(many.base_file), MODEL))
    small, before = profiled(workspace, few.file)
    large, after = profiled(workspace, many.file)
    assert (small.counts.rows, large.counts.rows) == (FEW, MANY)
    # Every road is taken: new rows and known ones, duplicates and rejected ones.
    assert (
        min(
            replace(
                large.counts, unchanged=1, deleted=1, skipped_by_action=1, suppressed=1, remembered=1
            ).__dict__.values()
        )
        > 0
    )
    grown = {name: calls - before.get(name, 0) for name, calls in after.items()}
    most = max(grown, key=lambda name: grown[name])
    assert grown[most] < (MANY - FEW) / 10, (
        f"{most}: {before.get(most, 0)} calls for {FEW} rows, {after[most]} for {MANY}"
    )
