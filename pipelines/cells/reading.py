"""What reading a column of cells gives, whatever their kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Fault:
    """Cells that could not be read: `where` is Boolean, one a row; `message` is for all of them, or one a row."""

    where: pl.Series
    message: str | pl.Series


@dataclass(frozen=True)
class Cells:
    """A typed column, NULL where the cell is empty or at fault, and what is at fault."""

    values: pl.Series
    faults: tuple[Fault, ...] = ()


def unread(cells: pl.Series, values: pl.Series) -> pl.Series:
    """Where a cell holds something that no value came of."""
    return values.is_null() & cells.is_not_null()


def faults(where: pl.Series, message: str | pl.Series) -> tuple[Fault, ...]:
    """The fault, or nothing where no row has it."""
    return (Fault(where, message),) if where.any() else ()


def by_distinct(
    cells: pl.Series, where: pl.Series, read: Callable[[str], tuple[str | None, str | None]]
) -> tuple[pl.Series, pl.Series]:
    """Read cells one by one, each distinct text once: for what only a slow library can tell.

    `read` gives the value, or None and why not. Comes out: values and messages (String), one a row, NULL elsewhere.
    """
    odd = cells.filter(where).unique()
    table = pl.DataFrame(
        [(text, *read(text)) for text in odd.to_list()],
        schema={"cell": pl.String, "value": pl.String, "message": pl.String},
        orient="row",
    )
    asked = pl.DataFrame({"cell": pl.select(pl.when(where).then(cells)).to_series()})
    joined = asked.join(table, on="cell", how="left", maintain_order="left")
    return joined["value"], joined["message"]
