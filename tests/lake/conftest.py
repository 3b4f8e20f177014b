"""A base with a lake beside it, published there by its own steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.declarations.model import ContactBase, Lake
from pipelines.lake.contents import Bounds
from pipelines.lake.publishing import Published, publish_lake
from pipelines.lake.reading import read_lake
from pipelines.layout import Layout
from tests.segments.world import BASE, open_base

LAKE_BASE = replace(BASE, lake=Lake())
TABLES = ("contacts", "events", "operations", "imports", "import_contacts", "consents", "activity", "fields")


@dataclass
class Shore:
    """A base, and the lake that it is published in."""

    layout: Layout
    connection: duckdb.DuckDBPyConnection
    base: ContactBase = field(default=LAKE_BASE)

    def change(self, *statements: str) -> int:
        """Change the base as a run does; its generation then."""
        for statement in statements:
            self.connection.execute(statement)
        found = self.connection.execute(
            "UPDATE counters SET value = value + 1 WHERE name = 'generation' RETURNING value"
        ).fetchall()
        return found[0][0]

    def publish(self, bounds: Bounds | None = None) -> Published:
        return publish_lake(self.connection, self.base, self.layout, bounds)

    def held(self, generation: int | None = None) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of the lake, table by table."""
        with read_lake(self.base, self.layout, generation) as (connection, _):
            return all_rows(connection)

    def is_equal(self) -> bool:
        return self.held() == all_rows(self.connection)


def all_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    return {name: connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in TABLES}


@pytest.fixture
def new_shore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Shore]]:
    """Makes a base without a contact, at each call."""
    opened: list[duckdb.DuckDBPyConnection] = []

    def make() -> Shore:
        folder = Path(tmp_path_factory.mktemp("lake"))
        opened.append(open_base())
        return Shore(Layout(folder / "data", folder / "assets"), opened[-1])

    yield make
    for connection in opened:
        connection.close()


@pytest.fixture
def shore(new_shore: Callable[[], Shore]) -> Shore:
    """A base of 10 contacts with events of two imports, published."""
    made = new_shore()
    made.change(
        "INSERT INTO contacts BY NAME SELECT i AS contact_id, 'c' || i || '@ex.fr' AS email, 'Élan' AS last_name, "
        "['Perle', 'Diamant'] AS interests, TIMESTAMPTZ '2026-03-04 10:00:00.5+00' AS created_at FROM range(1, 11) t(i)",
        "INSERT INTO operations VALUES (1, 'Soldes', 'email', NULL)",
        "INSERT INTO events BY NAME SELECT 'e' || i AS event_id, 1 AS operation_id, i AS contact_id, 'opened' AS type, "
        "TIMESTAMPTZ '2026-03-04 10:00:00+00' AS occurred_at, 7 + i % 2 AS import_id, 4000000000 AS person, "
        "'email' AS kind FROM range(1, 11) t(i)",
        "INSERT INTO consents SELECT i, 'email', NULL, 'yes', TIMESTAMPTZ '2026-03-04 10:00:00+00' + to_days(i), 'import 1', 'x' "
        "FROM range(1, 4) t(i)",
    )
    made.publish()
    return made
