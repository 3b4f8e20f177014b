"""The judge: a process of its own that has Great Expectations at hand and runs the suites.

`import great_expectations` costs 4 to 6 s of CPU. So that process is started while the file is still being read, stays for a while
after the last question, and whoever comes next finds it warm, by a socket that only its user may open (SEC-5). It talks JSON lines
and holds nothing worth saving. This module imports no Great Expectations, so that asking for a judge costs nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from expectations.verdicts import SuiteName, Verdict

IDLE_SECONDS = 300.0
"""How long a judge waits for another question."""


class JudgeError(Exception):
    """The judge could not give a verdict; the message says why."""


class Judge:
    """A context manager: on entering, a judge is found or started, and loads on its own time; `judge` waits for it when needed.

    `folder`: where its socket and its log lie, for whoever shall share it. `idle_seconds`: how long one that is started here stays
    without a question; 0: until nobody is left who asked for it.
    """

    def __init__(self, folder: Path, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._folder, self._idle_seconds = folder, idle_seconds
        self._connection: socket.socket | None = None
        self._answers: IO[bytes] | None = None

    def __enter__(self) -> Judge:
        self._meet()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._part()

    def judge(
        self, suite: SuiteName, columns: Mapping[str, Sequence[Any]], options: Mapping[str, Any]
    ) -> tuple[Verdict, ...]:
        """Give the verdict of each rule of `suite` on those columns (name → values; None: not measured).

        JudgeError when no judge lives long enough, or it could not evaluate a rule: no verdict is ever made up.
        """
        if self._connection is None:
            raise JudgeError("The judge is not there: use it as `with Judge(folder) as judge:`.")
        question = {"suite": suite, "columns": {name: list(values) for name, values in columns.items()}}
        line = json.dumps(question | {"options": dict(options)}).encode() + b"\n"
        # One that ended (idle just now, or killed) is followed by another one: once, for the question itself may be what kills it.
        answer = self._exchange(line) or self._exchange_anew(line)
        if not answer:
            raise JudgeError(
                f"The process that runs the rules ended before judging the suite {suite!r}; its own message is in "
                f"{self._folder / 'judge.log'}. Run the import again."
            )
        document: dict[str, Any] = json.loads(answer)
        if "error" in document:
            raise JudgeError(f"The suite {suite!r} could not be judged: {document['error']}")
        return tuple(_verdict(fields) for fields in document["verdicts"])

    def _exchange_anew(self, line: bytes) -> bytes:
        self._part()
        self._meet()
        return self._exchange(line)

    def _exchange(self, line: bytes) -> bytes:
        """The answer's line; empty where the judge ended meanwhile."""
        assert self._connection is not None and self._answers is not None  # noqa: S101, PT018 - both stand after `_meet`
        try:
            self._connection.sendall(line)
            answer = self._answers.readline()
        except (BrokenPipeError, ConnectionResetError):
            return b""
        return answer if answer.endswith(b"\n") else b""

    def _meet(self) -> None:
        self._connection = _met(self._folder, self._idle_seconds)
        self._answers = self._connection.makefile("rb")

    def _part(self) -> None:
        for each in (self._answers, self._connection):
            if each is not None:
                each.close()
        self._connection = self._answers = None


def _verdict(fields: dict[str, Any]) -> Verdict:
    fields["rows"] = tuple(fields["rows"])
    return Verdict(**fields)


def _met(folder: Path, idle_seconds: float) -> socket.socket:
    """A connection to the judge of that folder, started where there is none."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = folder / f"judge-{_edition()}.sock"
    with alone(folder), _reachable(place) as address:
        with suppress(FileNotFoundError, ConnectionRefusedError):
            return _connected(address)
        with suppress(FileNotFoundError):
            Path(address).unlink()
        with socket.socket(socket.AF_UNIX) as listener:
            former = os.umask(0o177)
            try:
                listener.bind(address)
            finally:
                os.umask(former)
            listener.listen()
            # It waits in the socket's queue until the judge takes it: nobody waits here for Great Expectations.
            connection = _connected(address)
            _start(listener, place, idle_seconds)
        return connection


def _connected(address: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def _start(listener: socket.socket, place: Path, idle_seconds: float) -> None:
    """Leave a judge behind that has the listening socket: no child of this process, for it may outlive it."""
    # -P: the folder that one stands in is no place to import `expectations` from.
    judge = [sys.executable, "-P", "-m", "expectations.serving"]
    asked = [str(listener.fileno()), str(place), str(idle_seconds)]
    log = os.open(place.parent / "judge.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", *judge, *asked],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(listener.fileno(),),
            start_new_session=True,  # Ctrl-C is for whoever asked.
            check=True,
        )
    finally:
        os.close(log)


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """Nobody else starts a judge in that folder, or takes its socket away, meanwhile: a moment."""
    lock = os.open(folder / "judge.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextmanager
def _reachable(path: Path) -> Generator[str]:
    """The path as a socket can have it: at most 107 bytes, whatever its folder is called."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        short = Path(f"/proc/self/fd/{folder}") / path.name
        yield str(short if short.parent.exists() else path)
    finally:
        os.close(folder)


def _edition() -> str:
    """Short for the rules and the libraries that a judge has: one that was started with others is not asked."""
    found = find_spec("great_expectations")
    files = [*sorted(Path(__file__).parent.glob("*.py")), *([Path(found.origin)] if found and found.origin else ())]
    told = [sys.executable, *(f"{file}:{file.stat().st_size}:{file.stat().st_mtime_ns}" for file in files)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]
