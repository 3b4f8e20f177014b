"""Measuring: wall clock, memory of a whole process, the machine in generic words."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from pipelines.layout import Layout

_POLL_SECONDS = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PACKAGES = ("duckdb", "polars", "pyarrow", "great-expectations", "dagster")


@dataclass
class Stopwatch:
    """Seconds by step, in the order in which the steps were first met."""

    seconds: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def step(self, name: str) -> Generator[None]:
        """Add what the block takes to the step `name`."""
        since = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - since

    @property
    def total(self) -> float:
        """All steps together."""
        return sum(self.seconds.values())


@dataclass(frozen=True)
class Ran:
    """A whole process: seconds of wall clock and of processor, the most memory at one moment (its judge's too), its output."""

    seconds: float
    processor_seconds: float
    peak_bytes: int
    output: str


def run_carnet(layout: Layout, *arguments: str, environment: Mapping[str, str] | None = None) -> Ran:
    """Run `carnet …` on that base, as a shell would; RuntimeError where it fails. `environment`: what more is said there."""
    own = {"CARNET_DATA": str(layout.data), "CARNET_ASSETS": str(layout.assets), "CARNET_JUDGE": str(layout.judge)}
    command = [str(Path(sys.executable).with_name("carnet")), *arguments]
    since, used = time.perf_counter(), _ended_seconds()
    process = subprocess.Popen(
        command,
        env={**os.environ, **own, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    peak = _Peak(process.pid, str(layout.judge))
    peak.start()
    output, errors = process.communicate()
    seconds = time.perf_counter() - since
    peak.join()
    if process.returncode != 0:
        raise RuntimeError(f"carnet {' '.join(arguments)} ended with {process.returncode}:\n{output}\n{errors}")
    return Ran(seconds, _ended_seconds() - used, peak.bytes, output)


def _ended_seconds() -> float:
    """Seconds of processor of all children that have ended."""
    times = os.times()
    return times.children_user + times.children_system


class _Peak(threading.Thread):
    """The largest sum of resident memory over the processes of one group and its judge, looked at twenty times a second."""

    def __init__(self, group: int, judge: str) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self._group, self._judge = group, judge

    def run(self) -> None:
        """Look until the group is gone."""
        while (held := _resident(self._group, self._judge)) is not None:
            self.bytes = max(self.bytes, held)
            time.sleep(_POLL_SECONDS)


def _resident(group: int, judge: str) -> int | None:
    """Bytes resident in the group's processes and in the judge of that folder; None where the group has none left."""
    pages: list[int] = []
    judges = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                pages.append(int(fields[21]))
            elif judge.encode() in stat.with_name("cmdline").read_bytes():
                judges += int(fields[21])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return (sum(pages) + judges) * _PAGE if pages else None


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def processor_seconds() -> float:
    """What this process took so far, whichever of its threads."""
    times = os.times()
    return times.user + times.system


def group_seconds(groups: Collection[int]) -> float:
    """What the living processes of these groups took so far, with those of their children that have ended."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) in groups:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


class Neighbours:
    """How busy other processes kept the cores since this was made: figures taken beside them say less."""

    def __init__(self) -> None:
        self._since, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def share(self) -> float:
        """The share of all cores' time (0 to 1) that went to other processes than this one and its ended children."""
        others = (_busy_seconds() - self._busy) - (_own_seconds() - self._own)
        return max(0.0, others / ((time.monotonic() - self._since) * (os.cpu_count() or 1)))


def _busy_seconds() -> float:
    user, nice, system, _, _, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def machine() -> str:
    """Where the figures come from, without a name or a path."""
    memory = os.sysconf("SC_PHYS_PAGES") * _PAGE / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB of memory, {platform.system()}, "
        f"Python {platform.python_version()}, {packages}"
    )
