"""Dagster on PostgreSQL: runs stand there, and an erasure goes through them as through files (SRV-1, EXP-9)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from pipelines.cli.running import run_job, watched_workspace
from pipelines.layout import Layout
from tests.rights.postgres import running_postgres

PERSON, OTHER = "zoe.lambert@exemple.fr", "robert.petit@exemple.fr"
DECLARED = "type: pipelines.components.ContactBase\nattributes: {locale: en}\n"


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "defs.yaml").write_text(DECLARED)
    monkeypatch.setenv("CARNET_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CARNET_ASSETS", str(tmp_path / "assets"))
    with running_postgres(tmp_path) as found:
        _wait(found)
        monkeypatch.setenv("CARNET_DAGSTER_POSTGRES", found)
        yield found


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            psycopg2.connect(address).close()
        except psycopg2.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("PostgreSQL does not answer")


def stored(address: str) -> str:
    """Everything that the database holds, as text."""
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT each::text FROM "{table}" AS each')
            found += [text for (text,) in cursor.fetchall()]
    return "\n".join(found)


def test_runs_stand_in_postgresql_and_an_erasure_goes_through_them(address: str, tmp_path: Path) -> None:
    layout = Layout.from_environment()
    with watched_workspace() as (workspace, _):
        for key in (PERSON, OTHER):
            config = {"ops": {"edit": {"config": {"key": key, "fields": {"opt_in_email": "no"}}}}}
            run_job(workspace, "edit_contact", config=config)
    assert PERSON in stored(address)
    assert not list(layout.dagster.rglob("*.db")), "nothing of it stands in files"
    assert "postgresql://" not in (layout.dagster / "dagster.yaml").read_text(), "an address is a secret (SEC-2)"

    with watched_workspace() as (workspace, _):
        erased = workspace.erase_contact(PERSON)
    assert erased.stores["dagster"] > 0
    left = stored(address)
    assert PERSON not in left
    assert OTHER in left
    cluster = [path.read_bytes() for path in (tmp_path / "cluster" / "base").rglob("*") if path.is_file()]
    assert not any(PERSON.encode() in data for data in cluster), "nor in a page that was left behind"
