"""Debian's PostgreSQL on loopback, a cluster of its own, tuned for loads: it waits for the disk as it does in production."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.machine import free_port

_SETTINGS = {
    "shared_buffers": "2GB",
    "work_mem": "256MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
}


def program(name: str) -> Path | None:
    """The newest of PostgreSQL's programs of that name; None where it is not installed (`apt-get install postgresql`)."""
    found = [path for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}") if os.access(path, os.X_OK)]
    return max(found, key=lambda path: int(path.parts[-3]), default=None)


@contextmanager
def running() -> Generator[str]:
    """The address of a server, without its database; gone at the end. It refuses to run as root: its own user has the folder."""
    initdb, server = program("initdb"), program("postgres")
    assert initdb is not None  # noqa: S101 - whoever calls has looked
    assert server is not None  # noqa: S101
    user = "postgres" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "cluster"
        data.mkdir(mode=0o700)
        if user:
            shutil.chown(data, user, user)
            Path(folder).chmod(0o755)
        port = free_port()
        options = ["-A", "trust", "-U", "carnet", "-E", "UTF8", "--locale=C"]
        subprocess.run([initdb, "-D", data, *options], user=user, group=user, check=True, capture_output=True)
        said = _SETTINGS | {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        words = [word for name, value in said.items() for word in ("-c", f"{name}={value}")]
        process = subprocess.Popen([server, "-D", data, *words], user=user, group=user, stderr=subprocess.DEVNULL)
        try:
            _wait(port)
            yield f"postgresql://carnet@127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)  # At once, whoever is still connected.
            process.wait(timeout=120)


def _wait(port: int) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError
