"""What calls ask for and that lasts is done by the warm process, where there is one (SRV-2); by the interface's own, where not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from pipelines.api.handing import HandedOverError, hand_over
from pipelines.cli.handover import socket_of
from pipelines.orchestration.instance import PROCESS_TAG, open_instance
from tests.api.conftest import Service
from tests.api.test_importing import done, post


@contextmanager
def warm(service: Service) -> Generator[subprocess.Popen[bytes]]:
    """A warm process for the account, as `carnet serve` starts it."""
    data = service.account.layout.data
    command = [sys.executable, "-P", "-m", "pipelines.service.warm", str(data)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONWARNINGS": "ignore"}) as process:
        while not socket_of(data).exists():
            assert process.poll() is None
            time.sleep(0.05)
        try:
            yield process
        finally:
            process.terminate()


def imported(service: Service, name: str) -> dict[str, Any]:
    content = f"Email\n{name}@ex.fr\n".encode()
    return done(service, post(service, [("file", (f"{name}.csv", content)), ("matchings", '["email"]')]))


def processes(service: Service) -> list[str]:
    """Which process each run of Dagster's was in, newest first."""
    instance = open_instance(service.account.layout)
    try:
        return [run.tags[PROCESS_TAG].split(":")[1] for run in instance.get_runs()]
    finally:
        instance.dispose()


def test_an_import_that_a_call_asks_for_is_done_apart_and_here_once_the_warm_process_is_gone(service: Service) -> None:
    with warm(service) as process:
        assert imported(service, "apart")["LineAdd"] == 1
        assert processes(service)[0] != str(os.getpid())
        [(who,)] = service.account.rows("SELECT who FROM main.imports WHERE name = 'apart.csv'")
        assert who == "the write key"
        with pytest.raises(HandedOverError, match="code 3"):
            hand_over(service.account.layout, "job", {"no": "job"})
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert imported(service, "here")["LineAdd"] == 1
    assert processes(service)[0] == str(os.getpid())
