"""Exports without a schedule follow the base, and no change of it is missed (EXP-4, decision 6)."""

from __future__ import annotations

import dagster as dg

from pipelines.declarations.model import Audience, Export
from pipelines.orchestration.export_sensor import FOLLOWING, following_sensor
from pipelines.orchestration.names import PUBLISHED, export_key, segment_key

EVERYBODY = Export("everybody")
PARIS = Export("paris", Audience(("paris",)))
AT_SIX = Export("at_six", schedule="0 6 * * *")


class Followers:
    """The sensor, ticked by hand with its own cursor, over what an instance recorded."""

    def __init__(self, *exports: Export) -> None:
        self.instance = dg.DagsterInstance.ephemeral()
        self.exports = exports
        self.cursor: str | None = None

    def happens(self, key: dg.AssetKey) -> None:
        self.instance.report_runless_asset_event(dg.AssetMaterialization(key))

    def asked(self) -> list[str]:
        """The exports that one tick asks for."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        found = following_sensor(self.exports)(context)
        self.cursor = context.cursor
        if isinstance(found, dg.SkipReason):
            return []
        assert isinstance(found, dg.RunRequest)
        assert found.asset_selection
        return [key.path[-1] for key in found.asset_selection]

    def run(self, status: dg.DagsterRunStatus) -> dg.DagsterRun:
        """A run that the sensor asked for, in this state."""
        run = dg.DagsterRun(job_name="__ASSET_JOB", status=status, tags={"dagster/sensor_name": FOLLOWING})
        return self.instance.add_run(run)


def test_nothing_is_asked_for_before_the_base_is_published() -> None:
    followers = Followers(EVERYBODY)
    followers.happens(segment_key("all_contacts"))
    assert followers.asked() == []


def test_each_publication_is_followed_once_by_those_without_a_schedule() -> None:
    followers = Followers(EVERYBODY, AT_SIX, PARIS)
    followers.happens(PUBLISHED)
    assert followers.asked() == ["everybody", "paris"]
    assert followers.asked() == []
    followers.happens(PUBLISHED)
    followers.happens(PUBLISHED)
    assert followers.asked() == ["everybody", "paris"]
    assert followers.asked() == []


def test_a_base_published_while_its_former_export_is_written_is_exported_after_that() -> None:
    followers = Followers(EVERYBODY)
    followers.happens(PUBLISHED)
    assert followers.asked() == ["everybody"]
    under_way = followers.run(dg.DagsterRunStatus.STARTED)
    followers.happens(PUBLISHED)
    assert followers.asked() == [], "one after the other"
    followers.happens(export_key("everybody"))
    followers.instance.report_run_canceled(under_way)
    assert followers.asked() == ["everybody"]


def test_a_base_published_between_the_end_of_an_export_and_the_next_tick_is_exported() -> None:
    followers = Followers(EVERYBODY)
    followers.happens(PUBLISHED)
    assert followers.asked() == ["everybody"]
    followers.happens(export_key("everybody"))
    followers.happens(PUBLISHED)
    assert followers.asked() == ["everybody"]


def test_a_segment_that_changed_asks_for_the_exports_that_read_it() -> None:
    followers = Followers(EVERYBODY, PARIS)
    followers.happens(PUBLISHED)
    assert followers.asked() == ["everybody", "paris"]
    followers.happens(segment_key("paris"))
    assert followers.asked() == ["paris"]


def test_a_new_export_is_written_without_waiting_for_a_change() -> None:
    followers = Followers(EVERYBODY)
    followers.happens(PUBLISHED)
    assert followers.asked() == ["everybody"]
    followers.exports = (EVERYBODY, PARIS)
    assert followers.asked() == ["paris"]


def test_the_cursor_of_dagsters_automation_is_no_cursor_of_ours() -> None:
    followers = Followers(EVERYBODY)
    followers.cursor = "eNqrVkrLz1eyUkpKLFKqBQAdegQ0"
    followers.happens(PUBLISHED)
    assert followers.asked() == ["everybody"]
