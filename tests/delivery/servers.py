"""Real servers on loopback: OpenSSH with a host key and a config of its own, and a wire that can be cut."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
USER = pwd.getpwuid(os.getuid()).pw_name
PASSWORD = "Citrouille-Zibeline-42"
_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin yes
PubkeyAuthentication yes
PasswordAuthentication {password}
KbdInteractiveAuthentication no
PerSourcePenalties no
MaxStartups 100
LogLevel VERBOSE
Subsystem sftp internal-sftp
"""


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def make_key(path: Path, passphrase: str = "") -> Path:
    """A key pair in `path` and `path.pub`."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)], check=True)
    return path


def can_take_passwords() -> bool:
    """May this user give sshd a shadow file of the test's own, seen by nobody else (a mount namespace)?"""
    return (
        os.getuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
    )


@dataclass
class SshServer:
    """sshd as the user who runs the tests; files lie in `files`, the client's key in `user_key`."""

    folder: Path
    password: bool = False
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def user_key(self) -> Path:
        return self.folder / "user_key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def log(self) -> str:
        return (self.folder / "sshd.log").read_text(errors="replace")

    @property
    def logins(self) -> int:
        """How many connections have logged in."""
        return self.log.count("Accepted publickey for") + self.log.count("Accepted password for")

    def environ(self, **others: str) -> dict[str, str]:
        """What an operator sets to use this server with the key."""
        return {"CARNET_SFTP_KEY": str(self.user_key), "CARNET_KNOWN_HOSTS": str(self.known_hosts), **others}

    def trust(self, port: int | None = None, key: str = "host_key") -> None:
        """Write the server's key into the known hosts, under `port`."""
        kind, text, *_ = (self.folder / f"{key}.pub").read_text().split()
        self.known_hosts.write_text(f"[127.0.0.1]:{port or self.port} {kind} {text}\n")

    def drop(self, name: str, content: str | bytes = "Email\na@exemple.fr\n", at: int = 1_700_000_000) -> Path:
        """A file of the server, last modified at `at`."""
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(path, (at, at))
        return path

    def address(self, name: str = "newsletter*.csv", port: int | None = None) -> str:
        return f"sftp://{USER}@127.0.0.1:{port or self.port}{self.files}/{name}"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.files.mkdir(exist_ok=True)
        if not self.user_key.exists():
            make_key(self.folder / "host_key")
            make_key(self.user_key)
            (self.folder / "authorized_keys").write_text((self.folder / "user_key.pub").read_text())
            self.trust()
        options = _CONFIG.format(port=self.port, folder=self.folder, password="yes" if self.password else "no")
        (self.folder / "sshd_config").write_text(self._understood(options))
        with (self.folder / "sshd.log").open("ab") as log:
            self.process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def _command(self) -> list[str]:
        sshd = [str(SSHD), "-D", "-e", "-f", str(self.folder / "sshd_config")]
        if os.getuid() != 0:
            return sshd
        # In a mount namespace of its own: /run/sshd, which root's sshd wants, and the shadow file, are seen by this process alone.
        steps = ["mount -t tmpfs none /run", "mkdir -m 755 /run/sshd"]
        if not can_take_passwords():
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
            return sshd
        if self.password:
            shadow = self.folder / "shadow"
            hashed = subprocess.run(
                ["openssl", "passwd", "-6", "-stdin"], input=PASSWORD.encode(), capture_output=True, check=True
            ).stdout.decode()
            shadow.write_text(f"{USER}:{hashed.strip()}:20000:0:99999:7:::\n")
            steps.append(f"mount --bind '{shadow}' /etc/shadow")
        return ["unshare", "-m", "sh", "-c", " && ".join([*steps, 'exec "$@"']), "sh", *sshd]

    def _understood(self, options: str) -> str:
        """The options that this version of sshd knows."""
        if subprocess.run(
            [str(SSHD), "-G", "-o", "PerSourcePenalties=no", "-f", "/dev/null"], capture_output=True, check=False
        ).returncode:
            return options.replace("PerSourcePenalties no\n", "")
        return options

    def _wait(self) -> None:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as found:
                if found.recv(4) == b"SSH-":
                    return
            if self.process is None or self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"sshd did not start: {self.log}")


class Wire:
    """A TCP proxy that breaks each of the first `cuts` connections once `after` bytes came from the server, or `sent` went up."""

    def __init__(self, target: int, *, after: int | None = None, sent: int | None = None, cuts: int = 1) -> None:
        self._target, self._after, self._sent, self.cuts = target, after, sent, cuts
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self._target))
            breaks = self.connections <= self.cuts
            down, up = (self._after, self._sent) if breaks else (None, None)
            pair = [
                threading.Thread(target=self._pump, args=(client, server, up), daemon=True),
                threading.Thread(target=self._pump, args=(server, client, down), daemon=True),
            ]
            self._threads += pair
            for thread in pair:
                thread.start()

    def _pump(self, source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                passed += len(chunk)
                if limit is not None and passed > limit:
                    break
                sink.sendall(chunk)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)


def running(server: SshServer) -> Iterator[SshServer]:
    """The server, started and stopped again."""
    server.start()
    try:
        yield server
    finally:
        server.stop()
