"""A real Spark 4 answers as DuckDB does, where Sail is what the other tests ask (LAK-2).

Spark weighs 450 MB, needs Java and half a minute: `make spark` installs it beside and asks for these tests.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.declarations.model import Criterion, Group
from pipelines.lake.spark import SparkEngine, connected
from tests.behaving import Behaving
from tests.lake import test_answers, test_segments_on_spark
from tests.segments.reference import Contact, Event, World
from tests.segments.test_properties import CASES, HAPPENINGS
from tests.segments.world import BASE, NOW, contact_lists, criteria, event_lists, fill, fill_events

_PATIENCE = 120.0
_SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
filled = test_answers.filled
base = test_segments_on_spark.base


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Spark Connect server of Spark's own, on this machine."""
    if os.environ.get("CARNET_REAL_SPARK") != "1":
        pytest.skip("CARNET_REAL_SPARK=1 asks for a real Spark: `make spark` installs one, and sets it.")
    submit = Path(os.environ.get("SPARK_HOME", "nowhere")) / "bin" / "spark-submit"
    if shutil.which("java") is None or not submit.exists():
        pytest.skip("A real Spark needs Java 17 and, in SPARK_HOME, the package pyspark.")
    folder = tmp_path_factory.mktemp("spark")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settled = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": 1,
    }
    options = [part for name, value in settled.items() for part in ("--conf", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        command = [str(submit), "--master", "local[2]", *options, "--class", _SERVER, "spark-internal"]
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        _wait_for(port, server, folder / "log")
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as place:
            if place.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(log.read_text(errors="replace")[-2000:])


@pytest.fixture(autouse=True)
def asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would start Sail asks the real Spark."""
    monkeypatch.setattr("pipelines.lake.spark.spark_address", lambda: address)


def test_searches_counts_reports_and_figures_are_equal(filled: Behaving) -> None:
    test_answers.test_both_engines_say_the_same(filled)


def test_activity_is_equal(filled: Behaving) -> None:
    test_answers.test_activity_is_equal(filled)


def test_exports_are_equal_byte_for_byte(filled: Behaving, tmp_path: Path) -> None:
    test_answers.test_exports_are_equal_byte_for_byte(filled, tmp_path)


def test_every_kind_of_criterion_agrees(base: duckdb.DuckDBPyConnection) -> None:
    every = st.tuples(*(criteria([name], [op]) for name, op in CASES), *HAPPENINGS.values())

    @settings(test_segments_on_spark.LOOK, max_examples=3, derandomize=True, database=None)
    @given(contact_lists, event_lists(NOW), every)
    def agrees(contacts: list[Contact], events: list[Event], wanted: tuple[Criterion, ...]) -> None:
        fill(base, contacts)
        fill_events(base, events)
        test_segments_on_spark.lend(spark, base, "contacts", "events", "operations")
        groups = [Group("all", (each,)) for each in wanted]
        test_segments_on_spark.all_agree(spark, base, groups, World(BASE, NOW, events=events), contacts)

    with connected() as session:
        spark = SparkEngine(session)
        agrees()
