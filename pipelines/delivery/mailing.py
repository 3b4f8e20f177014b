"""E-mail over SMTP, as the environment says (SEC-2): `CARNET_SMTP_URL`, `CARNET_SMTP_PASSWORD`, `CARNET_SMTP_FROM`.

`smtp://user@host:587` is encrypted by STARTTLS, `smtps://user@host:465` from the first byte; `?encryption=none` for a relay on the
same machine. A password may stand in the URL instead.
"""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from pipelines.delivery.faults import MailError

URL, PASSWORD, FROM = "CARNET_SMTP_URL", "CARNET_SMTP_PASSWORD", "CARNET_SMTP_FROM"
_PORTS = {"starttls": 587, "ssl": 465, "insecure": 25}
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_SHAPE = "smtp://user@host:587 or smtps://user@host:465"


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, by whom, and who it is from."""

    host: str
    port: int
    mode: str
    user: str | None
    sender: str
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> MailServer:
        """The server that the environment names; MailError where it names none, or wrongly. Its text is never shown."""
        text = environ.get(URL)
        if not text:
            raise MailError("No mail server is set.", f"Set {URL} to {_SHAPE}.")
        try:
            parts, port = urlsplit(text), urlsplit(text).port
        except ValueError:
            raise MailError(f"{URL} cannot be read.", f"It reads {_SHAPE}.") from None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise MailError(f"{URL} cannot be read.", f"It reads {_SHAPE}.")
        mode = _mode(parts.scheme, parse_qs(parts.query))
        user = unquote(parts.username) if parts.username else None
        password = environ.get(PASSWORD) or (unquote(parts.password) if parts.password else None)
        if password and mode == "insecure" and parts.hostname not in _THIS_MACHINE:
            raise MailError(f"{URL} would send the password unencrypted.", "Leave `encryption=none` out of it.")
        return cls(
            host=parts.hostname,
            port=port or _PORTS[mode],
            mode=mode,
            user=user,
            sender=environ.get(FROM) or (user if user and "@" in user else f"carnet@{socket.getfqdn()}"),
            password=password,
        )


def send_mail(server: MailServer, people: Sequence[str], subject: str, body: str) -> None:
    """Hand one mail to the server for each of the people; MailError where that fails for any of them."""
    from apprise import NotifyFormat  # 0.12 s: only what sends mail pays for it
    from apprise.plugins.email import NotifyEmail

    with _Heard() as heard:
        try:
            mail = NotifyEmail(
                host=server.host,
                smtp_host=server.host,
                port=server.port,
                user=server.user,
                password=server.password,
                secure=server.mode != "insecure",
                secure_mode=server.mode,
                from_addr=f"Carnet <{server.sender}>",
                targets=list(people),
                format=NotifyFormat.TEXT,
            )
            sent = mail.send(body=body, title=" ".join(subject.split()), body_format=NotifyFormat.TEXT)
        except TypeError as error:
            # How apprise refuses what it cannot use.
            raise MailError(f"The mail cannot be made: {heard.reason(server) or type(error).__name__}.") from None
    if not sent:
        raise MailError(
            f"{server.host}:{server.port} did not take the mail: {heard.reason(server) or 'it gave no reason'}.",
            f"Check {URL} and {PASSWORD}; the mail is tried again with the next run.",
        )


class _Heard(logging.Handler):
    """What apprise says while it sends: its only way to give a reason. Nothing of it goes to anybody's log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._said: list[str] = []
        self._logger = logging.getLogger("apprise")

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())

    def __enter__(self) -> _Heard:
        self._before = self._logger.level, self._logger.propagate
        self._logger.addHandler(self)
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(self._before[0])
        self._logger.propagate = self._before[1]

    def reason(self, server: MailServer) -> str:
        """The error of the mail server in its own words, without the password, should it repeat that."""
        found = [text for text in self._said if text.startswith(("Socket Exception: ", "SMTP recipient"))]
        words = re.sub(r"^Socket Exception: ", "", found[-1]).strip().rstrip(".") if found else ""
        return words.replace(server.password, "•••") if server.password else words


def _mode(scheme: str, options: Mapping[str, Sequence[str]]) -> str:
    if options.get("encryption") == ["none"]:
        return "insecure"
    return "ssl" if scheme == "smtps" else "starttls"
