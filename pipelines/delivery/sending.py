"""Files written to an SFTP server: aside, whole, then renamed over the former ones, going on after a cut (EXP-7).

Belongs here: what makes a file arrive whole or not at all. Does not: the connection (`sftp`), nor which files go where.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import asyncssh

from pipelines.declarations.addresses import SftpAddress
from pipelines.delivery.credentials import Credentials
from pipelines.delivery.faults import NotReadableError, UnreachableError
from pipelines.delivery.retrying import PAUSES, with_retries
from pipelines.delivery.sftp import Answer, Limits, SftpSession, open_session
from pipelines.language import say

CHUNK = 1 << 20
"""Bytes that are sent before the server's word for them is awaited."""
_MISSING = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)


@dataclass(frozen=True)
class Manner:
    """How a delivery goes about it: pauses between attempts, the time it has in all, limits of the connection."""

    pauses: Sequence[float] = PAUSES
    budget: timedelta = timedelta(hours=1)
    limits: Limits = field(default_factory=Limits)


def send(
    files: Sequence[tuple[Path, str]], address: SftpAddress, tell: Callable[[str], object], manner: Manner | None = None
) -> None:
    """Each local file under its name in the address's folder, replaced in the order given, once all of them are there whole.

    EnvironmentFaultError or TerminalError where retries do not help: the former files are there then, but for those whose turn was.
    """
    manner = manner or Manner()
    credentials = Credentials.of(address)
    with ExitStack() as opened:
        # Opened once: should a later run replace them here, what is sent is still one file.
        outgoing = [_Outgoing(name, opened.enter_context(path.open("rb"))) for path, name in files]
        sending = _Sending(outgoing, address, credentials, manner)
        # What only gets as far as before is no progress: a line that stays broken has its few attempts.
        with_retries(sending.once, lambda: sum(file.furthest for file in outgoing), tell, manner.pauses)


class _Outgoing:
    """A file on its way: how far it got in this run."""

    def __init__(self, name: str, content: BinaryIO) -> None:
        self.name, self.content = name, content
        self.size = os.fstat(content.fileno()).st_size
        self.furthest = 0
        self.begun = self.renamed = False

    @property
    def part(self) -> str:
        """Its name while it is not whole: hidden, and the same each time, so that none is left behind."""
        return f".{self.name}.carnet-part"

    def chunk(self, offset: int) -> bytes:
        return os.pread(self.content.fileno(), CHUNK, offset)


class _Sending:
    """One delivery over as many connections as it takes."""

    def __init__(
        self, files: Sequence[_Outgoing], address: SftpAddress, credentials: Credentials, manner: Manner
    ) -> None:
        self._files, self._address, self._credentials, self._limits = files, address, credentials, manner.limits
        self._until = time.monotonic() + manner.budget.total_seconds()

    def once(self) -> None:
        """Go on where the last attempt stopped, over one connection."""
        with open_session(self._address, self._credentials, self._limits, self._until) as session:
            left = [file for file in self._files if not file.renamed]
            for file in left:
                self._ask(session, file, self._put)
            for file in left:
                self._ask(session, file, self._rename)

    def _ask(
        self,
        session: SftpSession,
        file: _Outgoing,
        step: Callable[[asyncssh.SFTPClient, Answer, _Outgoing], object],
    ) -> None:
        where = self._address.folder
        try:
            session.work(say("the folder {folder}", folder=where), lambda client, answer: step(client, answer, file))  # pyright: ignore[reportArgumentType]
        except NotReadableError:
            raise NotReadableError(
                say(
                    "{server}: the user {user!r} may not write {file} in the folder {folder}.",
                    server=self._address.server,
                    user=self._address.user,
                    file=file.name,
                    folder=where,
                ),
                say("Ask the server's owner for the right to write and rename there."),
            ) from None

    async def _put(self, client: asyncssh.SFTPClient, answer: Answer, file: _Outgoing) -> None:
        """The whole file in its part, on the server's disk as far as it offers that."""
        path = self._address.path(file.part)
        start = await self._whole_up_to(client, answer, file) if file.begun else 0
        remote = await answer(client.open(path, "r+b" if start else "wb"))
        file.begun = True
        try:
            for offset in range(start, file.size, CHUNK):
                await answer(remote.write(file.chunk(offset), offset))
                file.furthest = max(file.furthest, offset + CHUNK)
            with suppress(asyncssh.SFTPOpUnsupported):
                await answer(remote.fsync())
            there = (await answer(remote.stat())).size
        finally:
            await answer(remote.close())
        if there != file.size:
            raise UnreachableError(
                say(
                    "{server}: {file} has {there} bytes there, of {size}.",
                    server=self._address.server,
                    file=file.name,
                    there=there,
                    size=file.size,
                ),
                say("It is tried again."),
            )

    async def _whole_up_to(self, client: asyncssh.SFTPClient, answer: Answer, file: _Outgoing) -> int:
        """Where this run's part is to be gone on from: its last chunk may have holes, the one before is compared."""
        path = self._address.path(file.part)
        try:
            size = (await answer(client.stat(path))).size or 0
            start = max(0, (min(size, file.size) - 1) // CHUNK * CHUNK)
            if not start:
                return 0
            remote = await answer(client.open(path, "rb"))
            try:
                same = await answer(remote.read(CHUNK, start - CHUNK)) == file.chunk(start - CHUNK)
            finally:
                await answer(remote.close())
        except (*_MISSING, asyncssh.SFTPPermissionDenied):
            return 0
        return start if same else 0

    async def _rename(self, client: asyncssh.SFTPClient, answer: Answer, file: _Outgoing) -> None:
        part, name = self._address.path(file.part), self._address.path(file.name)
        try:
            await answer(client.posix_rename(part, name))
        except asyncssh.SFTPOpUnsupported:
            # A server that renames over no other file: for an instant there is none.
            with suppress(*_MISSING):
                await answer(client.remove(name))
            await answer(client.rename(part, name))
        except _MISSING:
            # Renamed before the connection broke, and the word for it was lost.
            if (await answer(client.stat(name))).size != file.size:
                raise
        file.renamed = True
