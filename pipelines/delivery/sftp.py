"""Files on an SFTP server: listed, and fetched several at a time over one connection. Host keys are always checked (SEC-2).

Belongs here: the connection, and what its errors mean. Does not: which files are wanted, nor where they go.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

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
    UnreachableError,
)
from pipelines.errors import CarnetError, EnvironmentFaultError

_CHUNK = 4 << 20
_AT_ONCE = 8
_T = TypeVar("_T")


@dataclass(frozen=True)
class Limits:
    """Seconds: to connect, to log in, and for any one answer to come."""

    connect: float = 20
    login: float = 30
    answer: float = 60


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
    """One connection to one server, used from plain code: each call returns when it is done."""

    def __init__(
        self, runner: asyncio.Runner, client: asyncssh.SFTPClient, address: SftpAddress, limits: Limits
    ) -> None:
        self._runner, self._client, self._address, self._limits = runner, client, address, limits

    def list(self) -> list[RemoteFile]:
        """The files that the address means, by name; none where its one file is not there. NotThereError: no such folder."""
        with told_as_ours(self._address, f"the folder {self._address.folder}"):
            return self._runner.run(self._list())

    def fetch(self, wanted: Sequence[tuple[RemoteFile, Path]]) -> list[Fetched]:
        """Each file written to its destination and synced, eight at a time; what befell it where that failed.

        A broken connection is the fault of every file that was not whole by then.
        """
        return self._runner.run(self._fetch_all(wanted))

    async def _list(self) -> list[RemoteFile]:
        async with asyncio.timeout(self._limits.answer):
            if not self._address.is_pattern:
                found = await self._look_at(self._address.name)
                if found is None:
                    await self._client.stat(self._address.folder)
                return [found] if found else []
            entries = [entry async for entry in self._client.scandir(os.fsencode(self._address.folder))]
        named = [(name, entry.attrs) for entry in entries if (name := _name(entry.filename)) is not None]
        files = [await self._as_file(name, attrs) for name, attrs in named if self._address.fits(name)]
        return sorted((file for file in files if file is not None), key=lambda file: file.name)

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
                    with told_as_ours(self._address, f"the file {self._address.path(file.name)}"):
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
                f"The file {self._address.path(file.name)} changed while it was fetched.",
                "It is taken when it has kept its size between two looks.",
            )

    async def _answer(self, awaited: Awaitable[_T]) -> _T:
        async with asyncio.timeout(self._limits.answer):
            return await awaited


@contextmanager
def open_session(
    address: SftpAddress, credentials: Credentials, limits: Limits | None = None
) -> Generator[SftpSession]:
    """A session with the address's server, closed at the end.

    HostKeyError, LoginError: until somebody mends it; UnreachableError: for now.
    """
    limits = limits or Limits()
    with asyncio.Runner() as runner:
        with told_as_ours(address, "the server"):
            connection = runner.run(_connect(address, credentials, limits))
        try:
            with told_as_ours(address, "its SFTP service"):
                client = runner.run(_start(connection))
            yield SftpSession(runner, client, address, limits)
        finally:
            runner.run(_close(connection))


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


async def _close(connection: asyncssh.SSHClientConnection) -> None:
    connection.abort()
    await connection.wait_closed()


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
            f"{destination} cannot be written: {error.strerror}.", "Free some space, or look at the folder's rights."
        ) from None


@contextmanager
def told_as_ours(address: SftpAddress, what: str) -> Generator[None]:
    """Errors of the connection, as errors of the family that name the server and say whether trying again may work."""
    server = address.server
    try:
        yield
    except asyncssh.HostKeyNotVerifiable:
        raise HostKeyError(
            f"The host key of {server} is not the one that is known, or none is.",
            "Ask the server's owner for its key's fingerprint. Where it is right, put the key into the file of known hosts "
            "(CARNET_KNOWN_HOSTS, or ~/.ssh/known_hosts) in place of the former one; else somebody may stand in between.",
        ) from None
    except asyncssh.PermissionDenied:
        raise LoginError(
            f"{server} does not let the user {address.user!r} in.",
            "Check the password (CARNET_SFTP_PASSWORD) or the key (CARNET_SFTP_KEY), and the user's name in the address.",
        ) from None
    except (asyncssh.KeyExchangeFailed, asyncssh.ProtocolNotSupported) as error:
        raise TerminalError(f"{server} speaks no SSH that is safe today: {error.reason}.", "Ask its owner.") from None
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory):
        raise NotThereError(f"{server}: {what} is not there.", "Check the path in the address.") from None
    except asyncssh.SFTPPermissionDenied:
        raise NotReadableError(
            f"{server}: {what} may not be read.", "Ask the server's owner for the right to."
        ) from None
    except TimeoutError:
        raise UnreachableError(f"{server}: {what} did not answer in time.", "It is tried again.") from None
    except asyncssh.Error as error:
        raise UnreachableError(
            f"{server}: {what}: {error.reason or type(error).__name__}.", "It is tried again."
        ) from None
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise UnreachableError(f"{server} cannot be reached: {reason}.", "It is tried again.") from None
