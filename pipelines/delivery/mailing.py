"""E-mail over SMTP, as the environment says (SEC-2): `CARNET_SMTP_URL`, `CARNET_SMTP_PASSWORD`, `CARNET_SMTP_FROM`.

`smtp://user@host:587` is encrypted by STARTTLS, `smtps://user@host:465` from the first byte; `?encryption=none` for a relay on the
same machine. A password may stand in the URL instead.
"""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from pipelines.delivery.faults import MailError
from pipelines.language import mark, say

URL, PASSWORD, FROM = "CARNET_SMTP_URL", "CARNET_SMTP_PASSWORD", "CARNET_SMTP_FROM"
_PORTS = {"starttls": 587, "ssl": 465, "insecure": 25}
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_SHAPE = mark("smtp://user@host:587 or smtps://user@host:465")
_PATIENCE_SECONDS = 30.0
"""For the connection, and for each answer."""
_POLICY = SMTP.clone(cte_type="7bit", refold_source="none")
"""Mails that any server can pass on: ASCII throughout."""


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
            raise MailError(
                say("No mail server is set."), say("Set {variable} to {shape}.", variable=URL, shape=say(_SHAPE))
            )
        try:
            parts, port = urlsplit(text), urlsplit(text).port
        except ValueError:
            raise _unread() from None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise _unread()
        mode = _mode(parts.scheme, parse_qs(parts.query))
        user = unquote(parts.username) if parts.username else None
        password = environ.get(PASSWORD) or (unquote(parts.password) if parts.password else None)
        if password and mode == "insecure" and parts.hostname not in _THIS_MACHINE:
            raise MailError(
                say("{variable} would send the password unencrypted.", variable=URL),
                say("Leave `encryption=none` out of it."),
            )
        if user and password and not f"{user}{password}".isascii():
            # As the library sends them, and as most servers know them.
            raise MailError(
                say("User and password of {variable} may hold ASCII signs only.", variable=URL),
                say("Give the user another password."),
            )
        return cls(
            host=parts.hostname,
            port=port or _PORTS[mode],
            mode=mode,
            user=user,
            sender=environ.get(FROM) or (user if user and "@" in user else f"carnet@{socket.getfqdn()}"),
            password=password,
        )


def _unread() -> MailError:
    return MailError(say("{variable} cannot be read.", variable=URL), say("It reads {shape}.", shape=say(_SHAPE)))


def send_mail(server: MailServer, people: Sequence[str], subject: str, body: str) -> None:
    """Hand one mail to the server for each of the people; MailError where that fails for any of them, with who still waits."""
    try:
        mails = [(person, _mail(server.sender, person, subject, body)) for person in people]
    except (ValueError, MessageError) as error:
        raise MailError(
            say("The mail cannot be made: {why}.", why=error),
            say("{variable} is an address alone, such as base@example.org.", variable=FROM),
        ) from None
    waiting, reasons = list(people), list[str]()
    try:
        with _session(server) as session:
            for person, mail in mails:
                try:
                    session.send_message(mail, server.sender, [person])
                except smtplib.SMTPException as error:
                    reasons.append(say("{person}: {why}", person=person, why=_words(error, server)))
                    if session.sock is None:  # Cut: the others would only be told so too.
                        break
                else:
                    waiting.remove(person)
    except (OSError, UnicodeError) as error:  # UnicodeError: a host's name that can be none.
        reasons.append(_words(error, server))
    if waiting:
        if len(waiting) == len(people):
            check = say(
                "Check {url} and {password}; the mail is tried again with the next run.", url=URL, password=PASSWORD
            )
        else:
            check = say("Check the addresses that it refused; the mail is tried again with the next run.")
        raise MailError(
            say(
                "{server} did not take the mail: {reasons}.",
                server=f"{server.host}:{server.port}",
                reasons=say("; ").join(reasons),
            ),
            check,
            waiting=waiting,
        )


def _mail(sender: str, person: str, subject: str, body: str) -> EmailMessage:
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address("Carnet", addr_spec=sender)
    mail["To"] = person
    # Not by the policy: where it folds a line, blanks between signs beyond ASCII are lost (Python 3.11).
    mail.set_raw("Subject", Header(" ".join(subject.split()), header_name="Subject").encode())
    mail["Date"] = localtime()
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    mail.set_content(body)
    return mail


@contextmanager
def _session(server: MailServer) -> Generator[smtplib.SMTP]:
    """A connection, encrypted and logged in as the server is declared; OSError where that fails."""
    context = ssl.create_default_context()
    if server.mode == "ssl":
        session = smtplib.SMTP_SSL(server.host, server.port, timeout=_PATIENCE_SECONDS, context=context)
    else:
        session = smtplib.SMTP(server.host, server.port, timeout=_PATIENCE_SECONDS)
    try:
        if server.mode == "starttls":
            session.starttls(context=context)
        if server.user and server.password:
            session.login(server.user, server.password)
        yield session
    finally:
        # What the server says to a goodbye takes back no mail, and no error before it.
        with suppress(smtplib.SMTPException):
            session.quit()


def _words(error: Exception, server: MailServer) -> str:
    """What the server said, or what happened on the way to it; without the password, should the server repeat that."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [(code, answer)] = error.recipients.values()  # Each mail has one.
        error = smtplib.SMTPResponseException(code, answer)
    said = str(error)
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        said = f"{error.smtp_code} {answer if isinstance(answer, str) else answer.decode(errors='replace')}"
    if server.password:
        for secret in (f"\0{server.user}\0{server.password}", server.password):
            said = said.replace(b64encode(secret.encode()).decode(), "•••").replace(secret, "•••")
    return " ".join(said.split()).rstrip(".") or type(error).__name__


def _mode(scheme: str, options: Mapping[str, Sequence[str]]) -> str:
    if options.get("encryption") == ["none"]:
        return "insecure"
    return "ssl" if scheme == "smtps" else "starttls"
