"""What each job's Launchpad begins with, harmless to who launches it as it stands; and what a run says that it did."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.orchestration.names import import_job
from tests.orchestration.conftest import SAMPLES, House

GOOD, BAD = SAMPLES / "newsletter-2026-11.csv", SAMPLES / "refused" / "newsletter-trailing-separators.csv"
ASKING = ("undo_import", "edit_contact", "erase_contact", "merge_contacts", "purge")


@pytest.fixture
def filled(house: House) -> House:
    assert house.imported(GOOD).success
    return house


def tags(house: House) -> dict[str, Any]:
    [record] = house.instance.get_run_records(limit=1)
    return dict(record.dagster_run.tags)


def test_examples_run_as_they_stand_and_change_nothing(filled: House) -> None:
    before = filled.published("SELECT count(*), max(modified_at) FROM contacts")
    for job in ASKING:
        example = filled.definitions.resolve_job_def(job).run_config
        ended = filled.run(job, run_config=dict(example))
        assert ended.success, job
        assert ended.dagster_run.tags["carnet/kind"] in ("correction", "upkeep"), job
    assert filled.published("SELECT count(*), max(modified_at) FROM contacts") == before
    assert filled.published("SELECT count(*) FROM imports") == [(1,)]


def test_a_run_says_what_it_did(filled: House) -> None:
    told = tags(filled)
    assert (told["carnet/kind"], told["carnet/outcome"], told["carnet/import"]) == ("import", "imported", "1")
    assert told["carnet/did"].startswith("imported: 60 rows, ")
    assert not filled.imported(BAD).success
    assert tags(filled)["carnet/did"] == "refused"


def test_an_import_is_linked_to_its_page(filled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_URL", "http://127.0.0.1:8000")
    ended = filled.imported(BAD)
    [check] = [each for each in ended.get_asset_check_evaluations() if each.check_name == "trailing_separators"]
    assert str(check.metadata["data_docs"].value).startswith(
        "http://127.0.0.1:8000/docs/quality/validations/newsletter/"
    )
    assert {"report", "mended_file"} <= set(check.metadata)
    assert filled.definitions.resolve_job_def(import_job("newsletter")).tags["carnet/kind"] == "import"
