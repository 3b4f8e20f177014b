"""The inbox sensor: complete files, each asked for once, several in one run (IMP-17)."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import dagster as dg
import pytest

from pipelines.declarations.model import ContactBase, Declarations, ImportModel
from pipelines.layout import Layout
from pipelines.orchestration.names import IMPORT_INBOX
from pipelines.orchestration.sensors import inbox_sensor


@dg.op
def nothing() -> None:
    """Stands for the job that the sensor asks for."""


@dg.job(name=IMPORT_INBOX)
def import_inbox() -> None:
    nothing()


class Inbox:
    """The sensor, ticked by hand with its own cursor."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder, folder / "assets")
        models = (ImportModel("newsletter", "newsletter*.csv"), ImportModel("crm", "crm*.txt"))
        self.declarations = Declarations(folder, ContactBase(), models)
        self.instance = dg.DagsterInstance.ephemeral()
        self.cursor: str | None = None
        self.now = 1_700_000_000.0

    def drop(self, name: str, content: str = "Email\na@ex.fr\n", at: int = 1) -> Path:
        path = self.layout.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        os.utime(path, (at, at))
        return path

    def tick(self) -> dg.SensorResult | dg.SkipReason:
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        found = inbox_sensor(self.declarations, self.layout, lambda: self.now)(context)
        self.cursor = context.cursor
        return found

    def asked(self) -> list[str]:
        found = self.tick()
        if isinstance(found, dg.SkipReason):
            return []
        (request,) = found.run_requests
        files = request.run_config["ops"]["inbox"]["config"]["files"]
        return [f"{file['model']}/{Path(file['path']).name}" for file in files]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


def test_folders_are_made_for_every_model(inbox: Inbox) -> None:
    assert inbox.asked() == []
    assert (inbox.layout.inbox / "newsletter").is_dir()
    assert (inbox.layout.inbox / "crm").is_dir()


def test_waiting_files_are_taken_by_one_run_in_order_of_arrival(inbox: Inbox) -> None:
    inbox.drop("newsletter/newsletter-b.csv", at=1)
    inbox.drop("crm/crm-1.txt", at=2)
    inbox.drop("newsletter/newsletter-a.csv", at=3)
    assert inbox.asked() == [], "seen for the first time: perhaps still being written"
    assert inbox.asked() == ["newsletter/newsletter-b.csv", "crm/crm-1.txt", "newsletter/newsletter-a.csv"]


def test_a_growing_file_is_left_alone_until_its_size_is_stable(inbox: Inbox) -> None:
    inbox.drop("newsletter/newsletter.csv", "Email\n")
    inbox.asked()
    inbox.drop("newsletter/newsletter.csv", "Email\na@ex.fr\n")
    assert inbox.asked() == []
    assert inbox.asked() == ["newsletter/newsletter.csv"]


def test_nothing_is_asked_while_a_run_is_under_way(inbox: Inbox) -> None:
    inbox.drop("newsletter/newsletter.csv")
    inbox.asked()
    inbox.instance.create_run_for_job(import_inbox, status=dg.DagsterRunStatus.STARTED)
    found = inbox.tick()
    assert isinstance(found, dg.SkipReason)
    assert "run is taking files" in (found.skip_message or "")


def test_a_file_that_stays_is_tried_again_after_pauses_that_grow(inbox: Inbox) -> None:
    path = inbox.drop("newsletter/newsletter.csv")
    inbox.asked()
    since, asked_at = inbox.now, []
    while inbox.now < since + 4 * 3600:
        if inbox.asked():
            asked_at.append(inbox.now)
        inbox.now += 5
    pauses = [later - earlier for earlier, later in itertools.pairwise(asked_at)]
    assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    os.utime(path, (9, 9))
    assert inbox.asked() == [], "touched: a new file, seen for the first time"
    assert inbox.asked() == ["newsletter/newsletter.csv"]


def test_a_file_that_pauses_holds_up_no_other(inbox: Inbox) -> None:
    inbox.drop("newsletter/newsletter-1.csv")
    inbox.asked()
    assert inbox.asked() == ["newsletter/newsletter-1.csv"]
    inbox.drop("newsletter/newsletter-2.csv")
    found = inbox.tick()
    assert isinstance(found, dg.SkipReason)
    assert "next attempt comes at 22:13:50 UTC" in (found.skip_message or "")
    assert inbox.asked() == ["newsletter/newsletter-2.csv"]
    inbox.now += 30
    found = inbox.tick()
    assert isinstance(found, dg.SensorResult)
    (request,) = found.run_requests
    files = request.run_config["ops"]["inbox"]["config"]["files"]
    assert [file["attempt"] for file in files] == [2, 2]


def test_a_stranger_is_told_of_and_left(inbox: Inbox) -> None:
    path = inbox.drop("newsletter/photo.png")
    found = inbox.tick()
    assert isinstance(found, dg.SkipReason)
    assert "match no import model" in (found.skip_message or "")
    assert path.exists()


def test_each_request_has_a_key_of_its_own(inbox: Inbox) -> None:
    inbox.drop("newsletter/newsletter.csv")
    inbox.tick()
    keys = set()
    for _ in range(2):
        inbox.now += 60
        found = inbox.tick()
        assert isinstance(found, dg.SensorResult)
        keys |= {request.run_key for request in found.run_requests}
    assert len(keys) == 2


@pytest.mark.parametrize("pattern", ["crm**.txt", "**", "crm*.txt"])
def test_any_pattern_is_a_shells(tmp_path: Path, pattern: str) -> None:
    inbox = Inbox(tmp_path)
    inbox.declarations = Declarations(tmp_path, ContactBase(), (ImportModel("crm", pattern),))
    inbox.drop("crm/crm-1.txt")
    inbox.tick()
    assert inbox.asked() == ["crm/crm-1.txt"]


def test_a_name_that_is_no_text_stays_and_holds_up_nothing(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.drop("newsletter/newsletter-1.csv")
    inbox.drop(os.fsdecode(b"newsletter/newsletter\xff.csv"))
    inbox.tick()
    assert inbox.asked() == ["newsletter/newsletter-1.csv"]
    (inbox.layout.inbox / "newsletter" / "newsletter-1.csv").unlink()
    inbox.tick()
    assert "not UTF-8" in str(inbox.tick().skip_message)
