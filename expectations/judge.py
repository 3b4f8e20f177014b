"""The judge: a helper process that imports Great Expectations while the file is being read, and runs the suites.

`import great_expectations` costs 4 to 6 s of CPU; in a process of its own that time passes beside the reading. The
helper is a child in the same process group, talks JSON lines over pipes, writes no file, and goes when its pipe closes.
This module imports no Great Expectations, so that asking for a judge costs nothing.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from types import TracebackType
from typing import IO, Any

from expectations.verdicts import SuiteName, Verdict


class JudgeError(Exception):
    """The helper process could not give a verdict; the message says why."""


class Judge:
    """A context manager: on entering, the helper starts and loads on its own time; `judge` waits for it when needed."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Judge:
        # -P: the folder that one stands in is no place to import `expectations` from.
        command = [sys.executable, "-P", "-m", "expectations.judge"]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        # The helper holds nothing worth saving, and may still be importing: it is not waited for.
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                _close(pipe)

    @property
    def pid(self) -> int:
        """The helper's process id. JudgeError outside the `with`."""
        return self._running().pid

    def judge(
        self, suite: SuiteName, columns: Mapping[str, Sequence[Any]], options: Mapping[str, Any]
    ) -> tuple[Verdict, ...]:
        """Give the verdict of each rule of `suite` on those columns (name → values; None: not measured).

        JudgeError when the helper died or could not evaluate a rule: no verdict is ever made up.
        """
        child = self._running()
        question = {"suite": suite, "columns": {name: list(values) for name, values in columns.items()}}
        line = json.dumps(question | {"options": dict(options)}).encode() + b"\n"
        answer = self._exchange(child, line)
        if not answer.endswith(b"\n"):
            code = child.wait()
            raise JudgeError(
                f"The helper process that runs the rules ended (exit code {code}) before judging the suite {suite!r}. "
                "Its own message is on standard error, above; run the import again."
            )
        document: dict[str, Any] = json.loads(answer)
        if "error" in document:
            raise JudgeError(f"The suite {suite!r} could not be judged: {document['error']}")
        return tuple(_verdict(fields) for fields in document["verdicts"])

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise JudgeError("The judge is not running: use it as `with Judge() as judge:`.")
        return self._child

    @staticmethod
    def _exchange(child: subprocess.Popen[bytes], line: bytes) -> bytes:
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - both are pipes, see __enter__
        try:
            child.stdin.write(line)
            child.stdin.flush()
        except BrokenPipeError:
            return b""
        return child.stdout.readline()


def _verdict(fields: dict[str, Any]) -> Verdict:
    fields["rows"] = tuple(fields["rows"])
    return Verdict(**fields)


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        # What was still buffered for a helper that is gone has no reader.
        return


def serve() -> None:
    """Answer questions from standard input on standard output until it ends: one JSON line each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; the helper goes with its pipe.
    os.umask(0o077)  # Its owner's alone, whatever it or a library writes (SEC-5).
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Whatever a library prints must not be taken for an answer.
    from expectations.running import run_suite  # 4 to 6 s of CPU: what this process is for

    run_suite("base", {"duplicate_keys": [0]}, {})  # The first suite of a process pays for lazy set-up: 0.1 s.

    @lru_cache(maxsize=1024)
    def verdicts(question: bytes) -> bytes:
        """One answer for one question, however often it is asked: of many files, most have nothing wrong, and say so alike."""
        asked = json.loads(question)
        found = run_suite(asked["suite"], asked["columns"], asked["options"])
        return json.dumps({"verdicts": [asdict(verdict) for verdict in found]}).encode()

    for line in sys.stdin.buffer:
        try:
            answer = verdicts(line)
        except Exception as error:  # Whatever it is, the asker gets it as a JudgeError.
            answer = json.dumps({"error": f"{type(error).__name__}: {error}"}).encode()
        answers.write(answer + b"\n")
        answers.flush()


if __name__ == "__main__":
    serve()
