"""Exports without a schedule follow the base, and no change of it is missed (EXP-4, decision 6)."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from pipelines.declarations.model import Audience, Export
from pipelines.orchestration.export_sensor import FOLLOWING, following_sensor
from pipelines.orchestration.names import PUBLISHED, export_key, segment_key
from tests.conftest import Account

EVERYBODY = Export("everybody")
PARIS = Export("paris", Audience(("paris",)))
AT_SIX = Export("at_six", schedule="0 6 * * *")


class Followers:
    """The sensor, ticked by hand with its own cursor and clock, over what an instance recorded and a copy that may be there."""

    def __init__(self, *exports: Export, published: Path = Path("/nowhere/contacts.duckdb")) -> None:
        self.instance = dg.DagsterInstance.ephemeral()
        self.exports = exports
        self.published = published
        self.cursor: str | None = None
        self.now = 1_000_000.0

    def happens(self, key: dg.AssetKey) -> None:
        self.instance.report_runless_asset_event(dg.AssetMaterialization(key))

    def asked(self) -> list[str]:
        """The exports that one tick asks for."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        found = following_sensor(self.exports, self.published, lambda: self.now)(context)
        self.cursor = context.cursor
        if isinstance(found, dg.SkipReason):
            return []
        assert isinstance(found, dg.RunRequest)
        assert found.asset_selection
        return [key.path[-1] for key in found.asset_selection]

    def asked_after(self, seconds: float) -> list[str]:
        """As `asked`, so much later."""
        self.now += seconds
        return self.asked()

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


def test_an_export_of_which_nothing_came_is_asked_for_again_after_pauses_that_grow() -> None:
    followers = Followers(EVERYBODY, PARIS)
    followers.happens(PUBLISHED)
    assert followers.asked() == ["everybody", "paris"]
    killed = followers.run(dg.DagsterRunStatus.STARTED)
    assert followers.asked_after(60) == [], "it is under way"
    followers.happens(export_key("paris"))
    followers.instance.report_run_failed(killed)
    assert followers.asked() == ["everybody"]
    assert [followers.asked_after(30), followers.asked_after(29), followers.asked_after(1)] == [[], [], ["everybody"]]
    followers.happens(export_key("everybody"))
    assert followers.asked_after(3600) == []


def test_a_former_cursor_asks_for_nothing_that_was_written() -> None:
    followers = Followers(EVERYBODY)
    followers.happens(PUBLISHED)
    followers.cursor = '{"everybody": 1}'
    assert followers.asked_after(3600) == []
    followers.happens(PUBLISHED)
    assert followers.asked() == ["everybody"]


def test_what_changes_without_a_run_is_followed_once_it_has_come_to_rest(account: Account) -> None:
    followers = Followers(EVERYBODY, published=account.layout.published)
    assert followers.asked() == [], "there is no base"
    account.workspace.edit_contact("a@ex.fr", {"opt_in_email": "yes"})
    account.workspace.publish()
    assert [followers.asked(), followers.asked_after(10), followers.asked_after(10)] == [[], ["everybody"], []]
    followers.happens(export_key("everybody"))
    account.workspace.export(EVERYBODY)
    account.workspace.refresh_segments()
    account.workspace.publish()
    assert [followers.asked_after(10) for _ in range(3)] == [[], [], []], "who is in the base is the same"
    account.workspace.edit_contact("a@ex.fr", {"opt_in_email": "no"})
    account.workspace.publish()
    assert [followers.asked_after(10), followers.asked_after(10)] == [[], ["everybody"]]


@pytest.mark.parametrize("cursor", [None, '{"everybody": 0}'], ids=["first", "former"])
def test_changes_that_never_rest_are_followed_after_five_minutes(account: Account, cursor: str | None) -> None:
    followers = Followers(EVERYBODY, published=account.layout.published)
    followers.cursor = cursor
    asked: list[list[str]] = []
    for number in range(7):
        account.workspace.edit_contact("a@ex.fr", {"first_name": f"Ada {number}"})
        account.workspace.publish()
        asked.append(followers.asked_after(60))
        followers.happens(export_key("everybody"))
    assert asked == [[], [], [], [], [], ["everybody"], []]
