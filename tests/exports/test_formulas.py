"""The formula rule, written and undone (EXP-3): Python, SQL and polars say the same."""

from __future__ import annotations

import re

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.formulas import FORMULA, LEFT_ALONE, neutralise, undo, undone

SIGNS = "=+-@\t\r"
texts = st.lists(st.one_of(st.text(), st.text("'=+-@\t\r\n0123456789.,aé ")).filter(lambda text: "\0" not in text))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@home", "'@home"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-", "'-"),
        ("+ de 50 ans", "'+ de 50 ans"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("+33612345678\n=1", "'+33612345678\n=1"),
        ("-٣", "'-٣"),
        ("'=1", "''=1"),
        ("''-5", "'''-5"),
        ("+33612345678", "+33612345678"),
        ("-12,5", "-12,5"),
        ("+0.5", "+0.5"),
        ("'quoted'", "'quoted'"),
        ("75011", "75011"),
        ("'75011", "''75011"),
        ("''75011", "'''75011"),
        ("'75011 Paris", "'75011 Paris"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_examples(text: str, cell: str) -> None:
    assert (neutralise(text), undo(cell)) == (cell, text)


@pytest.mark.parametrize(
    ("cell", "text"),
    [("'-5", "-5"), ("'+33612345678", "+33612345678"), ("'hello", "'hello"), ("=1", "=1"), ("'75011", "75011")],
)
def test_cells_that_others_wrote(cell: str, text: str) -> None:
    assert undo(cell) == text


@given(texts)
def test_undo_gives_back_every_text(written: list[str]) -> None:
    assert [undo(neutralise(text)) for text in written] == written


@given(texts)
def test_no_cell_is_run(written: list[str]) -> None:
    for cell in map(neutralise, written):
        assert not cell.startswith(tuple(SIGNS)) or re.fullmatch(r"[+-][0-9]+([.,][0-9]+)?", cell)


@given(texts)
def test_sql_and_polars_agree_with_python(macros: duckdb.DuckDBPyConnection, written: list[str]) -> None:
    query = "SELECT [carnet_neutral(cell, $formula, $left_alone) FOR cell IN $texts::VARCHAR[]]"
    found = macros.execute(query, {"texts": written, "formula": FORMULA, "left_alone": LEFT_ALONE}).fetchall()[0][0]
    assert found == [neutralise(text) for text in written]
    cells = pl.DataFrame({"cell": found}, schema={"cell": pl.String})
    assert cells.select(undone(pl.col("cell")))["cell"].to_list() == written


NEARLY_NUMBERS = (
    "+33612345678",
    "+0",
    "+007",
    "+1e3",
    "+1_000",
    " +5",
    "+5 ",
    "+-5",
    "++5",
    "+",
    "+99999999999999999999",
    "-5",
    "-1e5",
    "0=1",
    "9+1",
    ":=1",
    "+٣",
)


def test_what_is_nearly_a_number_is_no_other_cell_in_sql(macros: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT [carnet_neutral(cell, $formula, $left_alone) FOR cell IN $texts::VARCHAR[]]"
    asked = {"texts": list(NEARLY_NUMBERS), "formula": FORMULA, "left_alone": LEFT_ALONE}
    [(found,)] = macros.execute(query, asked).fetchall()
    assert found == [neutralise(text) for text in NEARLY_NUMBERS]
