"""The lake is equal to the base after each publication, and as it was before one that did not end (LAK-1)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import pipelines.lake.publishing
from pipelines.declarations.model import Lake
from pipelines.errors import UsageError
from pipelines.lake.catalogs import LakeFaultError, open_catalog
from pipelines.lake.contents import FOLDED, PART, Bounds, fold_all
from pipelines.lake.publications import publications, table_named
from pipelines.lake.reading import read_lake
from pipelines.segments.literals import folded, literal
from tests.examples import examples, some
from tests.lake.conftest import Shore
from tests.segments.world import characters


def test_what_is_published_is_the_base(shore: Shore) -> None:
    assert shore.is_equal()
    assert shore.publish().rows == {}


def test_the_parts_that_changed_are_written_alone(shore: Shore) -> None:
    shore.change("INSERT INTO events BY NAME SELECT * REPLACE ('n' AS event_id, 9 AS import_id) FROM events LIMIT 1")
    assert shore.publish().rows == {"events": 1}
    shore.change("UPDATE contacts SET contact_id = 131072 WHERE contact_id = 10")
    assert shore.publish().rows == {"contacts": 10}
    shore.change("UPDATE contacts SET last_name = 'B' WHERE contact_id = 131072")
    assert shore.publish().rows == {"contacts": 1}
    shore.change("UPDATE counters SET value = value WHERE name = 'generation'")
    assert shore.publish().rows == {}
    assert shore.is_equal()


def test_former_generations_can_be_read(shore: Shore) -> None:
    before, first = shore.held(), publications(open_catalog(Lake(), shore.layout))[0].mark.generation
    then = shore.change("DELETE FROM contacts WHERE contact_id < 4", "DELETE FROM events WHERE import_id = 7")
    shore.publish()
    shore.change("ALTER TABLE contacts ADD COLUMN later VARCHAR", "UPDATE contacts SET later = 'x'")
    last = shore.change("ALTER TABLE contacts ALTER basket TYPE VARCHAR")
    shore.publish()
    assert shore.is_equal()
    assert shore.held(first) == before
    assert len(shore.held(then)["contacts"]) == 7
    assert shore.held(last + 100) == shore.held()
    with pytest.raises(UsageError, match="no publication"):
        shore.held(first - 1)


def test_snapshots_say_their_generation(shore: Shore) -> None:
    catalog = open_catalog(Lake(), shore.layout)
    told = publications(catalog)[0]
    table = table_named(catalog, "contacts")
    assert table is not None
    snapshot = table.snapshot_by_id(told.snapshots["contacts"])
    assert snapshot.summary["carnet.generation"] == str(told.mark.generation)


def test_manifests_hold_no_value_of_a_person(shore: Shore) -> None:
    catalog = open_catalog(Lake(), shore.layout)
    table = table_named(catalog, "contacts")
    assert table is not None
    [bounds] = table.inspect.files()["lower_bounds"].to_pylist()
    assert [table.schema().find_column_name(number) for number, _ in bounds] == [PART]


_CHANGES = st.sampled_from(
    [
        "INSERT INTO contacts (contact_id, last_name) SELECT coalesce(max(contact_id), 0) + 1, 'N' FROM contacts",
        "INSERT INTO contacts (contact_id) SELECT coalesce(max(contact_id), 0) + 200000 FROM contacts",
        "DELETE FROM contacts WHERE contact_id % 3 = 0",
        "UPDATE contacts SET interests = list_reverse(interests)",
        "UPDATE contacts SET activity_degree = coalesce(activity_degree, 0) + 1 WHERE contact_id = 2",
        "UPDATE contacts SET email = upper(email), last_name = NULL WHERE contact_id = 4",
        "INSERT INTO events BY NAME SELECT * REPLACE (event_id || 'b' AS event_id, import_id + 1 AS import_id) FROM events LIMIT 2",
        "UPDATE events SET contact_id = 1 WHERE contact_id = 2",
        "DELETE FROM events WHERE import_id = 8",
        "DELETE FROM events",
        "INSERT INTO consents SELECT * REPLACE ('sms' AS channel) FROM consents LIMIT 1",
        "DELETE FROM consents",
        "INSERT INTO import_contacts VALUES (3, 1, 'updated')",
        "DELETE FROM import_contacts",
        "UPDATE operations SET name = name || '!'",
    ]
)
_STEPS = st.lists(
    st.tuples(st.lists(_CHANGES, max_size=3), st.none() | st.builds(Bounds, st.integers(0, 12))), max_size=4
)


@settings(
    deadline=None,
    max_examples=examples(15),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # An example takes seconds: a smaller one that fails is found by hand sooner.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(_STEPS)
def test_after_any_changes_the_lake_is_equal(
    new_shore: Callable[[], Shore], steps: list[tuple[list[str], Bounds | None]]
) -> None:
    shore = new_shore()
    shore.change(
        "INSERT INTO contacts (contact_id, email, interests) SELECT i, 'c' || i, ['a', 'b'] FROM range(1, 8) t(i)",
        "INSERT INTO events BY NAME SELECT 'e' || i AS event_id, 1 AS operation_id, i AS contact_id, 'opened' AS type, "
        "now() AS occurred_at, 7 + i % 2 AS import_id FROM range(1, 8) t(i)",
    )
    kept = {}
    for changes, bounds in [([], None), *steps]:
        generation = shore.change(*changes)
        shore.publish(bounds)
        assert shore.is_equal()
        kept[generation] = shore.held()
    assert {generation: shore.held(generation) for generation in kept} == kept


_KILLED = """
import os, signal, sys
from pathlib import Path
import duckdb
import pipelines.lake.publishing as publishing
from pipelines.layout import Layout
from tests.lake.conftest import LAKE_BASE
folder, base, step = sys.argv[1:]
count = 0
def counted(before):
    def call(*arguments, **options):
        global count
        count += 1
        if count == int(step):
            os.kill(os.getpid(), signal.SIGKILL)
        return before(*arguments, **options)
    return call
from pyiceberg.catalog.sql import SqlCatalog
SqlCatalog.commit_table = counted(SqlCatalog.commit_table)
publishing.contents_of = counted(publishing.contents_of)
with duckdb.connect(base) as connection:
    connection.execute("SET TimeZone = 'UTC'")
    publishing.publish_lake(connection, LAKE_BASE, Layout(Path(folder), Path(folder)))
"""


@pytest.mark.parametrize("step", some([12, 3, 7, 14], 2))
def test_a_kill_leaves_the_former_publication_and_the_next_goes_on(shore: Shore, tmp_path: Path, step: int) -> None:
    before = shore.held()
    shore.change(
        "DELETE FROM contacts WHERE contact_id = 1", "DELETE FROM events WHERE contact_id = 1", "DELETE FROM consents"
    )
    copy = tmp_path / "base.duckdb"
    shore.connection.execute(f"ATTACH '{copy}' AS copied; COPY FROM DATABASE memory TO copied; DETACH copied")
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(shore.layout.data), str(copy), str(step)], env=os.environ, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert shore.held() == before
    shore.change("UPDATE contacts SET last_name = 'Z' WHERE contact_id = 2")
    shore.publish()
    assert shore.is_equal()


def test_a_lake_that_is_away_is_told(shore: Shore) -> None:
    shore.change()
    (shore.layout.lake / "catalog.db").write_bytes(b"nothing of SQLite's" * 100)
    with pytest.raises(LakeFaultError, match="in the way"):
        shore.publish()


def test_a_catalogue_that_is_not_installed_is_told(shore: Shore) -> None:
    shore.base = replace(shore.base, lake=Lake(catalog="hive", options=(("uri", "thrift://127.0.0.1:9083"),)))
    shore.change()
    with pytest.raises(UsageError, match="not installed"):
        shore.publish()


def test_a_lake_elsewhere_is_read_elsewhere(shore: Shore) -> None:
    elsewhere = replace(shore.base, lake=Lake(warehouse="s3://bucket/lake"))
    with pytest.raises(UsageError, match="on this machine alone"), read_lake(elsewhere, shore.layout):
        pass


@settings(deadline=None, max_examples=examples(50))
@given(st.lists(st.text(characters, max_size=6).map(lambda t: unicodedata.normalize("NFC", t)), min_size=1, max_size=8))
def test_folded_columns_are_folded_like_criteria(texts: list[str]) -> None:
    asked = ", ".join(folded(literal(text)).sql("duckdb") for text in texts)
    with duckdb.connect() as connection:
        wanted = connection.execute(f"SELECT {asked}").fetchall()[0]
        folds = fold_all(connection, texts)
    assert tuple(folds[text] for text in texts) == wanted


def test_no_column_of_the_base_is_taken_for_the_lakes_own(shore: Shore) -> None:
    names = [row[0] for row in shore.connection.execute("SELECT column_name FROM duckdb_columns()").fetchall()]
    assert [name for name in names if name == PART or name.startswith(FOLDED)] == []
    assert pipelines.lake.publishing.PART == PART
