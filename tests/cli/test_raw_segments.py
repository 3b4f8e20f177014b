"""A raw segment from its file to the base, the commands and the asset graph (SEG-1, SEG-10)."""

from __future__ import annotations

import dagster as dg
import pytest
import yaml

from pipelines.building import build_defs
from tests.cli.conftest import Terminal

SQL = """\
-- label: Parisiens sans perle
SELECT contact_id
FROM contacts
WHERE postcode LIKE '75%'
EXCEPT
SELECT contact_id FROM segments.paris_perle;
"""


def put(terminal: Terminal, name: str, text: str) -> None:
    (terminal.folder / "assets" / "segments" / f"{name}.sql").write_text(text, encoding="utf-8")


def test_it_is_a_segment_like_others(filled: Terminal) -> None:
    put(filled, "paris_no_pearl", SQL)
    filled.carnet("segments", "--refresh")
    [listed] = [each for each in filled.json("segments") if each["name"] == "paris_no_pearl"]
    expected = filled.json(
        "sql",
        "SELECT email FROM contacts WHERE postcode LIKE '75%' AND list_position(interests, 'Perle') IS NULL ORDER BY contact_id",
    )
    found = filled.json("segments", "paris_no_pearl", "--limit", "0", "--all")
    assert (listed["label"], listed["count"]) == ("Parisiens sans perle", len(expected))
    assert [contact["email"] for contact in found["contacts"]] == [row["email"] for row in expected] != []
    told = filled.json("explain", expected[0]["email"], "paris_no_pearl")
    assert told["holds"] is True
    assert len(told["criteria"]) == 1
    written = filled.json("export", "--audience", "paris_no_pearl", "--to", filled.folder / "them.csv")
    assert written["rows"] == len(expected)


def test_the_asset_graph_shows_what_it_reads(filled: Terminal) -> None:
    put(filled, "paris_no_pearl", SQL)
    graph = build_defs().resolve_asset_graph()
    key = dg.AssetKey(["segments", "paris_no_pearl"])
    read = {parent.to_user_string() for parent in graph.get(key).parent_keys}
    assert {"contacts", "segments/paris_perle"} <= read
    assert "EXCEPT" in (graph.get(key).description or "")


def test_check_shows_every_fault_with_its_place(filled: Terminal) -> None:
    put(filled, "leaving", "SELECT contact_id\nFROM read_csv('/etc/passwd')")
    [problem] = filled.json("check", code=2)["problems"]
    assert (problem["file"].rpartition("/")[2], problem["line"], problem["column"]) == ("leaving.sql", 2, 6)
    put(filled, "leaving", "SELECT contact_id\nFROM contacts\nWHERE postcod = '75'")
    [problem] = filled.json("check", code=2)["problems"]
    assert (problem["line"], problem["column"], problem["suggestion"]) == (3, 7, "postcode")
    assert "leaving.sql:3:7" in filled.json("segments", code=2)["error"]["message"]


@pytest.mark.parametrize("name", ['Soldes d\'hiver; DROP TABLE "x"; --', "100 %\nÉté -- 💎 :smile:"])
def test_a_segment_of_any_name_is_one_like_others(filled: Terminal, name: str) -> None:
    put(filled, name, SQL)
    (filled.folder / "assets" / "exports" / "them.yaml").write_text(
        yaml.safe_dump({"type": "pipelines.components.Export", "attributes": {"name": "them", "audience": name}})
    )
    filled.carnet("check")
    filled.carnet("segments", "--refresh")
    [listed] = [each for each in filled.json("segments") if each["name"] == name]
    found = filled.json("segments", name)
    assert listed["count"] == found["count"] > 0
    email = found["contacts"][0]["email"]
    assert filled.json("explain", email, name)["holds"] is True
    assert name in filled.json("contact", "show", email)["segments"]
    assert filled.carnet("explain", email, name).startswith(
        f"Contact {found['contacts'][0]['contact_id']} is in {name}."
    )
    assert filled.json("export", "them")["rows"] == listed["count"]
    assert filled.json("export", "--audience", name, "--to", filled.folder / "x.csv")["rows"] == listed["count"]
    search = yaml.safe_dump({"criteria": [{"segment": name, "is": "in"}]})
    assert filled.json("search", filled.write(search, "in.yaml"), "--save", "same")["count"] == listed["count"]
    assert filled.json("search", "same", "--count")["count"] == listed["count"]
