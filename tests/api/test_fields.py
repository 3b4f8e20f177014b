"""Fields and values that programs add, rename and move: declared, and in the base for the very next call (rest.md, FLD-5)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from expectations.judge import Judge
from pipelines.api.fields_text import with_entry
from pipelines.base.locking import exclusive
from pipelines.declarations.model import Export
from pipelines.declared import check
from tests.api.conftest import Service, serving
from tests.api.test_reading import attributes, number
from tests.api.test_writing import call, contact
from tests.conftest import Account

PATH = "/account/contactattribute"


@pytest.fixture
def service(filled: Path, tmp_path: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr("pipelines.api.account.Account.count_soon", lambda _: None)
    shutil.copytree(filled, tmp_path / "account")
    with serving(Account(tmp_path / "account", judge)) as found:
        yield found
    assert check(found.account.layout.assets) == ()


def made(service: Service, method: str, path: str, body: Any) -> dict[str, Any]:
    answer = call(service, method, path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def values(service: Service, name: str) -> dict[str, int]:
    return {each["text"]: each["id"] for each in service.get(f"{PATH}/value/{number(service, name)}")}


def test_a_field_of_each_format_is_there_for_the_next_call(service: Service) -> None:
    total = made(service, "POST", PATH, {"name": "Total des commandes", "format": "Number|woo_orderstotal"})
    assert (total["description"], total["name"], total["format"]) == (
        "woo_orderstotal",
        "Total des commandes",
        "Number",
    )
    assert made(service, "POST", PATH, {"name": "Né à ?", "format": "ShortText"})["description"] == "ne_a"
    made(service, "POST", PATH, {"name": "Seen", "format": "DateTime", "id": "0", "creationDate": None})
    tags = made(service, "POST", PATH, {"name": "Tags", "format": "MultipleSelection", "options": "true"})
    made(service, "POST", PATH, {"name": "Kind", "format": "SingleSelection", "options": "false"})
    assert (tags["options"], service.get(f"{PATH}/value/{tags['id']}")) == ("true", [])
    first, second = (made(service, "POST", f"{PATH}/value/{tags['id']}", {"text": text}) for text in ("a", "b, c"))
    assert [(each["id"], each["index"], each["text"]) for each in (first, second)] == [
        (first["id"], 0, "a"),
        (second["id"], 1, "b, c"),
    ]
    body = contact("ann@ex.fr", **{str(total["id"]): "12.5", str(tags["id"]): f"{second['id']},{first['id']}"})
    assert call(service, "POST", "/contact/attribute", body).text == '"1 contact(s) affected."'
    found = attributes(service.get("/contact/attribute/ann@ex.fr")[0])
    assert (found[str(total["id"])], found[str(tags["id"])]) == ("12.5", "a,b, c")
    # Files that Carnet imports otherwise have them too.
    loaded = service.account.load("email;Total des commandes\nbob@ex.fr;3\n")
    assert (loaded.status, loaded.counts.updated) == ("imported", 1)  # pyright: ignore[reportAttributeAccessIssue]
    again = call(service, "POST", PATH, {"name": "Total des commandes", "format": "Number|woo_orderstotal"})
    assert (again.status_code, "already" in again.json()["error"]["message"]) == (400, True)


def test_what_people_declared_is_changed_beside_their_file_and_whoever_has_a_value_keeps_it(service: Service) -> None:
    theirs = (service.account.layout.assets / "defs.yaml").read_bytes()
    interests, before = number(service, "interests"), values(service, "interests")
    renamed = made(service, "PUT", f"{PATH}/value", {"id": str(before["Pearl"]), "text": "Perle", "index": "2"})
    assert (renamed["id"], renamed["index"]) == (before["Pearl"], 2)
    assert list(values(service, "interests")) == ["Diamond", "Agate", "Perle"]
    [ann] = service.get("/contact/attribute/ann@ex.fr")
    assert attributes(ann)[str(interests)] == "Agate,Perle"
    [numbered] = service.get("/contact/attributevalueid/ann@ex.fr")
    assert attributes(numbered)[str(interests)] == f"{before['Agate']},{before['Pearl']}"
    # A file that has the former text means the same value, and the former text can be a value anew.
    service.account.load("email;Pearl\nbob@ex.fr;X\n")
    anew = made(service, "POST", f"{PATH}/value/{interests}", {"text": "Pearl"})
    assert anew["id"] not in before.values()
    assert list(values(service, "interests")) == ["Diamond", "Agate", "Perle", "Pearl"]
    assert attributes(service.get("/contact/attribute/bob@ex.fr")[0])[str(interests)] == "Perle"
    label = made(
        service, "PUT", PATH, {"id": interests, "name": "Goûts", "format": "MultipleSelection", "options": "true"}
    )
    assert (label["name"], label["options"], label["description"]) == ("Goûts", "false", "interests")
    assert (service.account.layout.assets / "defs.yaml").read_bytes() == theirs


def test_renames_one_after_the_other_and_back(service: Service) -> None:
    member, pearl = number(service, "member"), values(service, "interests")["Pearl"]
    yes = values(service, "member")["Yes"]
    for text in ("Active", "active", "Yes!", "Yes"):
        assert made(service, "PUT", f"{PATH}/value", {"id": yes, "text": text})["id"] == yes
        assert attributes(service.get("/contact/attribute/ann@ex.fr")[0])[str(member)] == text
    assert call(service, "PUT", f"{PATH}/value", {"id": yes, "text": " NO "}).status_code == 400
    assert call(service, "PUT", f"{PATH}/value", {"id": pearl, "index": 1}).json()["index"] == 1
    assert list(values(service, "interests")) == ["Diamond", "Pearl", "Agate"]
    assert values(service, "member") == {"Yes": yes, "No": values(service, "member")["No"]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"name": "Postcode", "format": "ShortText"}, 400),
        ("POST", "", {"name": "First name", "format": "ShortText|other"}, 400),
        ("POST", "", {"name": "x", "format": "Text"}, 400),
        ("POST", "", {"name": "東京", "format": "ShortText"}, 400),
        ("POST", "", {"name": "Carnet line", "format": "ShortText"}, 400),
        ("POST", "", {"name": "a" * 300, "format": "ShortText"}, 400),
        ("POST", "", {"name": "a\0b", "format": "ShortText"}, 400),
        ("POST", "", [], 400),
        ("PUT", "", {"id": 9999, "name": "x"}, 404),
        ("PUT", "", {"name": "x"}, 404),
        ("PUT", "", {"id": "email", "name": "x"}, 400),
        ("POST", "/value/9999", {"text": "x"}, 404),
        ("PUT", "/value", {"id": 9999, "text": "x"}, 404),
        ("PUT", "/value", {"id": -1, "text": "x"}, 400),
    ],
)
def test_what_cannot_be_is_told_and_declares_nothing(
    method: str, path: str, body: Any, status: int, service: Service
) -> None:
    answer = call(service, method, PATH + path, body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]
    assert not (service.account.layout.assets / "api" / "defs.yaml").exists()


def test_a_selection_without_values_takes_none_and_is_exported(service: Service) -> None:
    tags = [
        made(service, "POST", PATH, {"name": f"Tags {n}", "format": n})["id"]
        for n in ("SingleSelection", "MultipleSelection")
    ]
    body = contact("ann@ex.fr", **{str(number): "a" for number in tags}, firstname="Anne")
    assert call(service, "POST", "/contact/attribute", body).text == '"1 contact(s) affected."'
    found = attributes(service.get("/contact/attribute/ann@ex.fr")[0])
    assert [found[str(each)] for each in tags] + [found["firstname"]] == ["", "", "Anne"]
    loaded = service.account.load("email;Tags SingleSelection;Tags MultipleSelection\nbob@ex.fr;a;\n")
    assert loaded.status == "imported"
    columns = Export("tags", fields=("tags_singleselection", "tags_multipleselection"))
    written = service.account.workspace.export(columns, service.account.folder / "tags.csv")
    assert written.path.read_text().splitlines()[0] == "Tags SingleSelection;Tags MultipleSelection"


def test_fields_of_every_base_and_formats_stay(service: Service) -> None:
    fields = {each["description"]: each for each in service.get(PATH)}
    assert call(service, "PUT", PATH, {"id": fields["email"]["id"], "name": "x"}).status_code == 409
    consent = values(service, "opt_in_email")
    assert call(service, "PUT", f"{PATH}/value", {"id": next(iter(consent.values())), "text": "x"}).status_code == 409
    assert call(service, "POST", f"{PATH}/value/{fields['opt_in_email']['id']}", {"text": "x"}).status_code == 409
    assert call(service, "POST", f"{PATH}/value/{fields['postcode']['id']}", {"text": "x"}).status_code == 400
    body = {"id": fields["postcode"]["id"], "name": "PC", "format": "Number"}
    assert call(service, "PUT", PATH, body).status_code == 400


def test_a_value_that_an_import_added_can_be_renamed(service: Service) -> None:
    tags = made(service, "POST", PATH, {"name": "Tags", "format": "SingleSelection", "options": "true"})
    service.account.load("email;Tags\nann@ex.fr;green\n")
    service.account.workspace.publish()
    green = values(service, "tags")["green"]
    renamed = made(service, "PUT", f"{PATH}/value", {"id": green, "text": "vert"})
    assert renamed["id"] == green
    assert attributes(service.get("/contact/attribute/ann@ex.fr")[0])[str(tags["id"])] == "vert"


def test_while_the_base_is_held_nothing_is_declared(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.api.account.WAIT_SECONDS", 0.2)
    with exclusive(service.account.layout.base.with_name("writer.lock"), "an import", 1.0):
        answer = call(service, "POST", PATH, {"name": "x", "format": "ShortText"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert not (service.account.layout.assets / "api" / "defs.yaml").exists()


HEAD = "type: pipelines.components.Fields\nattributes:"
TEXT = f"""\
# By hand
type: pipelines.components.ImportModel
attributes: {{name: m, file: "*.csv"}}  # a model
---
{HEAD}
  # why these
  fields:
    - {{name: a, format: text}} # the first
    # before the second
    - name: b
      format: single_select # one of
      values: [x]
  # at the end
"""
B = "name: b\n      format: single_select # one of\n      values: [x]"


@pytest.mark.parametrize(
    ("text", "kind", "entry", "before", "after"),
    [
        (TEXT, "fields", {"name": "a", "format": "number"}, "{name: a, format: text}", "{name: a, format: number}"),
        (TEXT, "fields", {"name": "c", "format": "text"}, "[x]\n", "[x]\n    - {name: c, format: text}\n"),
        (TEXT, "fields", {"name": "b", "format": "date"}, B, "{name: b, format: date}\n      # one of"),
        (TEXT, "changes", {"name": "d", "add": ["é, à"]}, "[x]\n", "[x]\n  changes:\n    - {name: d, add: ['é, à']}\n"),
        (f"{HEAD} {{fields: []}}\n", "fields", {"name": "a"}, "[]", "[{name: a}]"),
        (f"{HEAD} {{fields: [{{name: b}}]}}", "changes", {"name": "a"}, "]}", "], changes: [{name: a}]}"),
        (f"{HEAD} {{}}\n", "fields", {"name": "a"}, "{}", "{fields: [{name: a}]}"),
        ("# none\n", "fields", {"name": "a"}, "# none\n", f"# none\n---\n{HEAD}\n  fields:\n    - {{name: a}}\n"),
    ],
)
def test_the_rest_of_the_file_keeps_every_byte(
    text: str, kind: Any, entry: dict[str, Any], before: str, after: str
) -> None:
    assert with_entry(text, kind, entry) == text.replace(before, after)
