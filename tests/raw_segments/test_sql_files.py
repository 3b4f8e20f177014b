"""`.sql` files among the YAML are segments like others: names, labels, dependencies, cycles (SEG-1, SEG-10)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.declarations.checking import references
from pipelines.declarations.loading import LoadedDeclarations
from pipelines.declared import load
from pipelines.raw_segments.sql_files import label_of

BASE = "type: pipelines.components.ContactBase\nattributes: {}\n"
SEGMENT = "---\ntype: pipelines.components.Segment\nattributes: {name: %s, criteria: [{segment: %s, is: in}]}\n"
Loader = Callable[..., LoadedDeclarations]


@pytest.fixture
def load_files(tmp_path: Path) -> Loader:
    """Loads a folder that holds a base, more YAML, and the files given: path → text."""

    def loading(files: dict[str, str | bytes], yaml: str = "") -> LoadedDeclarations:
        (tmp_path / "defs.yaml").write_text(BASE + yaml, encoding="utf-8")
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load(tmp_path)

    return loading


def test_a_file_anywhere_below_the_folder_is_a_segment_of_its_name(load_files: Loader, tmp_path: Path) -> None:
    found = load_files(
        {"deep/down/loyal.sql": "\ufeff-- Fidèles\nSELECT contact_id\nFROM contacts;\n", ".hidden/no.sql": "x"}
    )
    assert found.declarations is not None
    segment = found.declarations.segment("loyal")
    assert (segment.name, segment.label) == ("loyal", "Fidèles")
    assert segment.sql == "-- Fidèles\nSELECT contact_id\nFROM main.contacts"
    assert segment.place is not None
    assert segment.place.file == tmp_path / "deep" / "down" / "loyal.sql"
    assert "no" not in {each.name for each in found.declarations.segments}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("SELECT 1", ""),
        ("-- Les fidèles\nSELECT 1", "Les fidèles"),
        ("\n--\n--   Les fidèles  \n-- et plus\nSELECT 1", "Les fidèles"),
        ("-- Par Zoé, 2026\n-- label: Les fidèles\nSELECT 1", "Les fidèles"),
        ("-- Label:Les fidèles\nSELECT 1", "Les fidèles"),
        ("SELECT 1 -- Les fidèles", ""),
        ("/* Les fidèles */ SELECT 1", "Les fidèles"),
        ("/* Par Zoé, 2026 */\n/* label: Les fidèles */\nSELECT 1", "Les fidèles"),
        ("/*\n * Par Zoé, 2026\n * label: Les fidèles\n **/\nSELECT 1", "Les fidèles"),
        ("/* a /* b */ c */ -- label: Les fidèles\nSELECT 1", "Les fidèles"),
        ("/**/ /* */ -- Les fidèles", "Les fidèles"),
        ("/* 5 * 3 */SELECT 1", "5 * 3"),
        ("SELECT 1 /* label: Les fidèles */", ""),
        ("SELECT 1\n-- label: Les fidèles", ""),
    ],
)
def test_the_label_is_the_first_comment_or_the_one_that_says_so(text: str, label: str) -> None:
    assert label_of(text) == label


def test_segments_of_yaml_and_sql_stand_after_those_that_they_read(load_files: Loader) -> None:
    files = {
        "a.sql": "SELECT contact_id FROM segments.b EXCEPT FROM (SELECT contact_id FROM segments.sms_contacts)",
        "c.sql": "SELECT contact_id FROM contacts",
    }
    found = load_files(files, SEGMENT % ("b", "c"))
    assert found.declarations is not None
    names = [segment.name for segment in found.declarations.segments]
    assert names.index("c") < names.index("b") < names.index("a")
    assert [r.segment for r in references(found.declarations.segment("a").root)] == ["b", "sms_contacts"]


def test_a_cycle_through_both_kinds_is_shown_where_it_closes(load_files: Loader, tmp_path: Path) -> None:
    found = load_files({"a.sql": "SELECT contact_id\nFROM segments.b"}, SEGMENT % ("b", "a"))
    assert found.declarations is None
    [problem] = found.problems
    assert "b -> a -> b" in problem.message
    assert (problem.file, problem.line, problem.column) == (tmp_path / "a.sql", 2, 6)


def test_a_segment_that_reads_itself_is_a_cycle(load_files: Loader) -> None:
    found = load_files({"a.sql": "SELECT contact_id FROM segments.a"})
    assert "a -> a" in found.problems[0].message


def test_an_unknown_segment_has_its_place_and_the_nearest_name(load_files: Loader, tmp_path: Path) -> None:
    found = load_files({"a.sql": "-- é\nSELECT contact_id\n  FROM segments.sms_contact AS s"})
    [problem] = found.problems
    assert (problem.file, problem.line, problem.column) == (tmp_path / "a.sql", 3, 8)
    assert problem.suggestion == "sms_contacts"


@pytest.mark.parametrize(
    ("files", "yaml", "said"),
    [
        ({f"{'x' * 101}.sql": "SELECT contact_id FROM contacts"}, "", "has 101 characters"),
        ({"carnet_a.sql": "SELECT contact_id FROM contacts"}, "", "Carnet's own"),
        ({"all_contacts.sql": "SELECT contact_id FROM contacts"}, "", "taken"),
        ({"a.sql": "SELECT contact_id FROM contacts"}, SEGMENT % ("a", "all_contacts"), "there are two segments 'a'"),
        (
            {"x/a.sql": "SELECT contact_id FROM contacts", "y/a.sql": "SELECT contact_id FROM contacts"},
            "",
            "there are two",
        ),
        ({"a.sql": "SELECT 'é' AS contact_id".encode("latin-1")}, "", "not in UTF-8"),
        ({"a.sql": "SELECT contact_id\nFROM \0 contacts"}, "", "NUL"),
        ({"a.sql": ""}, "", "one SELECT is needed here, not nothing"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_cannot_be_a_segment_is_said(load_files: Loader, files: dict[str, str], yaml: str, said: str) -> None:
    found = load_files(files, yaml)
    assert found.declarations is None
    assert [said in problem.message for problem in found.problems] == [True]
