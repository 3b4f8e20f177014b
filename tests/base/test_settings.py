"""Sessions of ours yield the same whatever DuckDB's defaults are (SEG-1)."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.base.published import read_published
from pipelines.base.settings import RESULTS, settle_results
from pipelines.layout import ROOT
from tests.conftest import Account

OTHERS = {
    "TimeZone": "Asia/Tokyo",
    "Calendar": "japanese",
    "default_collation": "nocase",
    "default_order": "DESC",
    "default_null_order": "NULLS_FIRST",
    "integer_division": "true",
    "ieee_floating_point_ops": "false",
    "scalar_subquery_error_on_multiple_rows": "false",
    "regex_match_operator_semantics": "full",
}


def value_of(session: duckdb.DuckDBPyConnection, name: str) -> str:
    [(value,)] = session.execute(f"SELECT current_setting('{name}')").fetchall()
    return str(value).lower()


@pytest.mark.parametrize("name", sorted(RESULTS.keys() - {"TimeZone"}))
def test_they_are_what_a_new_session_has(name: str) -> None:
    with duckdb.connect() as fresh, duckdb.connect() as settled:
        settle_results(settled)
        assert value_of(fresh, name)[:3] == value_of(settled, name)[:3]


@pytest.mark.parametrize("name", OTHERS)
def test_another_value_is_set_right(name: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"SET {name} = '{OTHERS[name]}'")
        assert value_of(connection, name)[:3] == OTHERS[name].lower()[:3]
        settle_results(connection)
        assert value_of(connection, name)[:3] == RESULTS[name].lower()[:3]


def test_the_stores_sessions_have_them(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[object] = []
    monkeypatch.setattr("pipelines.base.published.settle_results", settled.append)
    store = account.workspace.store
    store.publish()
    assert len(settled) == 1
    with read_published(store.layout.published) as connection:
        assert settled[1:] == [connection]


def test_the_page_tells_analysts_of_each() -> None:
    page = (ROOT / "docs" / "base.md").read_text(encoding="utf-8")
    assert [name for name in RESULTS if f"`{name}`" not in page] == []
