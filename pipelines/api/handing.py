"""Work that calls ask for and that lasts is handed to the warm process (SRV-2), so that this one goes on answering calls.

Belongs here: handing over, and what comes back. Does not: what is done (`handed`).
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.cli.handover import OFF, ask, connected, own_umask
from pipelines.errors import CarnetError, EnvironmentFaultError
from pipelines.layout import Layout

API = "api"
"""The `entry` of what calls ask for."""
_MOST = 65_536
"""Bytes of an answer: what a pipe holds while nobody reads it."""


IN_THE_WAY = 4
"""The code of work that the machine, or a busy base, was in the way of: it may be done later."""


class HandedOverError(CarnetError):
    """What was handed over ended without an answer; its own fault stands in the log."""

    def __init__(self, work: str, code: int) -> None:
        super().__init__(
            f"The work {work!r} that was handed over ended with the code {code}.", "The line before says why."
        )


class InTheWayError(HandedOverError, EnvironmentFaultError):
    """The same, where it may be done later."""


def hand_over(layout: Layout, work: str, asked: Mapping[str, Any]) -> Any | None:
    """What the work gives, done in a copy of the warm process; None where there is none, or it was killed meanwhile.

    `asked` and what comes back are JSON. HandedOverError where the work failed.
    """
    connection = None if os.environ.get(OFF) == "0" else connected(layout.data)
    if connection is None:
        return None
    with connection, open(os.devnull, "rb") as nothing:
        reading, writing = os.pipe()
        try:
            code = _code_of(connection, layout, [work, json.dumps(asked)], (nothing.fileno(), writing, 2))
            if code is None:
                return None
            if code != 0:
                raise (InTheWayError if code == IN_THE_WAY else HandedOverError)(work, code)
            return json.loads(os.read(reading, _MOST))
        finally:
            os.close(reading)
            os.close(writing)


def _code_of(connection: socket.socket, layout: Layout, arguments: Sequence[str], streams: Sequence[int]) -> int | None:
    """The exit code of the work; None where the warm process was killed: what it had committed is found to be."""
    environment = {**os.environ, "CARNET_DATA": str(layout.data), "CARNET_ASSETS": str(layout.assets)}
    asked = {"entry": API, "arguments": arguments, "folder": str(layout.data), "environment": environment}
    try:
        ask(connection, asked | {"umask": own_umask()}, streams)
        answer = connection.recv(1)
    except OSError:
        return None
    return answer[0] if answer else None
