"""`kill -9` while the inbox is taken, against a real `make ui`: all of it at once, or the run alone (docs/dagster.md).

Whatever the moment: each file is imported exactly once, in order of arrival, by few runs, and nothing is left to clear by hand.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.ui import Ui, until

HEADER = "Email;Prénom;Portable;Perle;Diamant\n"
FEWEST, MOST = 100, 10_000
SIX = [4_000] * 6
HUNDRED = [FEWEST, *random.Random(17).choices(range(FEWEST, MOST + 1), k=98), MOST]
PROCESS_TAG = "carnet/process"


@pytest.fixture
def ui(shop) -> Iterator[Ui]:
    running = Ui(shop)
    try:
        yield running.start()
    finally:
        running.stop()


def content(number: int, rows: int) -> str:
    """A file of contacts that no other holds, but for one that all of them do."""
    first = number * 10 * MOST
    own = (f"client{n}@exemple.fr;Prénom {n};06{n:08d};X;\n" for n in range(first, first + rows - 1))
    return f"{HEADER}commun@exemple.fr;Vu par {number};;;\n{''.join(own)}"


def names(count: int) -> list[str]:
    """Names in another order than the files arrive in."""
    return [f"newsletter-{number:03}.csv" for number in random.Random(2026).sample(range(count), k=count)]


def drop_all(ui: Ui, sizes: list[int]) -> None:
    """Files with so many rows each, in this order of arrival."""
    for number, (name, rows) in enumerate(zip(names(len(sizes)), sizes, strict=True)):
        os.utime(ui.drop(content(number, rows), name), ns=(number, number))


def taken(shop) -> list[str]:
    """The names of the files that have left the inbox for the archive."""
    return [path.name for path in (shop.data / "archive" / "newsletter").glob("*/*.csv")]


def in_the_middle(shop, ui: Ui, so_many: int) -> dict[str, str]:
    """Wait until a run has taken so many files and is at the next ones; its tags."""
    until(lambda: len(taken(shop)) >= so_many, f"{so_many} files are taken", 600, every=0.05)
    (run,) = [run for run in ui.runs("STARTED") if run["jobName"] == "import_inbox"]
    return {tag["key"]: tag["value"] for tag in run["tags"]}


def files_wait(shop) -> bool:
    return any((shop.data / "inbox" / "newsletter").iterdir())


def process_of(tags: dict[str, str]) -> int:
    """The number of the run's own process."""
    return int(tags[PROCESS_TAG].split(":")[1])


def lives(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def see_each_file_once(shop, ui: Ui, sizes: list[int]) -> None:
    files = len(sizes)
    until(lambda: len(taken(shop)) == files, "the sensor takes what is left", 900)
    until(ui.at_rest, "the runs end", 300)
    history = shop.sql("SELECT file, status, rows, inserted, updated FROM imports ORDER BY import_id")
    assert history == [
        (name, "imported", rows, rows - (number > 0), int(number > 0))
        for number, (name, rows) in enumerate(zip(names(files), sizes, strict=True))
    ], "once each, in order of arrival"
    assert shop.sql("SELECT count(*), count(DISTINCT email) FROM contacts") == [(sum(sizes) - files + 1,) * 2]
    assert shop.sql("SELECT first_name FROM contacts WHERE email = 'commun@exemple.fr'") == [(f"Vu par {files - 1}",)]
    assert not files_wait(shop)
    partitions = ui.partitions("newsletter")
    assert len(partitions) == files
    assert sorted(ui.materialized("newsletter", "outcomes")) == sorted(partitions), "green, each of them"


def see_two_runs_and_no_more(shop, ui: Ui) -> None:
    """What the killed run left was taken by one run more; the sensor's next looks ask for none."""
    since = ui.ticks()[0]["timestamp"]
    later = until(
        lambda: [tick for tick in ui.ticks() if tick["timestamp"] > since][1:], "two looks of the sensor", 300
    )
    assert {(tick["status"], *tick["runIds"]) for tick in later} == {("SKIPPED",)}
    statuses = [run["status"] for run in ui.runs() if run["jobName"] == "import_inbox"]
    assert statuses == ["SUCCESS", "FAILURE"], "the second run, and the killed one, closed"


def see_the_next_ones_work(shop, ui: Ui, number: int) -> None:
    """From the inbox and from the command line, at once and without anything cleared by hand."""
    ui.wait_taken(ui.drop(content(number, 5), "newsletter-next.csv"))
    latest = shop.sql("SELECT file, status FROM imports ORDER BY import_id DESC LIMIT 1")
    assert latest == [("newsletter-next.csv", "imported")]
    by_hand = shop.write(content(number + 1, 3), "newsletter-by-hand.csv")
    assert shop.carnet("import", by_hand, "--model", "newsletter")["inserted"] == 2
    # An export that follows the base may still be on its way.
    until(ui.at_rest, "every run ends", 300)
    until(lambda: shop.temporary_files() == [], "no temporary file is left", 60)


def test_a_hundred_files_survive_that_everything_is_killed_at_once(shop, ui: Ui) -> None:
    drop_all(ui, HUNDRED)
    worker = process_of(in_the_middle(shop, ui, 40))
    ui.kill()
    until(lambda: not lives(worker), "the run's process went with the others", 30)
    assert files_wait(shop), "killed in the middle"

    ui.start()
    see_each_file_once(shop, ui, HUNDRED)
    see_two_runs_and_no_more(shop, ui)
    see_the_next_ones_work(shop, ui, len(HUNDRED))


def test_a_killed_run_is_taken_up_by_the_daemon_that_goes_on(shop, ui: Ui) -> None:
    drop_all(ui, SIX)
    os.kill(process_of(in_the_middle(shop, ui, 2)), signal.SIGKILL)
    assert files_wait(shop), "killed in the middle"

    see_each_file_once(shop, ui, SIX)
    see_two_runs_and_no_more(shop, ui)
    see_the_next_ones_work(shop, ui, len(SIX))
