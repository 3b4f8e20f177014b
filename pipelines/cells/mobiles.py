"""Mobile numbers: any usual writing → E.164, by the rules of `phonenumbers` for the base's region (IMP-6).

The library takes about 50 µs a number. `NumberPlan` makes regular expressions of the library's own metadata, which
polars runs over a column at once; they say the same as the library where that is plain to tell, and it sees the rest.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata, PhoneNumberFormat, re_util
from phonenumbers.phonemetadata import PhoneNumberDesc

from pipelines.cells.reading import Cells, Fault, by_distinct
from pipelines.cells.texts import BLANKS

_GROUPING = f"[{re.escape(BLANKS)}./()\\-]+"
_DIGITS_ONLY = r"^\+?[0-9]+$"
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_TYPES = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)


def read_mobiles(cells: pl.Series, region: str) -> Cells:
    """Numbers in E.164, NULL where malformed; each malformed cell with its own message."""
    quick = number_plan(region).read(cells.str.replace_all(_GROUPING, ""))
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
    written = unicodedata.normalize("NFKC", text).translate(_DASHES)
    digits = re.sub(_GROUPING, "", written)
    if not re.fullmatch(r"\+?[0-9]+", digits):
        return (
            None,
            "The mobile number has other signs than digits, blanks, dots, dashes, slashes, brackets and a + before.",
        )
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return (
            None,
            f"The mobile number cannot be one of {region}, nor an international one: check its length and prefix.",
        )
    if not phonenumbers.is_valid_number(number):
        return None, _impossible(region)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), None


def _impossible(region: str) -> str:
    return f"No such mobile number can exist (read as one of {region}, unless it names its country): check its digits."


# A pattern, and the lengths that a number may have (none named: any).
_Shape: TypeAlias = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class _Region:
    """What tells whether a number is of a region: its leading digits, its general shape, the shapes of its kinds."""

    leading: str | None
    general: _Shape
    kinds: tuple[_Shape, ...]

    @classmethod
    def of(cls, name: str) -> _Region:
        metadata = _metadata(name)
        shapes = [shape for kind in _TYPES if (shape := _shape(getattr(metadata, kind))) is not None]
        kinds: dict[tuple[int, ...], list[str]] = {}
        for pattern, lengths in shapes:
            kinds.setdefault(lengths, []).append(pattern)
        general = _shape(metadata.general_desc)
        if general is None:
            raise ValueError(f"phonenumbers has no numbers for the region {name!r}.")
        return cls(
            metadata.leading_digits, general, tuple((_either(patterns), lengths) for lengths, patterns in kinds.items())
        )

    def general_fits(self, national: pl.Expr) -> pl.Expr:
        """Has it the general shape of numbers here?"""
        return _fits(national, *self.general)

    def valid(self, national: pl.Expr) -> pl.Expr:
        """Is it a number of some kind here? (`_number_type_helper` of the library)."""
        some = pl.any_horizontal(_fits(national, *kind) for kind in self.kinds)
        return self.general_fits(national) & some

    def claims(self, national: pl.Expr) -> pl.Expr:
        """Would the library take the number for one of this region? (`_region_code_for_number_from_list`)."""
        return self.valid(national) if self.leading is None else national.str.contains(f"^(?:{self.leading})")


def _shape(description: PhoneNumberDesc | None) -> _Shape | None:
    if description is None or not description.national_number_pattern:
        return None
    return description.national_number_pattern, tuple(description.possible_length)


def _either(patterns: Iterable[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in dict.fromkeys(patterns))


def _fits(national: pl.Expr, pattern: str, lengths: tuple[int, ...]) -> pl.Expr:
    matches = national.str.contains(f"^(?:{pattern})$")
    return matches & national.str.len_bytes().is_in(lengths) if lengths else matches


@dataclass(frozen=True)
class NumberPlan:
    """How numbers are written in one region.

    `regions`: those that share its country code, in the library's order. `trunk`: what national numbers begin with
    (`0`), None where nothing does. `prefixes`: patterns of everything that the library would take off a number's
    beginning. `international`: what stands for `+`, where that is plain digits.
    """

    code: str
    regions: tuple[_Region, ...]
    own: _Region
    trunk: str | None
    prefixes: tuple[str, ...]
    international: str | None

    def read(self, digits: pl.Series) -> pl.DataFrame:
        """Numbers without grouping → `e164`, NULL where that is not plain to tell; `refused`: plainly no number."""
        raw, national = pl.col("digits"), pl.col("national")
        abroad = pl.any_horizontal(raw.str.starts_with(sign) for sign in self._signs)
        frame = pl.DataFrame({"digits": digits}).with_columns(self._national(raw, abroad).alias("national"))
        bare = pl.all_horizontal(
            national.is_not_null(), *(~national.str.contains(f"^(?:{taken})") for taken in self.prefixes)
        )
        told = raw.str.contains(_DIGITS_ONLY) & bare & (abroad | self.own.general_fits(national))
        frame = frame.with_columns(told=told.fill_null(value=False))
        valid = self._valid(frame.select(pl.when("told").then(national)).to_series())
        return frame.select(
            e164=pl.when(pl.col("told") & valid).then(pl.lit(f"+{self.code}") + national),
            refused=pl.col("told") & ~valid,
        )

    @property
    def _signs(self) -> tuple[str, ...]:
        return ("+",) if self.international is None else ("+", self.international)

    def _national(self, digits: pl.Expr, abroad: pl.Expr) -> pl.Expr:
        """The number inside its country, as the library would find it; NULL where that is not plain."""
        empty: pl.Expr = pl.when(pl.lit(value=False)).then(pl.lit(None, pl.String))
        found = empty
        for sign in self._signs:
            prefix = sign + self.code
            found = found.when(digits.str.starts_with(prefix)).then(digits.str.slice(len(prefix)))
        found = found.when(abroad).then(None)
        if self.trunk is not None:
            found = found.when(digits.str.starts_with(self.trunk)).then(digits.str.slice(len(self.trunk)))
        # 33612345678: the country's code without a sign, where the whole would be no number.
        rest = digits.str.slice(len(self.code))
        coded = digits.str.starts_with(self.code) & ~self.own.general_fits(digits)
        return found.when(coded & self.own.general_fits(rest)).then(rest).when(coded).then(None).otherwise(digits)

    def _valid(self, national: pl.Series) -> pl.Series:
        """Is it a number in the region that the library would take it for?"""
        numbers = pl.DataFrame({"national": national})
        first, *others = self.regions
        valid = numbers.select(_valid_in(first)).to_series()
        if not others or (valid | national.is_null()).all():
            return valid
        # +1 has 25 regions: what the first one has claimed is not shown to the others.
        left = (~valid & national.is_not_null()).arg_true()
        answer = pl.lit(value=False)
        for region in reversed(self.regions):
            answer = pl.when(region.claims(pl.col("national"))).then(_valid_in(region)).otherwise(answer)
        return valid.scatter(left, numbers[left].select(answer).to_series())


def _valid_in(region: _Region) -> pl.Expr:
    national = pl.col("national")
    return (region.claims(national) & region.valid(national)).fill_null(value=False).alias("valid")


@cache
def number_plan(region: str) -> NumberPlan:
    """The plan of a region (`FR`). ValueError where the library knows no such region."""
    metadata = _metadata(region)
    code = phonenumbers.country_code_for_region(region)
    sharing = phonenumbers.region_codes_for_country_code(code)
    # An international number is read by the rules of the first of the regions that share its code.
    taken = (metadata.national_prefix_for_parsing, _metadata(sharing[0]).national_prefix_for_parsing)
    literal = metadata.national_prefix is not None and metadata.national_prefix_transform_rule is None
    international = metadata.international_prefix
    return NumberPlan(
        code=str(code),
        regions=tuple(_Region.of(name) for name in sharing),
        own=_Region.of(region),
        trunk=metadata.national_prefix if literal else None,
        prefixes=tuple(dict.fromkeys(pattern for pattern in taken if pattern)),
        international=international if international and international.isdigit() else None,
    )


def _metadata(region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        raise ValueError(f"phonenumbers knows no region {region!r}.")
    return metadata
