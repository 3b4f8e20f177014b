"""What the cells of each column likely hold, told by the imports' own readers on a sample of distinct cells (IMP-18)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipelines.cells.dates import read_dates
from pipelines.cells.emails import read_emails
from pipelines.cells.mobiles import landlines, read_mobiles
from pipelines.cells.numbers import BOOLEAN_WORDS, read_numbers
from pipelines.cells.texts import tidy
from pipelines.declarations.model import ContactBase
from pipelines.fields import Format
from pipelines.files.reading import TextFrame
from pipelines.language import mark

Holds = Literal[
    "nothing", "crosses", "emails", "mobiles", "telephones", "dates", "booleans", "numbers", "choices", "text"
]
SAID: dict[Holds, str] = {
    "nothing": mark("nothing"),
    "crosses": mark("crosses"),
    "emails": mark("emails"),
    "mobiles": mark("mobiles"),
    "telephones": mark("telephones"),
    "dates": mark("dates"),
    "booleans": mark("booleans"),
    "numbers": mark("numbers"),
    "choices": mark("choices"),
    "text": mark("text"),
}
"""Each in people's words, to be said."""
FORMATS: dict[Holds, Format | None] = {
    "nothing": None,
    "crosses": Format.MULTI_SELECT,
    "emails": Format.TEXT,
    "mobiles": Format.TEXT,
    "telephones": Format.TEXT,
    "dates": Format.DATE,
    "booleans": Format.BOOLEAN,
    "numbers": Format.NUMBER,
    "choices": Format.SINGLE_SELECT,
    "text": Format.TEXT,
}
_SAMPLED = 300
"""Distinct cells of a column that are read, spread over the file."""
_MOST_CHOICES, _CHOSEN_AT_LEAST = 12, 4
"""A list of values: at most so many, each chosen at least so often on average."""
_LONGEST_CHOICE = 40
_NEARLY_ALL, _MOST = 0.9, 0.8
_LIKE_A_NUMBER = r"^(?:p:|tel:)?(?:\+|00|0[1-9]|\()[0-9 \u00a0\u202f.()/\-]{7,}$"
_LIKE_A_DATE = r"^[0-9]{1,4}[/.\-][0-9]{1,2}[/.\-][0-9]{1,4}"
_CODE = r"^0[0-9]|^\+"


@dataclass(frozen=True)
class Held:
    """What a column holds: `filled` cells of `distinct` texts; `choices` are those of a likely list, in file order."""

    holds: Holds
    filled: int = 0
    distinct: int = 0
    choices: tuple[str, ...] = ()

    @property
    def format(self) -> Format | None:
        """The format of a field that takes these cells; None where there are none."""
        return FORMATS[self.holds]


def columns_hold(text: TextFrame, base: ContactBase) -> tuple[Held, ...]:
    """Say what each column of the file holds, in the order of its headers."""
    names = [f"c{position}" for position in range(len(text.headers))]
    if not text.frame.height or not names:
        return tuple(Held("nothing") for _ in names)
    distinct = _distinct_cells(text.frame.select(names))
    judged = {row["column"]: row for row in _judged(distinct, base).to_dicts()}
    few = {name for name, row in judged.items() if _is_few(row)}
    lists = dict(
        distinct.filter(pl.col("column").is_in(list(few))).group_by("column", maintain_order=True).agg("cell").rows()
    )
    return tuple(_held(judged.get(name), tuple(lists.get(name, ()))) for name in names)


def _distinct_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Each distinct tidy cell of each column (`column`, `cell`), and in how many rows it stands (`rows`)."""
    long = frame.unpivot(variable_name="column", value_name="cell")
    long = long.with_columns(tidy(long["cell"])).drop_nulls("cell")
    return long.group_by("column", "cell", maintain_order=True).agg(rows=pl.len())


def _judged(distinct: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    """One row a column that holds something: its counts, and the shares of its sampled cells that each reader takes."""
    place, size = pl.int_range(pl.len()).over("column"), pl.len().over("column")
    sampled = distinct.with_columns(filled=pl.col("rows").sum().over("column"), distinct=size)
    sampled = sampled.filter(place % (size / _SAMPLED).ceil().cast(pl.Int64) == 0)
    cells = sampled["cell"]
    lowered, likely = cells.str.to_lowercase(), cells.str.contains(_LIKE_A_NUMBER)
    flags = sampled.with_columns(
        crosses=lowered == "x",
        emails=_taken(
            cells, cells.str.contains("@", literal=True), lambda some: read_emails(some).values.is_not_null()
        ),
        telephones=_taken(cells, likely, lambda some: read_mobiles(some, base.phone_region).values.is_not_null()),
        mobiles=_taken(cells, likely, lambda some: _of_mobiles(some, base)),
        dates=_taken(
            cells, cells.str.contains(_LIKE_A_DATE), lambda some: read_dates(some, base.locale).values.is_not_null()
        ),
        booleans=lowered.is_in([*BOOLEAN_WORDS]),
        numbers=read_numbers(cells, base.locale).values.is_not_null(),
        codes=cells.str.contains(_CODE) & ~cells.str.contains("[.,]"),
        longest=cells.str.len_chars(),
    )
    return flags.group_by("column", maintain_order=True).agg(
        pl.col("filled", "distinct").first(),
        ((pl.col("crosses") * pl.col("rows")).sum() / pl.col("rows").sum()).alias("crosses"),
        pl.col("emails", "mobiles", "telephones", "dates", "booleans", "numbers").mean(),
        pl.col("codes").any(),
        pl.col("longest").max(),
    )


def _taken(cells: pl.Series, likely: pl.Series, read: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Where a reader takes the cell; only likely ones are shown to it, for some are slow with what is none of theirs."""
    some = cells.filter(likely)
    if not len(some):
        return likely
    return pl.zeros(len(cells), pl.Boolean, eager=True).scatter(likely.arg_true(), read(some))


def _of_mobiles(cells: pl.Series, base: ContactBase) -> pl.Series:
    """Numbers that a mobile may have; those of landlines can be read too, but nobody gets an SMS there."""
    numbers = read_mobiles(cells, base.phone_region).values
    return numbers.is_not_null() & ~landlines(numbers, base.phone_region)


def _is_few(row: dict[str, float]) -> bool:
    few = 1 < row["distinct"] <= _MOST_CHOICES
    return few and row["filled"] >= row["distinct"] * _CHOSEN_AT_LEAST and row["longest"] <= _LONGEST_CHOICE


def _held(row: dict[str, float] | None, choices: tuple[str, ...]) -> Held:
    if row is None:
        return Held("nothing")
    return Held(_holds(row), int(row["filled"]), int(row["distinct"]), choices)


def _holds(row: dict[str, float]) -> Holds:
    if row["crosses"] >= _NEARLY_ALL:
        return "crosses"
    if row["emails"] >= _MOST:
        return "emails"
    if row["dates"] >= _NEARLY_ALL:
        return "dates"
    if row["mobiles"] >= _MOST:
        return "mobiles"
    if row["telephones"] >= _MOST:
        return "telephones"
    if row["booleans"] == 1 and row["distinct"] > 1:
        return "booleans"
    if row["numbers"] >= _NEARLY_ALL and not row["codes"]:
        return "numbers"
    return "choices" if _is_few(row) else "text"
