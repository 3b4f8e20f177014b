"""Runs that Spark answers: what their materialisations say of it, and a server that is killed while it is asked (LAK-2)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipelines.orchestration import engines
from pipelines.orchestration.names import REFRESH_SEGMENTS, export_job, export_key, segment_key
from tests.orchestration.conftest import SAMPLES, House

GOOD = SAMPLES / "newsletter-2026-11.csv"
SERVER = """
import sys
from pysail.spark import SparkConnectServer
server = SparkConnectServer(ip="127.0.0.1", port=0)
server.start(background=True)
print(server.listening_address[1], flush=True)
sys.stdin.read()
"""
COUNTING = b"n0"
"""Stands in the question after all counts, and in no other."""


class Cluster:
    """Sail in a process of its own, behind an address that stays; `kills`: how often it is killed once a question has come in."""

    def __init__(self) -> None:
        self.kills = self.killed = 0
        self.comes_back = True
        self._server: subprocess.Popen[str] | None = None
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"sc://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._let_in, daemon=True).start()

    def close(self) -> None:
        self._door.close()
        self._kill()

    def _let_in(self) -> None:
        while True:
            try:
                asking, _ = self._door.accept()
            except OSError:
                return
            port = self._port()
            if port is None:
                asking.close()
                continue
            answering = socket.create_connection(("127.0.0.1", port))
            for one, other in ((asking, answering), (answering, asking)):
                threading.Thread(target=self._pass_on, args=(one, other, one is asking), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, asks: bool) -> None:
        try:
            while data := one.recv(65536):
                if asks and COUNTING in data and self.killed < self.kills:
                    self.killed += 1
                    other.sendall(data)
                    self._kill()
                    break
                other.sendall(data)
        except OSError:
            pass
        for each in (one, other):
            each.close()

    def _port(self) -> int | None:
        if self._server is None:
            if self.killed and not self.comes_back:
                return None
            command = [sys.executable, "-c", SERVER]
            self._server = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"RUST_LOG": "off"}
            )
            assert self._server.stdout is not None
            self.port = int(self._server.stdout.readline())
        return self.port

    def _kill(self) -> None:
        if self._server is not None:
            with self._server as server:
                server.kill()
            self._server = None


@pytest.fixture
def cluster(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    assert house.imported(GOOD).success
    made = Cluster()
    monkeypatch.setenv("CARNET_SPARK", made.address)
    monkeypatch.setattr(engines, "PAUSE", 0.1)

    def with_lake(assets: Path) -> None:
        path = assets / "base" / "defs.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("attributes:\n", "attributes:\n  lake: {catalog: sqlite, warehouse: lake}\n", 1))

    house.redeclare(with_lake)
    yield made
    made.close()


def shown(result: dg.ExecuteInProcessResult, key: dg.AssetKey) -> dict[str, object]:
    [event] = [e for e in result.get_asset_materialization_events() if e.asset_key == key]
    return {name: value.value for name, value in event.materialization.metadata.items()}


def asked_again(result: dg.ExecuteInProcessResult) -> int:
    return sum(event.event_type is dg.DagsterEventType.STEP_UP_FOR_RETRY for event in result.all_events)


def test_segments_and_exports_say_what_spark_did(house: House, cluster: Cluster) -> None:
    for export in house.workspace.declarations.exports[:1]:
        result = house.run(export_job(export))
        assert result.success
        said = shown(result, export_key(export.name))
        assert str(said["engine"]).startswith("Spark ")
        assert str(said["engine"]).endswith(cluster.address)
        assert (said["spark_questions"], said["spark_rows"]) == (1, said["dagster/row_count"])
    result = house.run(REFRESH_SEGMENTS)
    said = shown(result, segment_key("all_contacts"))
    assert (said["spark_questions"], said["spark_rows"]) == (1, 1)
    assert len(str(said["spark_session"])) == 36


def test_a_server_killed_while_it_is_asked_is_asked_again(house: House, cluster: Cluster) -> None:
    cluster.kills = 1
    result = house.run(REFRESH_SEGMENTS)
    assert result.success
    assert (cluster.killed, asked_again(result)) == (1, 1)
    [(contacts,)] = house.published("SELECT count(*) FROM contacts")
    assert shown(result, segment_key("all_contacts"))["dagster/row_count"] == contacts > 0


def test_a_server_that_stays_away_fails_the_run_and_changes_nothing(house: House, cluster: Cluster) -> None:
    before = house.published("SELECT * FROM segment_counts ORDER BY ALL")
    cluster.kills, cluster.comes_back = 1, False
    started = time.monotonic()
    result = house.run(REFRESH_SEGMENTS)
    assert not result.success
    assert asked_again(result) == engines.TIMES
    [failure] = [event for event in result.all_events if event.event_type is dg.DagsterEventType.STEP_FAILURE]
    assert "Spark" in str(failure.event_specific_data)
    assert "SELECT" not in str(failure.event_specific_data)
    assert house.published("SELECT * FROM segment_counts ORDER BY ALL") == before
    # The client by itself would try for ten minutes.
    assert time.monotonic() - started < 200
