"""A poll ends within its limits whatever the server does, and the next one works (IMP-17)."""

from __future__ import annotations

import asyncio
import stat
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from pipelines.declarations.model import ImportModel
from pipelines.delivery.faults import TerminalError, TooSlowError, UnreachableError
from pipelines.delivery.memory import Memory
from pipelines.delivery.polling import Manner, Polled, Source, poll
from pipelines.delivery.sftp import Limits
from pipelines.layout import Layout

BODY = b"Email\ns@exemple.fr\n"
LIMITS = Limits(connect=5, login=5, answer=1)
MANNER = Manner(settle=timedelta(0), pauses=(0.05,), limits=LIMITS)


@dataclass
class Host:
    """A server on loopback, which behaves as `mode` says at the time."""

    known_hosts: Path
    mode: str = "well"
    port: int = 0
    key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))

    def attributes(self) -> asyncssh.SFTPAttrs:
        size = 1 << 19 if self.mode == "trickling" else len(BODY)
        return asyncssh.SFTPAttrs(
            size=size, permissions=stat.S_IFREG | 0o644, mtime=1_700_000_000, atime=1, uid=0, gid=0
        )

    async def names(self) -> AsyncIterator[bytes]:
        match self.mode:
            case "stalling":
                yield b"crm1.csv"
                await asyncio.sleep(3600)
            case "endless":
                for number in range(1 << 40):
                    yield b"crm%d.csv" % number
                    await asyncio.sleep(0)
            case "repeating":
                for _ in range(50):
                    yield b"crm.csv"
            case _:
                yield b"crm.csv"

    async def read(self, offset: int, size: int) -> bytes:
        if self.mode == "mute":
            await asyncio.sleep(3600)
        if self.mode == "trickling":
            await asyncio.sleep(0.2)
            return b"x"
        return BODY[offset : offset + size]

    def files(self, _: object) -> asyncssh.SFTPServer:
        host = self

        class Files(asyncssh.SFTPServer):
            async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
                async for name in host.names():
                    yield asyncssh.SFTPName(name, attrs=host.attributes())

            def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
                return host.attributes()

            lstat = stat

            def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
                return path

            async def read(self, file_obj: object, offset: int, size: int) -> bytes:
                return await host.read(offset, size)

            def close(self, file_obj: object) -> None:
                return

            def realpath(self, path: bytes) -> bytes:
                return b"/" + path.lstrip(b"/")

        return Files(_)  # pyright: ignore[reportArgumentType]

    async def start(self) -> asyncssh.SSHAcceptor:
        class Doorkeeper(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return True

        made = await asyncssh.create_server(
            Doorkeeper, "127.0.0.1", 0, server_host_keys=[self.key], sftp_factory=self.files
        )
        self.port = made.sockets[0].getsockname()[1]
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {self.key.export_public_key().decode()}")
        return made


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    made = Host(tmp_path / "known_hosts")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    acceptor = asyncio.run_coroutine_threadsafe(made.start(), loop).result(20)
    monkeypatch.setenv("CARNET_SFTP_PASSWORD", "x")
    monkeypatch.setenv("CARNET_KNOWN_HOSTS", str(made.known_hosts))
    yield made
    asyncio.run_coroutine_threadsafe(end(acceptor), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


async def end(acceptor: asyncssh.SSHAcceptor) -> None:
    acceptor.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.wait(others, timeout=5) if others else None


def polled(host: Host, folder: Path, manner: Manner = MANNER) -> Polled:
    layout = Layout(data=folder / "data", assets=folder / "assets")
    model = ImportModel("crm", "*.csv", source=f"sftp://u@127.0.0.1:{host.port}/in/crm*.csv")
    with Memory.open(layout) as memory:
        return poll(Source.of(model, layout, 1 << 20), memory, lambda _: None, manner)


@pytest.mark.parametrize(
    ("mode", "fault", "said"),
    [
        ("stalling", UnreachableError, "did not answer in time"),
        ("endless", (TerminalError, UnreachableError), "lists more than 500 names|did not answer in time"),
        ("mute", UnreachableError, "did not answer in time"),
    ],
)
def test_it_is_left_in_time_and_found_well_later(
    host: Host, tmp_path: Path, mode: str, fault: type[Exception], said: str
) -> None:
    host.mode = mode
    began = time.monotonic()
    with pytest.raises(fault, match=said):
        polled(host, tmp_path, replace(MANNER, limits=replace(LIMITS, names=500)))
    assert time.monotonic() - began < 30
    host.mode = "well"
    assert polled(host, tmp_path).taken == 1


def test_one_that_sends_a_byte_now_and_then_is_left_when_the_poll_is_over(host: Host, tmp_path: Path) -> None:
    host.mode = "trickling"
    began = time.monotonic()
    with pytest.raises(TooSlowError, match="did not come to an end"):
        polled(
            host,
            tmp_path,
            replace(
                MANNER, budget=timedelta(seconds=1), patience=timedelta(seconds=1), limits=replace(LIMITS, answer=30)
            ),
        )
    assert time.monotonic() - began < 20
    host.mode = "well"
    assert polled(host, tmp_path).taken == 1


def test_a_name_that_comes_again_and_again_is_one_file(host: Host, tmp_path: Path) -> None:
    host.mode = "repeating"
    found = polled(host, tmp_path)
    assert (found.listed, found.taken) == (1, 1)
    assert [path.name for path in (tmp_path / "data" / "inbox" / "crm").iterdir()] == ["crm.csv"]
