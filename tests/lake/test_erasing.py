"""An erased person is in no file of the lake (EXP-9); old publications go when they are old, and with them their files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.backups.taking import take_backup
from pipelines.declarations.model import Lake
from pipelines.errors import UsageError
from pipelines.lake.catalogs import open_catalog
from pipelines.lake.publications import publications
from pipelines.lake.tidying import compact, is_owed
from tests.behaving import Behaving
from tests.lake.conftest import Shore
from tests.rights.world import places
from tests.segments.world import add_import

BASE = """lake: {catalog: sqlite, warehouse: lake}
  fields: [{name: city, label: Ville, format: text}]"""
PERSON, OTHER = "zoe.quillfeather@exemple.fr", "bob.keepermann@exemple.fr"


@pytest.fixture
def filled(behaving: Behaving) -> Behaving:
    """Two people in two publications of a lake."""
    behaving.declare(BASE)
    behaving.contacts(f"Email;Nom;Ville\n{PERSON};Quillfeather;Zanzibar\n{OTHER};Keepermann;Paris\n")
    behaving.workspace.publish()
    behaving.workspace.publish_lake()
    behaving.send({"id": "e1", "campaign": "Soldes", "email": PERSON, "event": "click", "ts": "2026-03-04T10:00:00Z"})
    behaving.edit(OTHER, city="Lyon")
    behaving.workspace.publish()
    behaving.workspace.publish_lake()
    return behaving


def in_lake(behaving: Behaving, *values: str) -> set[str]:
    return set(places(list(values), behaving.account.layout.lake))


def test_nothing_of_an_erased_person_is_in_the_lake(filled: Behaving) -> None:
    assert in_lake(filled, PERSON, "Quillfeather", "Zanzibar", OTHER) == {PERSON, "Quillfeather", "Zanzibar", OTHER}
    erased = filled.workspace.erase_contact(PERSON)
    assert in_lake(filled, PERSON, "Quillfeather", "Zanzibar", OTHER, "Lyon") == {OTHER, "Lyon"}
    assert erased.stores["lake"] > 0
    assert [each for each in erased.left if "lake" in each.where] == []
    layout = filled.account.layout
    assert len(publications(open_catalog(Lake(), layout))) == 1
    with filled.workspace.published_as_of(10**6) as connection:
        assert connection.execute("SELECT email FROM contacts").fetchall() == [(OTHER,)]
        assert connection.execute("SELECT count(*) FROM events").fetchall() == [(0,)]


def test_a_lake_that_is_away_is_cleared_by_the_next_run(filled: Behaving) -> None:
    layout = filled.account.layout
    catalog = layout.lake / "catalog.db"
    kept = catalog.read_bytes()
    catalog.write_bytes(b"nothing of SQLite's" * 100)
    erased = filled.workspace.erase_contact(PERSON)
    assert [each.what for each in erased.left if each.where == "lake"] == ["unsearchable"]
    assert is_owed(layout)
    catalog.write_bytes(kept)
    assert in_lake(filled, PERSON) == {PERSON}
    filled.workspace.follow_in_lake()
    assert in_lake(filled, PERSON, OTHER) == {OTHER}
    assert not is_owed(layout)


def test_a_lake_that_is_declared_no_longer_is_told(filled: Behaving) -> None:
    filled.declare()
    erased = filled.workspace.erase_contact(PERSON)
    assert [each.what for each in erased.left if each.where.endswith("lake")] == ["unsearchable"]


def test_a_backup_holds_no_lake(filled: Behaving, tmp_path: Path) -> None:
    take_backup(filled.workspace.store, tmp_path / "backup")
    assert not (tmp_path / "backup" / "data" / "lake").exists()
    assert places([PERSON], tmp_path / "backup" / "data")


def test_compaction_puts_old_parts_together_and_expires_old_publications(shore: Shore) -> None:
    first = publications(open_catalog(Lake(), shore.layout))[0]
    shore.change(
        "INSERT INTO events BY NAME SELECT * EXCLUDE (i) REPLACE (event_id || i AS event_id, i AS import_id) "
        "FROM (FROM events, range(10, 40) t(i) WHERE import_id = 7)"
    )
    shore.publish()
    assert event_files(shore) == 32
    add_import(shore.connection, 2500, "", "", {})
    shore.change()
    later = datetime.now(UTC) + timedelta(days=Lake().keep_days + 1)
    tidied = compact(shore.connection, shore.base, shore.layout, later)
    assert tidied.publications == 2
    assert event_files(shore) == 1
    assert shore.is_equal()
    with pytest.raises(UsageError, match="no publication"):
        shore.held(first.mark.generation)
    assert shore.publish().rows == {}


def event_files(shore: Shore) -> int:
    return len(list((shore.layout.lake / "carnet" / "events" / "data").rglob("*.parquet")))
