from __future__ import annotations

import math
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cells.numbers import read_booleans, read_numbers
from pipelines.fields import Locale

TEXTS = st.lists(
    st.sampled_from(["1", "23", "456", "000", " ", "\u202f", "\u00a0", ",", ".", "-", "+", "e", "E+2", "999"]),
    max_size=6,
).map("".join)


def numbers(*texts: str | None, locale: Locale = "fr") -> list[float | None]:
    return read_numbers(pl.Series(texts, dtype=pl.String), locale).values.to_list()


def reference(text: str, locale: Locale) -> float | None:
    """IMP-6b in plain Python, for one cell: thousands first, then what Python itself takes for a number."""
    thousands = "[ \u00a0\u202f]" if locale == "fr" else "(?:[ \u00a0\u202f]|,)"
    found = re.match(rf"([+-]?)(\d{{1,3}}(?:({thousands})\d{{3}})(?:{thousands}\d{{3}})*)(?!\d)(.*)", text)
    if found:
        signs = set(re.findall(r"\D", found[2]))
        if "," in signs and len(signs) > 1:
            return None
        text = found[1] + re.sub(r"\D", "", found[2]) + found[4]
    if locale == "fr":
        text = text.replace(",", ".")
    if re.search(r"[^0-9.eE+-]", text) or re.search(r"\.(?!\d)", text) or re.search(r"[eE][+-]?\d{4}", text):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@pytest.mark.parametrize("locale", ["fr", "en"])
@given(texts=st.lists(TEXTS.map(str.strip).filter(bool), max_size=6))
def test_every_number_is_read_as_the_reference_says(locale: Locale, texts: list[str]) -> None:
    assert numbers(*texts, locale=locale) == [reference(text, locale) for text in texts]


@pytest.mark.parametrize("locale", ["fr", "en"])
@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_in_python_form_is_itself(locale: Locale, number: float) -> None:
    assert numbers(repr(number), None, locale=locale) == [number, None]


@pytest.mark.parametrize(
    ("text", "french", "english"),
    [
        pytest.param("1 234,56", 1234.56, None, id="French"),
        pytest.param("1,234.56", None, 1234.56, id="English"),
        pytest.param("1,234", 1.234, 1234.0, id="told apart by the locale alone"),
        pytest.param("1.5", 1.5, 1.5, id="dot"),
        pytest.param("−3", -3.0, -3.0, id="true minus"),
        pytest.param("inf", None, None, id="infinite"),
        pytest.param("1e999", None, None, id="too large"),
        pytest.param("12 €", None, None, id="currency"),
        pytest.param("12 34", None, None, id="blank in the wrong place"),
        pytest.param("٣", None, None, id="other digits"),
    ],
)
def test_a_number_is_read_in_the_locale(text: str, french: float | None, english: float | None) -> None:
    assert (numbers(text), numbers(text, locale="en")) == ([french], [english])


def test_zero_has_no_sign() -> None:
    assert math.copysign(1, numbers("-0")[0] or 0.0) == 1


def test_booleans_are_read_in_both_languages() -> None:
    words = ["Oui", "yes", "TRUE", "vrai", "1", "x", "X", "non", "No", "false", "0", None, "peut-être"]
    cells = read_booleans(pl.Series(words))
    assert cells.values.to_list() == [True] * 7 + [False] * 4 + [None] * 2
    assert cells.faults[0].where.to_list() == [False] * 12 + [True]
