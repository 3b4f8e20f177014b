from __future__ import annotations

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cells.mobiles import number_plan, read_mobile, read_mobiles

REGIONS = ["FR", "BE", "US", "GB", "DE", "IT", "CA", "KZ"]


def examples(region: str) -> list[str]:
    found = [phonenumbers.example_number_for_type(region, kind) for kind in range(11)]
    return [phonenumbers.national_significant_number(number) for number in found if number]


def written(region: str) -> st.SearchStrategy[str]:
    """Digits as people of a region may type them: right ones, nearly right ones, and any."""
    code = str(phonenumbers.country_code_for_region(region))
    before = st.sampled_from(
        ["", "0", "00", "1", "+", "+" + code, "00" + code, "011" + code, code, code + "0", f"+{code}0"]
    )
    begun = st.tuples(st.sampled_from(examples(region)), st.integers(0, 9), st.text("0123456789", max_size=8))
    near = begun.map(lambda given: given[0][: given[1]] + given[2])
    return st.tuples(before, st.sampled_from(examples(region)) | near | st.text("0123456789", max_size=14)).map("".join)


@pytest.mark.parametrize("region", REGIONS)
@settings(max_examples=25)
@given(data=st.data())
def test_the_quick_way_says_what_the_library_says(region: str, data: st.DataObject) -> None:
    texts = data.draw(st.lists(written(region), min_size=1, max_size=40))
    quick = number_plan(region).read(pl.Series(texts))
    for text, number, refused in zip(texts, quick["e164"], quick["refused"], strict=True):
        known = read_mobile(text, region)[0]
        assert number in (None, known), text
        assert not (refused and known), text


# Kazakhstan shares +7 and its toll-free numbers with Russia: the quick way leaves those to the library.
@pytest.mark.parametrize("region", [region for region in REGIONS if region != "KZ"])
def test_the_quick_way_knows_the_usual_writings(region: str) -> None:
    code = f"+{phonenumbers.country_code_for_region(region)}"
    numbers = pl.Series([code + number for number in examples(region)])
    assert number_plan(region).read(numbers)["e164"].to_list() == numbers.to_list()


@pytest.mark.parametrize(
    "text",
    [
        "0612345678",
        "06 12 34 56 78",
        "06\u00a012\u00a034\u00a056\u00a078",
        "06\u202f12\u202f34\u202f56\u202f78",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "06/12/34/56/78",
        "+33612345678",
        "+33 (0)6 12 34 56 78",
        "0033 6 12 34 56 78",
        "33612345678",
        "612345678",
        "０６１２３４５６７８",
        "06–12–34–56–78",
    ],
)
def test_one_french_number_has_one_form(text: str) -> None:
    assert read_mobiles(pl.Series([text]), "FR").values.to_list() == ["+33612345678"]


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        pytest.param("06 698 12345", "IT", "+390669812345", id="a leading zero of Italy survives"),
        pytest.param("+32 470 12 34 56", "FR", "+32470123456", id="another country"),
        pytest.param("(201) 555-0123", "US", "+12015550123", id="brackets"),
    ],
)
def test_a_number_is_read_by_the_rules_of_its_region(text: str, region: str, number: str) -> None:
    assert read_mobiles(pl.Series([text]), region).values.to_list() == [number]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("06 12 34 56", "can exist", id="too short"),
        pytest.param("0012", "cannot be one", id="no number at all"),
        pytest.param("0612345678 maman", "other signs", id="letters"),
        pytest.param("0612345678 / 0698765432", "can", id="two numbers are not one"),
        pytest.param("+999123456789", "cannot be one", id="no such country"),
    ],
)
def test_a_malformed_number_says_what_is_wrong(text: str, said: str) -> None:
    cells = read_mobiles(pl.Series([text, None]), "FR")
    assert cells.values.to_list() == [None, None]
    assert cells.faults[0].where.to_list() == [True, False]
    assert said in str(cells.faults[0].message[0])  # type: ignore[index]


def test_a_number_in_normal_form_stays_as_it_is() -> None:
    numbers = pl.Series([f"+33{number}" for number in examples("FR")])
    assert read_mobiles(numbers, "FR").values.to_list() == numbers.to_list()


def test_an_unknown_region_is_named() -> None:
    with pytest.raises(ValueError, match="'ZZ'"):
        number_plan("ZZ")
