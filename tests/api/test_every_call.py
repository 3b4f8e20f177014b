"""Every call of rest.md once, by a client made from nothing but its shapes, as the generated PHP one speaks (issue 19).

Bodies are JSON, or a JSON text that holds JSON; ids are texts; keys are left out; forms are as PHP's curl writes them.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from expectations.judge import Judge
from tests.api.conftest import Service, serving
from tests.conftest import Account

BOUNDARY = "------------------------d74496d66958873e"
INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
FIELD = {"id", "creationDate", "description", "format", "options", "name"}
IMPORT = {"Id", "Name", "StartDate", "Status", "Link", "LineRead", "LineDuplicate", "LineAdd", "LineUpdate"} | {
    "LineImport",
    "LineError",
}


class Client:
    """What a program has of the interface: a base URL, a key, and the paths of its calls."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self.done: set[tuple[str, str]] = set()

    def call(self, method: str, path: str, *names: object, **options: Any) -> httpx.Response:
        """`path` as rest.md writes it, with `{…}` for `names`, in their order."""
        parts = iter(names)
        self.done.add((method, re.sub(r"\{[^}]*\}", "{}", path)))
        filled = re.sub(r"\{[^}]*\}", lambda _: quote(str(next(parts)), safe=""), path)
        headers = {"Accept": "application/json"} | options.pop("headers", {})
        return self._http.request(method, filled, headers=headers, **options)

    def get(self, path: str, *names: object) -> Any:
        return self._right(self.call("GET", path, *names))

    def send(self, method: str, path: str, *names: object, body: Any, text: bool = False) -> Any:
        """`text`: as a JSON text that holds JSON."""
        content = json.dumps(json.dumps(body) if text else body).encode()
        headers = {"Content-Type": "application/json"}
        return self._right(self.call(method, path, *names, content=content, headers=headers))

    def form(self, path: str, *parts: tuple[str, str]) -> Any:
        """A form in the order of its parts; the one called `file` has a name."""
        written = "".join(f"--{BOUNDARY}\r\n{self._part(name, content)}\r\n" for name, content in parts)
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        content = f"{written}--{BOUNDARY}--\r\n".encode()
        return self._right(self.call("POST", path, content=content, headers=headers))

    @staticmethod
    def _part(name: str, content: str) -> str:
        named = '; filename="contacts.csv"\r\nContent-Type: application/octet-stream' if name == "file" else ""
        return f'Content-Disposition: form-data; name="{name}"{named}\r\n\r\n{content}'

    @staticmethod
    def _right(answer: httpx.Response) -> Any:
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()

    def refused(self, status: int, method: str, path: str, *names: object, **options: Any) -> None:
        answer = self.call(method, path, *names, **options)
        assert (answer.status_code, set(answer.json())) == (status, {"error"})

    def completed(self, path: str, number: int) -> dict[str, Any]:
        for _ in range(1200):
            found = self.get(path, number)
            if found["Status"] not in ("Waiting", "Processing"):
                assert found["Status"] == "Completed", found
                return found
            time.sleep(0.05)
        raise AssertionError(found)


@pytest.fixture
def service(filled: Path, tmp_path: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr("pipelines.api.account.Account.count_soon", lambda _: None)
    shutil.copytree(filled, tmp_path / "account")
    with serving(Account(tmp_path / "account", judge)) as found:
        yield found


def test_every_call_of_rest_v4(service: Service) -> None:
    with service.client() as http:
        client = Client(http)
        make_every_call(client)
    asked = {
        (method.upper(), re.sub(r"\{[^}]*\}", "{}", path.removeprefix("/api/rest/v4")))
        for path, methods in httpx.get(f"{service.url}/api/openapi.json", verify=False).json()["paths"].items()
        for method in methods
        if path.startswith("/api/rest/v4")
    }
    assert asked - client.done == set()


def make_every_call(client: Client) -> None:
    assert client.get("/modules/connection/test") is True
    total, tags = fields(client)
    contacts(client, total, tags)
    history(client)
    imports(client, total)
    exports(client, total)
    purges(client)
    segments(client)
    for path in ("/emailing/{rest}", "/sms/{rest}", "/account/remainingcredits/{rest}", "/modules/{rest}"):
        client.refused(501, "GET", path, "x")


def fields(client: Client) -> tuple[dict[str, Any], dict[str, Any]]:
    path = "/account/contactattribute"
    given = {"format": "Number|woo_orderstotal", "name": "Total des commandes", "options": None}
    total = client.send("POST", path, body=given, text=True)
    assert set(total) == FIELD
    assert (type(total["id"]), total["description"], INSTANT.fullmatch(total["creationDate"]) is not None) == (
        int,
        "woo_orderstotal",
        True,
    )
    tags = client.send("POST", path, body={"name": "Tags", "format": "MultipleSelection", "options": "false"})
    tags = client.send("PUT", path, body={"id": str(tags["id"]), "name": "Étiquettes"})
    assert client.get(path + "/{id}", tags["id"]) == tags
    assert [each for each in client.get(path) if each["id"] in (total["id"], tags["id"])] == [total, tags]
    made = [client.send("POST", path + "/value/{id}", tags["id"], body={"text": text}) for text in ("a", "b")]
    assert client.send("PUT", path + "/value", body={"id": str(made[1]["id"]), "text": "B", "index": 0})["index"] == 0
    values = client.get(path + "/value/{id}", tags["id"])
    assert [(each["id"], each["index"], each["text"]) for each in values] == [
        (made[1]["id"], 0, "B"),
        (made[0]["id"], 1, "a"),
    ]
    client.refused(409, "DELETE", path + "/{id}", tags["id"])
    client.refused(409, "DELETE", path + "/value/{id}", made[0]["id"])
    client.refused(400, "POST", path, json=given)
    return total, tags | {"values": [each["id"] for each in values]}


def contacts(client: Client, total: dict[str, Any], tags: dict[str, Any]) -> None:
    attributes = [
        {"id": "email", "fieldName": None, "fieldValue": "zoe@ex.fr"},
        {"id": "firstname", "fieldValue": "Zoé"},
        {"id": "emailoptin", "fieldValue": "yes1"},
        {"id": str(total["id"]), "fieldValue": "12.5"},
        {"id": tags["id"], "fieldValue": ",".join(map(str, tags["values"]))},
    ]
    given = {"contactKey": "email", "attributes": attributes}
    assert client.send("POST", "/contact/attribute", body=given, text=True) == "1 contact(s) affected."
    [zoe] = client.get("/contact/attribute/{contactKey}", "zoe@ex.fr")
    assert (set(zoe), zoe["contactKey"]) == ({"id", "idEncrypted", "contactKey", "attributes"}, "zoe@ex.fr")
    known = {each["id"]: each["fieldValue"] for each in zoe["attributes"]}
    assert (known["firstname"], known["emailoptin"], known[str(total["id"])]) == ("Zoé", "yes", "12.5")
    assert known[str(tags["id"])] == "B,a"
    assert client.get("/contact/attributebycid/{id}", zoe["id"]) == [zoe]
    [numbered] = client.get("/contact/attributevalueid/{contactKey}", "zoe@ex.fr")
    assert {each["id"]: each["fieldValue"] for each in numbered["attributes"]}[str(tags["id"])] == ",".join(
        map(str, tags["values"])
    )
    assert client.get("/contact/attributevalueidbycid/{id}", zoe["id"]) == [numbered]
    changed = {"id": str(zoe["id"]), "attributes": [{"id": "lastname", "fieldValue": "Z"}]}
    assert client.send("PUT", "/contact/attribute", body=changed) == "1 contact(s) affected."
    several = [{"contactKey": f"{n}@ex.fr", "attributes": []} for n in range(3)]
    assert client.send("POST", "/contacts/attribute", body=[*several, {"contactKey": "no"}]) == "3 contact(s) affected."
    assert client.send("PUT", "/contacts/attribute", body=several[0], text=True) == "1 contact(s) affected."
    [first] = client.get("/contact/attribute/{contactKey}", "0@ex.fr")
    assert client.call("DELETE", "/contact/attribute/{contactKey}", "1@ex.fr").text == '"1 contact(s) affected."'
    assert client.call("DELETE", "/contact/attributebycid/{id}", first["id"]).text == '"1 contact(s) affected."'
    assert client.get("/contact/attribute/{contactKey}", "0@ex.fr") == []


def history(client: Client) -> None:
    log = {"Title": "Order 12", "LogDate": "2026-03-14 09:26:53+0000", "Object": "Shop", "OperationId": "0"}
    assert client.send("POST", "/contact/history", body={"contactKey": "zoe@ex.fr", **log}) == "1 contact(s) affected."
    found = client.get("/contact/history/{contactKey}", "zoe@ex.fr")
    assert (found["contactKey"], found["contactFound"], found["records"]) == ("zoe@ex.fr", True, len(found["logs"]))
    assert {tuple(each) for each in found["logs"]} == {
        ("Id", "Type", "Object", "Title", "Date", "Group", "OperationId", "LogDate")
    }
    assert "Order 12" in [each["Title"] for each in found["logs"]]
    assert client.get("/contact/history/{contactKey}/{size}", "zoe@ex.fr", 1)["records"] == 1


def imports(client: Client, total: dict[str, Any]) -> None:
    path, rows = "/contacts/import", "Mail;Prénom;Total\nyan@ex.fr;Yan;3.5\nzoe@ex.fr;Zoë;\nno;N;\n"
    says = (("name", "Du soir"), ("firstLine", "1"), ("firstLineAsHeader", "true"), ("encoding", "UTF-8"))
    says += (("separator", ";"), ("duplicateOption", "disallowdupupdate"))
    matchings = ["email", "firstname", str(total["id"])]
    added = client.form(path + "/add", ("file", rows), *says, ("matchings", json.dumps(matchings)))
    assert (set(added), added["Name"]) == (IMPORT, "Du soir")
    first = client.completed(path + "/{id}", added["Id"])
    assert [first[name] for name in ("LineRead", "LineAdd", "LineUpdate", "LineImport", "LineError")] == [3, 1, 1, 2, 1]
    # The file last, and the columns as parts of their own.
    again = rows.replace("Yan", "Yann")
    second = client.form(path + "/add", *says, *(("matchings", name) for name in matchings), ("file", again))
    assert client.completed(path + "/{id}", second["Id"])["LineUpdate"] == 1
    assert [each["Id"] for each in client.get(path)[:2]] == [second["Id"], added["Id"]]
    assert client.call("GET", path + "/file/{fileName}", first["Link"].rpartition("/")[2]).text == rows
    assert client.call("DELETE", path + "/{id}", added["Id"]).json() is True


def exports(client: Client, total: dict[str, Any]) -> None:
    path = "/contacts/export"
    given = {"name": "Tous", "description": "", "fields": ["email", str(total["id"]), "emailclicks", "importcreation"]}
    added = client.send("POST", path + "/add", body=given | {"filters": ["emailingoptin"]})
    assert set(added) == {"Id", "Name", "StartDate", "Status", "Link", "TotalContact"}
    done = client.completed(path + "/{id}", added["Id"])
    assert done["TotalContact"] == 2
    lines = client.call("GET", path + "/file/{fileName}", done["Link"].rpartition("/")[2]).text.splitlines()
    assert lines == [
        "Email address;Total des commandes;Email clicks;Import that added the contact",
        "ann@ex.fr;;0;clients.csv",
        "zoe@ex.fr;12.5;0;",
    ]
    assert client.get(path)[0] == done
    assert client.call("DELETE", path + "/{id}", added["Id"]).json() is True


def purges(client: Client) -> None:
    path, rows = "/contacts/purge", "x;2@ex.fr\n"
    says = (("firstLine", "1"), ("firstLineAsHeader", "false"), ("encoding", "UTF-8"), ("separator", ";"))
    added = client.form(path + "/add", *says, ("keyColumn", "2"), ("file", rows))
    assert set(added) == {"Id", "StartDate", "Status", "Link", "LineRead"}
    done = client.completed(path + "/{id}", added["Id"])
    assert done["LineRead"] == 1
    assert client.get("/contact/attribute/{contactKey}", "2@ex.fr") == []
    assert client.get(path) == [done]
    assert client.call("GET", path + "/file/{fileName}", done["Link"].rpartition("/")[2]).text == rows
    assert client.call("DELETE", path + "/{id}", added["Id"]).json() is True


def segments(client: Client) -> None:
    found = client.get("/segment")
    assert {tuple(each) for each in found} == {("id", "description", "creationDate", "name", "mode", "details")}
    paris = next(each for each in found if each["name"] == "Parisians")
    assert client.get("/segment/{id}", paris["id"]) == paris
    assert client.get("/segment/updatecache/{id}", paris["id"]) == 1
    client.refused(409, "POST", "/segment", json={"name": "x"})
    client.refused(409, "PUT", "/segment", json={"name": "x"})
    client.refused(409, "PUT", "/segment/{id}", paris["id"], json={"name": "x"})
    client.refused(409, "DELETE", "/segment/{id}", paris["id"])


def test_the_page_names_every_call(service: Service) -> None:
    page = (Path(__file__).parents[2] / "docs" / "rest.md").read_text(encoding="utf-8")
    document = httpx.get(f"{service.url}/api/openapi.json", verify=False).json()
    paths = {path.removeprefix("/api/rest/v4") for path in document["paths"] if path.startswith("/api/rest/v4")}
    kinds = {"/" + "/".join(path.split("/")[1:3]) for path in paths if "{" not in "/".join(path.split("/")[1:3])}
    assert {kind for kind in kinds if kind not in page} == set()
