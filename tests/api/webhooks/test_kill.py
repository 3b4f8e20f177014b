"""What was answered is kept, whatever the process dies of, and is imported once."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from expectations.judge import Judge
from pipelines.api.keys import Keys
from tests.api.conftest import DECLARATIONS
from tests.api.webhooks.conftest import IMPORTS, event, kept, until
from tests.conftest import Account

POSTS, AT_ONCE = 300, 8


class Process:
    """The interface in a process of its own, on a socket that outlives it."""

    def __init__(self, account: Account) -> None:
        self.account, self.listening = account, socket.create_server(("127.0.0.1", 0), backlog=100)
        self.key = Keys.of(account.layout, {}).add("sender", "write")
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.log = account.folder / "log"
        self.start()

    def start(self) -> None:
        environment = os.environ | {
            "CARNET_DATA": str(self.account.layout.data),
            "CARNET_ASSETS": str(self.account.layout.assets),
        }
        number = self.listening.fileno()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "pipelines.api.serving", str(number)],
                env=environment | {"CARNET_WEBHOOK_SECONDS": "1", "PYTHONPATH": str(Path.cwd())},
                pass_fds=[number],
                stderr=log,
            )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def process(filled: Path, tmp_path: Path, judge: Judge) -> Iterator[Process]:
    shutil.copytree(filled, tmp_path / "account")
    account = Account(tmp_path / "account", judge)
    account.declare(DECLARATIONS + IMPORTS)
    started = Process(account)
    try:
        yield started
    finally:
        started.process.terminate()
        started.process.wait(60)
        started.listening.close()


async def posted(process: Process, numbers: Iterator[int], answered: list[int]) -> None:
    """Posts as senders do: what is not answered is sent again."""
    headers = {"Authorization": f"Bearer {process.key}"}
    async with httpx.AsyncClient(verify=False, timeout=60, base_url=process.url, headers=headers) as client:
        for number in numbers:
            body = json.dumps([event(number), event(number + POSTS)])
            while number not in answered:
                with suppress(httpx.TransportError):
                    answer = await client.post("/api/v1/events/esp", content=body)
                    assert answer.status_code == 200, answer.text
                    answered.append(number)


async def killed_in_the_middle(process: Process) -> list[int]:
    answered: list[int] = []
    numbers = iter(range(POSTS))
    posting = [asyncio.create_task(posted(process, numbers, answered)) for _ in range(AT_ONCE)]
    while len(answered) < POSTS // 2:
        await asyncio.sleep(0.01)
    process.kill()
    assert kept(process.account), "what was answered last waits on disk"
    [folder] = process.account.layout.inbox.glob("esp/.webhooks/*/")
    torn = json.dumps(event(2 * POSTS)) + '\n{"id": "cut sh'
    (folder / "open-torn.ndjson").write_text(torn, encoding="utf-8")
    process.start()
    await asyncio.gather(*posting)
    return answered


def test_nothing_that_was_answered_is_lost_or_counted_twice(process: Process) -> None:
    answered = asyncio.run(killed_in_the_middle(process))
    assert sorted(answered) == list(range(POSTS))
    until(lambda: kept(process.account) == [])
    process.process.terminate()
    process.process.wait(60)
    expected = sorted(f"e{number}" for number in range(2 * POSTS + 1))
    assert [row[0] for row in process.account.rows("SELECT event_id FROM events ORDER BY event_id")] == expected
    statuses = process.account.rows("SELECT DISTINCT status, who, rejected FROM imports WHERE model = 'esp'")
    assert statuses == [("imported", "sender", 0)]
