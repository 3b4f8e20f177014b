from __future__ import annotations

import re
import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cells.texts import BLANKS, tidy
from pipelines.formulas import neutralise
from pipelines.layout import ROOT

TEXTS = st.lists(
    st.sampled_from(["a", "7", "É", "e\u0301", "'", "=", "+", "-", "@", "\t", "\r", *BLANKS]), max_size=6
).map("".join)


def tidied(*texts: str | None) -> list[str | None]:
    return tidy(pl.Series(texts, dtype=pl.String)).to_list()


def reference(text: str) -> str | None:
    """FLD-7 and EXP-3 in plain Python, for one cell."""
    text = text.strip(BLANKS)
    if re.match(r"'+([=+\-@\t\r]|[0-9]+\Z)", text):
        text = text[1:].strip(BLANKS)
    return unicodedata.normalize("NFC", text) or None


@given(st.lists(TEXTS, max_size=6))
def test_every_cell_is_tidied_as_the_reference_says(texts: list[str]) -> None:
    assert tidied(*texts) == [reference(text) for text in texts]


@given(TEXTS.filter(lambda text: "'" not in text))
def test_a_tidy_text_stays_as_it_is(text: str) -> None:
    once = tidied(text)
    assert tidied(*once) == once


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        pytest.param("  Paul ", "Paul", id="blanks around"),
        pytest.param("\u00a0Paul\u202f", "Paul", id="no-break blanks around"),
        pytest.param("Jean  Paul", "Jean  Paul", id="blanks inside stay"),
        pytest.param(" \u00a0", None, id="blanks alone are empty"),
        pytest.param("", None, id="nothing is empty"),
        pytest.param("'=1+1", "=1+1", id="a guarded formula"),
        pytest.param("''=1+1", "'=1+1", id="one guard is undone, not two"),
        pytest.param("'Allo", "'Allo", id="a quote before a letter is text"),
        pytest.param("'75011", "75011", id="a shop's guard of digits"),
        pytest.param("''75011", "'75011", id="one guard of digits is undone, not two"),
        pytest.param("'75011 Paris", "'75011 Paris", id="a quote before more than digits is text"),
        pytest.param("E\u0301mile", "Émile", id="composed"),
        pytest.param('="01000"', "01000", id="a text written as a formula"),
        pytest.param('\'="01000"', '="01000"', id="a guarded one is a text"),
        pytest.param('=CONCAT("a")', '=CONCAT("a")', id="another formula is text"),
        pytest.param("\\N", None, id="no value, of a database"),
    ],
)
def test_a_cell_is_kept_as_typed_and_trimmed(cell: str, kept: str | None) -> None:
    assert tidied(cell) == [kept]


@given(TEXTS.map(lambda text: text.strip(BLANKS)).filter(lambda text: neutralise(text) != text))
def test_what_an_export_guards_is_read_as_it_was(text: str) -> None:
    assert tidied(neutralise(text)) == [unicodedata.normalize("NFC", text)]


def test_the_pattern_of_guarded_cells_stands_once() -> None:
    sources = (ROOT / "pipelines").rglob("*.py")
    assert [path.name for path in sources if r"=+\-@" in path.read_text(encoding="utf-8")] == ["formulas.py"]
