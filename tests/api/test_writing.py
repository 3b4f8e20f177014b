"""What programs write: one contact, lists of them, under the rules of an import (rest.md, STA-5)."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from expectations.judge import Judge
from pipelines.base.locking import exclusive
from tests.api.conftest import Service, serving
from tests.api.test_reading import attributes, number
from tests.conftest import Account


@pytest.fixture
def service(filled: Path, tmp_path: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """An account of its own for each test; segments are counted by hand here."""
    monkeypatch.setattr("pipelines.api.account.Account.count_soon", lambda _: None)
    shutil.copytree(filled, tmp_path / "account")
    with serving(Account(tmp_path / "account", judge)) as found:
        yield found


def contact(key: str | None, **values: Any) -> dict[str, Any]:
    return {"contactKey": key, "attributes": [{"id": name, "fieldValue": value} for name, value in values.items()]}


def call(service: Service, method: str, path: str, body: Any = None, right: str = "write") -> httpx.Response:
    with service.client(right) as client:  # pyright: ignore[reportArgumentType]
        return client.request(method, path, json=body)


def test_one_contact_is_added_updated_cleared_and_deleted(service: Service) -> None:
    interests, basket = (str(number(service, name)) for name in ("interests", "basket"))
    values = {each["text"]: each["id"] for each in service.get(f"/account/contactattribute/value/{interests}")}
    new = contact("New@ex.fr", firstname="Zoé", emailoptin="yes1", zipcode="75001", creationdate="2020-01-01")
    new["attributes"] += [
        {"id": int(interests), "fieldValue": f"{values['Pearl']},{values['Diamond']}"},
        {"id": basket, "fieldValue": "8.5", "fieldName": "ignored"},
        {"id": str(number(service, "birth_date")), "fieldValue": "1980-05-12 00:00:00+0000"},
        {"id": "fax", "fieldValue": "1"},
    ]
    added = call(service, "POST", "/contact/attribute", new)
    assert added.text == '"1 contact(s) affected."'
    assert "fax" in added.headers["Warning"]
    found = attributes(service.get("/contact/attribute/new@ex.fr")[0])
    assert (found["firstname"], found["emailoptin"], found["zipcode"]) == ("Zoé", "yes", "75001")
    assert (found[interests], found[basket]) == ("Pearl,Diamond", "8.5")
    assert found[str(number(service, "birth_date"))] == "1980-05-12 00:00:00+0000"

    # What is named empty is cleared; what is not named stays; a list holds what the call says alone.
    body = json.dumps(contact("new@ex.fr", zipcode="", **{interests: "Agate"}))
    assert call(service, "PUT", "/contact/attribute.json", body).text == '"1 contact(s) affected."'
    found = attributes(service.get("/contact/attribute/new@ex.fr")[0])
    assert (found["firstname"], found["zipcode"], found[interests]) == ("Zoé", "", "Agate")
    history = service.account.rows("SELECT DISTINCT who, source FROM main.revisions WHERE kind = 'hand'")
    assert history == [("the write key", "hand")]

    assert call(service, "PUT", "/contact/attribute", contact("nobody@ex.fr")).text == '"0 contact(s) affected."'
    assert call(service, "DELETE", "/contact/attribute/new@ex.fr").text == '"1 contact(s) affected."'
    assert call(service, "DELETE", "/contact/attribute/new@ex.fr").text == '"0 contact(s) affected."'
    assert service.get("/contact/attribute/new@ex.fr") == []


def test_a_contact_is_named_by_its_key_attribute_or_by_its_id(service: Service) -> None:
    [ann] = service.get("/contact/attribute/ann@ex.fr")
    assert call(service, "POST", "/contact/attribute", contact("email", email="ann@ex.fr", firstname="A")).json()
    moved = {"id": str(ann["id"]), **contact("new@ex.fr", lastname="B")}
    assert call(service, "PUT", "/contact/attribute", moved).text == '"1 contact(s) affected."'
    again = contact("new@ex.fr", email="third@ex.fr")
    assert call(service, "POST", "/contact/attribute", again).text == '"1 contact(s) affected."'
    [found] = service.get(f"/contact/attributebycid/{ann['id']}")
    assert found["contactKey"] == "third@ex.fr"
    assert (attributes(found)["firstname"], attributes(found)["lastname"]) == ("A", "B")
    taken = {"id": ann["id"], **contact("bob@ex.fr")}
    assert call(service, "PUT", "/contact/attribute", taken).status_code == 400
    assert call(service, "DELETE", f"/contact/attributebycid/{ann['id']}").text == '"1 contact(s) affected."'


def test_consent_loosens_by_no_call_without_the_right(service: Service) -> None:
    kept = call(service, "POST", "/contact/attribute", contact("bob@ex.fr", emailoptin="true"))
    assert kept.text == '"1 contact(s) affected."'
    assert "emailoptin" in kept.headers["Warning"]
    assert attributes(service.get("/contact/attribute/bob@ex.fr")[0])["emailoptin"] == "no"
    call(service, "POST", "/contact/attribute", contact("bob@ex.fr", emailoptin="yes"), "resubscribe")
    assert attributes(service.get("/contact/attribute/bob@ex.fr")[0])["emailoptin"] == "yes"
    # A refusal that arrives before its contact is remembered.
    assert call(service, "PUT", "/contact/attribute", contact("late@ex.fr", emailoptin="false")).text[1] == "0"
    call(service, "POST", "/contact/attribute", contact("late@ex.fr", emailoptin="true"))
    assert attributes(service.get("/contact/attribute/late@ex.fr")[0])["emailoptin"] == "no"


def test_a_list_is_one_import_and_a_refused_contact_counts_nothing(service: Service) -> None:
    member = str(number(service, "member"))
    body = [
        contact("ann@ex.fr", firstname="Anna"),
        contact("c@ex.fr", lastname="C", **{member: "Yes"}),
        contact("c@ex.fr", firstname="Cleo"),
        contact("no address"),
        contact("d@ex.fr", **{member: "Perhaps"}),
    ]
    assert call(service, "POST", "/contacts/attribute", body).text == '"2 contact(s) affected."'
    [row] = service.account.rows(
        "SELECT import_id, who, model, rows, inserted, updated, duplicates, rejected FROM main.imports "
        "ORDER BY import_id DESC LIMIT 1"
    )
    assert row == (2, "the write key", "by call", 5, 1, 1, 1, 2)
    ann = attributes(service.get("/contact/attribute/ann@ex.fr")[0])
    assert (ann["firstname"], ann["zipcode"]) == ("Anna", "75011")
    cleo = attributes(service.get("/contact/attribute/c@ex.fr")[0])
    assert (cleo["firstname"], cleo["lastname"], cleo[member]) == ("Cleo", "C", "Yes")
    assert service.account.workspace.undo(2).removed == 1
    assert call(service, "PUT", "/contacts/attribute", [contact(f"n{n}@ex.fr") for n in range(500)]).text[1] == "0"
    assert call(service, "PUT", "/contacts/attribute", [contact("a@ex.fr")] * 501).status_code == 400


def test_a_status_stays_where_another_row_names_a_number(service: Service) -> None:
    call(service, "POST", "/contact/attribute", contact("ann@ex.fr", mobile="0612345678", mobilestatus="valid"))
    body = [contact("ann@ex.fr", firstname="Anna"), contact("bob@ex.fr", mobile="0612345679")]
    call(service, "POST", "/contacts/attribute", body)
    ann = attributes(service.get("/contact/attribute/ann@ex.fr")[0])
    assert (ann["mobile"], ann["mobilestatus"]) == ("+33612345678", "valid")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "not JSON {",
        {"contactKey": "not an address"},
        {"contactKey": "a@ex.fr", "attributes": {"id": "email"}},
        {"contactKey": "a@ex.fr", "attributes": [{"fieldValue": "x"}]},
        {"contactKey": "a@ex.fr", "attributes": [{"id": "firstname", "fieldValue": "\0"}]},
        {"contactKey": "a@ex.fr", "attributes": [{"id": "firstname", "fieldValue": {}}]},
        {"contactKey": "\ud800"},
        [[[[]]]],
    ],
    ids=str,
)
def test_what_is_no_contact_is_told_and_writes_nothing(body: Any, service: Service) -> None:
    with service.client() as client:
        content = b"" if body is None else json.dumps(body).encode()
        answer = client.post("/contact/attribute", content=content, headers={"Content-Type": "text/json"})
    assert answer.status_code == 400
    assert service.account.rows("SELECT count(*) FROM main.contacts") == [(2,)]


def test_a_body_without_a_length_is_bounded_too(service: Service) -> None:
    with service.client() as client:
        answer = client.post("/contact/attribute", content=(b" " * 10_000 for _ in range(30)))
    assert answer.status_code == 413


def test_a_busy_base_is_told_after_a_while(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.api.writing.WAIT_SECONDS", 0.2)
    with exclusive(service.account.layout.base.with_name("writer.lock"), "an import", 1):
        answer = call(service, "POST", "/contact/attribute", contact("ann@ex.fr"))
        assert service.get("/contact/attribute/ann@ex.fr")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_calls_wait_for_another_run_each_for_its_own_time_and_reads_pass_them(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(n: int) -> int:
        return call(service, "POST", "/contact/attribute", contact(f"waits{n}@ex.fr")).status_code

    # More calls than the threads that a server has by default, so that reads would wait for them.
    with ThreadPoolExecutor(60) as threads:
        with exclusive(service.account.layout.base.with_name("writer.lock"), "an import", 1):
            monkeypatch.setattr("pipelines.api.writing.WAIT_SECONDS", 0.5)
            impatient = threads.submit(write, 0)
            time.sleep(0.2)
            monkeypatch.setattr("pipelines.api.writing.WAIT_SECONDS", 60)
            patient = [threads.submit(write, n) for n in range(1, 50)]
            assert impatient.result() == 503
            since = time.monotonic()
            assert service.get("/contact/attribute/ann@ex.fr")
            assert time.monotonic() - since < 5
            assert not any(each.done() for each in patient)
        assert {each.result() for each in patient} == {200}


def test_many_calls_that_find_the_base_busy_are_told_in_a_bounded_time(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("account", "writing"):
        monkeypatch.setattr(f"pipelines.api.{place}.WAIT_SECONDS", 0.3)

    def write(n: int) -> tuple[int, str, bool]:
        began = time.monotonic()
        answer = call(service, "POST", "/contact/attribute", contact(f"at{n}@ex.fr"))
        # Its own wait for a turn and that for the lock; the rest is for a busy machine.
        return answer.status_code, answer.headers["Retry-After"], time.monotonic() - began < 5

    with exclusive(service.account.layout.base.with_name("writer.lock"), "an import", 1):
        with ThreadPoolExecutor(20) as threads:
            found = set(threads.map(write, range(20)))
    assert found == {(503, "5", True)}
    assert call(service, "POST", "/contact/attribute", contact("at1@ex.fr")).status_code == 200


def test_half_a_character_is_no_text_wherever_it_stands(service: Service) -> None:
    with service.client() as client:
        answer = client.post("/contacts/attribute", content=b'[{"contactKey": "a@ex.fr", "more": "\\ud800"}]')
    assert answer.status_code == 400


def test_calls_that_come_at_once_are_each_answered_by_what_they_did(service: Service) -> None:
    def write(n: int) -> tuple[int, bool]:
        key = f"at{n}@ex.fr" if n % 4 else f"no address {n}"
        answer = call(service, "POST", "/contact/attribute", contact(key, firstname=str(n)))
        return answer.status_code, bool(service.get(f"/contact/attribute/{key}"))

    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(write, range(12)))
    assert found == [(200, True) if n % 4 else (400, False) for n in range(12)]
