"""Mail handed to a real SMTP server: with and without login and encryption; what a failure says (IMP-17, SEC-2)."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from pipelines.delivery.faults import MailError
from pipelines.delivery.mailing import MailServer, send_mail
from tests.delivery.mailbox import PASSWORD, USER, certificate, mail_server
from tests.delivery.servers import free_port

PEOPLE = ("crm@exemple.fr", "dpo@exemple.fr")


def plain(port: int) -> MailServer:
    return MailServer.from_environment({"CARNET_SMTP_URL": f"smtp://127.0.0.1:{port}?encryption=none"})


def test_a_relay_of_this_machine_takes_one_mail_for_each() -> None:
    with mail_server() as box:
        send_mail(plain(box.port), PEOPLE, "Carnet: été.csv\nBcc: x@y.z was refused", "line 1: <b>é</b>\nline 2; *a*\n")
    assert box.recipients == [["crm@exemple.fr"], ["dpo@exemple.fr"]]
    assert [mail["To"] for mail in box.mails] == list(PEOPLE)
    assert box.subjects == ["Carnet: été.csv Bcc: x@y.z was refused"] * 2
    assert box.mails[0]["Bcc"] is None
    assert box.mails[0].get_content_type() == "text/plain"
    assert box.texts[0].rstrip() == "line 1: <b>é</b>\nline 2; *a*"
    assert "Carnet <carnet@" in box.mails[0]["From"]


@pytest.mark.parametrize("where", ["in a variable of its own", "in the URL"])
def test_a_login_over_starttls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
    with mail_server(tls=tls, login=True) as box:
        if where == "in the URL":
            environ = {
                "CARNET_SMTP_URL": f"smtp://crm%40exemple.fr:Potiron%3A%20100%25%20%2F%20Hermine%3F@localhost:{box.port}"
            }
        else:
            environ = {
                "CARNET_SMTP_URL": f"smtp://crm%40exemple.fr@localhost:{box.port}",
                "CARNET_SMTP_PASSWORD": PASSWORD,
            }
        send_mail(MailServer.from_environment(environ), PEOPLE[:1], "s", "b")
    assert box.recipients == [["crm@exemple.fr"]]
    assert box.mails[0]["From"] == f"Carnet <{USER}>"


def test_a_wrong_password_is_said_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
    caplog.set_level(logging.DEBUG)
    with mail_server(tls=tls, login=True) as box:
        url = f"smtp://crm%40exemple.fr@localhost:{box.port}"
        server = MailServer.from_environment({"CARNET_SMTP_URL": url, "CARNET_SMTP_PASSWORD": "zibeline-7"})
        with pytest.raises(MailError, match="535") as raised:
            send_mail(server, PEOPLE, "s", "b")
    assert "zibeline-7" not in f"{raised.value} {server!r} {caplog.text}"
    assert box.mails == []


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    with mail_server(tls=certificate(tmp_path), login=True) as box:
        environ = {"CARNET_SMTP_URL": f"smtp://crm%40exemple.fr@localhost:{box.port}", "CARNET_SMTP_PASSWORD": PASSWORD}
        with pytest.raises(MailError, match="certificate verify failed"):
            send_mail(MailServer.from_environment(environ), PEOPLE, "s", "b")


def test_a_server_without_encryption_gets_nothing_unless_that_is_asked_for() -> None:
    with mail_server() as box:
        server = MailServer.from_environment({"CARNET_SMTP_URL": f"smtp://127.0.0.1:{box.port}"})
        with pytest.raises(MailError, match="STARTTLS"):
            send_mail(server, PEOPLE, "s", "b")
    assert box.mails == []


def test_one_refused_recipient_is_said_and_the_other_gets_the_mail() -> None:
    with mail_server() as box:
        box.refuses = {"crm@exemple.fr"}
        with pytest.raises(MailError, match="550"):
            send_mail(plain(box.port), PEOPLE, "s", "b")
    assert box.recipients == [["dpo@exemple.fr"]]


def test_nobody_listens() -> None:
    with pytest.raises(MailError, match=r"did not take the mail: .*refused"):
        send_mail(plain(free_port()), PEOPLE, "s", "b")


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "No mail server is set"),
        ({"CARNET_SMTP_URL": "mail.exemple.fr"}, "cannot be read"),
        ({"CARNET_SMTP_URL": "http://crm:zibeline@mail.exemple.fr"}, "cannot be read"),
        ({"CARNET_SMTP_URL": "smtp://crm:zibeline@mail.exemple.fr:port"}, "cannot be read"),
        (
            {"CARNET_SMTP_URL": "smtp://crm:zibeline@mail.exemple.fr?encryption=none"},
            "would send the password unencrypted",
        ),
    ],
)
def test_what_the_environment_says_wrongly(environ: dict[str, str], message: str) -> None:
    with pytest.raises(MailError, match=message) as raised:
        MailServer.from_environment(environ)
    assert "zibeline" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "port", "mode"),
    [
        ("smtp://mail.exemple.fr", 587, "starttls"),
        ("smtps://mail.exemple.fr", 465, "ssl"),
        ("smtp://mail.exemple.fr?encryption=none", 25, "insecure"),
    ],
)
def test_ports_and_encryption_by_default(url: str, port: int, mode: str) -> None:
    server = MailServer.from_environment({"CARNET_SMTP_URL": url, "CARNET_SMTP_FROM": "base@exemple.fr"})
    assert (server.port, server.mode, server.sender) == (port, mode, "base@exemple.fr")
