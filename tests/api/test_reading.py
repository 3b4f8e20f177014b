"""What programs read: fields, values, contacts, histories, segments (rest.md)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Service


def attributes(contact: dict[str, Any]) -> dict[str, str]:
    return {each["id"]: each["fieldValue"] for each in contact["attributes"]}


def number(service: Service, name: str) -> int:
    return next(each["id"] for each in service.get("/account/contactattribute") if each["description"] == name)


def test_fields_and_their_values(service: Service) -> None:
    fields = {each["description"]: each for each in service.get("/account/contactattribute.json")}
    assert list(fields)[:3] == ["email", "mobile", "first_name"]
    interests = fields["interests"]
    assert (interests["format"], interests["options"], interests["name"]) == ("MultipleSelection", "false", "Interests")
    assert [fields[name]["format"] for name in ("postcode", "basket", "birth_date", "member")] == [
        "ShortText",
        "Number",
        "DateTime",
        "SingleSelection",
    ]
    assert service.get(f"/account/contactattribute/{interests['id']}") == interests
    values = service.get(f"/account/contactattribute/value/{interests['id']}")
    assert [(each["index"], each["text"]) for each in values] == [(0, "Pearl"), (1, "Diamond"), (2, "Agate")]
    assert service.get(f"/account/contactattribute/value/{interests['id']}") == values
    with service.client() as client:
        assert client.get("/account/contactattribute/9999").status_code == 404
        assert client.delete(f"/account/contactattribute/{interests['id']}").status_code == 409


def test_a_contact_by_key_and_by_id(service: Service) -> None:
    [ann] = service.get("/contact/attribute/ANN@ex.fr")
    assert (ann["contactKey"], ann["idEncrypted"]) == ("ann@ex.fr", None)
    found = attributes(ann)
    assert (found["email"], found["firstname"], found["emailoptin"]) == ("ann@ex.fr", "Ann", "yes")
    assert (found["zipcode"], found[str(number(service, "basket"))]) == ("75011", "12.5")
    assert found[str(number(service, "birth_date"))] == "1980-05-12 00:00:00+0000"
    assert found[str(number(service, "interests"))] == "Pearl,Agate"
    assert found[str(number(service, "vip"))] == "true"
    assert found["mobile"] == ""
    assert service.get(f"/contact/attributebycid/{ann['id']}") == [ann]
    [numbered] = service.get("/contact/attributevalueid/ann@ex.fr")
    values = service.get(f"/account/contactattribute/value/{number(service, 'interests')}")
    expected = ",".join(str(each["id"]) for each in values if each["text"] != "Diamond")
    assert attributes(numbered)[str(number(service, "interests"))] == expected
    assert service.get(f"/contact/attributevalueidbycid/{ann['id']}") == [numbered]
    for nobody in ("/contact/attribute/no@ex.fr", "/contact/attribute/email", "/contact/attributebycid/99"):
        assert service.get(nobody) == []


def test_a_history(service: Service) -> None:
    found = service.get("/contact/history/ann@ex.fr")
    assert (found["contactFound"], found["records"]) == (True, len(found["logs"]))
    first = next(log for log in found["logs"] if log["Object"] == "firstname")
    assert (first["Type"], first["Title"], first["Group"]) == ("changed", " → Ann", "import 1")
    assert len(service.get("/contact/history/ann@ex.fr/2")["logs"]) == 2
    assert service.get("/contact/history/no@ex.fr")["contactFound"] is False


def test_segments_are_listed_counted_and_declared(service: Service) -> None:
    paris = next(each for each in service.get("/segment") if each["description"] == "paris")
    assert (paris["name"], paris["mode"]) == ("Parisians", "intersect")
    assert "postcode" in paris["details"]
    assert service.get(f"/segment/{paris['id']}") == paris
    assert service.get(f"/segment/updatecache/{paris['id']}") == 1
    with service.client() as client:
        refused = client.post("/segment", json={"name": "Les Lyonnais", "mode": "union"})
        assert client.get("/segment/4711").status_code == 404
    assert refused.status_code == 409
    assert "name: les_lyonnais" in refused.json()["error"]["hint"]


@pytest.mark.parametrize("path", ["/contact/attributebycid/x", "/segment/x", f"/contact/attributebycid/{10**30}"])
def test_an_id_that_is_none_is_told(path: str, service: Service) -> None:
    with service.client() as client:
        answer = client.get(path)
    assert answer.status_code == 400
    assert answer.json()["error"]["problems"]
