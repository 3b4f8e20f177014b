"""Where files lie on another machine: `sftp://user@host[:port]/folder/name`, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import unquote

from pipelines.language import say

SFTP_PORT = 22
_SHAPE = re.compile(
    r"sftp://(?:(?P<user>[^/]*)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^/:@\s]+)(?::(?P<port>\d{1,5}))?(?P<path>/.*)"
)
_WILD = re.compile(r"[*?\[]")
_HOME = "/~/"


@dataclass(frozen=True)
class SftpAddress:
    """One file, or a pattern of files in one folder, on an SFTP server. It never holds a password (SEC-2).

    `folder` is absolute, or, after `/~/`, relative to the folder where the login arrives (`.` for that folder itself).
    """

    user: str
    host: str
    port: int
    folder: str
    name: str

    @classmethod
    def parse(cls, text: str) -> SftpAddress:
        """The address that `text` writes; `%20` stands for a blank, `%25` for `%`.

        ValueError says what of it is wrong, to stand after its name.
        """
        found = _SHAPE.fullmatch(text)
        if found is None:
            raise ValueError(say("must read sftp://user@host/path/file"))
        user, _, password = (found["user"] or "").partition(":")
        if password:
            raise ValueError(say("holds a password: leave it out, secrets come from the environment"))
        if not user:
            raise ValueError(say("names no user: it must read sftp://user@host/path/file"))
        port = int(found["port"] or SFTP_PORT)
        if not 0 < port < 65536:
            raise ValueError(say("has the port {port}, which no server can have", port=port))
        folder, name = _place(unquote(found["path"]))
        if not name:
            raise ValueError(say("names a folder: end it with a file's name or a pattern such as *.csv"))
        if _WILD.search(folder):
            raise ValueError(say("has * or ? in a folder's name: only the file's name may be a pattern"))
        return cls(unquote(user), found["host"].strip("[]"), port, folder, name)

    @property
    def is_pattern(self) -> bool:
        """Does the name stand for several files?"""
        return bool(_WILD.search(self.name))

    @property
    def server(self) -> str:
        """`sftp://user@host:port`, as messages and the memory of taken files name it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"sftp://{self.user}@{host}:{self.port}"

    def path(self, name: str) -> str:
        """The path of a file of the folder, as the server understands it."""
        return f"{self.folder.rstrip('/')}/{name}"

    def fits(self, name: str) -> bool:
        """Is it a file that the address means? Hidden ones never are."""
        return not name.startswith(".") and (fnmatchcase(name, self.name) if self.is_pattern else name == self.name)

    def __str__(self) -> str:
        path = self.path(self.name)
        return f"{self.server}{path if path.startswith('/') else _HOME + path.removeprefix('./')}"


def _place(path: str) -> tuple[str, str]:
    """Folder and name of a path."""
    inner = path.removeprefix(_HOME) if path.startswith(_HOME) else path
    folder, _, name = inner.rpartition("/")
    if path.startswith(_HOME):
        return folder or ".", name
    return folder or "/", name
