"""A real SMTP server on loopback (aiosmtpd), which keeps what it is given."""

from __future__ import annotations

import email
import email.policy
import ssl
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.delivery.servers import free_port

USER, PASSWORD = "crm@exemple.fr", "Potiron: 100% / Hermine?"


class Mailbox:
    """What the server was given, to whom it says no, and whom it hears and then cuts off."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refuses: set[str] = set()
        self.cuts: set[str] = set()
        self.port = 0

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.cuts:
            server.transport.close()
        if address in self.refuses:
            return "550 nobody here is called so"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        self.mails.append(email.message_from_bytes(content, policy=email.policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"

    @property
    def texts(self) -> list[str]:
        return [mail.get_content().replace("\r\n", "\n") for mail in self.mails]

    @property
    def subjects(self) -> list[str]:
        return [mail["Subject"] for mail in self.mails]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for loopback that vouches for itself, and its key."""
    chain, key = folder / "smtp.pem", folder / "smtp.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(chain)),
        ],
        check=True,
        capture_output=True,
    )
    return chain, key


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


def _repeat(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
    """Says no, and repeats what it heard, as it came over the wire and as it means."""
    heard = b64encode(b"\0".join((b"", data.login, data.password))).decode()
    said = f"535 not {data.password.decode()}, not {b64encode(data.password).decode()}, not {heard}"
    return AuthResult(success=False, handled=False, message=said)


@contextmanager
def mail_server(
    *,
    tls: tuple[Path, Path] | None = None,
    at_once: bool = False,
    login: bool = False,
    repeats: bool = False,
    utf8: bool = True,
) -> Iterator[Mailbox]:
    """A server on a free port of 127.0.0.1; with `tls` it asks for STARTTLS, with `login` for USER and PASSWORD.

    `at_once`: encrypted from the first byte instead; `repeats`: says in its answer what login it was given; `utf8`: whether it
    knows addresses beyond ASCII.
    """
    box = Mailbox()
    starttls = tls is not None and not at_once
    options: dict[str, Any] = {"enable_SMTPUTF8": utf8}
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls)
        options |= {"tls_context": context, "require_starttls": True} if starttls else {"ssl_context": context}
    if login:
        # Without STARTTLS the library warns of a login that is required.
        options |= {"auth_required": starttls, "auth_require_tls": starttls}
        options |= {"authenticator": _repeat if repeats else _authenticate}
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
