"""Who wants to write waits politely: bounded, without using the processor, and leaves nothing behind (IMP-17)."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.base.locking import exclusive
from pipelines.errors import EnvironmentFaultError
from tests.acceptance.conftest import CARNET, Shop
from tests.acceptance.test_kill import file_of, kill_at

HOLDER = "somebody (process 1)"


@pytest.fixture
def busy(shop: Shop) -> Iterator[Shop]:
    """An account that has a base, and whose lock somebody holds."""
    shop.carnet("import", shop.write(file_of(2), "newsletter-0.csv"), "--model", "newsletter")
    with exclusive(shop.data / "base" / "writer.lock", HOLDER, 5):
        yield shop


def started(shop: Shop, number: int, **environment: str) -> subprocess.Popen[str]:
    path = shop.write(file_of(3, first=10 * number), f"newsletter-{number}.csv")
    return subprocess.Popen(
        [CARNET, "import", str(path), "--model", "newsletter", "--json"],
        env=shop.environment | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def seconds_of_processor(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def runs(shop: Shop) -> list[tuple[str, ...]]:
    """The Dagster runs of the account, by their status."""
    code = (
        "from pipelines.layout import Layout\nfrom pipelines.orchestration.instance import open_instance\n"
        "instance = open_instance(Layout.from_environment())\n"
        "print(*(run.status.value for run in instance.get_runs()))"
    )
    python = Path(CARNET).with_name("python")
    done = subprocess.run([python, "-c", code], env=shop.environment, capture_output=True, text=True, check=True)
    return [tuple(done.stdout.split())]


def test_a_command_waits_so_long_and_says_for_whom(busy: Shop) -> None:
    waiting = started(busy, 1, CARNET_LOCK_SECONDS="4")
    out, _ = waiting.communicate(timeout=120)
    assert waiting.returncode == EnvironmentFaultError.exit_code
    assert HOLDER in out
    assert "waited 4 s" in out
    assert runs(busy) == [("SUCCESS",)], "no run began that waits"


def test_waiting_takes_no_processor_and_ctrl_c_ends_it(busy: Shop) -> None:
    waiting = started(busy, 1)
    settled = before = -1.0
    for _ in range(60):
        time.sleep(1)
        before, settled = settled, seconds_of_processor(waiting.pid)
        if settled - before < 0.1:
            break
    time.sleep(3)
    assert seconds_of_processor(waiting.pid) - settled < 0.5
    waiting.send_signal(signal.SIGINT)
    out, _ = waiting.communicate(timeout=20)
    assert waiting.returncode == EnvironmentFaultError.exit_code
    assert "Interrupted" in out


def test_a_waiter_that_is_killed_is_as_if_it_had_never_been(shop: Shop) -> None:
    shop.carnet("import", shop.write(file_of(2), "newsletter-0.csv"), "--model", "newsletter")
    waiting = shop.write(file_of(3, first=10), "newsletter-1.csv")
    with exclusive(shop.data / "base" / "writer.lock", HOLDER, 5):
        kill_at(shop, ("Waiting for the base", 0.5), "import", str(waiting), "--model", "newsletter")
    done = shop.carnet("import", shop.write(file_of(4, first=20), "newsletter-2.csv"), "--model", "newsletter")
    assert (done["status"], done["inserted"], done["import_id"]) == ("imported", 4, 2)
    assert runs(shop) == [("SUCCESS", "SUCCESS")]


AT_ONCE = int(os.environ.get("CARNET_AT_ONCE", "3"))


def test_imports_at_once_are_published_one_after_the_other_and_a_reader_never_fails(shop: Shop) -> None:
    shop.carnet("import", shop.write(file_of(2), "newsletter-0.csv"), "--model", "newsletter")
    waiting = [started(shop, number) for number in range(1, AT_ONCE + 1)]
    seen: list[int] = []
    while any(each.poll() is None for each in waiting):
        seen += [row[0] for row in shop.sql("SELECT count(*) FROM imports")]
        time.sleep(0.05)
    for each in waiting:
        out, err = each.communicate(timeout=10)
        assert each.returncode == 0, out + err
    assert seen == sorted(seen)
    assert set(seen) >= set(range(1, AT_ONCE + 1)), "each is published before the next one"
    imported = shop.sql("SELECT import_id, inserted FROM imports ORDER BY import_id")
    assert imported == [(1, 2), *((number, 3) for number in range(2, AT_ONCE + 2))]
    assert shop.sql("SELECT count(*), count(DISTINCT email) FROM contacts") == [(2 + 3 * AT_ONCE, 2 + 3 * AT_ONCE)]
