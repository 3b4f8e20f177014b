"""Files that programs bring: forms as PHP's curl sends them, imported like any file (rest.md, SEC-3)."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from pipelines.api.jobs import Jobs
from tests.api.conftest import Service
from tests.api.test_reading import attributes, number

ADD = "/contacts/import/add"
MATCHINGS = json.dumps(["email", "firstname", ""])


def post(service: Service, parts: list[tuple[str, Any]], right: str = "write") -> httpx.Response:
    with service.client(right) as client:  # pyright: ignore[reportArgumentType]
        return client.post(
            ADD, files=[(name, part if isinstance(part, tuple) else (None, part)) for name, part in parts]
        )


def done(service: Service, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert answer.json()["Status"] in ("Waiting", "Processing")
    for _ in range(600):
        found = service.get(f"/contacts/import/{answer.json()['Id']}")
        if found["Status"] not in ("Waiting", "Processing"):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_a_file_is_imported_as_the_call_says(service: Service) -> None:
    content = "Contacts du jour\nMail;Prénom;Divers\nzoe@ex.fr;Zoé;x\nann@ex.fr;Anna;\nno address;N;\n".encode(
        "iso-8859-15"
    )
    parts = [
        ("file", ("Mes contacts.csv", content)),
        ("name", "Du jour"),
        ("firstLine", "2"),
        ("firstLineAsHeader", "true"),
        ("encoding", "ISO-8859-15"),
        ("separator", ";"),
        ("duplicateOption", "disallowdupupdate"),
        ("matchings", MATCHINGS),
    ]
    found = done(service, post(service, parts))
    assert {name: found[name] for name in found if name.startswith("Line")} == {
        "LineRead": 3,
        "LineDuplicate": 0,
        "LineAdd": 1,
        "LineUpdate": 1,
        "LineImport": 2,
        "LineError": 1,
    }
    assert (found["Name"], found["Status"]) == ("Du jour", "Completed")
    assert attributes(service.get("/contact/attribute/zoe@ex.fr")[0])["firstname"] == "Zoé"
    with service.client("read") as client:
        assert client.get(found["Link"]).content == content
    assert service.get("/contacts/import")[0] == found
    # A row of the history like any: the key's name, and the line of the file as it came.
    [(who, line)] = service.account.rows(
        "SELECT i.who, r.line FROM main.imports AS i JOIN main.import_rejects AS r USING (import_id) WHERE i.name = 'Du jour'"
    )
    assert (who, line) == ("the write key", 5)
    assert "api_" in (service.account.layout.assets / "api" / "defs.yaml").read_text()
    with service.client() as client:
        assert client.delete(f"/contacts/import/{found['Id']}").json() is True
        assert client.get(found["Link"]).status_code == 404
    assert service.get("/contact/attribute/zoe@ex.fr")


def test_values_as_crosses_repeated_matchings_and_no_header(service: Service) -> None:
    interests = str(number(service, "interests"))
    crosses = "email,Pearl,Diamond\nx@ex.fr,X,\n"
    parts = [
        *(("matchings", name) for name in ("email", interests, interests)),
        ("separator", ","),
        ("file", ("x.csv", crosses.encode())),
    ]
    assert done(service, post(service, parts))["LineAdd"] == 1
    assert attributes(service.get("/contact/attribute/x@ex.fr")[0])[interests] == "Pearl"
    bare = [
        ("matchings", MATCHINGS),
        ("firstLineAsHeader", "false"),
        ("duplicateOption", "disallowdup"),
        ("encoding", "Unicode"),
        ("file", ("y.txt", "ann@ex.fr\tOther\t\ny@ex.fr\tY\tz\n".encode("utf-16"))),
    ]
    found = done(service, post(service, bare))
    assert (found["LineAdd"], found["LineUpdate"], found["Status"]) == (1, 0, "Completed")


def test_a_file_that_a_rule_refuses_is_told(service: Service) -> None:
    parts = [("matchings", MATCHINGS), ("file", ("bad.csv", "email;first;x\nr@ex.fr;é;\n".encode("cp1252")))]
    found = done(service, post(service, parts))
    assert (found["Status"], found["LineImport"]) == ("Refused", 0)


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([("matchings", MATCHINGS)], 400),
        ([("matchings", '["firstname"]'), ("file", ("a.csv", b"a\nb\n"))], 400),
        ([("matchings", "[1"), ("file", ("a.csv", b"a\nb\n"))], 400),
        ([("matchings", MATCHINGS), ("duplicateOption", "allowdup"), ("file", ("a.csv", b"a\nb\n"))], 400),
        ([("matchings", MATCHINGS), ("encoding", "EBCDIC"), ("file", ("a.csv", b"a\nb\n"))], 400),
        ([("matchings", MATCHINGS), ("encoding", "UTF-32"), ("file", ("a.csv", b"abc"))], 400),
        ([("matchings", MATCHINGS), ("firstLine", "9"), ("file", ("a.csv", b"a;b;c\nb;c;d\n"))], 400),
        ([("matchings", MATCHINGS), ("file", ("a.csv", b"email\nb@ex.fr\n"))], 400),
        ([("matchings", MATCHINGS), ("file", ("../../a.csv", b"x" * 300_000))], 413),
    ],
)
def test_a_call_that_cannot_be_done_keeps_nothing(parts: list[tuple[str, Any]], status: int, service: Service) -> None:
    before = service.get("/contacts/import")
    assert post(service, parts).status_code == status
    assert service.get("/contacts/import") == before


def test_a_body_that_is_no_form_is_told(service: Service) -> None:
    with service.client() as client:
        assert client.post(ADD, json={}).status_code == 415
        broken = client.post(
            ADD, content=b"--x\r\nrubbish", headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
    assert broken.status_code == 400


def test_an_import_that_ended_and_is_not_noted_yet_is_listed_once(service: Service) -> None:
    found = done(service, post(service, [("file", ("soon.csv", b"Email\nsoon@ex.fr\n")), ("matchings", '["email"]')]))
    api = service.account.layout.api
    jobs = Jobs(api / "jobs.json", api / "files")
    job = jobs.get("import", found["Id"])
    jobs.update(job.number, status="Processing", result=None)
    listed = [each for each in service.get("/contacts/import") if each["Name"] == "soon.csv"]
    assert [(each["Id"], each["Status"], each["LineAdd"]) for each in listed] == [(job.number, "Processing", 0)]
    jobs.update(job.number, status=job.status, result=job.result)
    assert [each for each in service.get("/contacts/import") if each["Name"] == "soon.csv"] == [found]
