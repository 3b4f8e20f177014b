"""`make ui` on a port of its own, as an operator starts it: started, asked, stopped, killed whole."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 300
FINISHED = ("SUCCESS", "FAILURE", "CANCELED")
T = TypeVar("T")


class Account(Protocol):
    """What the UI needs to know of a Shop."""

    data: Path

    @property
    def environment(self) -> dict[str, str]: ...


def until(ask: Callable[[], T], what: str, seconds: float = 60, every: float = 0.25) -> T:
    """The first answer that is true; AssertionError names `what` where none comes in time."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end, f"{what}: not within {seconds:.0f} s (last answer: {answer!r})"
        time.sleep(every)
    return answer


class Ui:
    """The Dagster UI, its daemon and code server: one process group."""

    def __init__(self, shop: Account) -> None:
        self.shop = shop
        self.port = _free_port()
        self.log = shop.data.parent / "ui.log"
        self._group: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Ui:
        """`make ui`, up to the first answer of the web server."""
        with self.log.open("ab") as log:
            self._group = subprocess.Popen(
                # The environment that runs the tests is set up: --old-file keeps make from looking at it again.
                ["make", "--old-file=.venv/.carnet-ready", "ui", f"PORT={self.port}"],
                cwd=ROOT,
                env=self.shop.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self._answers, f"`make ui` answers; its log is {self.log}", START_SECONDS)
        return self

    def _answers(self) -> bool:
        assert self._group is not None
        assert self._group.poll() is None, f"`make ui` ended:\n{self.log.read_text()}"
        try:
            found = self.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return bool(found["repositoriesOrError"].get("nodes"))

    def kill(self) -> None:
        """`kill -9` of every process at once."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ctrl-C; what does not heed it within a while is killed."""
        self._end(signal.SIGINT)

    def _end(self, how: signal.Signals) -> None:
        group, self._group = self._group, None
        if group is None:
            return
        os.killpg(group.pid, how)
        with suppress(subprocess.TimeoutExpired):
            group.wait(timeout=30)
        if _lives(group.pid):
            os.killpg(group.pid, signal.SIGKILL)
            group.wait()
        until(lambda: not _lives(group.pid), "no process of `make ui` is left", 15)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data that the web server gives for a GraphQL query."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            document = json.load(answer)
        assert "errors" not in document, document["errors"]
        return document["data"]

    def runs(self, *statuses: str) -> list[dict[str, Any]]:
        """The runs in these states (all without one), newest first."""
        query = """query ($filter: RunsFilter) { runsOrError(filter: $filter) { ... on Runs { results {
            runId jobName status tags { key value } } } } }"""
        filters = {"statuses": list(statuses)} if statuses else {}
        return self.ask(query, filter=filters)["runsOrError"]["results"]

    def partitions(self, model: str) -> list[str]:
        """Every partition of an import model."""
        query = """query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode { partitionKeys } } }"""
        return self.ask(query, key={"path": [model, "file"]})["assetNodeOrError"]["partitionKeys"]

    def materialized(self, model: str, asset: str) -> list[str]:
        """The partitions of an asset that are shown as materialised."""
        query = """query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
            assetPartitionStatuses { ... on DefaultPartitionStatuses { materializedPartitions } } } } }"""
        found = self.ask(query, key={"path": [model, asset]})["assetNodeOrError"]
        return found["assetPartitionStatuses"]["materializedPartitions"]

    def ticks(self, sensor: str = "inbox_sensor") -> list[dict[str, Any]]:
        """The latest ticks of a sensor, newest first: status, the runs asked for, the reason for none."""
        query = """query ($sensor: SensorSelector!) { sensorOrError(sensorSelector: $sensor) { ... on Sensor {
            sensorState { ticks(limit: 50) { status runIds skipReason timestamp } } } } }"""
        selector = {"sensorName": sensor, **self._location()}
        return self.ask(query, sensor=selector)["sensorOrError"]["sensorState"]["ticks"]

    def _location(self) -> dict[str, str]:
        found = self.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }")
        (node,) = found["repositoriesOrError"]["nodes"]
        return {"repositoryName": node["name"], "repositoryLocationName": node["location"]["name"]}

    def drop(self, content: str | bytes | Path, name: str, model: str = "newsletter") -> Path:
        """Lay a file in the inbox, under its name only when it is whole."""
        if isinstance(content, Path):
            content = content.read_bytes()
        folder = self.shop.data / "inbox" / model
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f".{name}"
        aside.write_bytes(content if isinstance(content, bytes) else content.encode())
        return aside.rename(folder / name)

    def wait_taken(self, path: Path, seconds: float = 300) -> None:
        """Until the sensor has taken a dropped file and its run has ended."""
        until(lambda: not path.exists(), f"{path.name} is taken from the inbox", seconds)
        until(self.at_rest, "the runs end", seconds)

    def at_rest(self) -> bool:
        """Is no run under way or waiting?"""
        return all(run["status"] in FINISHED for run in self.runs())


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
