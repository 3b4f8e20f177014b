"""Files of events from a folder go into the lake piece by piece, each once, whatever is killed (LAK-3)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from sqlglot import exp

from pipelines.cli.main import run
from pipelines.declared import check
from pipelines.errors import UsageError
from pipelines.lake import sources
from pipelines.lake.spark import SparkEngine, SparkFaultError
from pipelines.layout import ROOT
from tests.behaving import Behaving
from tests.lake.held_world import LAKE, declare, event

NOW = timedelta(0)


def write(behaving: Behaving, name: str, first: int, count: int) -> Path:
    """A file of so many clicks, and a refusal of bob's."""
    lines = [event(n, ("ann", "bob", "cat")[n % 3], "click") for n in range(first, first + count)]
    lines.append(event(f"u{first}", "bob", "unsub"))
    return behaving.account.write("".join(json.dumps(each) + "\n" for each in lines), f"data/coming/{name}")


@pytest.fixture
def coming(behaving: Behaving, monkeypatch: pytest.MonkeyPatch) -> Behaving:
    """An account whose e-mail events come from a folder, and are taken ten or so at a time."""
    declare(behaving, lake=True, more="source: coming")
    monkeypatch.setattr(sources, "PIECE_BYTES", 1_000)
    behaving.contacts("Email;Opt-In Email\nann@ex.fr;oui\nbob@ex.fr;oui\ncat@ex.fr;oui\n")
    return behaving


def clicks(behaving: Behaving) -> list[tuple[int, int]]:
    """How many clicks there are, and how many ids they have."""
    behaving.workspace.refresh_segments(force=True)
    behaving.workspace.publish()
    with behaving.workspace.published() as copy:
        return copy.execute("SELECT count(*), count(DISTINCT event_id) FROM events WHERE type = 'clicked'").fetchall()


def test_each_file_is_taken_once_and_one_that_is_written_is_left(coming: Behaving) -> None:
    write(coming, "esp-1.ndjson", 0, 30)
    write(coming, "sub/esp-2.ndjson", 40, 5)
    write(coming, "other.ndjson", 90, 5)
    assert list(coming.workspace.take_from_source("esp")) == []
    taken = list(coming.workspace.take_from_source("esp", settle=NOW))
    assert len(taken) > 3
    assert {each.status for each in taken} == {"imported"}
    assert clicks(coming) == [(35, 35)]
    assert list(coming.workspace.take_from_source("esp", settle=NOW)) == []
    again = write(coming, "esp-1.ndjson", 0, 31)
    os.utime(again, (1, 1))
    assert sum(each.counts.new for each in coming.workspace.take_from_source("esp")) == 1
    assert clicks(coming) == [(36, 36)]
    assert coming.contact("bob@ex.fr", "opt_in_email") == "no"


_KILLED = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from pipelines.lake import sources
from pipelines.layout import Layout
from pipelines.workspace import Workspace
sources.PIECE_BYTES = 1_000
folder = Path(sys.argv[1])
workspace = Workspace.open("a test", Layout(folder / "data", folder / "assets"))
for number, result in enumerate(workspace.take_from_source("esp", settle=timedelta(0))):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_between_pieces_is_gone_on_from(coming: Behaving) -> None:
    write(coming, "esp-1.ndjson", 0, 30)
    done = subprocess.run([sys.executable, "-c", _KILLED, str(coming.account.folder)], check=False, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    assert coming.sql("SELECT count(*) FROM imports WHERE model = 'esp'") == [(2,)]
    rest = list(coming.workspace.take_from_source("esp", settle=NOW))
    assert [each.counts.known for each in rest] == [0] * len(rest)
    assert clicks(coming) == [(30, 30)]


def test_the_command_takes_what_is_new(
    coming: Behaving, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARNET_DATA", str(coming.account.layout.data))
    monkeypatch.setenv("CARNET_ASSETS", str(coming.account.layout.assets))
    monkeypatch.setenv("DAGSTER_HOME", "")
    os.utime(write(coming, "esp-1.ndjson", 0, 5), (1, 1))
    assert run(["lake", "take", "--json"]) == 0
    [taken] = json.loads(capsys.readouterr().out)
    assert (taken["status"], taken["new"]) == ("imported", 6)
    assert run(["lake", "take"]) == 0
    assert "Nothing is new" in capsys.readouterr().out
    assert run(["lake", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["held_events"], told["behind"]) == (5, False)
    assert run(["lake"]) == 0
    assert "5 events of the base are held" in capsys.readouterr().out
    declare(coming, lake=True)
    assert run(["lake", "take", "--json"]) == 2


@pytest.mark.parametrize(
    ("more", "base", "words"),
    [
        ("source: ftp://ex.fr/events", LAKE, "a folder is meant"),
        ("source: 's3://key:secret@bucket/events'", LAKE, "secret"),
        ("source: coming", "", "declares no lake"),
    ],
    ids=["scheme", "secret", "no lake"],
)
def test_what_cannot_be_is_told_with_its_line(behaving: Behaving, more: str, base: str, words: str) -> None:
    declare(behaving, lake=True, base=base, more=more)
    assert any(words in each.message for each in check(behaving.account.layout.assets))


def test_a_source_needs_a_folder_and_a_lake(coming: Behaving) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        list(coming.workspace.take_from_source("esp"))
    path = coming.account.layout.assets / "defs.yaml"
    path.write_text(path.read_text().replace("  into: lake\n", ""))
    assert any("goes with into: lake" in each.message for each in check(coming.account.layout.assets))


_SAIL = """
import time
from pysail.spark import SparkConnectServer
server = SparkConnectServer(ip="127.0.0.1", port=0)
server.start(background=True)
while server.listening_address is None:
    time.sleep(0.1)
print(server.listening_address[1], flush=True)
input()
"""


@contextmanager
def started() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Spark server of its own process, and its address."""
    with subprocess.Popen(
        [sys.executable, "-c", _SAIL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        yield server, f"sc://127.0.0.1:{int(server.stdout.readline())}"
        server.kill()


@pytest.mark.parametrize("when", ["before its answer", "while events come"])
def test_a_spark_server_that_is_killed_leaves_what_was_and_the_next_run_goes_on(
    coming: Behaving, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    asked = SparkEngine.rows
    with started() as (server, address):

        def killed(engine: SparkEngine, query: exp.Expr) -> pa.Table:
            server.kill()
            return asked(engine, query)

        monkeypatch.setenv("CARNET_SPARK", address)
        before = dict(coming.workspace.refresh_segments(force=True).counts)
        write(coming, "esp-1.ndjson", 0, 9)
        pieces = coming.workspace.take_from_source("esp", settle=NOW)
        next(pieces)
        if when == "while events come":
            server.kill()
            server.wait()
        list(pieces)
        monkeypatch.setattr(SparkEngine, "rows", killed)
        with pytest.raises(SparkFaultError):
            coming.workspace.refresh_segments(force=True)
    counted = dict(coming.sql("SELECT segment, count FROM segment_counts"))
    assert counted["clickers"] == before["clickers"] == 0
    monkeypatch.setattr(SparkEngine, "rows", asked)
    with started() as (_, address):
        monkeypatch.setenv("CARNET_SPARK", address)
        assert coming.workspace.refresh_segments(force=True).counts["clickers"] == 3
    assert coming.contact("bob@ex.fr", "opt_in_email") == "no"
    monkeypatch.delenv("CARNET_SPARK")
    assert clicks(coming) == [(9, 9)]
