"""An SFTP source against a real `make ui`: schedule, sensor, base and mail, with nobody's hand in it (IMP-17, SEC-2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.ui import Ui, until
from tests.delivery.mailbox import PASSWORD as SMTP_PASSWORD
from tests.delivery.mailbox import Mailbox, certificate, mail_server
from tests.delivery.servers import PASSWORD, SSHD, SshServer, can_take_passwords, running
from tests.orchestration.stored import places_of

MODEL = """\
---
type: pipelines.components.ImportModel
attributes:
  name: club
  file: "club*.csv"
  source: "{source}"
  interval_minutes: 1
  notify: [crm@exemple.org]
"""
GOOD = "Email;Prénom\nquirinus@exemple.fr;Quirinus\n"
REFUSED = "Email;Prénom\nmelusine.ostrogothe@exemple.fr;Théophraste;;;\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    if SSHD is None:
        pytest.skip("no sshd on this machine: apt-get install openssh-server")
    yield from running(SshServer(tmp_path / "sshd", password=can_take_passwords()))


@pytest.fixture
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
    with mail_server(tls=tls, login=True) as box:
        monkeypatch.setenv("CARNET_SMTP_URL", f"smtp://crm%40exemple.fr@localhost:{box.port}")
        monkeypatch.setenv("CARNET_SMTP_PASSWORD", SMTP_PASSWORD)
        yield box


def test_files_come_from_the_source_by_themselves(
    shop, server: SshServer, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.environ().items():
        monkeypatch.setenv(name, value)
    if can_take_passwords():
        monkeypatch.delenv("CARNET_SFTP_KEY")
        monkeypatch.setenv("CARNET_SFTP_PASSWORD", PASSWORD)
    declared = shop.assets / "imports" / "defs.yaml"
    declared.write_text(declared.read_text() + MODEL.format(source=server.address("club*.csv")))
    server.drop("club-1.csv", REFUSED)
    server.drop("club-2.csv", GOOD, at=1_700_000_060)
    ui = Ui(shop).start()
    try:
        until(lambda: mailbox.mails, "the refusal is mailed", 300, every=1)
        until(lambda: not ui.runs("QUEUED", "NOT_STARTED", "STARTING", "STARTED"), "the runs end", 120)
    finally:
        ui.stop()
    assert shop.sql("SELECT first_name FROM contacts") == [("Quirinus",)]
    assert shop.sql("SELECT file, status FROM imports ORDER BY import_id") == [
        ("club-1.csv", "refused"),
        ("club-2.csv", "imported"),
    ]
    assert mailbox.subjects == ["Carnet: club-1.csv was refused"]
    key = server.user_key.read_text().splitlines()[2]
    secrets = [PASSWORD, SMTP_PASSWORD, key, "melusine.ostrogothe"]
    assert places_of(secrets, shop.data / "dagster") == {}
    assert places_of(["club-1.csv"], shop.data / "dagster"), "the search reads what there is to read"
    log = ui.log.read_text(errors="replace")
    assert [secret for secret in secrets if secret in log] == []
