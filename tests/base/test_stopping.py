"""A statement without an end ends: by its limit, and by Ctrl-C (SEG-6)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import duckdb
import pytest

from pipelines.base.stopping import TookTooLongError, at_most, stoppable

ENDLESS = "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT (i + 1) % 9 FROM t) SELECT count(*) FROM t"


@pytest.mark.parametrize("ask", [lambda c: c.execute(ENDLESS).fetchall(), lambda c: c.sql(ENDLESS).pl()])
def test_a_statement_is_stopped_when_its_time_is_over(ask) -> None:
    with duckdb.connect() as connection:
        with pytest.raises(TookTooLongError, match=r"longer than 0\.2 seconds"), at_most(connection, 0.2):
            ask(connection)
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_a_limit_holds_for_all_of_a_block_and_for_nothing_after_it() -> None:
    with duckdb.connect() as connection:
        with pytest.raises(TookTooLongError), at_most(connection, 0.1):
            time.sleep(0.3)
            connection.execute(ENDLESS).fetchall()
        with at_most(connection, 0.05):
            time.sleep(0.2)
        assert connection.execute("SELECT count(*) FROM range(3_000_000)").fetchall() == [(3_000_000,)]


def test_another_limit_around_it_is_told_as_its_own() -> None:
    with (
        duckdb.connect() as connection,
        pytest.raises(TookTooLongError) as caught,
        at_most(connection, 0.2, "outer"),
        at_most(connection, 60, "inner"),
    ):
        connection.execute(ENDLESS)
    assert caught.value.segment == "outer"


def test_ctrl_c_stops_a_statement() -> None:
    began = time.monotonic()
    with duckdb.connect() as connection:
        with pytest.raises(KeyboardInterrupt), stoppable(connection):
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
            connection.execute(ENDLESS)
        assert time.monotonic() - began < 20
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    assert signal.set_wakeup_fd(-1) == -1


def test_other_threads_are_let_be() -> None:
    found: list[object] = []

    def ask() -> None:
        with duckdb.connect() as connection, stoppable(connection):
            found.extend(connection.execute("SELECT 1").fetchall())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [(1,)]


def test_a_process_that_counts_ends_by_ctrl_c() -> None:
    script = (
        "import duckdb\nfrom pipelines.base.stopping import stoppable\n"
        "with duckdb.connect() as c, stoppable(c):\n    print('begun', flush=True)\n"
        f"    c.sql({ENDLESS!r}).pl()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in said
