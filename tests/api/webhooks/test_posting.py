"""What senders post is on disk before it is answered, imported as a file, and counts once (BHV-1, SEC-3)."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import httpx
import pytest

from tests.api.conftest import Service
from tests.api.webhooks.conftest import event, kept, rows, until

ESP = "/api/v1/events/esp"
LETTERS = "FROM events JOIN operations USING (operation_id) WHERE name = 'Letters'"


def post(service: Service, body: bytes | str, path: str = ESP, right: str = "write", **headers: str) -> httpx.Response:
    with service.client(right, base="") as client:  # pyright: ignore[reportArgumentType]
        return client.post(path, content=body, headers=headers)


def test_every_shape_that_senders_post_is_imported_in_the_name_of_the_key(hooked: Service) -> None:
    account = hooked.account
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    pretty = json.dumps(event(1, note="a\nb"), indent=2)
    answers = [
        post(hooked, pretty),
        post(hooked, json.dumps([event(2), event(3)])),
        post(hooked, "".join(json.dumps(event(number)) + "\r\n" for number in (4, 5))),
        post(hooked, urlencode({"mandrill_events": json.dumps([event(6), event(7)])}), **form),
        post(hooked, urlencode(event(8)), **form),
        post(hooked, json.dumps([event(9, email="nobody@ex.fr"), event(2)]), **{"Content-Type": "text/plain"}),
        post(hooked, "[]"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 7, [answer.text for answer in answers]
    assert [answer.json()["accepted"] for answer in answers] == [1, 2, 2, 2, 1, 2, 0]
    until(lambda: kept(account) == [] and len(rows(hooked, LETTERS)) == 8)
    assert rows(hooked, "SELECT event_id FROM pending_events") == [("e9",)]
    history = rows(hooked, "SELECT DISTINCT who, status, model FROM imports WHERE model = 'esp'")
    assert history == [("the write key", "imported", "esp")]
    archived = list((account.layout.archive / "esp").rglob("webhook-*.ndjson"))
    assert archived
    assert {path.stat().st_mode & 0o077 for path in archived} == {0}


DEEP = '{"a":' * 70 + "1" + "}" * 70
POISON = {
    "no JSON": b"{",
    "empty": b"",
    "no object": b"[1]",
    "text": b'"opened"',
    "a line cut short": b'{"id":"x1"}\n{"id":',
    "too deep": f"[{DEEP}]".encode(),
    "far too deep": b"[" * 100_000,
    "no UTF-8": b'{"id": "\xff"}',
    "half of a character": b'{"id": "\\ud800"}',
    "no number of JSON": b'{"id": NaN}',
    "a number beyond all": b'{"id": 1e999}',
    "a whole number beyond all": b'{"id": ' + b"9" * 400 + b"}",
}


@pytest.mark.parametrize("body", POISON.values(), ids=POISON.keys())
def test_a_body_that_cannot_be_read_is_refused_at_once_and_nothing_of_it_is_kept(hooked: Service, body: bytes) -> None:
    until(lambda: kept(hooked.account) == [])
    answer = post(hooked, body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["type"] == "Invalid"
    assert kept(hooked.account) == []


def test_what_only_a_readable_body_may_hold_does_not_hold_up_its_neighbours(hooked: Service) -> None:
    odd = [
        {"id": "odd1", "email": "ann@ex.fr", "event": "\x00", "at": "2026-11-20T10:00:00Z"},
        {"id": "odd2", "email": {"a": [{}] * 3}, "event": ["opened"], "at": 1e308},
        json.loads('{"a":' * 60 + "1" + "}" * 60),
        {},
    ]
    assert post(hooked, json.dumps([*odd, event(50)])).status_code == 200
    until(lambda: rows(hooked, "SELECT count(*) FROM events WHERE event_id = 'e50'") == [(1,)])
    assert rows(hooked, "SELECT status, rejected FROM imports ORDER BY import_id DESC LIMIT 1") == [("imported", 4)]


def test_a_batch_that_a_rule_refuses_is_kept_with_its_report(hooked: Service) -> None:
    account = hooked.account
    assert post(hooked, '{"quite": "another shape"}').status_code == 200
    until(lambda: kept(account) == [] and any(account.layout.refused.rglob("webhook-*.ndjson")))
    assert any(account.layout.refused.rglob("webhook-*.report.txt"))
    last = "SELECT status, who FROM imports ORDER BY import_id DESC LIMIT 1"
    until(lambda: rows(hooked, last) == [("refused", "the write key")])
    assert post(hooked, json.dumps(event(60))).status_code == 200
    until(lambda: rows(hooked, "SELECT count(*) FROM events WHERE event_id = 'e60'") == [(1,)])


def test_who_may_post(hooked: Service) -> None:
    body, url = json.dumps(event(70)), f"{hooked.url}{ESP}"
    with httpx.Client(verify=False) as client:
        assert client.post(url, content=body).status_code == 401
        in_url = url.replace("http://", f"http://shop:{hooked.texts['write']}@")
        assert client.head(in_url).status_code == 200, "Mandrill looks whether the address is there"
        assert client.post(in_url, content=body).json() == {"accepted": 1}
        assert (
            client.post(url, content=body, headers={"Authorization": f"Bearer {hooked.texts['write']}"}).status_code
            == 200
        )
    assert post(hooked, body, right="read").status_code == 403
    assert post(hooked, body, f"{ESP}x").status_code == 404
    assert post(hooked, b" " * 200_001).status_code == 413
    log = (hooked.account.layout.api / "uses.log").read_text
    until(lambda: '"route": "/api/v1/events/{event_import}", "status": 413' in log())
    assert "ann@ex.fr" not in log()
