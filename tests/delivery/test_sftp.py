"""Sessions with a real OpenSSH server: who is let in, what is listed, what is fetched, what an error means (IMP-17, SEC-2)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipelines.declarations.addresses import SftpAddress
from pipelines.delivery.credentials import Credentials
from pipelines.delivery.faults import FileChangedError, HostKeyError, LoginError, NotThereError, UnreachableError
from pipelines.delivery.sftp import Fetched, Limits, RemoteFile, open_session
from pipelines.errors import CarnetError
from tests.delivery.servers import PASSWORD, USER, SshServer, Wire, free_port, make_key

AT = 1_700_000_000


def listed(address: str, environ: Mapping[str, str], limits: Limits | None = None) -> list[RemoteFile]:
    where = SftpAddress.parse(address)
    with open_session(where, Credentials.of(where, environ), limits) as session:
        return session.list()


def fetched(address: str, environ: Mapping[str, str], folder: Path) -> list[Fetched]:
    where = SftpAddress.parse(address)
    with open_session(where, Credentials.of(where, environ)) as session:
        return session.fetch([(file, folder / file.name) for file in session.list()])


def test_a_key_is_let_in_and_files_are_listed(sshd: SshServer) -> None:
    sshd.drop("newsletter-1.csv", "Email\n")
    sshd.drop("newsletter-2.csv", "Email\na@exemple.fr\n", at=AT + 60)
    sshd.drop("other.csv")
    sshd.drop(".newsletter-hidden.csv")
    (sshd.files / "newsletter-folder.csv").mkdir()
    (sshd.files / "newsletter-link.csv").symlink_to(sshd.files / "newsletter-2.csv")
    (sshd.files / "newsletter-nowhere.csv").symlink_to(sshd.files / "gone.csv")
    (sshd.files / os.fsdecode(b"newsletter-\xe9.csv")).write_text("not UTF-8")
    assert listed(sshd.address(), sshd.environ()) == [
        RemoteFile("newsletter-1.csv", 6, AT),
        RemoteFile("newsletter-2.csv", 19, AT + 60),
        RemoteFile("newsletter-link.csv", 19, AT + 60),
    ]


def test_one_file_is_looked_at_without_a_listing(sshd: SshServer) -> None:
    assert listed(sshd.address("newsletter.csv"), sshd.environ()) == []
    sshd.drop("newsletter.csv")
    assert [file.name for file in listed(sshd.address("newsletter.csv"), sshd.environ())] == ["newsletter.csv"]


@pytest.mark.parametrize("name", ["newsletter*.csv", "newsletter.csv"])
def test_a_folder_that_is_not_there_is_said(sshd: SshServer, name: str) -> None:
    with pytest.raises(NotThereError, match=r"the folder .*/nowhere is not there"):
        listed(sshd.address(f"nowhere/{name}"), sshd.environ())


def test_the_key_may_be_the_text_itself_or_have_a_passphrase(sshd: SshServer) -> None:
    listed(sshd.address(), sshd.environ(CARNET_SFTP_KEY=sshd.user_key.read_text()))
    locked = make_key(sshd.folder / "locked", "sésame ouvre-toi")
    (sshd.folder / "authorized_keys").write_text((sshd.folder / "locked.pub").read_text())
    environ = sshd.environ(CARNET_SFTP_KEY=str(locked), CARNET_SFTP_KEY_PASSPHRASE="sésame ouvre-toi")
    assert listed(sshd.address(), environ) == []
    for wrong in ({**environ, "CARNET_SFTP_KEY_PASSPHRASE": "wrong-phrase"}, sshd.environ(CARNET_SFTP_KEY=str(locked))):
        with pytest.raises(LoginError) as raised:
            listed(sshd.address(), wrong)
        assert "wrong-phrase" not in str(raised.value)


def test_a_password_is_let_in_and_a_wrong_one_is_not(password_sshd: SshServer) -> None:
    known = {"CARNET_KNOWN_HOSTS": str(password_sshd.known_hosts)}
    password_sshd.drop("newsletter.csv")
    assert len(listed(password_sshd.address(), {**known, "CARNET_SFTP_PASSWORD": PASSWORD})) == 1
    with pytest.raises(LoginError) as raised:
        listed(password_sshd.address(), {**known, "CARNET_SFTP_PASSWORD": "Potiron-Hermine"})
    assert f"does not let the user {USER!r} in" in raised.value.message
    assert "Potiron" not in str(raised.value)


def test_the_variable_of_the_server_goes_before_the_general_one(password_sshd: SshServer) -> None:
    known = {"CARNET_KNOWN_HOSTS": str(password_sshd.known_hosts), "CARNET_SFTP_PASSWORD": "for others"}
    assert listed(password_sshd.address(), {**known, "CARNET_SFTP_PASSWORD_127_0_0_1": PASSWORD}) == []
    user = f"CARNET_SFTP_PASSWORD_{USER.upper().replace('-', '_')}_AT_127_0_0_1"
    assert listed(password_sshd.address(), {**known, "CARNET_SFTP_PASSWORD_127_0_0_1": "no", user: PASSWORD}) == []
    with pytest.raises(LoginError):
        listed(password_sshd.address(), known)


def test_a_stranger_key_is_not_let_in(sshd: SshServer) -> None:
    with pytest.raises(LoginError):
        listed(sshd.address(), sshd.environ(CARNET_SFTP_KEY=str(make_key(sshd.folder / "stranger"))))


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"CARNET_SFTP_KEY": ""}, "No password and no key is set"),
        ({"CARNET_SFTP_KEY": "/nowhere/key"}, "cannot be read"),
        ({"CARNET_SFTP_KEY": "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"}, "cannot be used"),
        ({"CARNET_KNOWN_HOSTS": "/nowhere/known_hosts"}, "no file of known host keys /nowhere/known_hosts"),
    ],
)
def test_what_the_environment_lacks_is_named(sshd: SshServer, environ: dict[str, str], message: str) -> None:
    with pytest.raises((LoginError, HostKeyError), match=message):
        listed(sshd.address(), sshd.environ(**environ))


def test_an_agent_or_a_default_key_is_never_asked(
    sshd: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home" / ".ssh"
    home.mkdir(parents=True)
    (home / "id_ed25519").write_bytes(sshd.user_key.read_bytes())
    (home / "config").write_text(f"Host *\n  IdentityFile {sshd.user_key}\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with pytest.raises(LoginError, match="No password and no key"):
        listed(sshd.address(), {"CARNET_KNOWN_HOSTS": str(sshd.known_hosts)})
    with pytest.raises(LoginError, match="does not let"):
        listed(sshd.address(), {"CARNET_KNOWN_HOSTS": str(sshd.known_hosts), "CARNET_SFTP_PASSWORD": "x"})


@pytest.mark.parametrize("known", ["another key", "nobody"])
def test_a_server_with_another_key_gets_no_password(sshd: SshServer, known: str) -> None:
    if known == "nobody":
        sshd.known_hosts.write_text("")
    else:
        make_key(sshd.folder / "former_key")
        sshd.trust(key="former_key")
    with pytest.raises(HostKeyError, match="host key"):
        listed(sshd.address(), sshd.environ(CARNET_SFTP_PASSWORD=PASSWORD))
    assert sshd.logins == 0
    assert "Failed password" not in sshd.log


def test_nobody_listens(sshd: SshServer) -> None:
    with pytest.raises(UnreachableError, match="cannot be reached"):
        listed(sshd.address(port=free_port()), sshd.environ())


def test_a_server_that_says_nothing_is_left_in_time(sshd: SshServer, wire: Callable[..., Wire]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(UnreachableError):
            listed(sshd.address(port=silent.getsockname()[1]), sshd.environ(), Limits(connect=1, login=1, answer=1))


def test_files_are_fetched_whole(sshd: SshServer, tmp_path: Path) -> None:
    big = os.urandom(9 * (1 << 20) + 17)
    sshd.drop("newsletter-big.csv", big)
    sshd.drop("newsletter-empty.csv", "")
    sshd.drop("newsletter-été 1.csv", "Email\n")
    found = fetched(sshd.address(), sshd.environ(), tmp_path)
    assert [one.fault for one in found] == [None] * 3
    assert (tmp_path / "newsletter-big.csv").read_bytes() == big
    assert (tmp_path / "newsletter-empty.csv").read_bytes() == b""
    assert (tmp_path / "newsletter-été 1.csv").read_bytes() == b"Email\n"


def test_a_cut_connection_leaves_nothing_half(sshd: SshServer, tmp_path: Path, wire: Callable[..., Wire]) -> None:
    broken = wire(sshd.port, after=2_000_000)
    sshd.trust(broken.port)
    sshd.drop("newsletter-big.csv", os.urandom(8 << 20))
    (found,) = fetched(sshd.address(port=broken.port), sshd.environ(), tmp_path)
    assert isinstance(found.fault, UnreachableError)
    assert not found.destination.exists()


def test_a_file_that_may_not_be_read_or_has_gone_or_changed_holds_up_no_other(sshd: SshServer, tmp_path: Path) -> None:
    for name in ("gone", "grown", "rewritten", "whole"):
        sshd.drop(f"newsletter-{name}.csv")
    where = SftpAddress.parse(sshd.address())
    with open_session(where, Credentials.of(where, sshd.environ())) as session:
        listing = session.list()
        (sshd.files / "newsletter-gone.csv").unlink()
        with (sshd.files / "newsletter-grown.csv").open("a") as grown:
            grown.write("b@exemple.fr\n")
        sshd.drop("newsletter-rewritten.csv", "Email\nb@exemple.fr\n", at=AT + 1)
        found = session.fetch([(file, tmp_path / file.name) for file in listing])
    assert [type(one.fault) for one in found] == [
        NotThereError,
        FileChangedError,
        FileChangedError,
        type(None),
    ]
    assert [one.destination.exists() for one in found] == [False, False, False, True]


def test_a_disk_that_cannot_be_written_is_this_machine_s_fault(sshd: SshServer, tmp_path: Path) -> None:
    sshd.drop("newsletter.csv")
    (found,) = fetched(sshd.address(), sshd.environ(), tmp_path / "not-made")
    assert isinstance(found.fault, CarnetError)
    assert "cannot be written: No such file or directory" in found.fault.message
