"""A snapshot that is whole here → the server that its declaration names (EXP-7).

Belongs here: which files go, under which names, and what is said where they do not. Does not: how they are sent (`delivery`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from pipelines.base.locking import LockHeldError, exclusive
from pipelines.declarations.addresses import SftpAddress
from pipelines.declarations.model import Export
from pipelines.errors import CarnetError, EnvironmentFaultError
from pipelines.exports.deltas import delta_path
from pipelines.exports.placing import manifest_path
from pipelines.exports.snapshots import Snapshot
from pipelines.language import say
from pipelines.layout import Layout

_WAIT_SECONDS = 600.0


class UndeliveredError(EnvironmentFaultError):
    """The file is whole here, and did not arrive where it was to be delivered."""


@contextmanager
def alone(export: Export, layout: Layout, who: str) -> Generator[None]:
    """No other run writes and delivers this export meanwhile; EnvironmentFaultError after ten minutes."""
    if export.deliver is None and not export.delta:
        yield
        return
    try:
        with exclusive(layout.automation / f"export-{export.name}.lock", who, _WAIT_SECONDS):
            yield
    except LockHeldError as error:
        raise EnvironmentFaultError(
            say(
                "The export {name!r} is being written and delivered by {holder}.", name=export.name, holder=error.holder
            ),
            say("Try again when that run has ended. Nothing needs to be cleared by hand."),
        ) from None


def deliver(snapshot: Snapshot, tell: Callable[[str], object]) -> None:
    """Send a snapshot to its `deliver_to`, its manifest before it; UndeliveredError where that fails, after retries."""
    if snapshot.deliver_to is None:
        return
    from pipelines.delivery.sending import send  # asyncssh: 0.2 s

    address = SftpAddress.parse(snapshot.deliver_to)
    try:
        send(files_of(snapshot, address), address, tell)
    except CarnetError as fault:
        raise UndeliveredError(
            say(
                "The export {name!r} is whole in {path}, and was not delivered to {address}: {fault}",
                name=snapshot.name,
                path=snapshot.path,
                address=address,
                fault=fault.message,
            ),
            f"{fault.hint} {say('The next run of the export delivers what it then writes.')}".strip(),
        ) from None


def files_of(snapshot: Snapshot, address: SftpAddress) -> list[tuple[Path, str]]:
    """The files here and their names there, in the order in which they take their places."""
    movements = [(snapshot.delta.path, delta_path(Path(address.name)).name)] if snapshot.delta else []
    return [*movements, (snapshot.manifest, manifest_path(Path(address.name)).name), (snapshot.path, address.name)]
