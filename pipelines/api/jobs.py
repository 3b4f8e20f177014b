"""What a call asks for and is answered before it is done: kept on disk, done one after the other, taken up again after a kill.

Belongs here: jobs and their states. Does not: what is done (`importing`, `exporting`, `purging`).
"""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from fastapi import Request
from fastapi.responses import FileResponse

from pipelines.api.answers import ApiError, not_found
from pipelines.api.faults import tell_fault
from pipelines.api.files import alone, read_json, write_json
from pipelines.errors import EnvironmentFaultError
from pipelines.faults import as_fault
from pipelines.syncing import sync

_READ = "read"
"""In a job's folder: its file as it is to be read, where that is not as it came."""
Status = Literal["Waiting", "Processing", "Completed", "Refused", "Error"]
Kind = Literal["import", "export", "purge"]
UNFINISHED: tuple[Status, ...] = ("Waiting", "Processing")
PAUSES = (5.0, 30.0, 120.0, 600.0)
"""Seconds after which a job is tried again that the machine, or a busy base, was in the way of; those behind it wait."""


@dataclass(frozen=True)
class Job:
    """Something asked for by the key `who`. `asked`: what `kind` needs of it; `result`: the number in the base of what came of it.

    `file`: the name of its file among all of this kind, empty once it was dropped.
    """

    number: int
    kind: Kind
    name: str
    who: str
    file: str
    started_at: str
    asked: Mapping[str, Any]
    status: Status = "Waiting"
    result: int | None = None


Done = tuple[Status, int | None]
"""What became of a job: its status, and `result`."""


class Jobs:
    """The jobs of one account, by their numbers. `room`: where their files lie, each in a folder of its own."""

    def __init__(self, path: Path, room: Path, pauses: Sequence[float] = PAUSES) -> None:
        self._path, self._room, self._pauses = path, room, pauses
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()

    def all(self) -> list[Job]:
        """Every job, oldest first."""
        return [Job(**each) for each in read_json(self._path, [])]

    def of(self, kind: Kind) -> list[Job]:
        """Those of a kind, newest first."""
        return [job for job in reversed(self.all()) if job.kind == kind]

    def get(self, kind: Kind, number: int) -> Job:
        """One of a kind; 404."""
        return _one([job for job in self.of(kind) if job.number == number], kind, str(number))

    def as_file(self, kind: Kind, file_name: str) -> FileResponse:
        """The file of that name; 404."""
        job = _one([job for job in self.of(kind) if job.file == file_name], kind, "of that file")
        return FileResponse(self.place_of(job), filename=file_name, media_type="application/octet-stream")

    def place_of(self, job: Job) -> Path:
        """Where its file lies, as it came or was written."""
        return self.folder(job.number) / job.file

    def to_read(self, job: Job) -> Path:
        """Its file as it is to be read: made so from what came, where that is another one."""
        made = self.folder(job.number) / _READ / job.file
        return made if made.exists() else self.place_of(job)

    def folder(self, number: int) -> Path:
        """The folder of a job's file."""
        return self._room / str(number)

    @contextmanager
    def room_for(self, number: int) -> Generator[Path]:
        """The folder of a job that is made; gone again where it comes to none."""
        folder = self.folder(number)
        (folder / _READ).mkdir(mode=0o700, parents=True)
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def add(self, job: Job) -> Job:
        """Keep a job, with its files, on disk, and have it done: whoever is answered then need not send it again."""
        folder = self.folder(job.number)
        for path in (*folder.rglob("*"), folder, self._room) if folder.exists() else ():
            sync(path)
        self._change(lambda jobs: [*jobs, job])
        self._waiting.put(job.number)
        return job

    def update(self, number: int, **what: Any) -> None:
        """Keep what became of a job."""
        self._change(lambda jobs: [replace(job, **what) if job.number == number else job for job in jobs])

    def drop(self, kind: Kind, number: int) -> bool:
        """Forget the file of a job; what it did stays. 409 while it is not done."""
        if self.get(kind, number).status in UNFINISHED:
            raise ApiError(409, "Unfinished", f"The {kind} is not done yet.", "Ask for its Status, and try again.")
        self.update(number, file="")
        shutil.rmtree(self.folder(number), ignore_errors=True)
        return True

    def work(self, do: Callable[[Job], Done]) -> None:
        """Begin to do them, in a thread of its own; those that a former process did not finish come first."""
        self._sweep()
        for job in self.all():
            if job.status in UNFINISHED:
                self._waiting.put(job.number)
        threading.Thread(target=self._work, args=(do,), name="carnet-jobs", daemon=True).start()

    def _sweep(self) -> None:
        """Files that were dropped, or came by a call that was never answered, and that a kill left."""
        kept = {job.number for job in self.all() if job.file}
        for folder in self._room.glob("*/"):
            if (folder / _READ).exists() and folder.name not in map(str, kept):
                shutil.rmtree(folder, ignore_errors=True)

    def _work(self, do: Callable[[Job], Done]) -> None:
        while True:
            number = self._waiting.get()
            for pause in (*self._pauses, None):
                try:
                    self._do(number, do)
                    break
                except Exception as error:  # One that fails does not hold up the others.
                    tell_fault(error, "a job")
                    if pause is None or not isinstance(as_fault(error), EnvironmentFaultError):
                        self._give_up(number)
                        break
                time.sleep(pause)

    def _do(self, number: int, do: Callable[[Job], Done]) -> None:
        [job] = [job for job in self.all() if job.number == number]
        self.update(number, status="Processing")
        status, result = do(job)
        self.update(number, status=status, result=result)

    def _give_up(self, number: int) -> None:
        try:
            self.update(number, status="Error")
        except Exception as error:  # The disk is full still: the next process takes the job up again.
            tell_fault(error, "a job")

    def _change(self, change: Callable[[list[Job]], list[Job]]) -> None:
        with alone(self._path):
            write_json(self._path, [asdict(job) for job in change(self.all())])


def _one(found: list[Job], kind: Kind, which: str) -> Job:
    if not found:
        raise not_found(f"{kind} {which}", f"GET /contacts/{kind} lists them.")
    return found[0]


def link_of(job: Job, request: Request) -> str:
    """The address of its file; empty where there is none."""
    return str(request.url_for(f"get_{job.kind}_file", file_name=job.file)) if job.file else ""


def now() -> str:
    """The instant as jobs keep it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
