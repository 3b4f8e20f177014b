"""An export delivered and told of, with real servers: OpenSSH and SMTP on loopback (EXP-6, EXP-7)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from expectations.judge import Judge
from pipelines.delivery import sending
from pipelines.delivery.retrying import with_retries
from tests.delivery.mailbox import Mailbox, mail_server
from tests.delivery.servers import SSHD, SshServer, running
from tests.orchestration.conftest import House, open_house
from tests.orchestration.stored import places_of

EXPORT = """\
---
type: pipelines.components.Export
attributes:
  name: partner
  fields: [email, first_name]
  deliver: {address}
  notify: [crm@exemple.org]
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshServer]:
    if SSHD is None:
        pytest.skip("no sshd on this machine: apt-get install openssh-server")
    for server in running(SshServer(tmp_path / "sshd")):
        for name, value in server.environ().items():
            monkeypatch.setenv(name, value)
        yield server


def test_a_file_is_delivered_and_told_of_and_failures_are_told_once(
    server: SshServer, tmp_path: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The pauses between attempts are tested with `send`: here each run has one attempt.
    monkeypatch.setattr(
        sending, "with_retries", lambda action, progress, tell, _: with_retries(action, progress, tell, ())
    )
    with ExitStack() as stack:
        mailbox: Mailbox = stack.enter_context(mail_server())
        monkeypatch.setenv("CARNET_SMTP_URL", f"smtp://127.0.0.1:{mailbox.port}?encryption=none")
        more = EXPORT.format(address=server.address("all.csv"))
        house = stack.enter_context(open_house(tmp_path, judge, monkeypatch, more))
        house.workspace.edit_contact("hermeline@exemple.fr", {"first_name": "Hermeline"})

        assert house.run("export_partner").success
        here = house.layout.exports / "partner.csv"
        assert (server.files / "all.csv").read_bytes() == here.read_bytes()
        manifest = json.loads((server.files / "all.csv.manifest.json").read_text())
        assert manifest["sha256"] == hashlib.sha256(here.read_bytes()).hexdigest()
        assert delivered(house) == [(server.address("all.csv"), True)]
        assert mailbox.subjects == ["Carnet: partner is exported"]
        assert "1 contacts" in mailbox.texts[0]
        assert f"Delivered to: {server.address('all.csv')}" in mailbox.texts[0]

        server.stop()
        for _ in range(2):
            failed = house.run("export_partner")
            assert not failed.success
        assert delivered(house)[:2] == [(server.address("all.csv"), False)] * 2
        assert mailbox.subjects[1:] == ["Carnet: the export partner failed"]
        assert f"is whole in {here}, and was not delivered" in mailbox.texts[1]

        server.start()
        assert house.run("export_partner").success
        assert delivered(house)[0] == (server.address("all.csv"), True)
        server.stop()
        assert not house.run("export_partner").success
        assert mailbox.subjects[2:] == ["Carnet: partner is exported", "Carnet: the export partner failed"]
        assert all("ermeline" not in text for text in mailbox.texts)
        assert places_of(["Hermeline", "hermeline@exemple.fr"], house.layout.dagster) == {}


def delivered(house: House) -> list[tuple[str, bool]]:
    """Where each export goes and whether it arrived, newest first."""
    return house.published("SELECT deliver_to, delivered_at IS NOT NULL FROM exports ORDER BY export_id DESC")


def test_movements_that_did_not_arrive_are_told_by_the_next_delta(
    server: SshServer, tmp_path: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sending, "with_retries", lambda action, progress, tell, _: with_retries(action, progress, tell, ())
    )
    with ExitStack() as stack:
        more = EXPORT.format(address=server.address("all.csv")).replace("  notify: [crm@exemple.org]", "  delta: true")
        house = stack.enter_context(open_house(tmp_path, judge, monkeypatch, more))
        for key in ("a@exemple.fr", "b@exemple.fr", "c@exemple.fr"):
            house.workspace.edit_contact(key, {"first_name": "Before"})
        assert house.run("export_partner").success
        assert movements(server) == ["entré;a@exemple.fr", "entré;b@exemple.fr", "entré;c@exemple.fr"]

        house.workspace.edit_contact("a@exemple.fr", {"first_name": "Lost on the way"})
        server.stop()
        assert not house.run("export_partner").success
        house.workspace.edit_contact("b@exemple.fr", {"first_name": "After"})
        server.start()
        assert house.run("export_partner").success
        assert movements(server) == ["modifié;a@exemple.fr", "modifié;b@exemple.fr"]
        assert json.loads((server.files / "all.csv.manifest.json").read_text())["delta"]["since"] == 1

        assert house.run("export_partner").success
        assert movements(server) == []


def movements(server: SshServer) -> list[str]:
    """Who moved how, as the delta on the server tells it."""
    lines = (server.files / "all.delta.csv").read_text(encoding="utf-8").splitlines()
    return [";".join(line.split(";")[:2]) for line in lines[1:]]
