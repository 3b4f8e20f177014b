"""The warm process (SRV-2): it has all that commands import, and runs each command that is handed over in a copy of itself.

python -P -m pipelines.service.warm DATA
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pipelines.api.handing import API
from pipelines.cli.handover import LENGTH, reachable, socket_of
from pipelines.pictures.pages import ADDRESS
from pipelines.privacy import keep_private

_AT_HAND = (
    "pipelines.api.handed",
    "pipelines.base.formats",
    "pipelines.building",
    "pipelines.cells.converting",
    "pipelines.cli.behaviours",
    "pipelines.cli.contacts",
    "pipelines.cli.explain",
    "pipelines.cli.exports",
    "pipelines.cli.fields",
    "pipelines.cli.imports",
    "pipelines.cli.inspect",
    "pipelines.cli.main",
    "pipelines.cli.searches",
    "pipelines.cli.segments",
    "pipelines.cli.upkeep",
    "pipelines.cli.console",
    "pipelines.cli.progress",
    "pipelines.declarations.locale",
    "pipelines.exports.snapshots",
    "pipelines.imports.taking",
    "pipelines.orchestration.event_log",
    "pipelines.orchestration.instance",
    "pipelines.rights.journal",
    "pipelines.segments.counting",
    "pipelines.segments.views",
    "expectations.judge",
    # What libraries import when they are first used.
    "dagster._core.execution.execute_in_process",
    "dagster._core.executor.in_process",
    "dagster._core.instance.factory",
    "dagster._core.instance.runs.run_domain",
    "dagster._core.secrets.env_file",
    "dagster._core.storage.local_compute_log_manager",
    "dagster._core.storage.root",
    "fsspec.implementations.local",
    "numpy.ma",
    *(f"phonenumbers.data.region_{region}" for region in ("BL", "FR", "GF", "GP", "MF", "MQ", "RE", "YT")),
    "sqlglot.dialects.duckdb",
    "sqlglot.transforms",
    "tzdata",
    "upath.implementations.local",
    "watchdog.observers.polling",
)
"""What commands import: nothing here starts a thread that a copy of the process would miss."""


@dataclass
class _Running:
    connection: socket.socket
    process: int


def serve(data: Path) -> None:
    """Listen until SIGTERM; commands that run then are let end."""
    keep_private()
    for name in _AT_HAND:
        importlib.import_module(name)
    # A copy would look for garbage among all that was imported, and have each page of it written anew.
    gc.collect()
    gc.freeze()
    place = socket_of(data)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for former in place.parent.glob("warm-*.sock"):
        former.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    with reachable(place) as address:
        listener.bind(address)
    listener.listen(64)
    _Service(listener).run()
    place.unlink(missing_ok=True)


class _Service:
    """Accepts commands, forwards signals to them, and tells their exit codes."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener, self._selector = listener, selectors.DefaultSelector()
        self._running: dict[int, _Running] = {}
        self._ending = False

    def run(self) -> None:
        ours, theirs = socket.socketpair()
        for each in (ours, theirs):
            each.setblocking(False)
        signal.set_wakeup_fd(theirs.fileno())
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.signal(signal.SIGTERM, lambda _number, _frame: self._end())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._selector.register(ours, selectors.EVENT_READ)
        self._selector.register(self._listener, selectors.EVENT_READ)
        while not (self._ending and not self._running):
            for key, _ in self._selector.select():
                if key.fileobj is ours:
                    ours.recv(4096)
                elif key.fileobj is self._listener:
                    self._accept()
                else:
                    self._forward(key.data)
            self._reap()

    def _end(self) -> None:
        self._ending = True
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(self._listener)
        self._listener.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.settimeout(5)
        try:
            asked, descriptors = _received(connection)
        except (OSError, ValueError):
            connection.close()
            return
        process = os.fork()
        if process == 0:
            _run(
                asked, descriptors, [self._listener, connection, *(each.connection for each in self._running.values())]
            )
        for descriptor in descriptors:
            os.close(descriptor)
        running = _Running(connection, process)
        self._running[process] = running
        self._selector.register(connection, selectors.EVENT_READ, running)

    def _forward(self, running: _Running) -> None:
        """Signals of whoever handed the command over; who is gone has ended it."""
        try:
            numbers = running.connection.recv(64)
        except OSError:
            numbers = b""
        if not numbers:
            self._selector.unregister(running.connection)
            numbers = bytes([signal.SIGINT])
        for number in numbers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.process, number)

    def _reap(self) -> None:
        for process, running in list(self._running.items()):
            found, status = os.waitpid(process, os.WNOHANG)
            if found:
                del self._running[process]
                code = os.waitstatus_to_exitcode(status)
                with contextlib.suppress(OSError):
                    running.connection.send(bytes([code if code >= 0 else 128 - code]))
                with contextlib.suppress(KeyError):
                    self._selector.unregister(running.connection)
                running.connection.close()


def _received(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    head, ancillary, _, _ = connection.recvmsg(LENGTH.size, socket.CMSG_LEN(3 * array.array("i").itemsize))
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(content)
    [length] = LENGTH.unpack(head)
    body = bytearray()
    while len(body) < length:
        part = connection.recv(length - len(body))
        if not part:
            raise ValueError("cut off")
        body += part
    return json.loads(body), list(descriptors)


def _run(asked: dict[str, Any], descriptors: list[int], others: list[socket.socket]) -> NoReturn:
    """Be the command: its terminal, folder, environment and signals, in a session of its own."""
    code = 3
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        for target, descriptor in enumerate(descriptors):
            os.dup2(descriptor, target)
            os.close(descriptor)
        for other in others:
            other.close()
        os.chdir(asked["folder"])
        served = {name: os.environ[name] for name in (ADDRESS,) if name in os.environ}
        os.environ.clear()
        os.environ.update(served | asked["environment"])
        os.umask(asked["umask"])
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
            for number, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        code = _entered(asked)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _entered(asked: dict[str, Any]) -> int:
    """The exit code of the command line, or of the work of calls."""
    if asked.get("entry") == API:
        from pipelines.api.handed import run
    else:
        from pipelines.cli.main import run
    return run(asked["arguments"])


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
