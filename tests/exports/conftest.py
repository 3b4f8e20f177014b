"""The published base of these tests, opened once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from pipelines.base.statements import statement
from pipelines.declarations.model import ContactBase, Export
from pipelines.exports.snapshots import Snapshot
from tests.exports.world import BASE, EVERYBODY, make_base, published, snapshot_of

Taker = Callable[..., Snapshot]


@pytest.fixture(scope="package")
def contacts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The three contacts of the tests, read-only."""
    with published(make_base(tmp_path_factory.mktemp("base") / "contacts.duckdb")) as connection:
        yield connection


@pytest.fixture(scope="package")
def macros() -> Iterator[duckdb.DuckDBPyConnection]:
    """A session with the macros of cells, in a time zone that must decide of nothing."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'").fetchall()
        connection.execute(statement("exports/macros")).fetchall()
        yield connection


@pytest.fixture
def take(contacts: duckdb.DuckDBPyConnection, tmp_path: Path) -> Taker:
    """`take(format="txt", …)`: a snapshot of the three contacts, under tmp_path."""

    def taking(base: ContactBase = BASE, audience: exp.Query = EVERYBODY, **wanted: Any) -> Snapshot:
        export = Export(**{"name": "snapshot", **wanted})
        return snapshot_of(contacts, tmp_path, export, base=base, audience=audience)

    return taking
