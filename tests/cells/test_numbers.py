from __future__ import annotations

import math
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cells.numbers import read_booleans, read_numbers
from pipelines.fields import Locale

LOCALES: tuple[Locale, ...] = ("fr", "en")
TEXTS = st.lists(
    st.sampled_from(["1", "23", "456", "000", " ", "\u202f", "\u00a0", ",", ".", "-", "+", "e", "E+2", "999"]),
    max_size=6,
).map("".join)


def numbers(*texts: str | None, locale: Locale = "fr") -> list[float | None]:
    return read_numbers(pl.Series(texts, dtype=pl.String), locale).values.to_list()


def reference(text: str, locale: Locale) -> float | None:
    """IMP-6b in plain Python, for one cell: thousands first, then what Python itself takes for a number."""
    if re.fullmatch(r"[0-9.,][^-]*-", text):
        text = f"-{text[:-1]}"
    if text.endswith((" ", "\u202f", "\u00a0")):
        return None
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
        pytest.param("79,80 €", 79.8, None, id="a currency behind"),
        pytest.param("$1,240.50", None, 1240.5, id="a currency before"),
        pytest.param("-£45.5", -45.5, -45.5, id="a minus before the currency"),
        pytest.param("€ -45", -45.0, -45.0, id="a minus behind the currency"),
        pytest.param("12.5 %", 12.5, 12.5, id="a share"),
        pytest.param("EUR 12", 12.0, 12.0, id="a currency's code"),
        pytest.param("1 234,56-", -1234.56, None, id="a minus behind, of SAP"),
        pytest.param("45.00-", -45.0, -45.0, id="a minus behind"),
        pytest.param("-45-", None, None, id="a minus on either side"),
        pytest.param("(45.00)", -45.0, -45.0, id="a bookkeeper's minus"),
        pytest.param("(45 €)", -45.0, -45.0, id="a bookkeeper's minus around a currency"),
        pytest.param("1'240.50", 1240.5, 1240.5, id="Swiss"),
        pytest.param("€", None, None, id="a currency alone"),
        pytest.param("-(3)", None, None, id="two minus signs"),
        pytest.param("12 € 50", None, None, id="a currency inside"),
        pytest.param("12 34", None, None, id="blank in the wrong place"),
        pytest.param("٣", None, None, id="other digits"),
    ],
)
def test_a_number_is_read_in_the_locale(text: str, french: float | None, english: float | None) -> None:
    assert (numbers(text), numbers(text, locale="en")) == ([french], [english])


@pytest.mark.parametrize(
    ("text", "comma", "point"),
    [
        pytest.param("1.240", 1240.0, 1.24, id="three digits behind a point"),
        pytest.param("1,240", 1.24, 1240.0, id="three digits behind a comma"),
        pytest.param("1.240,50 €", 1240.5, None, id="both signs"),
        pytest.param("12.5", None, 12.5, id="the other sign is between thousands only"),
        pytest.param("1 240", 1240.0, 1240.0, id="blanks"),
    ],
)
def test_a_file_may_fix_its_decimal_sign(text: str, comma: float | None, point: float | None) -> None:
    for locale in LOCALES:
        assert read_numbers(pl.Series([text]), locale, ",").values.to_list() == [comma]
        assert read_numbers(pl.Series([text]), locale, ".").values.to_list() == [point]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("1,240.50", '`decimal: "."`', id="the other sign"),
        pytest.param("beaucoup", "write it like 1234,56", id="no number"),
        pytest.param("1234567890123456", "15", id="a digit too many"),
        pytest.param("1234567890123456789", "15", id="a card's number"),
        pytest.param("0,1234567890123456789", "15", id="digits behind the sign"),
        pytest.param("9 007 199 254 740 993", "15", id="in groups"),
    ],
)
def test_what_is_no_number_says_why(text: str, said: str) -> None:
    cells = read_numbers(pl.Series(["1", text]), "fr")
    assert cells.values.to_list() == [1.0, None]
    [fault] = cells.faults
    assert fault.where.to_list() == [False, True]
    assert said in (fault.message if isinstance(fault.message, str) else str(fault.message[1]))


@pytest.mark.parametrize(
    "text", ["123456789012345", "100000000000000000000", "0.30000000000000004", "1.7976931348623157e308"]
)
def test_a_number_that_keeps_its_digits_is_read(text: str) -> None:
    assert numbers(text) == [float(text)]


def test_zero_has_no_sign() -> None:
    assert math.copysign(1, numbers("-0")[0] or 0.0) == 1


@pytest.mark.parametrize(("yes", "no"), ["tf", "YN", "ON", "✓✗", "☑☐", ("ja", "nein"), ("Sí", "No"), ("on", "off")])
def test_booleans_are_read_as_databases_forms_and_neighbours_write_them(yes: str, no: str) -> None:
    cells = read_booleans(pl.Series([yes, no, "NULL", "\\N", "n/a", "-"]))
    assert (cells.values.to_list(), cells.faults) == ([True, False, None, None, None, None], ())


def test_booleans_are_read_in_both_languages() -> None:
    words = ["Oui", "yes", "TRUE", "vrai", "1", "x", "X", "non", "No", "false", "0", None, "peut-être"]
    cells = read_booleans(pl.Series(words))
    assert cells.values.to_list() == [True] * 7 + [False] * 4 + [None] * 2
    assert cells.faults[0].where.to_list() == [False] * 12 + [True]
