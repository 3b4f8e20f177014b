"""Names and texts inside statements that cannot bind them (SEC-1)."""

from __future__ import annotations

import duckdb
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from pipelines.base.statements import identifier, literal

SIGNS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(SIGNS | st.sampled_from(['"', "'", '"";--', "';--", "\\'", "select", "é\n"]))
def test_whatever_they_hold_is_a_name_and_a_text(text: str) -> None:
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {literal(text)} AS {identifier(text)}")
        assert [column[0] for column in found.description or ()] == [text]
        assert found.fetchall() == [(text,)]


@given(SIGNS)
def test_they_are_written_as_sqlglot_writes_them(text: str) -> None:
    assert identifier(text) == exp.to_identifier(text, quoted=True).sql("duckdb")
    assert literal(text) == exp.Literal.string(text).sql("duckdb")
