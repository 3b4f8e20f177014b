"""One base for all the tests that only look at contacts."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.segments.world import open_base


@pytest.fixture(scope="package")
def shared_base() -> Iterator[duckdb.DuckDBPyConnection]:
    """A base in memory, for tests that fill it anew."""
    with open_base() as connection:
        yield connection


@pytest.fixture
def empty_base() -> Iterator[duckdb.DuckDBPyConnection]:
    """A base in memory, of this test's own."""
    with open_base() as connection:
        yield connection
