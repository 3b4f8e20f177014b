"""A cluster of a real Spark on this machine: a master, worker processes of one core each, and Spark Connect before them.

Belongs here: its processes, and the seconds of processor that they took. Does not: what it is asked (`growing`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import free_port, group_seconds

_PATIENCE = 120.0
_HOST = "127.0.0.1"
_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"
_CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"
_MEMORY = "3g"
"""Of each worker's executor."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that listens at `address`; `groups`: the groups of its processes."""

    address: str
    groups: tuple[int, ...]

    def processor_seconds(self) -> float:
        """What its processes took so far."""
        return group_seconds(self.groups)


@contextmanager
def cluster(home: Path, workers: int) -> Generator[Cluster]:
    """So many worker processes of the Spark in `home`, until the block ends; RuntimeError where one does not come up."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        bound = {"spark.driver.bindAddress": _HOST, "spark.driver.host": _HOST, "spark.ui.enabled": "false"}
        master, connect = free_port(), free_port()
        place = f"spark://{_HOST}:{master}"
        submit, spark_class = home / "bin" / "spark-submit", home / "bin" / "spark-class"
        started = [
            _started(
                stack,
                folder / "master",
                [str(spark_class), _MASTER, "--host", _HOST, "--port", str(master), "--webui-port", "0"],
                master,
            )
        ]
        for number in range(workers):
            port = free_port()
            command = [str(spark_class), _WORKER, "--host", _HOST, "--port", str(port), "--webui-port", "0"]
            command += ["--cores", "1", "--memory", _MEMORY, "--work-dir", str(folder / f"work-{number}"), place]
            started.append(_started(stack, folder / f"worker-{number}", command, port))
        settled = bound | {
            "spark.connect.grpc.binding.address": _HOST,
            "spark.connect.grpc.binding.port": str(connect),
            "spark.executor.cores": "1",
            "spark.executor.memory": _MEMORY,
            "spark.local.dir": str(folder / "local"),
            # Of one and of two workers the same, so that both have the same work.
            "spark.sql.shuffle.partitions": "8",
            # Work begins when every worker is there.
            "spark.scheduler.minRegisteredResourcesRatio": "1.0",
            "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
        }
        command = [str(submit), "--master", place, *_options(settled), "--class", _CONNECT, "spark-internal"]
        started.append(_started(stack, folder / "connect", command, connect))
        yield Cluster(f"sc://{_HOST}:{connect}", tuple(each.pid for each in started))


def _options(settled: Mapping[str, str]) -> list[str]:
    return [part for name, value in settled.items() for part in ("--conf", f"{name}={value}")]


def _started(stack: ExitStack, folder: Path, command: list[str], port: int) -> subprocess.Popen[bytes]:
    """The process of the command in a group of its own, once it listens."""
    folder.mkdir()
    log = stack.enter_context((folder / "log").open("wb"))
    process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    stack.callback(_end, process)
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as place:
            if place.connect_ex((_HOST, port)) == 0:
                return process
        time.sleep(0.2)
    raise RuntimeError((folder / "log").read_text(errors="replace")[-2000:])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    process.wait()
