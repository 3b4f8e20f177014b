"""What was answered and not done yet is done by the next process (rest.md: an import answers at once)."""

from __future__ import annotations

import errno
import threading
import time
from pathlib import Path

from pipelines.api.jobs import Done, Job, Jobs
from pipelines.base.locking import LockHeldError


def test_a_job_that_a_killed_process_left_is_done_once_and_one_that_fails_holds_up_none(tmp_path: Path) -> None:
    former = Jobs(tmp_path / "jobs.json", tmp_path / "files")
    for number in (1, 2, 3):
        former.add(Job(number, "import", "a", "shop", "a.csv", "2026-11-27T08:00:00+00:00", {}))
    former.update(1, status="Completed", result=7)
    former.update(2, status="Processing")
    seen, ended = [], threading.Event()

    def do(job: Job) -> Done:
        seen.append(job.number)
        if job.number == 2:
            raise ValueError
        ended.set()
        return "Completed", 9

    again = Jobs(tmp_path / "jobs.json", tmp_path / "files")
    again.work(do)
    assert ended.wait(10)
    again.add(Job(4, "purge", "b", "shop", "b.csv", "2026-11-27T08:00:00+00:00", {}))
    while [job.status for job in again.all()] != ["Completed", "Error", "Completed", "Completed"]:
        threading.Event().wait(0.01)
    assert seen == [2, 3, 4]


def test_a_job_that_the_machine_is_in_the_way_of_is_tried_again_before_those_behind_it(tmp_path: Path) -> None:
    former, jobs = (Jobs(tmp_path / "jobs.json", tmp_path / "files", pauses=(0.01, 0.01)) for _ in range(2))
    for number in (1, 2, 3):
        former.add(Job(number, "import", "a", "shop", "a.csv", "2026-11-27T08:00:00+00:00", {}))
    seen: list[int] = []

    def do(job: Job) -> Done:
        seen.append(job.number)
        if job.number == 1 and len(seen) < 3:
            raise LockHeldError("another run", 600)
        if job.number == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return "Completed", job.number

    jobs.work(do)
    while [job.status for job in jobs.all()] != ["Completed", "Error", "Completed"]:
        threading.Event().wait(0.01)
    assert seen == [1, 1, 1, 2, 2, 2, 3]


def test_jobs_go_on_once_what_became_of_one_cannot_be_kept(tmp_path: Path) -> None:
    room = tmp_path / "kept"
    former, jobs = (Jobs(room / "jobs.json", tmp_path / "files", pauses=()) for _ in range(2))
    former.add(Job(1, "import", "a", "shop", "a.csv", "2026-11-27T08:00:00+00:00", {}))
    failing, ended = threading.Event(), threading.Event()

    def do(job: Job) -> Done:
        if job.number == 1:
            room.rename(tmp_path / "elsewhere")
            room.touch()  # Whatever is written there now fails.
            failing.set()
            raise ValueError
        ended.set()
        return "Completed", job.number

    jobs.work(do)
    assert failing.wait(10)
    time.sleep(0.3)
    room.unlink()
    (tmp_path / "elsewhere").rename(room)
    jobs.add(Job(2, "import", "b", "shop", "b.csv", "2026-11-27T08:00:00+00:00", {}))
    assert ended.wait(10)


def test_what_no_job_has_any_more_goes_at_the_next_start(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "jobs.json", tmp_path / "files")
    for number in (1, 2):
        with jobs.room_for(number) as folder:
            (folder / "a.csv").write_text("Email\na@ex.fr\n")
            jobs.add(Job(number, "import", "a", "shop", "a.csv", "2026-11-27T08:00:00+00:00", {}, "Completed", number))
    with jobs.room_for(3) as folder:
        (folder / "a.csv").write_text("Email\nnever.answered@ex.fr\n")
    (tmp_path / "files" / "4").mkdir()
    jobs.update(1, file="")
    Jobs(tmp_path / "jobs.json", tmp_path / "files").work(lambda job: ("Completed", job.number))
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == ["2", "4"], (
        "4: an export that was had at once"
    )
    assert jobs.place_of(jobs.get("import", 2)).read_text() == "Email\na@ex.fr\n"
