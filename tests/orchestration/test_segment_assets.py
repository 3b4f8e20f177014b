"""Segments as Dagster shows them: counts that are plotted, a warning when one moves too far, 200 and more on demand (SEG-6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.orchestration.names import PUBLISHED, REFRESH_SEGMENTS, segment_key
from pipelines.orchestration.segment_assets import COUNTED, SIZE_CHANGE
from tests.orchestration.conftest import SAMPLES, House, open_house

GOOD = SAMPLES / "newsletter-2026-11.csv"
FORCED = {"ops": {"segments": {"config": {"force": True}}}}
SEGMENT = """\
---
type: pipelines.components.Segment
attributes:
  name: {name}
  criteria: [{{field: email, op: starts_with, value: "{value}"}}]
"""
WRONG = "SELECT contact_id FROM contacts\nWHERE CAST(email AS INTEGER) = 1"
RAW_DEPENDENT = SEGMENT.format(name="behind", value="p").replace("[{", "[{segment: wrong, is: in}, {")


def count_shown(result: dg.ExecuteInProcessResult, segment: str) -> Any:
    """The number that the UI plots for the run, None where it shows none."""
    [event] = [e for e in result.get_asset_materialization_events() if e.asset_key == segment_key(segment)]
    found = event.materialization.metadata.get("dagster/row_count")
    return found.value if found else None


def warnings(result: dg.ExecuteInProcessResult) -> list[tuple[str, bool, str]]:
    return [
        (check.asset_key.path[-1], check.passed, str(check.description))
        for check in result.get_asset_check_evaluations()
        if check.check_name == SIZE_CHANGE
    ]


def file_of(folder: Path, count: int, name: str) -> Path:
    path = folder / name
    rows = "".join(f"p{n}@exemple.fr;;;;\n" for n in range(count))
    path.write_text(f"Email;Prénom;Portable;Perle;Diamant\n{rows}", encoding="utf-8")
    return path


@pytest.fixture
def warned(tmp_path: Path, judge, monkeypatch: pytest.MonkeyPatch):
    """The segment `watched` may move by a fifth."""
    more = SEGMENT.format(name="watched", value="p") + "  warn_change: 0.2\n"
    with open_house(tmp_path, judge, monkeypatch, more) as house:
        yield house


def test_every_segment_shows_its_count_at_each_refresh(house: House) -> None:
    assert house.imported(GOOD).success
    result = house.run(REFRESH_SEGMENTS)
    counts = dict(house.published("SELECT segment, count FROM segment_counts"))
    assert {s.name: count_shown(result, s.name) for s in house.workspace.declarations.segments} == counts
    assert counts["all_contacts"] > 0


def test_a_segment_that_moves_too_far_is_a_warning_that_blocks_nothing(warned: House, tmp_path: Path) -> None:
    first = warned.imported(file_of(tmp_path, 10, "newsletter-1.csv"))
    assert warnings(first) == [("watched", True, "Counted for the first time: 10 contacts.")]
    second = warned.imported(file_of(tmp_path, 12, "newsletter-2.csv"))
    assert warnings(second) == [("watched", True, "From 10 to 12 contacts, +20.0%; 20% is allowed.")]
    third = warned.imported(file_of(tmp_path, 15, "newsletter-3.csv"))
    assert warnings(third) == [("watched", False, "From 12 to 15 contacts, +25.0%; 20% is allowed.")]
    assert third.success
    assert PUBLISHED in {event.asset_key for event in third.get_asset_materialization_events()}
    [check] = [c for c in third.get_asset_check_evaluations() if c.check_name == SIZE_CHANGE]
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert warned.run(REFRESH_SEGMENTS, run_config=FORCED).success


def test_a_warning_is_kept_where_a_hand_edit_is_followed(warned: House, tmp_path: Path) -> None:
    warned.imported(file_of(tmp_path, 4, "newsletter-1.csv"))
    config = {"ops": {"edit": {"config": {"key": "p9@exemple.fr", "fields": {"first_name": "Zoé"}}}}}
    assert warned.run("edit_contact", run_config=config).success
    key = dg.AssetCheckKey(segment_key("watched"), SIZE_CHANGE)
    found = warned.instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    assert found.event is not None
    evaluation = found.event.asset_check_evaluation
    assert evaluation is not None
    assert (evaluation.passed, evaluation.description) == (False, "From 4 to 5 contacts, +25.0%; 20% is allowed.")


def test_two_hundred_segments_are_counted_on_demand(tmp_path: Path, judge, monkeypatch: pytest.MonkeyPatch) -> None:
    more = "".join(SEGMENT.format(name=f"s{n}", value=f"p{n}") for n in range(200)) + "  warn_change: 0.1\n"
    with open_house(tmp_path, judge, monkeypatch, more) as house:
        imported = house.imported(file_of(tmp_path, 3, "newsletter-1.csv"))
        assert imported.success
        assert (count_shown(imported, "s1"), warnings(imported)) == (None, [])
        assert house.published("SELECT count(*) FROM segment_counts") == [(0,)]
        assert house.published("SELECT count(*) FROM segments.s1") == [(1,)]
        asked = house.run(REFRESH_SEGMENTS, run_config=FORCED)
        assert (count_shown(asked, "s1"), len(warnings(asked))) == (1, 1)
        assert house.published("SELECT count FROM segment_counts WHERE segment = 's1'") == [(1,)]


def test_a_segment_that_fails_on_values_is_red_and_holds_up_nothing(
    tmp_path: Path, judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_house(tmp_path, judge, monkeypatch, RAW_DEPENDENT, raw={"wrong": WRONG}) as house:
        result = house.imported(GOOD)
        assert result.success
        assert PUBLISHED in {event.asset_key for event in result.get_asset_materialization_events()}
        assert counted(result) == {"wrong": False, "behind": False}
        [told] = [c for c in result.get_asset_check_evaluations() if c.asset_key == segment_key("wrong")]
        assert told.severity is dg.AssetCheckSeverity.ERROR
        assert (
            "wrong.sql:2: The SQL of the segment 'wrong' fails on values of the base: a value cannot be converted."
            in (told.description or "")
        )
        assert "@" not in str(told)
        assert (count_shown(result, "wrong"), count_shown(result, "behind")) == (None, None)
        counts = dict(house.published("SELECT segment, count FROM segment_counts"))
        assert counts["all_contacts"] > 0
        assert not counts.keys() & {"wrong", "behind"}
        house.published("DESCRIBE segments.wrong")


def counted(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    checks = result.get_asset_check_evaluations()
    return {check.asset_key.path[-1]: check.passed for check in checks if check.check_name == COUNTED}


def test_a_segment_that_can_be_counted_again_is_green(tmp_path: Path, judge, monkeypatch: pytest.MonkeyPatch) -> None:
    right = "SELECT contact_id FROM contacts WHERE TRY_CAST(email AS INTEGER) IS NULL"
    with open_house(tmp_path, judge, monkeypatch, RAW_DEPENDENT, raw={"wrong": right}) as house:
        assert counted(house.imported(GOOD)) == {"wrong": True, "behind": True}
