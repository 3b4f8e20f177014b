"""Files that programs have written, and contacts that they have purged (rest.md, EXP-1, EXP-8)."""

from __future__ import annotations

import time
from typing import Any

from pipelines.api.exporting import FIGURE_NAMES
from pipelines.api.jobs import Jobs
from tests.api.conftest import Service
from tests.api.test_reading import number


def done(service: Service, kind: str, answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    for _ in range(600):
        found = service.get(f"/contacts/{kind}/{answer.json()['Id']}")
        if found["Status"] not in ("Waiting", "Processing"):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_a_segment_is_exported_and_filtered(service: Service) -> None:
    paris = next(each["id"] for each in service.get("/segment") if each["description"] == "paris")
    basket = str(number(service, "basket"))
    body = {
        "name": "Ça y est",
        "description": f"segment:{paris}",
        "fields": ["email", "zipcode", basket, "emailsent"],
    }
    with service.client() as client:
        answer = client.post("/contacts/export/add", json=body)
        assert "emailsent" in answer.headers["Warning"]
        found = done(service, "export", answer)
        assert (found["Status"], found["TotalContact"], found["Name"]) == ("Completed", 1, "Ça y est")
        written = client.get(found["Link"])
        assert written.text.splitlines() == ["Email address;Postcode;Basket", "ann@ex.fr;75011;12.5"]
        refusing = client.post("/contacts/export/add", json={"fields": ["email"], "filters": ["emailingoptout"]})
        refused = done(service, "export", refusing)
        assert client.get(refused["Link"]).text.splitlines()[1:] == ["bob@ex.fr"]
        assert [each["Id"] for each in service.get("/contacts/export")[:2]] == [refused["Id"], found["Id"]]
        assert client.delete(f"/contacts/export/{found['Id']}").json() is True
        assert client.get(written.url).status_code == 404
        for wrong in ({"filters": ["all"]}, {"fields": "email"}, []):
            assert client.post("/contacts/export/add", json=wrong).status_code == 400
        assert client.post("/contacts/export/add", json={"description": "segment:99"}).status_code == 404
    assert service.account.rows("SELECT DISTINCT who FROM main.exports") == [("the write key",)]


def test_an_export_that_was_written_and_is_not_noted_yet_is_listed_once(service: Service) -> None:
    with service.client() as client:
        found = done(service, "export", client.post("/contacts/export/add", json={"name": "soon", "fields": ["email"]}))
    api = service.account.layout.api
    jobs = Jobs(api / "jobs.json", api / "files")
    jobs.update(found["Id"], status="Processing", result=None)
    listed = [each for each in service.get("/contacts/export") if each["Name"] == "soon"]
    assert [(each["Id"], each["Status"], each["Link"]) for each in listed] == [(found["Id"], "Processing", "")]


def test_those_whose_keys_a_file_lists_are_purged_archive_first(service: Service) -> None:
    with service.client() as client:
        parts = {"keyColumn": "2", "firstLineAsHeader": "false", "separator": ";"}
        content = b"x;BOB@ex.fr;y\nz;nobody@ex.fr;\n"
        found = done(
            service, "purge", client.post("/contacts/purge/add", data=parts, files={"file": ("p.csv", content)})
        )
        assert (found["Status"], found["LineRead"]) == ("Completed", 2)
        assert client.get(found["Link"]).content == content
        assert client.post("/contacts/purge/add", data={"keyColumn": "9"}, files={"file": ("p.csv", content)}).is_error
    assert service.get("/contact/attribute/bob@ex.fr") == []
    [archive] = (service.account.layout.archive / "purges").glob("*by_call.csv")
    assert "bob@ex.fr" in archive.read_text()
    assert [each["Id"] for each in service.get("/contacts/purge")] == [found["Id"]]


def test_what_contacts_did_and_who_imported_them(service: Service) -> None:
    """Each figure by a plain look at the events and imports; whoever did nothing has zeros and empty cells."""
    with service.account.workspace.store.write() as writer, writer.transaction() as connection:
        [(ann,)] = connection.execute("SELECT contact_id FROM main.contacts WHERE email = 'ann@ex.fr'").fetchall()
        connection.execute(
            "INSERT INTO main.operations VALUES (1, 'May', 'email', NULL), (2, 'June', 'email', NULL), (3, 'Shop', 'web', NULL)"
        )
        events = [
            ("a", 1, "opened", "2026-05-01 10:00:00+00", None),
            ("b", 2, "opened", "2026-06-01 10:00:00+00", None),
            ("c", 1, "clicked", "2026-06-02 10:00:00+00", "https://a.example/"),
            ("d", 2, "clicked", "2026-05-03 10:00:00+00", "https://b.example/"),
            ("e", 2, "delivered", "2026-07-03 10:00:00+00", None),
            ("f", 3, "clicked", "2026-08-03 10:00:00+00", "https://c.example/"),
        ]
        connection.executemany(
            "INSERT INTO main.events (event_id, operation_id, contact_id, type, occurred_at, link, import_id) "
            f"VALUES (?, ?, {ann}, ?, ?, ?, 1)",
            events,
        )
    service.account.load("email;first_name\nann@ex.fr;Anne\nnew@ex.fr;New\n", "later.csv")
    fields = ["email", *FIGURE_NAMES, "email"]
    with service.client() as client:
        found = done(service, "export", client.post("/contacts/export/add", json={"fields": fields}))
        header, *lines = client.get(found["Link"]).text.splitlines()
    assert header.startswith("Email address;Email openings;Last email opening;Last email opened;Email clicks;")
    by_key = {line.partition(";")[0]: line for line in lines}
    assert by_key["ann@ex.fr"] == (
        "ann@ex.fr;2;2026-06-01 12:00:00+02:00;June;2;2026-06-02 12:00:00+02:00;May;https://a.example/;clients.csv;later.csv"
    )
    assert by_key["new@ex.fr"] == "new@ex.fr;0;;;0;;;;later.csv;later.csv"
