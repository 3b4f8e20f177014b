from __future__ import annotations

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from pipelines.cells.mobiles import landlines, read_mobile, read_mobiles
from pipelines.cells.number_plans import number_plan

RINGS_A_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.UNKNOWN)
REGIONS = ["FR", "RE", "BE", "US", "GB", "DE", "IT", "CA", "KZ"]


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
        "33612345678.0",
        "612345678,0",
        "p:+33612345678",
        "06-12-34-56-78",
        "06/12/34/56/78",
        "+33612345678",
        "+33 (0)6 12 34 56 78",
        "0033 6 12 34 56 78",
        "33612345678",
        "612345678",
        "tel:+33-6-12-34-56-78",
        "TEL:0612345678;ext=1",
        "tel://0612345678",
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


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0692123456", "+262692123456"),
        ("06 93 12 34 56", "+262693123456"),
        ("0690123456", "+590690123456"),
        ("0691123456", "+590691123456"),
        ("0694123456", "+594694123456"),
        ("0696123456", "+596696123456"),
        ("0697123456", "+596697123456"),
        ("0639123456", "+262639123456"),
        ("+33692123456", "+262692123456"),
        ("0033 6 92 12 34 56", "+262692123456"),
        ("+262 692 12 34 56", "+262692123456"),
        ("+262690123456", "+590690123456"),
        ("0612345678", "+33612345678"),
    ],
)
@pytest.mark.parametrize("region", ["FR", "RE", "GP", "MQ"])
def test_numbers_of_overseas_departments_have_their_own_code(text: str, number: str, region: str) -> None:
    assert read_mobiles(pl.Series([text, None]), region).values.to_list() == [number, None]
    assert read_mobile(text, region) == (number, None)
    assert read_mobiles(pl.Series([number]), region).values.to_list() == [number]
    assert landlines(pl.Series([number]), region).to_list() == [False]


def test_only_those_who_dial_them_so_take_them() -> None:
    assert read_mobiles(pl.Series(["0692123456"]), "BE").values.to_list() == [None]


@pytest.mark.parametrize("region", ["FR", "US", "GB"])
@settings(max_examples=25)
@given(data=st.data())
def test_landlines_are_told_as_the_library_tells_them(region: str, data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.sampled_from(REGIONS).flatmap(written), min_size=1, max_size=30))
    numbers = read_mobiles(pl.Series(texts), region).values
    kinds = [None if number is None else phonenumbers.number_type(phonenumbers.parse(number)) for number in numbers]
    assert landlines(numbers, region).to_list() == [kind is not None and kind not in RINGS_A_MOBILE for kind in kinds]


@pytest.mark.parametrize(
    ("number", "landline"),
    [
        ("+33140000000", True),
        ("+33800000000", True),
        ("+33976123456", True),
        ("+262262123456", True),
        ("+3222345678", True),
        ("+33612345678", False),
        ("+32470123456", False),
        ("+12015550123", False),
        ("06 12", False),
        (None, False),
    ],
)
def test_a_landline_is_no_mobile(number: str | None, landline: bool) -> None:
    assert landlines(pl.Series([number], dtype=pl.String), "FR").to_list() == [landline]


@pytest.mark.parametrize("region", ["FR", "RE", "GP"])
def test_of_one_number_is_said_what_is_said_of_a_column(region: str) -> None:
    numbers = [f"{start}{rest:06}" for start in range(590, 800, 3) for rest in (0, 123456, 912345, 999999)]
    plan = number_plan(region)
    column = plan._of_neighbours(pl.Series(numbers))
    assert [plan.read_neighbours(int(plan.code), number) for number in numbers] == column.to_list()
