"""Servers for tests of the room delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.delivery.servers import SSHD, SshServer, Wire, can_take_passwords, running


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[SshServer]:
    """An OpenSSH server that takes a key."""
    if SSHD is None:
        pytest.skip("no sshd on this machine: apt-get install openssh-server")
    yield from running(SshServer(tmp_path / "sshd"))


@pytest.fixture
def password_sshd(tmp_path: Path) -> Iterator[SshServer]:
    """An OpenSSH server that takes a password too."""
    if SSHD is None:
        pytest.skip("no sshd on this machine: apt-get install openssh-server")
    if not can_take_passwords():
        pytest.skip("only root can give sshd a password of the test's own (a mount namespace)")
    yield from running(SshServer(tmp_path / "sshd", password=True))


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """Makes proxies that break, closed at the end."""
    made: list[Wire] = []

    def make(target: int, **options: int) -> Wire:
        made.append(Wire(target, **options))
        return made[-1]

    yield make
    for found in made:
        found.close()
