"""An account with event imports, served; batches are taken at once."""

from __future__ import annotations

import base64
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from expectations.judge import Judge
from pipelines.base.copies import SharedCopy
from tests.api.conftest import DECLARATIONS, Service, serving
from tests.conftest import Account

TOPIC = "arn:aws:sns:eu-west-1:123456789012:returns"
MAILGUN_KEY = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"
IMPORTS = """\
---
type: pipelines.components.EventImport
attributes:
  name: esp
  file: "esp*.ndjson"
  channel: email
  operation: Letters
  mapping: {id: event_id, email: email, event: type, at: occurred_at}
---
type: pipelines.components.EventImport
attributes:
  name: signed_grid
  file: "grid*.ndjson"
  channel: email
  operation: Grid
  signature: sendgrid
  mapping: {sg_event_id: event_id, email: email, event: type, timestamp: occurred_at}
  types: {open: opened}
---
type: pipelines.components.EventImport
attributes:
  name: signed_gun
  file: "gun*.ndjson"
  channel: email
  operation: Gun
  signature: mailgun
  mapping: {event-data.id: event_id, event-data.recipient: email, event-data.event: type, event-data.timestamp: occurred_at}
---
type: pipelines.components.EventImport
attributes:
  name: signed_sns
  file: "sns*.ndjson"
  channel: email
  operation: SES
  signature: sns
  mapping: {"Message.mail.destination[]": email, Message.eventType: type, Message.mail.timestamp: occurred_at}
  types: {Send: sent}
"""


def event(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"e{number}", "email": "ann@ex.fr", "event": "opened", "at": "2026-11-20T10:00:00Z"} | more


@pytest.fixture(scope="session")
def grid_key() -> ec.EllipticCurvePrivateKey:
    """SendGrid's private key; its settings show the public one."""
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def hooked(
    filled: Path, tmp_path_factory: pytest.TempPathFactory, judge: Judge, grid_key: ec.EllipticCurvePrivateKey
) -> Iterator[Service]:
    """The account with two contacts and its event imports, served; once, for its first import opens an instance of Dagster."""
    folder = tmp_path_factory.mktemp("hooked") / "account"
    shutil.copytree(filled, folder)
    account = Account(folder, judge)
    account.declare(DECLARATIONS + IMPORTS)
    public = base64.b64encode(grid_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    secrets = {"SIGNED_GRID": public.decode(), "SIGNED_GUN": MAILGUN_KEY, "SIGNED_SNS": TOPIC}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "CARNET_WEBHOOK_SECONDS", "0.1")
        with serving(account, **{f"CARNET_WEBHOOK_SECRET_{name}": text for name, text in secrets.items()}) as found:
            yield found


def rows(service: Service, query: str) -> list[tuple[Any, ...]]:
    """From the published copy, as the served process opens it: that is this one."""
    copy = SharedCopy(service.account.layout.published, service.account.layout.scratch)
    try:
        with copy.read() as connection:
            return connection.execute(query).fetchall()
    finally:
        copy.close()


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def kept(account: Account) -> list[Path]:
    """The files of posted events that are not imported yet."""
    return list(account.layout.inbox.glob("*/.webhooks/*/*.ndjson"))
