"""A base in memory with every table and field, and nobody in it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.segments.world import open_base


@pytest.fixture
def empty_base() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_base() as connection:
        yield connection
