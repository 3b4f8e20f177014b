"""Dagster's event log as a run writes it: what comes in crowds is there in order, soon, and whole before anything is read."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterEventType

from pipelines.layout import Layout
from pipelines.orchestration.instance import open_instance
from tests.acceptance.ui import until

FILE = dg.AssetKey(["clients", "file"])
RULES = [f"rule_{number}" for number in range(40)]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "data", tmp_path / "assets")


@pytest.fixture
def instance(layout: Layout) -> Iterator[dg.DagsterInstance]:
    opened = open_instance(layout)
    yield opened
    opened.dispose()


@dg.multi_asset(
    specs=[dg.AssetSpec(FILE)], check_specs=[dg.AssetCheckSpec(rule, asset=FILE) for rule in RULES], name="take"
)
def take() -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    yield dg.MaterializeResult(asset_key=FILE)
    for rule in RULES:
        yield dg.AssetCheckResult(asset_key=FILE, check_name=rule, passed=rule != "rule_7")


def test_verdicts_that_come_in_a_crowd_are_kept_in_order_each_about_the_materialisation(
    instance: dg.DagsterInstance,
) -> None:
    result = dg.materialize([take], instance=instance)
    told = [
        event.dagster_event
        for event in instance.all_logs(result.run_id)
        if event.dagster_event_type == DagsterEventType.ASSET_CHECK_EVALUATION
    ]
    verdicts = [each.asset_check_evaluation_data for each in told if each is not None]
    assert [verdict.check_name for verdict in verdicts] == RULES
    [latest] = instance.fetch_materializations(FILE, limit=1).records
    assert {data.storage_id for v in verdicts if (data := v.target_materialization_data)} == {latest.storage_id}
    summary = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(FILE, "rule_7"), limit=5)
    assert [record.status.value for record in summary] == ["FAILED"]
    # Whoever materialises it again is told of the new one, not of the one before.
    again = dg.materialize([take], instance=instance)
    [newest] = instance.fetch_materializations(FILE, limit=1).records
    assert newest.run_id == again.run_id


def test_what_a_run_said_is_on_disk_within_a_moment_though_nothing_follows(
    instance: dg.DagsterInstance, layout: Layout
) -> None:
    for number in range(5):
        instance.report_runless_asset_event(dg.AssetMaterialization(FILE, metadata={"n": number}))

    def written() -> int:
        with closing(sqlite3.connect(layout.dagster / "history" / "runs" / "index.db")) as index:
            query = "SELECT count(*) FROM event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION'"
            return index.execute(query).fetchone()[0]

    until(lambda: written() == 5, "another process sees them", 5, every=0.01)


def test_a_fault_of_the_disk_is_told_to_who_comes_next_and_what_follows_is_kept(
    instance: dg.DagsterInstance, layout: Layout
) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(FILE))
    assert len(instance.fetch_materializations(FILE, limit=9).records) == 1
    with closing(sqlite3.connect(layout.dagster / "history" / "runs" / "index.db", isolation_level=None)) as index:
        index.execute("CREATE TRIGGER full BEFORE INSERT ON event_logs BEGIN SELECT RAISE(FAIL, 'disk full'); END")
        instance.report_runless_asset_event(dg.AssetMaterialization(FILE))
        time.sleep(0.2)
        with pytest.raises(Exception, match="disk full"):
            instance.fetch_materializations(FILE, limit=9)
        instance.report_runless_asset_event(dg.AssetMaterialization(FILE))
        time.sleep(0.2)
        index.execute("DROP TRIGGER full")
    assert len(instance.fetch_materializations(FILE, limit=9).records) == 2
