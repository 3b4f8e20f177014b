"""How to log in at an SFTP server: from the environment alone (SEC-2).

`CARNET_SFTP_PASSWORD`, `CARNET_SFTP_KEY` (a file, or the key's own text), `CARNET_SFTP_KEY_PASSPHRASE`, each for all servers, or
with `_<HOST>`, or `_<USER>_AT_<HOST>` behind its name: capitals, every other sign but letters and digits as `_`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from pipelines.declarations.addresses import SftpAddress
from pipelines.delivery.faults import HostKeyError, LoginError
from pipelines.language import say

PASSWORD, KEY, PASSPHRASE = "CARNET_SFTP_PASSWORD", "CARNET_SFTP_KEY", "CARNET_SFTP_KEY_PASSPHRASE"
KNOWN_HOSTS = "CARNET_KNOWN_HOSTS"


@dataclass(frozen=True)
class Credentials:
    """A password or a key, and the host keys to trust. Nothing of it is shown."""

    password: str | None = field(repr=False)
    key: asyncssh.SSHKey | None = field(repr=False)
    known_hosts: Path

    @classmethod
    def of(cls, address: SftpAddress, environ: Mapping[str, str] = os.environ) -> Credentials:
        """What the environment holds for this user at this server; LoginError where it holds nothing usable."""
        password, key = _value(PASSWORD, address, environ), _value(KEY, address, environ)
        if not password and not key:
            raise LoginError(
                say("No password and no key is set for {server}.", server=address.server),
                say(
                    "Set {password} or {key} in the environment, or {own} for this server alone.",
                    password=PASSWORD,
                    key=KEY,
                    own=suffixed(PASSWORD, address)[-2],
                ),
            )
        return cls(
            password or None,
            _load_key(key, _value(PASSPHRASE, address, environ), address) if key else None,
            known_hosts_of(environ),
        )


def suffixed(name: str, address: SftpAddress) -> list[str]:
    """The variables that may hold `name` for this address, the most general first."""
    host, user = (re.sub(r"[^A-Z0-9]", "_", part.upper()) for part in (address.host, address.user))
    return [name, f"{name}_{host}", f"{name}_{user}_AT_{host}"]


def known_hosts_of(environ: Mapping[str, str]) -> Path:
    """The file of trusted host keys; HostKeyError where it is not there."""
    path = Path(environ.get(KNOWN_HOSTS) or "~/.ssh/known_hosts").expanduser()
    if not path.is_file():
        raise HostKeyError(
            say("There is no file of known host keys {path}.", path=path),
            say(
                "Write the server's key there (`ssh-keyscan HOST >> {path}`, compared with what its owner tells you), "
                "or name another file in {variable}.",
                path=path,
                variable=KNOWN_HOSTS,
            ),
        )
    return path


def _value(name: str, address: SftpAddress, environ: Mapping[str, str]) -> str | None:
    found = [environ[variable] for variable in suffixed(name, address) if environ.get(variable)]
    return found[-1] if found else None


def _load_key(key: str, passphrase: str | None, address: SftpAddress) -> asyncssh.SSHKey:
    try:
        if key.lstrip().startswith("-----BEGIN"):
            return asyncssh.import_private_key(key, passphrase)
        return asyncssh.read_private_key(Path(key).expanduser(), passphrase)
    except OSError as error:
        raise LoginError(
            say("The key for {server} cannot be read: {why}.", server=address.server, why=error.strerror),
            say("{variable} names a private key's file.", variable=KEY),
        ) from None
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        # What the library says names the form of the key, or a wrong passphrase; never their text.
        raise LoginError(
            say("The key for {server} cannot be used: {why}.", server=address.server, why=error),
            say(
                "{variable} is a private key as ssh-keygen makes it; an encrypted one needs {passphrase}.",
                variable=KEY,
                passphrase=PASSPHRASE,
            ),
        ) from None
