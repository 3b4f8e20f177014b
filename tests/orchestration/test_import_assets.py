"""An import by each road of Dagster: the same verdicts, the same base, whichever was taken."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pytest

from pipelines.imports.intake import ImportRequest
from pipelines.imports.results import ImportResult
from pipelines.orchestration.metadata import checks_of
from pipelines.orchestration.names import CONTACTS, INBOX, PUBLISHED, model_keys, partitions_of, segment_key
from tests.orchestration.conftest import SAMPLES, House

GOOD, CRM = SAMPLES / "newsletter-2026-11.csv", SAMPLES / "crm-2026-11.txt"
ROADS = [(GOOD, "newsletter"), (CRM, "crm")]


def verdicts(run: dg.ExecuteInProcessResult, model: str) -> dict[str, bool]:
    """The verdicts of a run on the assets of a model, by asset and rule."""
    keys = set(model_keys(model))
    found = [check for check in run.get_asset_check_evaluations() if check.asset_key in keys]
    assert len({check.asset_check_key for check in found}) == len(found), "one verdict a rule"
    return {check.asset_check_key.to_user_string(): check.passed for check in found}


def declared(house: House, model: str) -> set[str]:
    """Every check that the assets of a model declare."""
    assets = house.definitions.get_assets_def(model_keys(model)[0])
    return {key.to_user_string() for key in assets.check_keys}


@pytest.mark.parametrize(("path", "model"), ROADS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_file_that_is_skipped_keeps_every_verdict(house: House, path: Path, model: str) -> None:
    first = house.imported(path, model)
    assert first.success
    assert set(verdicts(first, model)) == declared(house, model)

    second = house.imported(path, model)
    assert second.success
    assert [result.status for result in house.results] == ["imported", "skipped"]
    assert verdicts(second, model) == verdicts(first, model)


def test_a_file_that_was_imported_from_the_inbox_keeps_every_verdict(house: House) -> None:
    waiting = house.layout.inbox / "newsletter" / GOOD.name
    waiting.parent.mkdir(parents=True)
    shutil.copy(GOOD, waiting)
    dropped = house.run("import_inbox")
    assert dropped.success
    again = house.imported(GOOD)
    assert again.success
    assert verdicts(again, "newsletter") == verdicts(dropped, "newsletter")
    assert set(verdicts(again, "newsletter")) == declared(house, "newsletter")


def test_a_file_is_skipped_where_dagster_has_forgotten_its_import(house: House) -> None:
    assert house.imported(GOOD).success
    house.forget()
    second = house.imported(GOOD)
    assert second.success
    assert house.results[-1].status == "skipped"
    assert set(verdicts(second, "newsletter")) == declared(house, "newsletter")


@pytest.mark.parametrize("moment", ["before-the-move", "after-the-move"])
def test_what_a_killed_run_committed_and_did_not_report_is_told_by_the_next(house: House, moment: str) -> None:
    """A kill between the commit and the report: the base knows the file, Dagster does not (IMP-3, IMP-17)."""
    refused = SAMPLES / "refused" / "newsletter-trailing-separators.csv"
    waiting = [house.layout.inbox / "newsletter" / source.name for source in (GOOD, refused)]
    for source, path in zip((GOOD, refused), waiting, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, path)
        house.workspace.take(ImportRequest(str(path), "newsletter"))
    good, bad = house.results
    assert (good.status, bad.status) == ("imported", "refused")
    if moment == "before-the-move":
        for room, path in zip((house.layout.archive, house.layout.refused), waiting, strict=True):
            next(room.rglob(path.name)).rename(path)
        with house.workspace.store.write() as writer:
            writer.connection.execute("UPDATE main.imports SET filed = false")

    assert house.run("import_inbox").success
    assert list((house.layout.inbox / "newsletter").iterdir()) == []
    assert len(house.published("SELECT * FROM imports")) == 2, "neither is imported again"
    file, _, outcomes = model_keys("newsletter")
    assert house.instance.get_materialized_partitions(outcomes) == {good.partition}
    assert house.instance.get_materialized_partitions(file) == {good.partition}, "the refused one is not green"
    event = house.instance.fetch_materializations(outcomes, limit=1).records[0].asset_materialization
    assert event is not None
    assert event.metadata["inserted"].value == good.counts.inserted
    assert colours(house, good.partition) == {**dict.fromkeys(declared(house, "newsletter"), True), **warned(good)}
    assert colours(house, bad.partition)["newsletter/file:trailing_separators"] is False

    assert house.run("import_inbox").success
    assert len(house.instance.fetch_materializations(outcomes, limit=9).records) == 1, "told once"


def warned(result: ImportResult) -> dict[str, bool]:
    return {f"{c.asset.to_user_string()}:{c.name}": c.passed for c in checks_of(result) if not c.passed}


def colours(house: House, partition: str) -> dict[str, bool]:
    """The verdicts that the UI shows of a partition, by asset and rule."""
    keys = list(house.definitions.get_assets_def(model_keys("newsletter")[0]).check_keys)
    found = house.instance.event_log_storage.get_asset_check_partition_info(keys, partition_keys=[partition])
    return {info.check_key.to_user_string(): info.latest_execution_status.value == "SUCCEEDED" for info in found}


def refreshed(house: House) -> dict[str, int]:
    """The latest counts of the segments, as published."""
    return dict(house.published("SELECT segment, count FROM segment_counts"))


@pytest.mark.parametrize("alone", [False, True], ids=["as-a-job", "chosen-in-the-ui"])
def test_a_partition_by_itself_leaves_what_the_job_leaves(house: House, alone: bool) -> None:
    """The UI's « Materialize » on a partition runs its assets only: what follows an import follows all the same (SEG-6)."""
    house.imported(SAMPLES / "refused" / "newsletter-trailing-separators.csv")
    assert house.published("SELECT count(*) FROM contacts") == [(0,)]
    run = house.imported(GOOD, **({"asset_selection": model_keys("newsletter")} if alone else {}))
    assert run.success
    (contacts,) = house.published("SELECT count(*) FROM contacts")[0]
    assert contacts == house.results[-1].counts.inserted > 0
    assert refreshed(house)["all_contacts"] == contacts
    for key in (CONTACTS, PUBLISHED, segment_key("all_contacts")):
        event = house.instance.get_latest_materialization_event(key)
        assert event is not None
        assert event.run_id == run.run_id
        assert event.asset_materialization is not None
        if key != PUBLISHED:
            assert event.asset_materialization.metadata["dagster/row_count"].value == contacts
    checks = [check for check in run.get_asset_check_evaluations() if check.asset_key == CONTACTS]
    assert len(checks) == len(house.definitions.get_assets_def(CONTACTS).check_keys)
    assert all(check.passed for check in checks)


def test_the_inbox_by_itself_leaves_what_its_job_leaves(house: House) -> None:
    waiting = house.layout.inbox / "newsletter" / GOOD.name
    waiting.parent.mkdir(parents=True)
    shutil.copy(GOOD, waiting)
    run = house.run("import_inbox", asset_selection=[INBOX])
    assert run.success
    (contacts,) = house.published("SELECT count(*) FROM contacts")[0]
    assert contacts == house.results[-1].counts.inserted > 0
    assert refreshed(house)["all_contacts"] == contacts
    assert house.instance.get_dynamic_partitions(str(partitions_of("newsletter").name)) == [house.partition(GOOD)]
