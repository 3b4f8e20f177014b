"""Number plans: the metadata of `phonenumbers` for a region as patterns that polars runs over a column at once (IMP-6).

The library takes about 50 µs a number. What comes out here is what it says, where that is plain to tell; it sees the rest. Belongs
here: which digits are a number, of which country, and whether of a mobile. Does not: how people write them (`mobiles`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeAlias

import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

_DIGITS_ONLY = r"^\+?[0-9]+$"
_SPECIAL = ("toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan", "voicemail")
_TYPES = ("fixed_line", "mobile", *_SPECIAL)
FRENCH = ("FR", "RE", "YT", "GP", "BL", "MF", "GF", "MQ")
"""Regions that dial each other's numbers as their own, 0692…, though their country codes differ: France and its departments."""
_OVERSEAS = {"262": "69[23]|639", "590": "69[01]", "594": "694", "596": "69[67]"}
"""What the mobile numbers of its overseas departments begin with; of blocks that are not given out yet too, for they will be."""

# A pattern, and the lengths that a number may have (none named: any).
_Shape: TypeAlias = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class _Region:
    """What tells whether a number is of a region: its leading digits, its general shape, the shapes of its kinds.

    `mobile`: of numbers of mobiles, or of either kind; `special`: of those that are neither.
    """

    leading: str | None
    general: _Shape
    kinds: tuple[_Shape, ...]
    mobile: tuple[_Shape, ...]
    special: tuple[_Shape, ...]

    @classmethod
    def of(cls, name: str) -> _Region:
        metadata = _metadata(name)
        shapes = {kind: shape for kind in _TYPES if (shape := _shape(getattr(metadata, kind))) is not None}
        general = _shape(metadata.general_desc)
        if general is None:
            raise ValueError(f"phonenumbers has no numbers for the region {name!r}.")
        special = [shape for kind, shape in shapes.items() if kind in _SPECIAL]
        mobile = [shapes["mobile"]] if "mobile" in shapes else []
        return cls(metadata.leading_digits, general, _by_length(shapes.values()), tuple(mobile), _by_length(special))

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


def _by_length(shapes: Iterable[_Shape]) -> tuple[_Shape, ...]:
    """The same with one pattern for all of a length: polars looks once."""
    kinds: dict[tuple[int, ...], list[str]] = {}
    for pattern, lengths in shapes:
        kinds.setdefault(lengths, []).append(pattern)
    return tuple((_either(patterns), lengths) for lengths, patterns in kinds.items())


def _either(patterns: Iterable[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in dict.fromkeys(patterns))


def _fits(national: pl.Expr, pattern: str, lengths: tuple[int, ...]) -> pl.Expr:
    matches = national.str.contains(f"^(?:{pattern})$")
    return matches & national.str.len_bytes().is_in(lengths) if lengths else matches


@dataclass(frozen=True)
class NumberPlan:
    """How numbers are written in one region.

    `regions`: those that share its country code, in the library's order. `neighbours`: regions of other codes whose numbers are
    dialled as own ones. `trunk`: what national numbers begin with (`0`), None where nothing does. `prefixes`: patterns of
    everything that the library would take off a number's beginning. `international`: what stands for `+`, where that is plain
    digits.
    """

    code: str
    regions: tuple[_Region, ...]
    own: _Region
    neighbours: tuple[str, ...]
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
        own = pl.when(pl.col("told") & valid).then(pl.lit(f"+{self.code}") + national)
        found = frame.select("told", national=pl.when(pl.col("told") & ~valid).then(national), e164=own)
        left = found["national"].is_not_null().arg_true()
        if self.neighbours and len(left):
            overseas = self._of_neighbours(found["national"].gather(left))
            found = found.with_columns(found["e164"].scatter(left, overseas))
        return found.select("e164", refused=pl.col("told") & pl.col("e164").is_null())

    def read_neighbours(self, code: int | None, national: str) -> str | None:
        """A number that its `code` does not have, in E.164, where one region alone of those that dial each other's has it."""
        plans = (self, *self._other_plans)
        if not self.neighbours or str(code) not in {plan.code for plan in plans}:
            return None
        having = [plan.code for plan in plans if plan.has_one(national)]
        return f"+{having[0]}{national}" if len(having) == 1 else None

    def of_mobiles(self, numbers: pl.Series) -> pl.Series:
        """Of numbers in E.164 (Boolean): is it of a mobile? NULL where that is not plain to tell here."""
        answer = pl.repeat(None, len(numbers), dtype=pl.Boolean, eager=True)
        for plan in (self, *self._other_plans):
            prefix = f"+{plan.code}"
            # No code begins another one: each number is looked at by one plan.
            its_own = numbers.str.starts_with(prefix).fill_null(value=False).arg_true()
            if len(its_own):
                national = numbers.gather(its_own).str.slice(len(prefix)).to_frame("national")
                answer = answer.scatter(its_own, national.select(plan.is_of_mobile(pl.col("national"))).to_series())
        return answer.alias("of_mobiles")

    def is_of_mobile(self, national: pl.Expr) -> pl.Expr:
        """Has it the shape of a mobile's number in a region of this code? NULL where it has that of a service too."""
        mobile = [_fits(national, *shape) for region in self.regions for shape in region.mobile]
        if self.code in _OVERSEAS:
            mobile.append(_overseas(national, self.code))
        special = [_fits(national, *shape) for region in self.regions for shape in region.special]
        either = pl.any_horizontal(mobile) & pl.any_horizontal(special or [pl.lit(value=False)])
        return pl.when(~either).then(pl.any_horizontal(mobile or [pl.lit(value=False)]))

    @cached_property
    def _other_plans(self) -> tuple[NumberPlan, ...]:
        plans = {plan.code: plan for plan in map(number_plan, self.neighbours)}
        return tuple(plan for code, plan in plans.items() if code != self.code)

    def _of_neighbours(self, national: pl.Series) -> pl.Series:
        """In E.164, where exactly one of the codes has the number."""
        plans = (self, *self._other_plans)
        has = pl.DataFrame({plan.code: plan.has(national) for plan in plans}).fill_null(value=False)
        number = pl.coalesce(pl.when(plan.code).then(pl.lit(f"+{plan.code}") + national) for plan in plans)
        return has.select(pl.when(pl.sum_horizontal(pl.all().cast(pl.UInt8)) == 1).then(number)).to_series()

    def has_one(self, national: str) -> bool:
        """Is there such a number under this code? As `has` says it, of one number."""
        if self.code in _OVERSEAS and re.fullmatch(f"(?:{_OVERSEAS[self.code]})[0-9]{{6}}", national):
            return True
        number = phonenumbers.PhoneNumber(country_code=int(self.code), national_number=int(national))
        return not national.startswith("0") and phonenumbers.is_valid_number(number)

    def has(self, national: pl.Series) -> pl.Series:
        """Is there such a number under this code?"""
        valid = self._valid(national)
        if self.code not in _OVERSEAS:
            return valid
        return valid | national.to_frame("n").select(_overseas(pl.col("n"), self.code)).to_series()

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


def _overseas(national: pl.Expr, code: str) -> pl.Expr:
    return national.str.contains(f"^(?:{_OVERSEAS[code]})[0-9]{{6}}$")


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
        neighbours=tuple(other for other in FRENCH if other != region) if region in FRENCH else (),
        trunk=metadata.national_prefix if literal else None,
        prefixes=tuple(dict.fromkeys(pattern for pattern in taken if pattern)),
        international=international if international and international.isdigit() else None,
    )


def _metadata(region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        raise ValueError(f"phonenumbers knows no region {region!r}.")
    return metadata
