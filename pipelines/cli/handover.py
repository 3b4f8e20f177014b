"""The command line's side of the warm process (SRV-2): a command is handed over, with its terminal, and its exit code comes back.

Imported by every command, so it imports nothing that costs anything. Where nobody listens, the command does its work itself.
"""

from __future__ import annotations

import array
import hashlib
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.layout import SQL, account_folder

OFF = "CARNET_WARM"
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LENGTH = struct.Struct("!I")
_ALONE = ("serve",)


def socket_of(data: Path) -> Path:
    """Where the warm process of an account listens: one that has other code than we have is not found."""
    return data / "service" / f"warm-{edition()}.sock"


@contextmanager
def reachable(path: Path) -> Generator[str]:
    """The path as a socket can have it: at most 107 bytes, whatever its folder is called."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def edition() -> str:
    """Short for the code that a process has: the files of the product, and what it is installed beside."""
    root = Path(__file__).resolve().parents[2]
    told = [sys.executable, str(os.stat(Path(json.__file__).parent).st_mtime_ns)]
    for folder in (root / "pipelines", root / "expectations", SQL):
        for path, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.endswith((".py", ".sql", ".yaml")):
                    found = os.stat(os.path.join(path, name))
                    told.append(f"{path}/{name}:{found.st_size}:{found.st_mtime_ns}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


def hand_over(arguments: list[str]) -> int | None:
    """The exit code of the command as the warm process ran it; None where there is none, or the command is not for it."""
    if os.environ.get(OFF) == "0" or (arguments and arguments[0] in _ALONE):
        return None
    data = Path(os.environ.get("CARNET_DATA") or account_folder() / "data").expanduser().resolve()
    connection = connected(data)
    if connection is None:
        return None
    with connection:
        return _followed(connection, arguments)


def connected(data: Path) -> socket.socket | None:
    """A connection to the warm process of an account; None where there is none."""
    if not (data / "service").is_dir():
        return None
    connection = socket.socket(socket.AF_UNIX)
    try:
        with reachable(socket_of(data)) as address:
            connection.connect(address)
    except OSError:
        connection.close()
        return None
    return connection


def ask(connection: socket.socket, asked: Mapping[str, Any], streams: Sequence[int]) -> None:
    """Have the warm process run something as itself, with these three streams; OSError where it is gone.

    `asked`: its `arguments`, `folder`, `environment`, `umask`; `entry`: what takes the arguments, if not the command line.
    """
    body = json.dumps(asked).encode()
    connection.sendmsg([LENGTH.pack(len(body))], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))])
    connection.sendall(body)


def _followed(connection: socket.socket, arguments: list[str]) -> int | None:
    asked = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ), "umask": own_umask()}
    ask(connection, asked, (0, 1, 2))
    former = {each: signal.signal(each, lambda number, _frame: connection.send(bytes([number]))) for each in _FORWARDED}
    try:
        answer = connection.recv(1)
    except OSError:
        answer = b""
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    # Without an answer the warm process was killed in the middle: what was not committed was not done.
    return answer[0] if answer else _lost()


def _lost() -> int:
    from pipelines.language import say
    from pipelines.speaking import speak_with_the_operator

    speak_with_the_operator()
    print(say("Error: the service ended while it ran this; what was not committed was not done."), file=sys.stderr)
    return 3


def own_umask() -> int:
    """The umask of this process."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
