"""Mail handed to a real SMTP server: with and without login and encryption; what a failure says (IMP-17, SEC-2)."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.delivery.faults import MailError
from pipelines.delivery.mailing import MailServer, send_mail
from pipelines.delivery.memory import Memory
from pipelines.delivery.notices import Notice, hand_over, post
from pipelines.layout import Layout
from tests.delivery.mailbox import PASSWORD, USER, Mailbox, certificate, mail_server
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


def test_a_connection_that_is_encrypted_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = certificate(tmp_path)
    with mail_server(tls=tls, login=True, at_once=True) as box:
        url = f"smtps://crm%40exemple.fr@127.0.0.1:{box.port}"
        environ = {"CARNET_SMTP_URL": url, "CARNET_SMTP_PASSWORD": PASSWORD}
        with pytest.raises(MailError, match="certificate verify failed"):
            send_mail(MailServer.from_environment(environ), PEOPLE, "s", "b")
        monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
        send_mail(MailServer.from_environment(environ), PEOPLE, "s", "b")
    assert box.recipients == [["crm@exemple.fr"], ["dpo@exemple.fr"]]


def test_a_server_that_repeats_the_login_tells_nobody() -> None:
    with mail_server(login=True, repeats=True) as box:
        environ = {
            "CARNET_SMTP_URL": f"smtp://crm%40exemple.fr@127.0.0.1:{box.port}?encryption=none",
            "CARNET_SMTP_PASSWORD": "zibeline-7",
        }
        with pytest.raises(MailError, match="did not take the mail: 535 not •••, not •••, not •••") as raised:
            send_mail(MailServer.from_environment(environ), PEOPLE, "s", "b")
    assert raised.value.waiting == PEOPLE


def test_a_server_without_encryption_gets_nothing_unless_that_is_asked_for() -> None:
    with mail_server() as box:
        server = MailServer.from_environment({"CARNET_SMTP_URL": f"smtp://127.0.0.1:{box.port}"})
        with pytest.raises(MailError, match="STARTTLS"):
            send_mail(server, PEOPLE, "s", "b")
    assert box.mails == []


def test_one_refused_recipient_is_said_and_the_other_gets_the_mail() -> None:
    with mail_server() as box:
        box.refuses = {"crm@exemple.fr"}
        with pytest.raises(MailError, match="550") as raised:
            send_mail(plain(box.port), PEOPLE, "s", "b")
    assert box.recipients == [["dpo@exemple.fr"]]
    assert "take the mail: crm@exemple.fr: 550 nobody here is called so." in raised.value.message
    assert raised.value.waiting == ("crm@exemple.fr",)


def test_whoever_has_got_the_mail_gets_it_no_second_time(tmp_path: Path) -> None:
    now = datetime(2026, 11, 25, 8, tzinfo=UTC)
    said: list[str] = []
    with mail_server() as box, Memory.open(Layout(tmp_path, tmp_path)) as memory:
        box.refuses = {"crm@exemple.fr"}
        post(memory, Notice("refused:1", PEOPLE, "a.csv was refused", "why\n"), now)
        sent = [hand_over(memory, partial(send_mail, plain(box.port)), said.append, now) for _ in range(2)]
        box.refuses = set()
        sent += [hand_over(memory, partial(send_mail, plain(box.port)), said.append, now) for _ in range(2)]
    assert sent == [0, 0, 1, 0]
    assert box.recipients == [["dpo@exemple.fr"], ["crm@exemple.fr"]]
    assert [len(re.findall(r"\b550\b", words)) for words in said] == [1, 1]


def test_a_connection_that_is_cut_leaves_the_others_waiting() -> None:
    people = ("a@exemple.fr", "b@exemple.fr", "c@exemple.fr")
    with mail_server() as box:
        box.cuts = {"b@exemple.fr"}
        with pytest.raises(
            MailError, match=r"take the mail: b@exemple\.fr: Connection unexpectedly closed\."
        ) as raised:
            send_mail(plain(box.port), people, "s", "b")
    assert box.recipients == [["a@exemple.fr"]]
    assert raised.value.waiting == people[1:]


def test_a_server_that_says_nothing_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.delivery.mailing._PATIENCE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        with pytest.raises(MailError, match="timed out"):
            send_mail(plain(deaf.getsockname()[1]), PEOPLE, "s", "b")


def test_a_name_that_is_no_hosts() -> None:
    server = MailServer.from_environment({"CARNET_SMTP_URL": "smtp://mail..exemple.fr"})
    with pytest.raises(MailError, match="did not take the mail"):
        send_mail(server, PEOPLE, "s", "b")


def test_an_address_beyond_ascii_where_the_server_knows_such() -> None:
    people = ("zoé@exemple.fr", "dpo@exemple.fr")
    with mail_server() as box:
        send_mail(plain(box.port), people, "s", "b")
    assert box.recipients == [["zoé@exemple.fr"], ["dpo@exemple.fr"]]
    with mail_server(utf8=False) as box:
        with pytest.raises(MailError, match=r"zoé@exemple\.fr: .*SMTPUTF8"):
            send_mail(plain(box.port), people, "s", "b")
    assert box.recipients == [["dpo@exemple.fr"]]


@pytest.mark.parametrize("sender", ["Base <base@exemple.fr>", "base", "base@exemple.fr\nBcc: x@y.z"])
def test_a_sender_that_is_no_address(sender: str) -> None:
    url = f"smtp://127.0.0.1:{free_port()}?encryption=none"
    server = MailServer.from_environment({"CARNET_SMTP_URL": url, "CARNET_SMTP_FROM": sender})
    with pytest.raises(MailError, match=r"The mail cannot be made: .*\n.*CARNET_SMTP_FROM is an address alone"):
        send_mail(server, PEOPLE, "s", "b")


LINES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), max_size=200)


@settings(deadline=None, max_examples=40)
@given(LINES, st.lists(LINES, max_size=5))
@example("Carnet: =<?>>ca=;?:€_c_(€':a💎 ; b <(. )💎-(<💎(-a;.?. :b=é€b= == :_éa)b€", ["x" * 2000, "é" * 2000])
def test_any_text_arrives_as_it_was(mailbox: Mailbox, subject: str, lines: list[str]) -> None:
    body = "\n".join(lines)
    send_mail(plain(mailbox.port), PEOPLE[:1], subject, body)
    assert mailbox.subjects[-1] == " ".join(subject.split())
    assert mailbox.texts[-1].rstrip("\n") == body.rstrip("\n")


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


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
        ({"CARNET_SMTP_URL": "smtps://crm:zibelinée@mail.exemple.fr"}, "may hold ASCII signs only"),
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
