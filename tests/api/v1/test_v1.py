"""Carnet's own calls say what the command line says, page by page (contract, rest.md)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.cli.main import run
from tests.api.conftest import Service

EVENTS = """\
---
type: pipelines.components.EventImport
attributes:
  name: esp
  file: "esp*.ndjson"
  channel: email
  operation: Letters
  mapping: {id: event_id, email: email, event: type, at: occurred_at}
---
type: pipelines.components.Export
attributes: {name: everybody}
"""


@pytest.fixture(scope="module")
def full(service: Service) -> Service:
    """The served account with events, a rejected row, an export and a search beside its two contacts."""
    account = service.account
    with (account.layout.assets / "defs.yaml").open("a", encoding="utf-8") as declarations:
        declarations.write(EVENTS)
    account.load("email;postcode\ncat@ex.fr;69001\nno address;x\nanother;y\n")
    sent = [
        {"id": f"{name}", "email": f"{name}@ex.fr", "event": "opened", "at": "2026-11-20"} for name in ("ann", "bob")
    ]
    account.take(account.write("\n".join(map(json.dumps, sent)), "esp.ndjson"), "esp")
    account.workspace.refresh_segments()
    account.workspace.publish()
    with client(service) as calling:
        assert calling.post("/exports", json={"fields": "email"}).json()["rows"] == 3
        assert (
            calling.post(
                "/searches", json={"criteria": [{"field": "email", "op": "is_not_empty"}], "name": "reachable"}
            ).json()["count"]
            == 3
        )
    return service


def client(service: Service, right: str = "write") -> httpx.Client:
    return service.client(right, base="/api/v1")  # pyright: ignore[reportArgumentType]


def get(service: Service, path: str, status: int = 200) -> Any:
    with client(service, "read") as calling:
        answer = calling.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


SAME = {
    "imports": ("/imports", ["imports"]),
    "rejects": ("/imports/2/rejects", ["rejects", "2"]),
    "contact by key": ("/contacts/ann@ex.fr", ["contact", "show", "ann@ex.fr"]),
    "contact by id": ("/contacts/1", ["contact", "show", "1"]),
    "history": ("/contacts/ann@ex.fr/history", ["contact", "history", "ann@ex.fr"]),
    "segments": ("/segments", ["segments"]),
    "contacts of a segment": ("/segments/paris/contacts", ["segments", "paris"]),
    "explain": ("/segments/paris/explain/ann@ex.fr", ["explain", "ann@ex.fr", "paris"]),
    "searches": ("/searches", ["searches"]),
    "contacts of a search": ("/searches/reachable/contacts?limit=2", ["search", "reachable", "--limit", "2"]),
    "exports": ("/exports", ["exports"]),
    "operations": ("/operations", ["operations"]),
    "one operation": ("/operations/Letters", ["operations", "Letters"]),
    "contacts of a figure": ("/operations/Letters/contacts?figure=opened", ["operations", "Letters", "--figure", "opened"]),
    "fields": ("/fields", ["fields"]),
}  # fmt: skip


@pytest.mark.parametrize(("path", "command"), SAME.values(), ids=SAME.keys())
def test_a_call_says_what_the_command_says(
    full: Service, path: str, command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = full.account.layout
    monkeypatch.setenv("CARNET_DATA", str(layout.data))
    monkeypatch.setenv("CARNET_ASSETS", str(layout.assets))
    answered = get(full, path)
    capsys.readouterr()
    assert run([*command, "--json"]) == 0
    assert answered == json.loads(capsys.readouterr().out)
    assert answered


def test_one_import_is_the_one_of_the_list(full: Service) -> None:
    assert [get(full, f"/imports/{each['import_id']}") for each in get(full, "/imports")] == get(full, "/imports")


def pages(service: Service, path: str) -> list[Any]:
    """Every page, as the Links lead."""
    found, address = [], path
    with client(service, "read") as calling:
        while True:
            answer = calling.get(address)
            assert answer.status_code == 200, answer.text
            found.append(answer.json())
            if "next" not in answer.links:
                return found
            address = answer.links["next"]["url"]


@pytest.mark.parametrize(
    "path",
    ["/imports", "/imports/2/rejects", "/segments", "/fields", "/searches", "/exports", "/operations", "/events"],
)
def test_pages_of_one_are_the_list(full: Service, path: str) -> None:
    found = pages(full, f"{path}?limit=1")
    assert [len(each) for each in found] == [1] * len(found)
    assert [each[0] for each in found] == get(full, path)


def test_contacts_and_changes_come_page_by_page(full: Service) -> None:
    for path in ("/segments/all_contacts/contacts", "/searches/reachable/contacts"):
        found = pages(full, f"{path}?limit=1")
        assert {each["count"] for each in found} == {3}
        assert [row["email"] for each in found for row in each["contacts"]] == ["ann@ex.fr", "bob@ex.fr", "cat@ex.fr"]
    found = pages(full, "/operations/Letters/contacts?figure=opened&limit=1")
    assert [row["email"] for each in found for row in each["contacts"]] == ["ann@ex.fr", "bob@ex.fr"]
    changes = [change for each in pages(full, "/changes?limit=1") for change in each]
    assert changes == get(full, "/changes?limit=1000")
    assert [each["new"] for each in changes if each["field"] == "email"] == ["ann@ex.fr", "bob@ex.fr", "cat@ex.fr"]
    told = {(each["field"], each["old"], each["new"]) for each in changes if each["contact_id"] == 1}
    assert ("first_name", None, "Ann") in told


def test_changes_that_came_late_are_told_to_who_has_read_on(full: Service) -> None:
    """An import is dated at its start, and gives way: what was written meanwhile is dated after it and came before it."""
    with client(full) as calling:
        first = calling.get("/changes?limit=1000")
        *_, last = first.json()
        workspace = full.account.workspace
        workspace.edit_contact("cat@ex.fr", {"opt_in_email": "no"})
        with workspace.store.write() as writer, writer.transaction() as connection:
            connection.execute(
                "UPDATE main.revisions SET occurred_at = '2026-01-01' "
                "WHERE revision_id = (SELECT max(revision_id) FROM main.revisions)"
            )
        workspace.publish()
        later = calling.get(first.links["next"]["url"])
        assert [each["new"] for each in later.json() if each["field"] == "opt_in_email"] == ["no"]
        assert all(each["revision_id"] > last["revision_id"] for each in later.json())
        assert calling.get(later.links["next"]["url"]).json() == []
        # A program that was told an instant before goes on from there.
        former = calling.get("/changes", params={"after": f"{last['occurred_at']} {last['contact_id']}"}).json()
        assert former[-len(later.json()) :] == later.json()


NOBODY = """
/contacts/nobody@ex.fr /contacts/99 /contacts/nobody /contacts/nobody@ex.fr/history /segments/none/contacts
/segments/paris/explain/nobody@ex.fr /imports/99 /imports/99/rejects /imports?after=99 /searches/none/contacts /exports/99/file
/operations/none /operations/none/contacts?figure=opened /operations/Letters/contacts?figure=none /events/none /uploads/99
""".split()


@pytest.mark.parametrize("path", NOBODY)
def test_what_is_not_there_is_404_in_the_one_shape(full: Service, path: str) -> None:
    error = get(full, path, 404)["error"]
    assert list(error) == ["type", "message", "hint", "problems"]


def test_an_upload_is_answered_at_once_imported_and_undone(full: Service) -> None:
    content = b"email;postcode\ndan@ex.fr;75001\nwrong;1\n"
    with client(full) as calling:
        previewed = calling.post(
            "/imports/preview", files={"file": ("d.csv", content)}, data={"model": "clients"}
        ).json()
        assert (previewed["status"], previewed["inserted"], previewed["rejected"]) == ("preview", 1, 1)
        begun = calling.post(
            "/imports", files={"file": ("d.csv", content)}, data={"model": "clients", "name": "Du jour"}
        )
        assert begun.status_code == 202, begun.text
        while (told := calling.get(begun.headers["location"]).json())["status"] in ("Waiting", "Processing"):
            time.sleep(0.05)
        imported = told["import"]
        assert (told["status"], imported["name"], imported["inserted"], imported["who"]) == (
            "Completed",
            "Du jour",
            1,
            "the write key",
        )
        assert get(full, "/contacts/dan@ex.fr")["imports"] == [imported["import_id"]]
        undone = calling.post(f"/imports/{imported['import_id']}/undo").json()
        assert (undone["removed"], undone["kept"]) == (1, [])
        again = calling.post(f"/imports/{imported['import_id']}/undo")
        assert (again.status_code, again.json()["error"]["type"]) == (400, "RefusedError")
        assert calling.post("/imports", files={"file": ("d.csv", content)}, data={"model": "none"}).status_code == 404
    get(full, "/contacts/dan@ex.fr", 404)
    assert list((full.account.layout.api / "files").glob("*/d.csv")) == [], "a preview leaves nothing"


def test_an_export_is_run_and_its_file_streamed_as_long_as_it_is_that_file(full: Service) -> None:
    with client(full) as calling:
        done = calling.post("/exports", json={"audience": "paris", "fields": "email"}).json()
        assert done["rows"] == 1
        assert b"ann@ex.fr" in calling.get(f"/exports/{done['export_id']}/file").content
        declared = calling.post("/exports/everybody").json()
        address = f"/exports/{declared['export_id']}/file"
        assert calling.get(address).content.count(b"\n") == 4
        Path(declared["path"]).write_bytes(b"something else")
        assert calling.get(address).status_code == 404
        assert calling.post("/exports", json={"audience": "none"}).status_code == 404
        assert calling.post("/exports/none").status_code == 404


def test_criteria_of_a_call_are_judged_as_those_of_a_segment(full: Service) -> None:
    with client(full) as calling:
        wrong = calling.post("/searches", json={"criteria": [{"field": "emial", "op": "is_not_empty"}]})
        assert (wrong.status_code, wrong.json()["error"]["problems"][0]["suggestion"]) == (400, "email")
        for body in (
            {},
            [],
            {"criteria": "x"},
            {"criteria": [{"field": "email", "op": "is_empty"}], "name": "Bad Name"},
        ):
            assert calling.post("/searches", json=body).status_code == 400
    with client(full, "read") as calling:
        assert calling.post("/searches", json={"criteria": []}).status_code == 403


def test_openapi_documents_every_call_with_an_example(full: Service) -> None:
    document = httpx.get(f"{full.url}/api/openapi.json", verify=False).json()
    assert document["openapi"].startswith("3.1")
    own = {path: calls for path, calls in document["paths"].items() if path.startswith("/api/v1/")}
    assert len(own) == 23
    assert "post" in own["/api/v1/events/{event_import}"]
    for path, calls in own.items():
        for method, call in calls.items():
            answers = [answer for code, answer in call["responses"].items() if code.startswith("2")]
            assert answers, (path, method)
            if not path.endswith("/file"):
                assert "example" in answers[0]["content"]["application/json"], (path, method)


EXAMPLES = ["/imports", "/imports/{import_id}/rejects", "/contacts/{key}/history", "/changes", "/fields", "/segments", "/searches",
            "/exports", "/operations", "/events"]  # fmt: skip


@pytest.mark.parametrize("path", EXAMPLES)
def test_an_example_has_keys_that_answers_have(full: Service, path: str) -> None:
    document = httpx.get(f"{full.url}/api/openapi.json", verify=False).json()
    example = document["paths"][f"/api/v1{path}"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    [first, *_] = get(full, path.format(import_id=2, key="ann@ex.fr"))
    assert set(example[0]) <= set(first)
