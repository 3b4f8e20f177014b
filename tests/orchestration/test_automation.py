"""From an SFTP source to the base, and what people are told, through Dagster (IMP-17, SEC-2, SEC-4)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleEvaluationContext
from dagster._utils.schedules import cron_string_iterator

from expectations.judge import Judge
from pipelines.base.locking import exclusive
from pipelines.delivery.memory import Memory
from pipelines.layout import ROOT
from pipelines.orchestration.names import poll_job
from pipelines.orchestration.notifying import public_message
from pipelines.orchestration.sources import crons, when_due
from tests.delivery.mailbox import Mailbox, mail_server
from tests.delivery.servers import PASSWORD, SSHD, SshServer, can_take_passwords, free_port, running
from tests.orchestration.automation import AutomatedHouse, automated_house
from tests.orchestration.stored import places_of

GOOD = "Email;Prénom\na@exemple.fr;Aline\n"
REFUSED = "Email;Prénom\nmelusine.ostrogothe@exemple.fr;Théophraste;;;\n"
HALF = "Email;Prénom\nb@exemple.fr;Basile\nsans-arobase;Casimir\n"
PEOPLE = [["crm@exemple.org"], ["dpo@exemple.org"]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    if SSHD is None:
        pytest.skip("no sshd on this machine: apt-get install openssh-server")
    yield from running(SshServer(tmp_path / "sshd", password=can_take_passwords()))


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


@pytest.fixture
def house(
    tmp_path: Path, judge: Judge, server: SshServer, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AutomatedHouse]:
    with automated_house(tmp_path / "account", judge, server, mailbox, monkeypatch) as found:
        yield found


def names(house: AutomatedHouse) -> list[str]:
    return [row[0] for row in house.published("SELECT first_name FROM contacts ORDER BY email")]


def test_a_file_at_the_source_gets_into_the_base_once(house: AutomatedHouse) -> None:
    house.server.drop("newsletter-1.csv", GOOD)
    first = house.poll(settle_seconds=30)
    assert first.success
    assert first.all_node_events  # the run of a real instance
    assert list(house.layout.inbox.glob("newsletter/*")) == [], "seen for the first time: perhaps it still grows"
    house.poll()
    run = house.look()
    assert run is not None
    assert run.success
    assert names(house) == ["Aline"]
    house.poll()
    assert house.look() is None
    assert house.published("SELECT count(*), any_value(file) FROM imports") == [(1, "newsletter-1.csv")]
    assert house.mailbox.mails == []


def test_a_refused_file_is_mailed_once_without_a_person_s_value(house: AutomatedHouse) -> None:
    house.server.drop("newsletter-1.csv", REFUSED)
    house.server.drop("newsletter-2.csv", GOOD)
    house.poll()
    house.look()
    assert names(house) == ["Aline"], "one bad file never holds up the others"
    assert house.mailbox.recipients == PEOPLE
    assert house.mailbox.subjects == ["Carnet: newsletter-1.csv was refused"] * 2
    text = house.mailbox.texts[0]
    (report,) = house.layout.refused.rglob("*.report.txt")
    assert "- trailing_separators: Line 2 ends in " in text
    assert f"Report: {report}" in text
    for value in ("melusine", "ostrogothe", "Théophraste"):
        assert value not in text
    house.forget()
    house.drop(GOOD.replace("Aline", "Anne"), "newsletter-3.csv")
    house.look()
    assert len(house.mailbox.mails) == 2, "told to Dagster anew, but to nobody else"


def test_a_mail_server_that_is_down_fails_no_import_and_the_mail_comes_later(
    house: AutomatedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"smtp://127.0.0.1:{house.mailbox.port}?encryption=none"
    monkeypatch.setenv("CARNET_SMTP_URL", f"smtp://127.0.0.1:{free_port()}?encryption=none")
    house.drop(REFUSED, "newsletter-1.csv")
    house.drop(GOOD, "crm.csv", "crm")
    run = house.look()
    assert run is not None
    assert run.success
    assert "1 notices could not be sent: 127.0.0.1:" in house.log(run)
    assert names(house) == ["Aline"]
    monkeypatch.setenv("CARNET_SMTP_URL", url)
    house.poll()
    assert house.mailbox.subjects == ["Carnet: newsletter-1.csv was refused"] * 2


def test_without_a_mail_server_the_log_says_how_to_set_one(
    house: AutomatedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARNET_SMTP_URL")
    house.drop(REFUSED, "newsletter-1.csv")
    run = house.look()
    assert run is not None
    assert run.success
    assert "No mail server is set.\nSet CARNET_SMTP_URL to smtp://user@host:587" in house.log(run)


def test_a_file_that_cannot_be_written_about_holds_up_no_other_and_is_told_once(house: AutomatedHouse) -> None:
    # A file where the folder of the rejects should be: only a file with rejected rows meets it.
    house.layout.rejects.write_text("in the way")
    house.drop(HALF, "newsletter-1.csv")
    house.drop(GOOD, "crm.csv", "crm")
    run = house.look()
    assert run is not None
    assert run.success
    (check,) = [one for one in run.get_asset_check_evaluations() if one.check_name == "every_file_taken"]
    assert not check.passed
    assert names(house) == ["Aline"]
    for _ in range(3):
        house.now += 3600
        house.tick()
    assert house.mailbox.recipients == PEOPLE
    assert "3 attempts to take it failed.\n\n" in house.mailbox.texts[0]
    assert "Not a directory" in house.mailbox.texts[0] or "File exists" in house.mailbox.texts[0]
    house.layout.rejects.unlink()
    house.now += 3600
    house.tick()
    assert names(house) == ["Aline", "Basile"]


def test_a_base_that_stays_locked_is_tried_again_after_pauses_and_told_once(
    house: AutomatedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARNET_LOCK_SECONDS", "0.05")
    house.drop(GOOD, "newsletter-1.csv")
    asked = 0
    with exclusive(house.layout.base.with_name("writer.lock"), "somebody", 1):
        house.tick()
        for _ in range(200):
            run = house.tick()
            asked += run is not None
            assert run is None or not run.success
            house.now += 5
    assert asked == 6, "at 0, 30, 90, 210, 450 and 930 s of 1 000"
    assert house.mailbox.recipients == PEOPLE
    assert "The base is being written by somebody" in house.mailbox.texts[0]
    house.now += 3600
    house.tick()
    assert names(house) == ["Aline"]


def test_a_step_that_fails_after_the_files_were_taken_is_told_once_a_day(house: AutomatedHouse) -> None:
    # A folder where the published copy should be.
    (house.layout.published / "in the way").mkdir(parents=True)
    for number in range(2):
        house.drop(GOOD.replace("Aline", f"Aline {number}"), f"newsletter-{number}.csv")
        run = house.look()
        assert run is not None
        assert not run.success
    assert [subject for subject in house.mailbox.subjects if "failed after an import" not in subject] == []
    assert house.mailbox.recipients == PEOPLE
    assert "published_base" in house.mailbox.subjects[0]
    assert "Is a directory" in house.mailbox.texts[0] or "Directory not empty" in house.mailbox.texts[0]
    (house.layout.published / "in the way").rmdir()
    house.layout.published.rmdir()
    house.drop(GOOD.replace("Aline", "Alix"), "newsletter-9.csv")
    run = house.look()
    assert run is not None
    assert run.success
    assert names(house) == ["Alix"]


def test_a_source_that_fails_is_told_once_and_polled_less_often_until_it_works(house: AutomatedHouse) -> None:
    keys = house.server.folder / "authorized_keys"
    key, model = keys.read_text(), house.workspace.declarations.model("newsletter")
    keys.write_text("")
    for _ in range(3):
        assert not house.poll().success
    assert house.mailbox.subjects == ["Carnet: the source of newsletter cannot be read"] * 2
    assert "does not let the user" in house.mailbox.texts[0]
    with Memory.open(house.layout) as memory:
        failure = memory.failure("source newsletter")
    assert failure is not None
    assert failure.times == 3
    assert timedelta(minutes=19) < failure.retry_at - datetime.now(UTC) < timedelta(minutes=21)
    soon, later = failure.retry_at - timedelta(seconds=1), failure.retry_at + timedelta(seconds=1)
    found = when_due(model, house.layout, house.instance, lambda: soon)
    assert isinstance(found, dg.SkipReason)
    assert "failed 3 times in a row" in (found.skip_message or "")
    assert isinstance(when_due(model, house.layout, house.instance, lambda: later), dg.RunRequest)
    keys.write_text(key)
    assert house.poll().success
    assert isinstance(when_due(model, house.layout, house.instance, lambda: soon), dg.RunRequest)
    keys.write_text("")
    house.poll()
    assert len(house.mailbox.mails) == 4, "told again after it had worked"


def test_a_file_too_large_stays_at_the_source_and_is_told_once(house: AutomatedHouse) -> None:
    house.server.drop("newsletter-large.csv", GOOD + ";\n" * 20_000)
    for _ in range(2):
        assert house.poll().success
    assert house.mailbox.subjects == ["Carnet: a file of newsletter is not fetched"] * 2
    assert "at most 20,000 are taken" in house.mailbox.texts[0]


def test_no_secret_stands_in_dagster(house: AutomatedHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"SFTP": PASSWORD, "wrong SFTP": "Potiron-Hermine-77", "SMTP": "Zibeline-Tourmaline-13"}
    known = house.server.known_hosts.read_text()
    monkeypatch.setenv("CARNET_SMTP_URL", f"smtp://crm%40exemple.fr:{secrets['SMTP']}@127.0.0.1:{house.mailbox.port}")
    house.server.drop("newsletter-1.csv", REFUSED)
    monkeypatch.setenv("CARNET_SFTP_PASSWORD", secrets["SFTP"])
    outcomes = [house.poll().success]
    house.look()
    monkeypatch.setenv("CARNET_SFTP_KEY", "")
    monkeypatch.setenv("CARNET_SFTP_PASSWORD", secrets["wrong SFTP"])
    outcomes.append(house.poll().success)
    house.server.known_hosts.write_text("")
    outcomes.append(house.poll().success)
    house.server.known_hosts.write_text(known)
    if can_take_passwords():
        monkeypatch.setenv("CARNET_SFTP_PASSWORD", secrets["SFTP"])
        outcomes.append(house.poll().success)
    assert outcomes == [True, False, False, True][: len(outcomes)]
    key = house.server.user_key.read_text().splitlines()[2]
    assert places_of([*secrets.values(), key, "melusine.ostrogothe", "Théophraste"], house.layout.dagster) == {}
    assert places_of(["does not let the user"], house.layout.dagster), "the search reads what there is to read"
    assert places_of([*secrets.values(), key, "melusine.ostrogothe"], house.layout.automation) == {}


def test_an_error_of_the_program_is_told_by_its_place_alone() -> None:
    try:
        int("melusine@exemple.fr")
    except ValueError as error:
        told = public_message(error)
    assert told.startswith("ValueError, an error of the program, at test_automation.py:")
    assert "melusine" not in told


def test_a_poll_under_way_is_not_doubled(house: AutomatedHouse) -> None:
    job = house.definitions.resolve_job_def(poll_job("newsletter"))
    house.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    found = when_due(house.workspace.declarations.model("newsletter"), house.layout, house.instance)
    assert isinstance(found, dg.SkipReason)


def test_the_schedule_asks_for_the_job(house: AutomatedHouse) -> None:
    schedule = house.definitions.resolve_schedule_def("poll_newsletter_schedule")
    context: ScheduleEvaluationContext = dg.build_schedule_context(instance=house.instance)
    found = schedule.evaluate_tick(context)
    assert len(found.run_requests or []) == 1
    assert (schedule.cron_schedule, schedule.job_name) == ("*/5 * * * *", "poll_newsletter")


@pytest.mark.parametrize("minutes", [1, 7, 15, 45, 60, 90, 120, 720, 1000, 1440])
def test_the_cron_lines_of_an_interval(minutes: int) -> None:
    lines = crons(minutes)
    midnight = datetime(2026, 11, 25, tzinfo=UTC)
    found = set()
    for line in [lines] if isinstance(lines, str) else lines:
        for moment in cron_string_iterator((midnight - timedelta(seconds=1)).timestamp(), line, "UTC"):
            if moment >= midnight + timedelta(days=1):
                break
            found.add(int((moment - midnight).total_seconds()) // 60)
    assert sorted(found) == list(range(0, 1440, minutes))


def test_only_what_polls_pays_for_the_library() -> None:
    code = "import sys, pipelines.building; print([name for name in ('asyncssh',) if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ended.stdout.strip() == "[]"
