"""The real application on a real port, over a real base; its clients speak HTTP as programs do."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from expectations.judge import Judge
from pipelines.api.account import Account as Served
from pipelines.api.application import build
from pipelines.api.keys import Right
from pipelines.orchestration.instance import open_instance
from tests.conftest import Account

DECLARATIONS = """\
type: pipelines.components.ContactBase
attributes:
  locale: en
  max_file_bytes: 200000
  fields:
    - {name: postcode, label: Postcode, format: text, api: zipcode}
    - {name: birth_date, label: Birth date, format: date}
    - {name: basket, label: Basket, format: number}
    - {name: member, label: Member, format: single_select, values: ["Yes", "No"], unknown_values: reject}
    - {name: interests, label: Interests, format: multi_select, values: [Pearl, Diamond, Agate]}
    - {name: vip, label: VIP, format: boolean}
---
type: pipelines.components.ImportModel
attributes: {name: clients, file: "clients*.csv"}
---
type: pipelines.components.Segment
attributes: {name: paris, label: Parisians, criteria: [{field: postcode, op: starts_with, value: "75"}]}
"""
ROWS = """\
email;first_name;opt_in_email;postcode;birth_date;basket;member;Pearl;Agate;vip
ann@ex.fr;Ann;yes;75011;1980-05-12;12.5;Yes;X;X;yes
bob@ex.fr;Bob;no;13001;;;;;;
"""


@dataclass
class Service:
    """A served account: the address of its interface, and calls with a key of each right."""

    account: Account
    url: str
    texts: dict[str, str]

    def client(self, right: Right = "write", base: str = "/api/rest/v4", **options: Any) -> httpx.Client:
        # Without a list of authorities, which takes longer to read than most calls: it is HTTP on this machine.
        options = {"verify": False, "timeout": 60} | options
        return httpx.Client(base_url=self.url + base, auth=("shop", self.texts[right]), **options)

    def get(self, path: str, **options: Any) -> Any:
        with self.client("read") as client:
            answer = client.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def serving(account: Account, **environment: str) -> Iterator[Service]:
    served = Served(account.layout, {"CARNET_ACCOUNT": "shop"} | environment)
    texts = {right: served.keys.add(f"the {right} key", right) for right in ("read", "write", "resubscribe")}
    config = uvicorn.Config(build(served), access_log=False, log_level="warning", lifespan="off")
    server, listening = uvicorn.Server(config), socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Service(account, f"http://127.0.0.1:{listening.getsockname()[1]}", texts)
    finally:
        server.should_exit = True
        thread.join()
        served.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, judge: Judge) -> Path:
    """The folder of an account with two contacts, to be copied."""
    account = Account(tmp_path_factory.mktemp("filled"), judge)
    account.declare(DECLARATIONS)
    assert account.load(ROWS).status == "imported"
    account.workspace.refresh_segments()
    account.workspace.publish()
    # Seconds that the first run of each copy would take.
    open_instance(account.layout).dispose()
    return account.folder


@pytest.fixture(scope="module")
def service(filled: Path, tmp_path_factory: pytest.TempPathFactory, judge: Judge) -> Iterator[Service]:
    """The account with two contacts, served for the tests of a module."""
    import shutil

    folder = tmp_path_factory.mktemp("served") / "account"
    shutil.copytree(filled, folder)
    with serving(Account(folder, judge)) as found:
        yield found
