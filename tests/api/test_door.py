"""Who may call, with what, and how much; and what is said of it (SEC-3, SEC-6)."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import pytest

from expectations.judge import Judge
from pipelines.cli.main import run
from tests.api.conftest import Service, serving
from tests.conftest import Account

TEST = "/modules/connection/test"


def test_a_right_key_is_let_in_by_either_scheme(service: Service) -> None:
    text, url = service.texts["read"], f"{service.url}/api/rest/v4{TEST}"
    assert httpx.get(url, auth=("shop", text)).text == "true"
    assert httpx.get(url + ".json", headers={"Authorization": f"Bearer {text}"}).text == "true"
    for answer in (httpx.get(url), httpx.get(url, auth=("another", text)), httpx.get(url, auth=("shop", text[:-1]))):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
        assert set(answer.json()["error"]) == {"type", "message", "hint", "problems"}


def test_failures_are_limited_by_address(tmp_path: Path, judge: Judge) -> None:
    account = Account(tmp_path, judge)
    account.declare("type: pipelines.components.ContactBase\nattributes: {}\n")
    with serving(account) as served:
        url = f"{served.url}/api/rest/v4{TEST}"
        codes = [httpx.get(url, auth=("shop", f"guess {n}"), verify=False).status_code for n in range(11)]
        assert codes == [401] * 10 + [429]
        late = httpx.get(url, auth=("shop", served.texts["read"]))
        assert late.status_code == 429
        assert 1 <= int(late.headers["Retry-After"]) <= 61
        assert httpx.get(f"{served.url}/health").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", TEST, {"headers": {"Accept": "application/xml"}}, 406),
        ("GET", TEST, {"headers": {"Accept": "text/html, application/xml;q=0.9, */*;q=0.8"}}, 200),
        ("POST", "/contact/attribute", {"headers": {"Content-Type": "text/xml"}, "content": b"<a/>"}, 415),
        ("POST", "/contact/attribute", {"content": b" " * 300_000}, 413),
        ("GET", "/nothing", {}, 404),
        ("PATCH", TEST, {}, 405),
        ("POST", "/emailing/add", {}, 501),
        ("GET", "/account/remainingcredits", {}, 501),
        ("POST", "/account/contactattribute", {"json": {"name": "x"}}, 400),
    ],
)
def test_what_is_refused_is_an_error_in_json(
    method: str, path: str, options: dict, status: int, service: Service
) -> None:
    with service.client() as client:
        answer = client.request(method, path, **options)
    assert answer.status_code == status
    assert status == 200 or answer.json()["error"]["message"]


def test_who_may_only_read_writes_nothing(service: Service) -> None:
    with service.client("read") as client:
        assert client.post("/contact/attribute", json={}).status_code == 403


def test_uses_are_logged_without_values_and_keys_kept_as_hashes(service: Service) -> None:
    with service.client("read") as client:
        client.get("/contact/attribute/ann@ex.fr")
    kept = service.account.layout.api
    end = time.monotonic() + 20
    # The line follows the answer.
    while "the read key" not in (text := (kept / "uses.log").read_text()):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert all(json.loads(line) for line in text.splitlines())
    assert "ann@" not in (kept / "uses.log").read_text()
    assert service.texts["read"] not in (kept / "keys.json").read_text()
    assert {path.stat().st_mode & 0o777 for path in kept.iterdir()} == {0o600}


def test_it_documents_itself_without_outside_hosts(service: Service) -> None:
    page = httpx.get(f"{service.url}/api/docs").text
    assert "https://" not in page
    assert httpx.get(f"{service.url}/api/docs/static/swagger-ui-bundle.js").status_code == 200
    described = httpx.get(f"{service.url}/api/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert TEST.join(("/api/rest/v4", "")) in described["paths"]


def test_keys_are_made_listed_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARNET_DATA", str(tmp_path))
    monkeypatch.setenv("CARNET_API_KEY", "from the environment")
    assert run(["keys", "add", "shop", "--right", "read", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["key"]) >= 43
    assert run(["keys", "add", "shop", "--right", "write"]) == 2
    assert run(["keys", "remove", "show"]) == 2
    assert "Did you mean 'shop'" in capsys.readouterr().err
    assert run(["keys", "--json"]) == 0
    assert [key["name"] for key in json.loads(capsys.readouterr().out)] == ["environment", "shop"]
    assert run(["keys", "remove", "shop"]) == 0


def test_what_nobody_foresaw_is_an_answer_and_a_line_without_values(
    service: Service, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("ann@ex.fr")

    monkeypatch.setattr("pipelines.api.reading.find", fail)
    with service.client() as client:
        answer = client.get("/contact/attribute/ann@ex.fr")
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "Unforeseen")
    said = capfd.readouterr().err
    assert json.loads(said)["event"] == "fault"
    assert "ann@" not in said + answer.text
