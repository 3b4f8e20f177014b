"""What was answered and not done yet is done by the next process (rest.md: an import answers at once)."""

from __future__ import annotations

import threading
from pathlib import Path

from pipelines.api.jobs import Done, Job, Jobs


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
