"""Files on an SFTP server: listed, and fetched several at a time over one connection. Host keys are always checked (SEC-2).

Belongs here: the connection, and what its errors mean. Does not: which files are wanted, nor where they go; what is written there
(`sending`).
"""

from __future__ import annotations

import asyncio
import math
import os
import stat
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import asyncssh

from pipelines.declarations.addresses import SftpAddress
from pipelines.delivery.credentials import Credentials
from pipelines.delivery.faults import (
    FileChangedError,
    HostKeyError,
    LoginError,
    NotReadableError,
    NotThereError,
    TerminalError,
    TooSlowError,
    UnreachableError,
)
from pipelines.errors import CarnetError, EnvironmentFaultError
from pipelines.language import say

_CHUNK = 4 << 20
_AT_ONCE = 8
_MOST_NAMES = 100_000
_CLOSING = 5.0
"""Seconds for what an ended connection leaves behind."""
_T = TypeVar("_T")


class Answer(Protocol):
    """What an awaited answer of the server gives, within the limit that one may take; TimeoutError."""

    async def __call__(self, awaited: Awaitable[_T], /) -> _T:
        """The answer."""
        ...


@dataclass(frozen=True)
class Limits:
    """Seconds: to connect, to log in, for any one answer to come, a listing being one; and how many names a folder may have."""

    connect: float = 20
    login: float = 30
    answer: float = 60
    names: int = _MOST_NAMES


@dataclass(frozen=True)
class RemoteFile:
    """A file as a listing shows it: its name, its bytes, its modification in seconds since 1970."""

    name: str
    size: int
    modified: int


@dataclass(frozen=True)
class Fetched:
    """A file that was asked for: whole at its destination (`fault` None), or not there."""

    file: RemoteFile
    destination: Path
    fault: CarnetError | None = None


class SftpSession:
    """One connection to one server, used from plain code: each call returns when it is done, or at `until` (time.monotonic())."""

    def __init__(
        self, line: Line, client: asyncssh.SFTPClient, address: SftpAddress, limits: Limits, until: float
    ) -> None:
        self._line, self._client, self._address, self._limits, self._until = line, client, address, limits, until

    def list(self) -> list[RemoteFile]:
        """The files that the address means, by name; none where its one file is not there. NotThereError: no such folder."""
        with told_as_ours(self._address, say("the folder {folder}", folder=self._address.folder)):
            return self._line.run(self._list(), self._left())

    def _left(self) -> float:
        return time_left(self._address, self._until)

    def fetch(self, wanted: Sequence[tuple[RemoteFile, Path]]) -> list[Fetched]:
        """Each file written to its destination and synced, eight at a time; what befell it where that failed.

        A broken connection is the fault of every file that was not whole by then.
        """
        with told_as_ours(self._address, say("the folder {folder}", folder=self._address.folder)):
            return self._line.run(self._fetch_all(wanted), self._left())

    def work(self, what: str, asked: Callable[[asyncssh.SFTPClient, Answer], Coroutine[Any, Any, _T]]) -> _T:
        """What `asked` gives over this connection; each thing that it waits for goes through the `Answer`, which has a limit."""
        with told_as_ours(self._address, what):
            return self._line.run(asked(self._client, self._answer), self._left())

    async def _list(self) -> list[RemoteFile]:
        if not self._address.is_pattern:
            found = await self._look_at(self._address.name)
            if found is None:
                await self._answer(self._client.stat(self._address.folder))
            return [found] if found else []
        named = await self._answer(self._scan())
        files = [await self._as_file(name, attrs) for name, attrs in named.items()]
        return sorted((file for file in files if file is not None), key=lambda file: file.name)

    async def _scan(self) -> dict[str, asyncssh.SFTPAttrs]:
        """The names of the folder that the address means, each once: a server may list one again and again, and others for ever."""
        found: dict[str, asyncssh.SFTPAttrs] = {}
        count = 0
        async for entry in self._client.scandir(os.fsencode(self._address.folder)):
            count += 1
            if count > self._limits.names:
                self._line.hang_up()
                raise TerminalError(
                    say(
                        "{server}: the folder {folder} lists more than {most} names.",
                        server=self._address.server,
                        folder=self._address.folder,
                        most=self._limits.names,
                    ),
                    say("Name a folder of its own in the address, and have its owner clear it."),
                )
            name = _name(entry.filename)
            if name is not None and self._address.fits(name):
                found.setdefault(name, entry.attrs)
        return found

    async def _as_file(self, name: str, attrs: asyncssh.SFTPAttrs) -> RemoteFile | None:
        """What the listing says, where it says it of the file itself; else what the server says when asked."""
        if attrs.permissions is None or stat.S_ISLNK(attrs.permissions) or attrs.size is None or attrs.mtime is None:
            return await self._look_at(name)
        return RemoteFile(name, attrs.size, int(attrs.mtime)) if stat.S_ISREG(attrs.permissions) else None

    async def _look_at(self, name: str) -> RemoteFile | None:
        try:
            attrs = await self._answer(self._client.stat(self._address.path(name)))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            return None
        if attrs.permissions is not None and not stat.S_ISREG(attrs.permissions):
            return None
        return RemoteFile(name, attrs.size or 0, int(attrs.mtime or 0))

    async def _fetch_all(self, wanted: Sequence[tuple[RemoteFile, Path]]) -> list[Fetched]:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def fetch_in_turn(file: RemoteFile, destination: Path) -> Fetched:
            async with slots:
                try:
                    with told_as_ours(self._address, say("the file {path}", path=self._address.path(file.name))):
                        await self._fetch(file, destination)
                except CarnetError as fault:
                    destination.unlink(missing_ok=True)
                    return Fetched(file, destination, fault)
            return Fetched(file, destination)

        return await asyncio.gather(*(fetch_in_turn(file, destination) for file, destination in wanted))

    async def _fetch(self, file: RemoteFile, destination: Path) -> None:
        received = 0
        remote = await self._answer(self._client.open(self._address.path(file.name), "rb"))
        try:
            with _local(destination), destination.open("wb") as local:
                # One byte more than was listed is asked for: a file that has grown shows it.
                while received <= file.size and (
                    chunk := await self._answer(remote.read(min(_CHUNK, file.size + 1 - received)))
                ):
                    local.write(chunk)
                    received += len(chunk)
                local.flush()
                os.fsync(local.fileno())
        finally:
            await self._answer(remote.close())
        if received != file.size or await self._look_at(file.name) != file:
            raise FileChangedError(
                say("The file {path} changed while it was fetched.", path=self._address.path(file.name)),
                say("It is taken when it has kept its size between two looks."),
            )

    async def _answer(self, awaited: Awaitable[_T]) -> _T:
        return await self._line.within(awaited, self._limits.answer)


class Line:
    """A connection that can be left whatever the other side does.

    To cancel what waits is not enough: asyncssh then asks the server to close what is open, and waits for that answer too.
    """

    def __init__(self, runner: asyncio.Runner, connection: asyncssh.SSHClientConnection) -> None:
        self._runner, self._connection = runner, connection

    def run(self, work: Coroutine[Any, Any, _T], seconds: float) -> _T:
        """What `work` gives; once its time is over the connection is gone, and it gives what it makes of that, or TimeoutError."""
        return self._runner.run(self.within(work, seconds, told=False))

    def hang_up(self) -> None:
        """End the connection without a word to the server."""
        self._connection.abort()

    async def within(self, work: Awaitable[_T], seconds: float, *, told: bool = True) -> _T:
        """What `work` gives within its time; `told`: TimeoutError, whatever it makes of a connection that is gone."""
        task = asyncio.ensure_future(work)
        try:
            if (await asyncio.wait({task}, timeout=seconds))[0]:
                return task.result()
            self.hang_up()
            if (await asyncio.wait({task}, timeout=_CLOSING))[0] and not told:
                return task.result()
        finally:
            if not task.done():
                task.cancel()
            elif not task.cancelled():
                task.exception()
        raise TimeoutError

    def close(self) -> None:
        """End the connection, and wait a moment for its own ends."""
        self.hang_up()
        self._runner.run(_ended(self._connection))


async def _ended(connection: asyncssh.SSHClientConnection) -> None:
    await asyncio.wait({asyncio.ensure_future(connection.wait_closed())}, timeout=_CLOSING)


def time_left(address: SftpAddress, until: float) -> float:
    """The seconds until then; TooSlowError where there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise TooSlowError(
            say("{server} did not come to an end in the time that it is given.", server=address.server),
            say("What came whole is there; the next run goes on. Ask the server's owner why it is so slow."),
        )
    return left


@contextmanager
def open_session(
    address: SftpAddress, credentials: Credentials, limits: Limits | None = None, until: float = math.inf
) -> Generator[SftpSession]:
    """A session with the address's server, closed at the end; no call of it lasts beyond `until` (time.monotonic()).

    HostKeyError, LoginError, TooSlowError: until somebody mends it; UnreachableError: for now.
    """
    limits = limits or Limits()
    time_left(address, until)
    with asyncio.Runner() as runner:
        with told_as_ours(address, say("the server")):
            connection = runner.run(_connect(address, credentials, limits))
        line = Line(runner, connection)
        try:
            with told_as_ours(address, say("its SFTP service")):
                client = line.run(_start(connection), limits.answer)
            yield SftpSession(line, client, address, limits, until)
        finally:
            line.close()


async def _connect(address: SftpAddress, credentials: Credentials, limits: Limits) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        address.host,
        address.port,
        username=address.user,
        password=credentials.password,
        client_keys=[credentials.key] if credentials.key else None,
        known_hosts=str(credentials.known_hosts),
        # Nothing but what the environment names: no agent, no ~/.ssh/config, no other way to log in.
        agent_path=None,
        config=None,
        gss_auth=False,
        gss_kex=False,
        host_based_auth=False,
        connect_timeout=limits.connect,
        login_timeout=limits.login,
        keepalive_interval=15,
        keepalive_count_max=3,
    )


async def _start(connection: asyncssh.SSHClientConnection) -> asyncssh.SFTPClient:
    return await connection.start_sftp_client()


def _name(name: str | bytes) -> str | None:
    """The name as text; None for one that is no UTF-8, or that would lead out of its folder."""
    try:
        text = name.decode() if isinstance(name, bytes) else name
    except UnicodeDecodeError:
        return None
    return None if "/" in text or "\0" in text or text in (".", "..") else text


@contextmanager
def _local(destination: Path) -> Generator[None]:
    """What this machine's own disk does wrong is not the connection's fault."""
    try:
        yield
    except (TimeoutError, ConnectionError):
        raise
    except OSError as error:
        raise EnvironmentFaultError(
            say("{path} cannot be written: {why}.", path=destination, why=error.strerror),
            say("Free some space, or look at the folder's rights."),
        ) from None


@contextmanager
def told_as_ours(address: SftpAddress, what: str) -> Generator[None]:
    """Errors of the connection, as errors of the family that name the server and say whether trying again may work."""
    server = address.server
    try:
        yield
    except asyncssh.HostKeyNotVerifiable:
        raise HostKeyError(
            say("The host key of {server} is not the one that is known, or none is.", server=server),
            say(
                "Ask the server's owner for its key's fingerprint. Where it is right, put the key into the file of known hosts "
                "(CARNET_KNOWN_HOSTS, or ~/.ssh/known_hosts) in place of the former one; else somebody may stand in between."
            ),
        ) from None
    except asyncssh.PermissionDenied:
        raise LoginError(
            say("{server} does not let the user {user!r} in.", server=server, user=address.user),
            say(
                "Check the password (CARNET_SFTP_PASSWORD) or the key (CARNET_SFTP_KEY), and the user's name in the address."
            ),
        ) from None
    except (asyncssh.KeyExchangeFailed, asyncssh.ProtocolNotSupported) as error:
        raise TerminalError(
            say("{server} speaks no SSH that is safe today: {why}.", server=server, why=error.reason),
            say("Ask its owner."),
        ) from None
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory):
        raise NotThereError(
            say("{server}: {what} is not there.", server=server, what=what), say("Check the path in the address.")
        ) from None
    except asyncssh.SFTPPermissionDenied:
        raise NotReadableError(
            say("{server}: {what} may not be read.", server=server, what=what),
            say("Ask the server's owner for the right to."),
        ) from None
    except TimeoutError:
        raise UnreachableError(
            say("{server}: {what} did not answer in time.", server=server, what=what), say("It is tried again.")
        ) from None
    except asyncssh.Error as error:
        raise UnreachableError(
            say("{server}: {what}: {why}.", server=server, what=what, why=error.reason or type(error).__name__),
            say("It is tried again."),
        ) from None
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise UnreachableError(
            say("{server} cannot be reached: {why}.", server=server, why=reason), say("It is tried again.")
        ) from None
