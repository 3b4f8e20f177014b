"""Crosses: the X columns of a multi-select → one column of lists (FLD-4)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.cells.invisible import visible
from pipelines.cells.reading import Cells, faults
from pipelines.language import say

_BITS = 32


def read_crosses(cells: pl.Series) -> Cells:
    """Boolean: True for a cross, False for an empty cell and for a cell at fault."""
    cells = visible(cells)
    crossed = cells.is_in(["X", "x"]).fill_null(value=False)
    return Cells(
        crossed, faults(cells.is_not_null() & ~crossed, say("This is not a cross: write X, or leave it empty."))
    )


def gather_values(crossed: Mapping[str, pl.Series], height: int) -> pl.Series:
    """Columns of crosses by value, in declared order → List(String) of the values crossed, NULL where there are none.

    The lists are made once for each distinct combination, and looked up: 25 times faster than `concat_list`.
    """
    if not crossed:
        return pl.Series([None] * height, dtype=pl.List(pl.String))
    flags = [series.to_numpy() for series in crossed.values()]
    first, place = _combinations(flags, height)
    table = pl.DataFrame({"combination": np.arange(len(first))}, schema={"combination": pl.UInt32})
    members = pl.concat(
        table.filter(pl.Series(flag[first])).with_columns(value=pl.lit(value))
        for value, flag in zip(crossed, flags, strict=True)
    )
    lists = members.group_by("combination").agg("value")
    looked_up = table.join(lists, on="combination", how="left", maintain_order="left")
    return looked_up["value"].gather(place)


def _combinations(flags: list[npt.NDArray[np.bool_]], height: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """A row that has each distinct combination of flags, and for each row the number of its combination."""
    code = np.zeros(height, np.int64)
    first = place = np.zeros(height, np.intp)
    for start in range(0, len(flags), _BITS - 1):
        for flag in flags[start : start + _BITS - 1]:
            code = (code << 1) | flag
        # Numbered anew, so that the next flags have room: there are never more combinations than rows.
        _, first, place = np.unique(code, return_index=True, return_inverse=True)
        code = place.astype(np.int64)
    return first, place
