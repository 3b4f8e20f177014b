"""`carnet serve` (SRV-1, SRV-2): one thing to start; it says when it is ready, starts again what dies, and ends in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium.webdriver.common.by import By

from tests.acceptance.browser import open_browser
from tests.acceptance.conftest import CARNET, ROOT, Shop
from tests.acceptance.test_kill import file_of
from tests.acceptance.ui import until


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Service:
    """A running `carnet serve`, and what it says."""

    def __init__(self, shop: Shop, former: Service | None = None) -> None:
        self.shop = shop
        self.ui_port, self.api_port = (former.ui_port, former.api_port) if former else (free_port(), free_port())
        self.log = shop.data.parent / ("serve-again.log" if former else "serve.log")
        ports = ["--ui-port", str(self.ui_port), "--api-port", str(self.api_port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [CARNET, "serve", *ports],
                cwd=ROOT,
                env=shop.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def events(self, event: str) -> list[dict[str, Any]]:
        said = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [each for each in said if each["event"] == event]

    def health(self, path: str = "health") -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.api_port}/{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def asked(self, query: str) -> str:
        """What the UI answers to a query in GraphQL."""
        body = json.dumps({"query": query}).encode()
        url, kind = f"http://127.0.0.1:{self.ui_port}/graphql", {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(url, body, kind), timeout=30) as answer:
            return answer.read().decode()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=90)


@pytest.fixture
def service(shop: Shop) -> Iterator[Service]:
    started = Service(shop)
    try:
        until(lambda: started.events("ready"), "carnet serve is ready", 240)
        yield started
    finally:
        if started.process.poll() is None:
            os.killpg(started.process.pid, signal.SIGTERM)
            started.process.wait(timeout=90)


def processes_of(data: Path) -> list[str]:
    """What runs for that account: told by its environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"CARNET_DATA={data}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return [command for command in found if "expectations.serving" not in command]


def walk(service: Service, folder: Path) -> None:
    """What people look at, in a browser: the base, its checks, the calls, and Dagster on the first visit."""
    api = f"http://127.0.0.1:{service.api_port}"
    with open_browser(api, folder) as browser:
        browser.go("/")
        browser.reads("La base en images", "Qui peut être joint", "newsletter-1.csv", "Segments")
        assert not browser.driver.find_elements(By.TAG_NAME, "script")
        browser.click("Contrôles des derniers imports", "//a")
        browser.reads("Data Docs", "newsletter", "refused", seconds=90)
        browser.click("1", "//a")
        browser.reads("The file is UTF-8 throughout.", "Observed Value")
        browser.go("/api/docs")
        browser.reads("Carnet", "/api/rest/v4/contact/attribute", seconds=90)
        browser.url = f"http://127.0.0.1:{service.ui_port}"
        browser.go("/")
        assert "Join" not in browser.reads("Runs", "Deployment", seconds=90)
        browser.go("/assets/newsletter/file?view=checks&checkDetail=rows")
        browser.reads("data_docs", f"{api}/docs/quality/validations/newsletter/", seconds=90)


def test_it_serves_commands_and_health_survives_deaths_and_ends_in_order(service: Service, tmp_path: Path) -> None:
    shop = service.shop
    assert service.health()[0] == 200
    with urllib.request.urlopen(f"http://127.0.0.1:{service.ui_port}/server_info", timeout=30) as answer:
        assert "dagster_version" in json.load(answer)
    assert json.loads(service.asked("{ shouldShowNux }"))["data"] == {"shouldShowNux": False}, "no dialog at first"

    # The REST interface stands on the same port, with the keys that the command line makes.
    assert service.health("api/rest/v4/modules/connection/test")[0] == 401
    key = shop.carnet("keys", "add", "shop", "--right", "read")["key"]
    call = urllib.request.Request(f"http://127.0.0.1:{service.api_port}/api/rest/v4/modules/connection/test")
    call.add_header("Authorization", f"Bearer {key}")
    with urllib.request.urlopen(call, timeout=10) as answer:
        assert answer.read() == b"true"

    # A command that is handed over does what it does by itself, its exit code included.
    done = shop.carnet("import", shop.write(file_of(10), "newsletter-1.csv"), "--model", "newsletter")
    assert (done["status"], done["inserted"]) == ("imported", 10)
    refused = shop.carnet("import", shop.write("Email\n", "newsletter-2.csv"), "--model", "newsletter", code=1)
    assert refused["status"] == "refused"
    assert shop.carnet("segments", "nobody", code=2)["error"]["type"] == "UnknownNameError"
    assert shop.sql("SELECT count(*) FROM contacts") == [(10,)]

    walk(service, tmp_path)

    # What dies is started again.
    warm = next(said["process"] for said in service.events("started") if said["service"] == "warm")
    os.kill(warm, signal.SIGKILL)
    until(lambda: len(service.events("started")) == 5, "the warm process is started again", 60)
    until(lambda: service.health()[0] == 200, "all runs again", 60)
    assert 'carnet_service_restarts_total{service="warm"} 1' in service.health("metrics")[1]
    assert len(shop.carnet("imports")) == 2

    # What a call declares is in the UI too.
    with httpx.Client(base_url=f"http://127.0.0.1:{service.api_port}/api/rest/v4", verify=False, timeout=30) as client:
        client.auth = ("", shop.carnet("keys", "add", "another", "--right", "write")["key"])
        said, file = {"matchings": '["email"]'}, {"file": ("x.csv", b"Email\nz@ex.fr\n")}
        number = client.post("/contacts/import/add", data=said, files=file).json()["Id"]
        until(lambda: '"api_' in service.asked("{ assetNodes { assetKey { path } } }"), "the UI shows its model", 90)
        done = ("Completed", "Error")
        until(lambda: client.get(f"/contacts/import/{number}").json()["Status"] in done, "the file is imported", 90)

    assert service.end() == 0
    assert service.events("ended")
    until(lambda: processes_of(shop.data) == [], "nothing of it is left", 15)
    assert list((shop.data / "service").iterdir()) == []
    assert len(shop.carnet("imports")) == 3, "without a service all works as ever"


def test_a_signal_reaches_a_command_that_was_handed_over(service: Service) -> None:
    shop = service.shop
    large = shop.write(file_of(200_000), "newsletter-large.csv")
    running = shop.start("import", large, "--model", "newsletter")
    until(lambda: any(path.is_dir() for path in (shop.data / "tmp").glob("*")), "it works on the base", 30, every=0.01)
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=60) == 3
    small = shop.carnet("import", shop.write(file_of(3), "newsletter-small.csv"), "--model", "newsletter")
    assert small["inserted"] in (0, 3)
    assert shop.temporary_files() == []


def test_one_that_was_killed_is_replaced_and_two_at_once_are_refused(service: Service) -> None:
    shop = service.shop
    second = [CARNET, "serve", "--ui-port", str(free_port()), "--api-port", str(free_port())]
    refused = subprocess.run(second, env=shop.environment, capture_output=True, text=True, check=False)
    assert (refused.returncode, "served already" in refused.stderr or "déjà servi" in refused.stderr) == (3, True)
    assert service.health()[0] == 200

    former = {said["process"] for said in service.events("started")}
    service.process.kill()
    service.process.wait()
    assert {number for number in former if Path(f"/proc/{number}").exists()} == former, "nobody ended them"
    again = Service(shop, service)
    try:
        until(lambda: again.events("ready"), "it is ready once more, on the same ports", 240)
        assert not any(Path(f"/proc/{number}").exists() for number in former)
        assert again.health()[0] == 200
    finally:
        assert again.end() == 0
    until(lambda: processes_of(shop.data) == [], "nothing of it is left", 15)
