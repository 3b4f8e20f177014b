"""Views of raw segments hold who their SELECT yields; counts and explanations agree, other segments refer to them (SEG-1)."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.declarations.model import FieldCriterion, Group, Place, Segment, SegmentCriterion, SqlCriterion
from pipelines.raw_segments.confining import confine
from pipelines.segments.counting import count_all
from pipelines.segments.views import create_views
from tests.segments.world import declarations, fill, open_base

PARIS = Segment("paris", "Parisiens", Group("all", (FieldCriterion("postcode", "starts_with", ("75",)),)))
CONTACTS = [
    {"contact_id": 1, "postcode": "75001", "basket": 10.0},
    {"contact_id": 2, "postcode": "75002", "basket": 90.0},
    {"contact_id": 3, "postcode": "13001", "basket": 90.0, "do_not_track": True},
    {"contact_id": 4, "postcode": "Lyon"},
]


def raw(name: str, text: str, label: str = "") -> Segment:
    place = Place(Path(f"{name}.sql"), 1, 1)
    return Segment(name, label or name, Group("all", (SqlCriterion(name, confine(text).sql, (), place),)), place=place)


def members(connection: duckdb.DuckDBPyConnection, name: str) -> list[int]:
    rows = connection.execute(f"SELECT contact_id FROM segments.{name} ORDER BY contact_id").fetchall()
    return [contact_id for (contact_id,) in rows]


@pytest.fixture
def base(empty_base: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    fill(empty_base, CONTACTS)
    return empty_base


SELECTS = {
    "SELECT contact_id FROM contacts WHERE basket > 50": [2, 3],
    "SELECT contact_id FROM segments.paris WHERE basket > 50 -- the end": [2],
    "FROM contacts EXCEPT FROM segments.paris": [3, 4],
    "SELECT 2 AS contact_id UNION ALL SELECT 2 UNION ALL SELECT 99 UNION ALL SELECT NULL": [2],
    "WITH contacts AS (SELECT 1 AS contact_id) SELECT contact_id FROM contacts;": [1],
    "SELECT contact_id FROM contacts WHERE postcode = 'a\n  b'": [],
    "SELECT contact_id FROM contacts ORDER BY basket DESC NULLS LAST, contact_id LIMIT 1": [2],
}


@pytest.mark.parametrize("text", SELECTS)
def test_a_view_holds_who_the_select_yields_and_the_count_agrees(base: duckdb.DuckDBPyConnection, text: str) -> None:
    here, rest = raw("here", text), Segment("rest", "", Group("all", (SegmentCriterion("here", inside=False),)))
    declared = declarations(PARIS, here, rest)
    create_views(base, declared)
    held = SELECTS[text]
    assert members(base, "here") == held
    assert members(base, "rest") == [n for n in (1, 2, 3, 4) if n not in held]
    assert count_all(base, declared) == {"paris": 2, "here": len(held), "rest": 4 - len(held)}
    assert count_all(base, declared, ["rest"]) == {"rest": 4 - len(held)}


def test_a_view_has_every_column_and_its_label(base: duckdb.DuckDBPyConnection) -> None:
    label = "Paniers */; DROP TABLE contacts; /* « d'or » $sql"
    create_views(base, declarations(raw("rich", "SELECT contact_id, 1 AS extra FROM contacts", label)))
    columns = [row[0] for row in base.execute("DESCRIBE segments.rich").fetchall()]
    assert columns == [row[0] for row in base.execute("DESCRIBE contacts").fetchall()]
    assert base.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'rich'").fetchall() == [(label,)]
    assert base.execute("SELECT count(*) FROM contacts").fetchall() == [(4,)]


def test_a_changed_select_is_another_view(base: duckdb.DuckDBPyConnection) -> None:
    text = "SELECT contact_id FROM contacts WHERE basket > 50"
    assert create_views(base, declarations(raw("rich", text)))
    assert not create_views(base, declarations(raw("rich", text)))
    assert create_views(base, declarations(raw("rich", text.replace("50", "5"))))
    assert members(base, "rich") == [1, 2, 3]


def test_a_view_works_under_any_attached_name(tmp_path: Path) -> None:
    with open_base(tmp_path / "contacts.duckdb") as connection:
        fill(connection, CONTACTS)
        create_views(
            connection,
            declarations(PARIS, raw("rich", "SELECT contact_id FROM segments.paris JOIN contacts USING (contact_id)")),
        )
    with duckdb.connect() as analyst:
        analyst.execute(f"ATTACH '{tmp_path}/contacts.duckdb' AS \"elsewhere\" (READ_ONLY)")
        assert analyst.execute("SELECT count(*) FROM elsewhere.segments.rich").fetchall() == [(2,)]
