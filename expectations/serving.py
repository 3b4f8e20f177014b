"""The judge's own process: answers questions that come by its socket, one JSON line each, and ends when nobody has any.

Belongs here: the process. Does not: finding or starting it (`judge`), nor what the suites say.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from expectations.judge import alone

_TICK = 1.0
"""Seconds between two looks at whether anybody still needs it."""
_Answers = Callable[[bytes], bytes]


def _load() -> _Answers:
    """Great Expectations, and the function that answers a question."""
    from expectations.running import run_suite  # 4 to 6 s of CPU: what this process is for

    run_suite("base", {"duplicate_keys": [0]}, {})  # The first suite of a process pays for lazy set-up: 0.1 s.

    @lru_cache(maxsize=1024)
    def verdicts(question: bytes) -> bytes:
        """One answer for one question, however often it is asked: of many files, most have nothing wrong, and say so alike."""
        asked = json.loads(question)
        found = run_suite(asked["suite"], asked["columns"], asked["options"])
        return json.dumps({"verdicts": [asdict(verdict) for verdict in found]}).encode()

    return verdicts


class Serving:
    """Who asks, and since when nobody does. Questions are answered one at a time, in the order in which they come."""

    def __init__(self, listener: socket.socket, address: Path, idle_seconds: float) -> None:
        self._listener, self._address, self._idle_seconds = listener, address, idle_seconds
        self._inode = address.stat().st_ino
        self._answers: Future[_Answers] = Future()
        self._turn, self._counting = threading.Lock(), threading.Lock()
        self._asking, self._met, self._since = 0, False, time.monotonic()

    def run(self) -> None:
        """Load beside waiting for who asks; give up, even loading, when nobody is left."""
        threading.Thread(target=self._load, daemon=True).start()
        self._listener.settimeout(min(_TICK, self._idle_seconds / 2 or 0.05))
        while not self._is_over():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with self._counting:
                self._asking, self._met = self._asking + 1, True
            connection.settimeout(None)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
        # Where the folder went away, so did the socket.
        with suppress(FileNotFoundError), alone(self._address.parent):
            if self._is_ours():
                self._address.unlink()

    def _load(self) -> None:
        try:
            self._answers.set_result(_load())
        except BaseException as error:
            self._answers.set_exception(error)
            raise

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as questions:
            for line in questions:
                try:
                    connection.sendall(self._answer(line) + b"\n")
                except (BrokenPipeError, ConnectionResetError):
                    break
        with self._counting:
            self._asking -= 1
            self._since = time.monotonic()

    def _answer(self, question: bytes) -> bytes:
        try:
            answers = self._answers.result()
            with self._turn:
                return answers(question)
        except Exception as error:  # Whatever it is, the asker gets it as a JudgeError.
            return json.dumps({"error": f"{type(error).__name__}: {error}"}).encode()

    def _is_over(self) -> bool:
        """Whether nobody asks any more, nor will: the time is over, or the socket is gone with its folder."""
        with self._counting:
            if self._asking:
                return False
            waited = time.monotonic() - self._since
        if self._idle_seconds == 0 and not self._met:
            # Who started it is about to come.
            return waited > _TICK
        return waited >= self._idle_seconds or not self._is_ours()

    def _is_ours(self) -> bool:
        """Whether the socket at the address is this process's, and not one that came after it."""
        try:
            return self._address.stat().st_ino == self._inode
        except OSError:
            return False


def main() -> None:
    """Serve the socket that was handed down, until nobody needs it."""
    number, address, idle_seconds = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o077)  # Its owner's alone, whatever it or a library writes (SEC-5).
    try:
        with socket.socket(fileno=int(number)) as listener, suppress(FileNotFoundError):
            Serving(listener, Path(address), float(idle_seconds)).run()
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(
        0
    )  # However it ends, a half-loaded library is not waited for: an interpreter that ends in order may wait for ever.


if __name__ == "__main__":
    main()
