"""Mobile numbers: any usual writing → E.164, by the rules of `phonenumbers` for the base's region (IMP-6).

Belongs here: how people write numbers, and what is said of those that are none. Does not: the numbers there are (`number_plans`).
"""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumberFormat, PhoneNumberType, re_util

from pipelines.cells.invisible import visible, visible_text
from pipelines.cells.number_plans import number_plan
from pipelines.cells.reading import Cells, Fault, by_distinct
from pipelines.cells.texts import BLANKS
from pipelines.language import say

_GROUPING = f"[{re.escape(BLANKS)}./()\\-]+"
_URI = r"(?i)^(?:tel:(?://)?|p:)([^;?]*).*$"
"""A link, or the `p:` of lead forms."""
_FLOAT = r"^(\+?[0-9]{8,15})[.,]0+$"
"""A number that a table of numbers held."""
_ROUNDED = r"[0-9][.,][0-9]+[eE]\+?[0-9]+"
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")

_E164 = r"^\+[0-9]+$"
_RINGS_A_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.UNKNOWN)


def read_mobiles(cells: pl.Series, region: str) -> Cells:
    """Numbers in E.164, NULL where malformed; each malformed cell with its own message."""
    cells = visible(cells)
    bare = cells.str.replace(_URI, "${1}").str.replace(_FLOAT, "${1}").str.replace_all(_GROUPING, "")
    quick = number_plan(region).read(bare)
    read, refused = quick["e164"], quick["refused"]
    messages = pl.select(pl.when(refused).then(pl.lit(_impossible(region)))).to_series()
    odd = cells.is_not_null() & read.is_null() & ~refused
    if odd.any():
        re_util.enable_pattern_cache()
        slowly, why = by_distinct(cells, odd, lambda text: read_mobile(text, region))
        read, messages = read.fill_null(slowly), messages.fill_null(why)
    wrong = messages.is_not_null()
    return Cells(read, (Fault(wrong, messages),) if wrong.any() else ())


def read_mobile(text: str, region: str) -> tuple[str | None, str | None]:
    """One number in E.164, or None and what is wrong with it; the message holds nothing of the number."""
    written = unicodedata.normalize("NFKC", re.sub(_URI, r"\1", visible_text(text))).translate(_DASHES)
    digits = re.sub(_GROUPING, "", re.sub(_FLOAT, r"\1", written))
    if re.fullmatch(_ROUNDED, written):
        return (
            None,
            say(
                "The spreadsheet took the mobile number for a quantity and rounded it: format the column as text there, and "
                "export it again."
            ),
        )
    if not re.fullmatch(r"\+?[0-9]+", digits):
        return (
            None,
            say(
                "The mobile number has other signs than digits, blanks, dots, dashes, slashes, brackets and a + before."
            ),
        )
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return (
            None,
            say(
                "The mobile number cannot be one of {region}, nor an international one: check its length and prefix.",
                region=region,
            ),
        )
    if not phonenumbers.is_valid_number(number):
        national = phonenumbers.national_significant_number(number)
        overseas = number_plan(region).read_neighbours(number.country_code, national)
        return overseas, None if overseas else _impossible(region)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), None


def _impossible(region: str) -> str:
    return say(
        "No such mobile number can exist (read as one of {region}, unless it names its country): check its digits.",
        region=region,
    )


def landlines(numbers: pl.Series, region: str) -> pl.Series:
    """Where a number in E.164 is known to be of no mobile: a fixed line, toll-free, a service. False for all else."""
    known = number_plan(region).of_mobiles(numbers)
    odd = numbers.str.contains(_E164) & known.is_null()
    if odd.any():
        re_util.enable_pattern_cache()
        slowly, _ = by_distinct(numbers, odd, lambda number: ("landline" if _is_landline(number) else None, None))
        return (~known).fill_null(slowly.is_not_null())
    return (~known).fill_null(value=False)


def _is_landline(number: str) -> bool:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(parsed) not in _RINGS_A_MOBILE
