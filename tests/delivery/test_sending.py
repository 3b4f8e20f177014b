"""Files delivered to a real OpenSSH server: whole or the former ones, going on after a cut (EXP-7, SEC-2)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.declarations.addresses import SftpAddress
from pipelines.delivery.faults import HostKeyError, LoginError, NotReadableError, NotThereError, UnreachableError
from pipelines.delivery.sending import CHUNK, Manner, send
from pipelines.delivery.sftp import Limits
from tests.delivery.servers import SshServer, Wire, make_key

QUICK = Manner(pauses=(0, 0), budget=timedelta(minutes=1), limits=Limits(connect=10, login=10, answer=10))


@pytest.fixture
def server(sshd: SshServer, monkeypatch: pytest.MonkeyPatch) -> SshServer:
    for name, value in sshd.environ().items():
        monkeypatch.setenv(name, value)
    return sshd


def pair(folder: Path, content: bytes = b"Email\na@exemple.fr\n") -> list[tuple[Path, str]]:
    """A manifest and a file, to be replaced in that order."""
    (folder / "clients.csv").write_bytes(content)
    (folder / "clients.csv.manifest.json").write_bytes(b"{}")
    return [(folder / "clients.csv.manifest.json", "all.csv.manifest.json"), (folder / "clients.csv", "all.csv")]


def deliver(server: SshServer, files: list[tuple[Path, str]], port: int | None = None) -> list[str]:
    said: list[str] = []
    send(files, SftpAddress.parse(server.address("all.csv", port)), said.append, QUICK)
    return said


def test_files_arrive_whole_over_the_former_ones(server: SshServer, tmp_path: Path) -> None:
    server.drop("all.csv", "former, and longer than the new one")
    server.drop(".all.csv.carnet-part", b"x" * (3 * CHUNK))
    for content in (b"Email\na@exemple.fr\n", b"", os.urandom(2 * CHUNK)):
        assert deliver(server, pair(tmp_path, content)) == []
        assert (server.files / "all.csv").read_bytes() == content
    assert sorted(os.listdir(server.files)) == ["all.csv", "all.csv.manifest.json"]


def test_a_cut_is_gone_on_from_and_the_former_file_stays_meanwhile(
    server: SshServer, tmp_path: Path, wire: Callable[..., Wire]
) -> None:
    content = os.urandom(12 * CHUNK + 17)
    server.drop("all.csv", "former")
    broken = wire(server.port, sent=5 * CHUNK, cuts=3)
    server.trust(broken.port)
    said = deliver(server, pair(tmp_path, content), broken.port)
    assert (server.files / "all.csv").read_bytes() == content
    assert 2 <= len(said) <= 3, said
    # Three connections that each got some way: from the start each time, no file of twelve would ever come through five.
    assert broken.connections == len(said) + 1
    assert sorted(os.listdir(server.files)) == ["all.csv", "all.csv.manifest.json"]


def test_what_is_there_of_the_part_and_differs_is_sent_anew(
    server: SshServer, tmp_path: Path, wire: Callable[..., Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(6 * CHUNK)
    broken = wire(server.port, sent=4 * CHUNK)
    server.trust(broken.port)

    def spoil(_: float) -> None:
        """Somebody writes into the part, between two attempts."""
        part = server.files / ".all.csv.carnet-part"
        part.write_bytes(b"x" * part.stat().st_size)

    monkeypatch.setattr("time.sleep", spoil)
    deliver(server, pair(tmp_path, content), broken.port)
    assert (server.files / "all.csv").read_bytes() == content


def test_a_line_that_stays_broken_leaves_the_former_file(
    server: SshServer, tmp_path: Path, wire: Callable[..., Wire]
) -> None:
    server.drop("all.csv", "former")
    broken = wire(server.port, sent=100_000, cuts=99)
    server.trust(broken.port)
    with pytest.raises(UnreachableError):
        deliver(server, pair(tmp_path, os.urandom(CHUNK)), broken.port)
    assert broken.connections == len(QUICK.pauses) + 1
    assert (server.files / "all.csv").read_text() == "former"
    server.trust()
    assert deliver(server, pair(tmp_path)) == []


def test_what_somebody_must_mend_is_said_at_once(server: SshServer, tmp_path: Path) -> None:
    nowhere = SftpAddress.parse(server.address("nowhere/all.csv"))
    with pytest.raises(NotThereError, match=r"the folder .*/nowhere is not there"):
        send(pair(tmp_path), nowhere, lambda _: None, QUICK)
    make_key(server.folder / "other_key")
    server.trust(key="other_key")
    with pytest.raises(HostKeyError):
        deliver(server, pair(tmp_path))
    server.trust()
    (server.folder / "authorized_keys").write_text("")
    with pytest.raises(LoginError):
        deliver(server, pair(tmp_path))


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(server: SshServer, tmp_path: Path) -> None:
    server.files.chmod(0o500)
    with pytest.raises(NotReadableError, match=r"may not write all.csv"):
        deliver(server, pair(tmp_path))
