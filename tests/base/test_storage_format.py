"""The published copy opens with DuckDB 1.4 and every later version (contract), and a base of a newer format is brought to that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.base.storage_format import format_of, is_newer
from tests.base.test_identity import add, contacts, store_in

VERSIONS = ("1.4.4", "1.5.0")
LOOK = """\
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True, config={"threads": 1}) as connection:
    connection.execute("SET TimeZone = 'UTC'")
    query = "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal UNION ALL " \\
        "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
    found = connection.execute(query).fetchall()
    for schema, name in found:
        connection.execute(f'CREATE OR REPLACE TEMP TABLE looked AS FROM "{schema}"."{name}"')
    print(duckdb.__version__, len(found))
"""


def test_a_new_base_has_the_format_and_keeps_it(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    for number in range(2):
        add(store, number)
        assert [format_of(path) for path in (store.layout.base, store.layout.published)] == [67, 67]


def newer(store_folder: Path) -> None:
    """The base as DuckDB writes one today by itself."""
    base = store_in(store_folder).layout.base
    former = base.with_suffix(".former")
    base.rename(former)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{former}' AS former")
        connection.execute(f"ATTACH '{base}' AS today (STORAGE_VERSION 'latest')")
        connection.execute("COPY FROM DATABASE former TO today")
    former.unlink()


def test_a_base_of_a_newer_format_is_brought_to_it(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    add(store, 1, 2)
    newer(tmp_path)
    shutil.copy(store.layout.base, store.layout.published.with_suffix(".tmp"))
    store.layout.published.with_suffix(".tmp").replace(store.layout.published)
    assert is_newer(store.layout.base)
    add(store, 3)
    assert not is_newer(store.layout.base)
    assert not is_newer(store.layout.published)
    assert contacts(store) == 3
    with duckdb.connect(str(store.layout.published), read_only=True) as connection:
        assert connection.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'contacts'").fetchall() != [
            (None,)
        ]


@pytest.mark.parametrize("version", VERSIONS)
def test_analysts_with_an_older_duckdb_read_all_of_it(tmp_path: Path, version: str) -> None:
    store = store_in(tmp_path)
    add(store, 1, 2)
    uv = Path(sys.executable).with_name("uv")
    place = tmp_path / "older"
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--target", place, f"duckdb=={version}"]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"DuckDB {version} cannot be installed here: {installed.stderr.splitlines()[-1:]}")
    environment = os.environ | {"PYTHONPATH": str(place)}
    looked = subprocess.run(
        [sys.executable, "-P", "-c", LOOK, store.layout.published],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert looked.returncode == 0, looked.stderr
    assert looked.stdout.startswith(version)
