"""Debian's PostgreSQL on loopback, a cluster of its own for a test; tests that need it say so where it is not installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _program(name: str) -> Path:
    found = [path for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}") if os.access(path, os.X_OK)]
    if not found:
        pytest.skip(f"PostgreSQL's {name} is missing: apt-get install postgresql (.ci/run does)")
    return max(found, key=lambda path: int(path.parts[-3]))


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """The address of an empty database; PostgreSQL refuses to run as root, so its own user has the folder."""
    initdb, server, user = _program("initdb"), _program("postgres"), "postgres" if os.getuid() == 0 else None
    data = folder / "cluster"
    data.mkdir(mode=0o700)
    if user:
        shutil.chown(data, user, user)
        for parent in (folder, *folder.parents):
            if parent.stat().st_mode & 0o005 != 0o005:
                parent.chmod(parent.stat().st_mode | 0o005)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    options = ["-A", "trust", "-U", "carnet", "-E", "UTF8", "--no-sync", "--locale=C"]
    subprocess.run([initdb, "-D", data, *options], user=user, group=user, check=True, capture_output=True)
    settings = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"]
    command = [server, "-D", data, *(word for each in settings for word in ("-c", each))]
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(command, user=user, group=user, stdout=log, stderr=log)
    try:
        yield f"postgresql://carnet@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(timeout=60)
