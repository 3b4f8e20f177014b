"""A segment is named and labelled with any text, from its YAML or its file to the base and the assets (SEC-1, SEG-1)."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from pipelines.base.statements import identifier
from pipelines.building import build_defs
from pipelines.declared import check, declared
from pipelines.orchestration.names import segment_key
from pipelines.segments.counting import count_all
from pipelines.segments.explaining import explain
from pipelines.segments.querying import members, search
from pipelines.segments.views import create_views
from tests.examples import examples
from tests.segments.world import fill, open_base

BASE = "type: pipelines.components.ContactBase\nattributes: {fields: [{name: postcode, format: text}]}\n"
CONTACTS = [{"contact_id": n, "postcode": postcode} for n, postcode in enumerate(("75001", "75002", None), start=1)]
HOSTILE = [
    "Soldes d'hiver; DROP TABLE contacts; --",
    'Le "grand" nom',
    "100 % des contacts_",
    "deux\nlignes\tet */ la fin /* de tout",
    "💎 Perles",
    "$sql ${name} {0} %s \\",
    "contacts",
    "Élan",
    "a;--b",
    "-- label: rien",
    "/",
    "'",
    "__SQLGLOT__LB__ ```",
]
names = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=100).filter(
    lambda text: text == text.strip() and not text.casefold().startswith("carnet_")
)


def declare(folder: Path, name: str, label: str) -> None:
    """The segment `name` in YAML; one that is out of it, and a raw one that reads it by that name."""
    criteria = [{"field": "postcode", "op": "starts_with", "value": "75"}]
    documents = [
        {"name": name, "label": label, "criteria": criteria},
        {"name": "rest", "criteria": [{"segment": name, "is": "out"}]},
    ]
    said = [{"type": "pipelines.components.Segment", "attributes": each} for each in documents]
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    # Signs beyond ASCII are escaped: PyYAML writes NEL (U+0085) as it is, and reads it back as a blank.
    (folder / "defs.yaml").write_text(yaml.safe_dump_all(said), encoding="utf-8")
    (folder / "read.sql").write_text(f"SELECT contact_id FROM segments.{identifier(name)}", encoding="utf-8")


@settings(deadline=None, max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names, names)
@example("Soldes d'hiver; DROP TABLE contacts; --", "*/ DROP TABLE contacts; /*")
@example("deux\nlignes\tet */ la fin", "trois\n\nlignes")
@example("a;--b", "💎 ${label}")
@example("PARIS", "__SQLGLOT__LB__")
@example("a\x85b", "c\x85d")
def test_any_text_names_and_labels_a_segment(tmp_path: Path, name: str, label: str) -> None:
    assume(name.casefold() not in ("rest", "read"))
    declare(tmp_path, name, label)
    found = declared(tmp_path)
    assert found.segment(name).label == label
    with open_base() as base:
        fill(base, CONTACTS)
        assert create_views(base, found)
        assert not create_views(base, found)
        counts = count_all(base, found)
        assert (counts[name], counts["rest"], counts["read"]) == (2, 1, 2)
        assert members(base, name).count == 2
        assert explain(base, found, 3, "rest").criteria[0].value == "out"
        assert search(base, found.segment("rest").root, found).count == 1
        comments = base.execute("SELECT comment FROM duckdb_views() WHERE view_name = ?", [name]).fetchall()
        assert comments == [(label,)]
        assert base.execute("SELECT count(*) FROM contacts").fetchall() == [(3,)]


@given(names, names)
@example("a b", "a_b")
@example("Été", "été")
def test_an_asset_key_is_a_plain_word_of_its_own(one: str, other: str) -> None:
    first, second = (segment_key(name).path[-1] for name in (one, other))
    assert re.fullmatch("[A-Za-z0-9_]+", first)
    assert (first == second) is (one == other)


def test_an_asset_key_stays_what_it_is() -> None:
    assert segment_key("paris_perle") == dg.AssetKey(["segments", "paris_perle"])
    assert segment_key("Été à Paris").path[-1] == "ete_a_paris_POGLPHDDPG"


@pytest.mark.parametrize("name", HOSTILE)
def test_the_asset_graph_has_it_with_its_name(tmp_path: Path, name: str) -> None:
    declare(tmp_path, name, "Étiquette")
    with (tmp_path / "defs.yaml").open("a", encoding="utf-8") as file:
        export = {"name": "them", "audience": {"include": [name], "exclude": ["rest"]}}
        file.write("---\n" + yaml.safe_dump({"type": "pipelines.components.Export", "attributes": export}))
    graph = build_defs(declarations=declared(tmp_path)).resolve_asset_graph()
    described = graph.get(segment_key(name)).description or ""
    assert described.startswith("Étiquette")
    assert segment_key(name) in graph.get(segment_key("read")).parent_keys
    assert segment_key(name) in graph.get(dg.AssetKey(["exports", "them"])).parent_keys


@pytest.mark.parametrize("name", [name for name in HOSTILE if "/" not in name])
def test_a_file_gives_its_segment_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    file = tmp_path / f"{unicodedata.normalize('NFD', name)}.sql"
    file.write_text("SELECT contact_id FROM contacts WHERE postcode = '75001'", encoding="utf-8")
    found = declared(tmp_path)
    with open_base(tmp_path / "base.duckdb") as base:
        fill(base, CONTACTS)
        create_views(base, found)
        assert count_all(base, found, [name]) == {name: 1}
    with duckdb.connect() as analyst:
        analyst.execute(f"ATTACH '{tmp_path}/base.duckdb' AS crm (READ_ONLY)")
        assert analyst.execute(f"SELECT contact_id FROM crm.segments.{identifier(name)}").fetchall() == [(1,)]


def test_sql_means_a_segment_whatever_the_case_of_its_letters(tmp_path: Path) -> None:
    declare(tmp_path, "Paris Élan", "x")
    (tmp_path / "read.sql").write_text('SELECT contact_id FROM segments."paris Élan"', encoding="utf-8")
    assert check(tmp_path) == ()
    (tmp_path / "read.sql").write_text('SELECT contact_id FROM segments."paris élan"', encoding="utf-8")
    assert "did you mean 'Paris Élan'?" in check(tmp_path)[0].message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x" * 101, "has 101 characters: at most 100"),
        ("a\0b", "holds a NUL"),
        ("Carnet_x", "Carnet's own"),
        ("ALL_contacts", "is taken: every base has this segment already"),
        ("REST", "there are two segments 'rest'"),
    ],
)
def test_what_cannot_be_a_name(tmp_path: Path, name: str, said: str) -> None:
    declare(tmp_path, name, "x")
    (tmp_path / "read.sql").unlink()
    assert said in "\n".join(problem.message for problem in check(tmp_path))


def test_a_files_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    for name in (b"\xff\xfe.sql", b" x.sql"):
        Path(str(tmp_path) + "/" + name.decode(errors="surrogateescape")).write_text("SELECT contact_id FROM contacts")
    blank, half = check(tmp_path)
    assert "begins or ends with a blank" in blank.message
    assert "half of a character" in half.message
    assert str(half).encode()
