"""The process that serves the interface: python -P -m pipelines.api.serving FILENO

FILENO: a socket that listens already, given by `carnet serve`, which keeps it while this process is started again: calls wait then.
"""

from __future__ import annotations

import socket
import sys

from pipelines.language import speak
from pipelines.layout import Layout
from pipelines.privacy import keep_private

_SWITCH = 0.001
"""Seconds after which a thread of the interpreter gives way to another one."""
_ENDING = 30
"""Seconds that calls have to end once the process is to."""


def serve(listening: socket.socket, layout: Layout) -> None:
    """Answer until SIGTERM, then end the calls that are under way."""
    import uvicorn

    # Imports and calls share the interpreter: a call that comes meanwhile is not to wait 5 ms for each of its steps.
    sys.setswitchinterval(_SWITCH)

    from pipelines.api.account import Account
    from pipelines.api.application import build

    account = Account(layout)
    config = uvicorn.Config(
        build(account),
        access_log=False,
        log_level="warning",
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=_ENDING,
    )
    uvicorn.Server(config).run(sockets=[listening])
    account.close()


if __name__ == "__main__":
    keep_private()
    speak(lambda: "en")  # Programs read the answers, whatever the language of the base (I18N-1).
    serve(socket.socket(fileno=int(sys.argv[1])), Layout.from_environment())
