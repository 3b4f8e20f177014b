"""`carnet serve` (SRV-1): starts what lasts, starts again what dies, says when all is ready, and ends it in order.

Belongs here: processes. Does not: what they do. What it says goes to standard error, a JSON object a line.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pipelines.api.code_location import UI_URL
from pipelines.api.files import read_json, write_json
from pipelines.api.health import ServiceState, states_file, write_states
from pipelines.base.locking import LockHeldError, exclusive
from pipelines.cli.handover import socket_of
from pipelines.errors import EnvironmentFaultError
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.orchestration.instance import mark_of_process, number_alive, open_instance
from pipelines.pictures.pages import ADDRESS

_BIN = Path(sys.executable).parent
_LOCATION = ("--module-name", "pipelines.definitions")
_LOGS = ("--log-format", "json")
_FIRST_PAUSE, _LONGEST_PAUSE, _STEADY = 1.0, 60.0, 60.0
_BACKLOG = 512
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ENDING = 60.0
"""Seconds that a service has to end once it was asked; a run that is under way ends or is as if it never began."""


@dataclass(frozen=True)
class Settings:
    """Where the service is reached; `ui` False: without the Dagster UI."""

    host: str = "127.0.0.1"
    ui_port: int = 3000
    api_port: int = 8000
    ui: bool = True


@dataclass
class _Child:
    name: str
    command: Sequence[str | Path]
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    pause: float = _FIRST_PAUSE
    started_at: float = field(default=0.0)
    due_at: float = field(default=0.0)
    given: Sequence[int] = ()
    """Descriptors that the process has of us."""

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            self.command,
            env=environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.given,
        )
        threading.Thread(target=_relay, args=(self.name, self.process.stdout), daemon=True).start()
        self.started_at = time.monotonic()


def serve(layout: Layout, settings: Settings) -> None:
    """Run until SIGTERM or Ctrl-C; EnvironmentFaultError where a port is taken, or the account is served already."""
    with _alone(layout):
        _end_former(layout)
        _serve(layout, settings)


@contextmanager
def _alone(layout: Layout) -> Generator[None]:
    """Two services would do what calls asked for twice, and ask for every run twice."""
    try:
        with exclusive(layout.automation / "serve.lock", say("process {process}", process=os.getpid()), 0.0):
            yield
    except LockHeldError as error:
        raise EnvironmentFaultError(
            say("This account is served already, by {holder}.", holder=error.holder),
            say("End that `carnet serve` first."),
        ) from None


def _serve(layout: Layout, settings: Settings) -> None:
    open_instance(layout).dispose()
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(layout.dagster),
        "PYTHONWARNINGS": "ignore",
        ADDRESS: os.environ.get(ADDRESS) or _place(settings),
    }
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ending.set())
    with _listening(settings) as listening:
        if settings.ui:
            environment[UI_URL] = f"http://{_reached_at(settings.host)}:{settings.ui_port}"
        api = [sys.executable, "-P", "-m", "pipelines.api.serving", str(listening.fileno())]
        children = [_Child(name, command) for name, command in _commands(layout, settings).items()]
        children.append(_Child("api", api, given=(listening.fileno(),)))
        try:
            for child in children:
                child.start(environment)
                _tell("started", child.name, process=child.process and child.process.pid)
                _note(children, layout)
            _watch(children, environment, ending, layout, settings)
        finally:
            for child in reversed(children):
                _end(child)
            for path in (states_file(layout), _processes_file(layout)):
                path.unlink(missing_ok=True)
    _tell("ended", "carnet")


def _reached_at(host: str) -> str:
    """The address at which this machine reaches what listens there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is asked for, not listened to
    return f"[{host}]" if ":" in host else host


def _place(settings: Settings) -> str:
    """Where the interface and the pages are reached from this machine."""
    return f"http://{settings.host}:{settings.api_port}"


def _commands(layout: Layout, settings: Settings) -> dict[str, Sequence[str | Path]]:
    """In the order in which they start; they end in the other one."""
    commands: dict[str, Sequence[str | Path]] = {
        "warm": [sys.executable, "-P", "-m", "pipelines.service.warm", str(layout.data)],
        "daemon": [_BIN / "dagster-daemon", "run", *_LOGS, *_LOCATION],
    }
    if settings.ui:
        place = ["--host", settings.host, "--port", str(settings.ui_port)]
        commands["ui"] = [_BIN / "dagster-webserver", *place, *_LOGS, *_LOCATION]
    return commands


def _listening(settings: Settings) -> socket.socket:
    """The socket of the interface: kept here, so that calls wait while its process is started again."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.api_port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise EnvironmentFaultError(
            say(
                "The port {port} of {host} cannot be listened to: {why}.",
                port=settings.api_port,
                host=settings.host,
                why=error.strerror,
            ),
            say("Another service may have it: give another --api-port."),
        ) from error


def _watch(
    children: Sequence[_Child],
    environment: Mapping[str, str],
    ending: threading.Event,
    layout: Layout,
    settings: Settings,
) -> None:
    ready, told = False, dict[str, ServiceState]()
    while not ending.wait(0.2):
        now = time.monotonic()
        started = [child for child in children if _keep(child, environment, now)]
        if started:
            _note(children, layout)
        states = {child.name: ServiceState(child.running, child.restarts) for child in children}
        if states != told:
            write_states(layout, states)
            told = states
        if not ready and _is_ready(children, layout, settings):
            ready = True
            ui = f"http://{settings.host}:{settings.ui_port}" if settings.ui else None
            place = _place(settings)
            _tell("ready", "carnet", page=place, ui=ui, api=f"{place}/api/docs", health=f"{place}/health")


def _keep(child: _Child, environment: Mapping[str, str], now: float) -> bool:
    """Start a child again that died: at once, then after pauses that grow, until it has run for a while; whether it was started."""
    if child.running:
        if now - child.started_at > _STEADY:
            child.pause = _FIRST_PAUSE
        return False
    if not child.due_at:
        assert child.process is not None  # noqa: S101 - it was started
        _tell("died", child.name, code=child.process.returncode, again_in=child.pause)
        child.due_at, child.pause = now + child.pause, min(child.pause * 2, _LONGEST_PAUSE)
    if now < child.due_at:
        return False
    child.due_at, child.restarts = 0.0, child.restarts + 1
    child.start(environment)
    _tell("started", child.name, process=child.process and child.process.pid)
    return True


def _is_ready(children: Sequence[_Child], layout: Layout, settings: Settings) -> bool:
    if not all(child.running for child in children) or not socket_of(layout.data).exists():
        return False
    return _answers(settings) and (not settings.ui or _is_reached(settings))


def _answers(settings: Settings) -> bool:
    """Whether the interface does: its port is open before its process listens."""
    try:
        connection = http.client.HTTPConnection(settings.host, settings.api_port, timeout=1)
        with closing(connection):
            connection.request("GET", "/health")
            return connection.getresponse().status in (200, 503)
    except (OSError, http.client.HTTPException):
        return False


def _is_reached(settings: Settings) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((settings.host, settings.ui_port)) == 0


def _end(child: _Child) -> None:
    """SIGTERM, and time to end; what does not heed it is killed with all that it started."""
    if child.process is None:
        return
    if child.running:
        child.process.terminate()
        try:
            child.process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            _tell("killed", child.name)
    with suppress(ProcessLookupError):
        os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()


def _processes_file(layout: Layout) -> Path:
    return states_file(layout).with_name("processes.json")


def _note(children: Sequence[_Child], layout: Layout) -> None:
    """Which processes there are: a service that is killed leaves them, and the next one ends them."""
    _processes_file(layout).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    marks = {child.name: mark_of_process(child.process.pid) for child in children if child.process is not None}
    write_json(_processes_file(layout), marks)


def _end_former(layout: Layout) -> None:
    """The processes that a service which was killed left go on, hold its ports, and are of code of then."""
    left = {name: number_alive(mark) for name, mark in read_json(_processes_file(layout), {}).items()}
    alive = {name: number for name, number in left.items() if number is not None}
    for number in alive.values():
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
    until = time.monotonic() + _ENDING
    for name, number in alive.items():
        mark = mark_of_process(number)
        while number_alive(mark) is not None and time.monotonic() < until:
            time.sleep(0.1)
        # Each leads a group of its own, of what it started.
        with suppress(ProcessLookupError):
            os.killpg(number, signal.SIGKILL)
        _tell("ended", name, process=number, left_by="a service that was killed")


def _relay(service: str, said: IO[bytes]) -> None:
    """What a process says, line by line: JSON as it is, any other text as the `line` of an object."""
    for line in said:
        text = line.decode(errors="replace").rstrip()
        if text.startswith("{") and text.endswith("}"):
            print(text, file=sys.stderr, flush=True)
        elif text:
            _tell("said", service, line=_COLOURS.sub("", text))


def _tell(event: str, service: str, **more: object) -> None:
    said = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "service": service, "event": event}
    said |= {name: value for name, value in more.items() if value is not None}
    print(json.dumps(said), file=sys.stderr, flush=True)
