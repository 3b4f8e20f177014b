"""The service under load: many calls at once while a file is imported, and posts of events while it is killed.

python -m benchmarks.serving [--contacts N] [--rows N] [--seconds N] [--pause S] [--no-calls] [--no-posts]

It starts `carnet serve` itself. Belongs here: what programs of others do, all at once. Does not: what one call costs.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.files import ASSETS, MODEL, Bench, Size
from benchmarks.importing import first_load
from benchmarks.machine import Neighbours, free_port, machine
from pipelines.api.keys import Keys
from pipelines.layout import Layout

_READERS, _WRITERS = 160, 40
_POSTERS, _A_SECOND, _POST_SECONDS = 50, 1000, 20
_READ_AIM, _WRITE_AIM = 0.150, 1.0
_EVENTS = """
---
type: pipelines.components.EventImport
attributes:
  name: load
  file: "load*.ndjson"
  channel: email
  operation: Load
  mapping: {id: event_id, email: email, event: type, at: occurred_at}
"""


@dataclass
class Answers:
    """What came back: seconds by kind, how often each status, which were answered."""

    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    done: list[int] = field(default_factory=list[int])

    def add(self, kind: str, status: int, took: float) -> None:
        """One more."""
        self.seconds.setdefault(kind, []).append(took)
        self.statuses[kind, status] += 1

    def told(self, kind: str) -> str:
        """Its figures, in a line."""
        took = sorted(self.seconds.get(kind, [0.0]))
        statuses = ", ".join(
            f"{status}: {count:,}" for (each, status), count in sorted(self.statuses.items()) if each == kind
        )
        half, most = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.99))]
        return f"{len(took):,} calls, p50 {half * 1000:.0f} ms, p99 {most * 1000:.0f} ms, at most {took[-1]:.2f} s ({statuses})"


class Caller:
    """A program that keeps its connection, and opens another one where that one broke."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._authorization = base64.b64encode(f"bench:{key}".encode()).decode()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def again(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """As `call`, on another connection where the kept one was idle for too long."""
        try:
            return await self.call(method, path, body)
        except (EOFError, ConnectionError):
            return await self.call(method, path, body)

    async def call(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """The status and the body of the answer; OSError or EOFError where there is none."""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            head = f"{method} {path} HTTP/1.1\r\nHost: carnet\r\nAuthorization: Basic {self._authorization}\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            told = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(told.partition("content-length:")[2].partition("\r\n")[0])
            return int(told[9:12]), await reader.readexactly(length)
        except (OSError, EOFError):
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@dataclass
class Service:
    """A running `carnet serve`."""

    layout: Layout
    port: int
    key: str
    log: Path

    def processes(self, name: str) -> list[int]:
        """Those of one of its services, in the order in which they were started."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith('{"time"')]
        return [said["process"] for said in lines if said["event"] == "started" and said["service"] == name]

    def processor_seconds(self) -> float:
        """What the process of the interface has used until now."""
        told = Path(f"/proc/{self.processes('api')[-1]}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(layout: Layout) -> Generator[Service]:
    """The service over that base, without its UI; batches of events are taken every 5 s."""
    port = free_port()
    key, log = Keys.of(layout, {}).add("bench", "write"), layout.data / "serve.log"
    environment = {"CARNET_DATA": str(layout.data), "CARNET_ASSETS": str(layout.assets), "CARNET_WEBHOOK_SECONDS": "5"}
    command = [sys.executable, "-m", "pipelines.cli.main", "serve", "--no-ui", "--api-port", str(port)]
    with log.open("wb") as told:
        process = subprocess.Popen(
            command, env=os.environ | environment, stdout=told, stderr=told, start_new_session=True
        )
    try:
        _until(lambda: b'"ready"' in log.read_bytes(), 240)
        yield Service(layout, port, key, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def _until(holds: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.1)


async def calls(service: Service, bench: Bench, seconds: float, pause: float) -> tuple[Answers, float]:
    """What readers and writers are answered, each with a pause after every call, while the file is imported; how long that took."""
    answers, end = Answers(), time.monotonic() + seconds
    caller = Caller(service.port, service.key)
    # What only the first call of a process pays: fields are looked at, segments compiled.
    await caller.call("GET", "/api/v1/contacts/1")
    uploading = asyncio.create_task(_upload(service, bench.file))
    several = [_read(service, bench, answers, end, pause) for _ in range(_READERS)]
    several += [_write(service, answers, end, pause, number) for number in range(_WRITERS)]
    await asyncio.gather(*several)
    caller.close()
    return answers, await uploading


async def _upload(service: Service, file: Path) -> float:
    """The seconds until the import of a file that is posted is completed."""
    since = time.monotonic()
    asked = ["-F", f"file=@{file};filename=load.csv", "-F", f"model={MODEL}", "-u", f"bench:{service.key}", "-s"]
    address = f"http://127.0.0.1:{service.port}/api/v1"
    process = await asyncio.create_subprocess_exec("curl", *asked, f"{address}/imports", stdout=subprocess.PIPE)
    told = json.loads((await process.communicate())[0])
    caller = Caller(service.port, service.key)
    while told["status"] in ("Waiting", "Processing"):
        await asyncio.sleep(0.5)
        told = json.loads((await caller.call("GET", f"/api/v1/uploads/{told['upload']}"))[1])
    if told["status"] != "Completed":
        raise RuntimeError(told)
    caller.close()
    return time.monotonic() - since


async def _read(service: Service, bench: Bench, answers: Answers, end: float, pause: float) -> None:
    caller, chance = Caller(service.port, service.key), random.Random()  # noqa: S311 - which contact is asked for is no secret
    await asyncio.sleep(chance.random() * pause)
    while (since := time.monotonic()) < end:
        number = chance.randrange(1, bench.size.contacts)
        path = chance.choice(
            ["/api/rest/v4/contact/attributebycid/{}", "/api/v1/contacts/{}/history", "/api/v1/segments"]
        )
        status, _ = await caller.again("GET", path.format(number))
        answers.add("read", status, time.monotonic() - since)
        await asyncio.sleep(pause * (0.5 + chance.random()))
    caller.close()


async def _write(service: Service, answers: Answers, end: float, pause: float, writer: int) -> None:
    caller, chance, number = Caller(service.port, service.key), random.Random(), writer  # noqa: S311 - as above
    await asyncio.sleep(chance.random() * pause)
    while (since := time.monotonic()) < end:
        body = {
            "contactKey": f"load{number}@exemple.fr",
            "attributes": [{"id": "firstname", "fieldValue": f"N{number}"}],
        }
        status, _ = await caller.again("POST", "/api/rest/v4/contact/attribute", json.dumps(body).encode())
        answers.add("write", status, time.monotonic() - since)
        if status == 200:
            answers.done.append(number)
        number += _WRITERS
        await asyncio.sleep(pause * (0.5 + chance.random()))
    caller.close()


async def posts(service: Service, seconds: int, a_second: int) -> Answers:
    """What senders are answered who post so often, the interface killed in the middle; a post is sent until it is answered."""
    answers, numbers = Answers(), iter(range(seconds * a_second))
    since = time.monotonic()
    several = [_post(service, answers, numbers, since, a_second) for _ in range(_POSTERS)]
    several.append(_kill(service, since + seconds / 2))
    await asyncio.gather(*several)
    answers.seconds["all"] = [time.monotonic() - since]
    return answers


async def _post(service: Service, answers: Answers, numbers: Iterator[int], began: float, a_second: int) -> None:
    caller = Caller(service.port, service.key)
    for number in numbers:
        await asyncio.sleep(max(0.0, began + number / a_second - time.monotonic()))
        event = {
            "id": f"load{number}",
            "email": f"load{number % 1000}@exemple.fr",
            "event": "opened",
            "at": "2026-11-20T10:00:00Z",
        }
        body = json.dumps(event).encode()
        while True:
            since = time.monotonic()
            try:
                status, _ = await caller.call("POST", "/api/v1/events/load", body)
            except (OSError, EOFError):
                answers.add("post", 0, time.monotonic() - since)
                continue
            answers.add("post", status, time.monotonic() - since)
            if status == 200:
                answers.done.append(number)
                break
    caller.close()


async def _kill(service: Service, at: float) -> None:
    await asyncio.sleep(at - time.monotonic())
    os.kill(service.processes("api")[-1], signal.SIGKILL)


def _rows(layout: Layout, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(layout.published), read_only=True) as connection:
        return connection.execute(query).fetchall()


def _events(layout: Layout) -> list[str]:
    query = "SELECT event_id FROM events UNION ALL SELECT event_id FROM pending_events"
    return [row[0] for row in _rows(layout, query) if row[0].startswith("load")]


def measure_calls(service: Service, bench: Bench, seconds: float, pause: float) -> str:
    """The figures of calls; RuntimeError where a write that was answered is not there."""
    neighbours, since, used = Neighbours(), time.monotonic(), service.processor_seconds()
    answers, took = asyncio.run(calls(service, bench, seconds, pause))
    own = (service.processor_seconds() - used) / (time.monotonic() - since) / (os.cpu_count() or 1)
    wanted = {f"load{number}@exemple.fr" for number in answers.done}
    found = {row[0] for row in _rows(service.layout, "SELECT email FROM contacts WHERE starts_with(email, 'load')")}
    if missing := wanted - found:
        raise RuntimeError(f"{len(missing)} writes that were answered are lost")
    return (
        f"### {_READERS + _WRITERS} programs at once\n\n"
        f"{_READERS} that read and {_WRITERS} that write one contact, each with a pause of {pause:g} s between its calls, for "
        f"{seconds:.0f} s, while {bench.size.rows:,} rows are imported into {bench.size.contacts:,} contacts (in {took:.0f} s, its "
        "run included).\n\n"
        f"* read: {answers.told('read')}; aim: p99 under {_READ_AIM * 1000:.0f} ms\n"
        f"* write: {answers.told('write')}; aim: p99 under {_WRITE_AIM:.0f} s. None that was answered is lost.\n\n"
        f"The interface had {own:.0%} of the cores meanwhile; it and all other programs but the benchmark {neighbours.share():.0%}."
    )


def measure_posts(service: Service) -> str:
    """The figures of posts; RuntimeError where an event that was answered is not there, or is there twice."""
    neighbours = Neighbours()
    answers = asyncio.run(posts(service, _POST_SECONDS, _A_SECOND))
    since = time.monotonic()
    _until(lambda: not list(service.layout.inbox.glob("*/.webhooks/*/*.ndjson")), 300)
    with suppress(TimeoutError):
        _until(lambda: len(_events(service.layout)) >= len(answers.done), 60)  # The copy is published after the import.
    after = time.monotonic() - since
    found = _events(service.layout)
    if sorted(found) != sorted(f"load{number}" for number in answers.done):
        raise RuntimeError(
            f"{len(answers.done):,} events were answered, {len(set(found)):,} are there, {len(found):,} times"
        )
    return (
        f"### {_A_SECOND:,} posts a second\n\nOne event a post, for {_POST_SECONDS} s, from {_POSTERS} connections; `kill -9` of "
        f"the interface in the middle. All {len(answers.done):,} were taken within {answers.seconds['all'][0]:.1f} s, and are in "
        f"the base once, {after:.0f} s after the last.\n\n* post: {answers.told('post')}; 0: not answered, and sent again\n\n"
        f"Other programs took {neighbours.share():.0%} of the cores meanwhile (the service included)."
    )


def main() -> int:
    """Measure, print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--contacts", type=int, default=Size.contacts)
    parser.add_argument("--rows", type=int, default=Size.rows)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--no-calls", action="store_true")
    parser.add_argument("--no-posts", action="store_true")
    options = parser.parse_args()
    bench = Bench(Layout.from_environment().data / "bench", Size(options.contacts, options.rows))
    bench.make_files()
    if not bench.loaded.published.exists():
        first_load(bench)
    fresh = bench.fresh("serving")
    layout = Layout(fresh.data, bench.folder / "serving-assets")
    shutil.rmtree(layout.assets, ignore_errors=True)
    shutil.copytree(ASSETS, layout.assets)
    with (layout.assets / "defs.yaml").open("a", encoding="utf-8") as file:
        file.write(_EVENTS)
    print(f"Measured on {machine()}.", flush=True)
    with served(layout) as service:
        if not options.no_posts:
            print(measure_posts(service), flush=True)
        if not options.no_calls:
            print(measure_calls(service, bench, options.seconds, options.pause), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
