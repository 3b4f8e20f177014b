"""Values that a file adds to lists: those alone that rows which are imported have, never rejected ones (FLD-3 `add`)."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipelines.imports.contacts.multi_selects import ADDED, added_message


def of_rows(added: Mapping[str, tuple[str, ...]], rows: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Of the values that a file could add, those that its rows have, in their order; fields that none is added to are left out."""
    found: dict[str, tuple[str, ...]] = {}
    for name, values in added.items():
        column = rows[name].explode() if isinstance(rows.schema[name], pl.List) else rows[name]
        new = pl.Series(values, dtype=pl.String)
        if kept := tuple(new.filter(new.is_in(column.drop_nulls().unique().implode()))):
            found[name] = kept
    return found


def told(problems: pl.DataFrame, added: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """The problems without what they tell of values that are not added."""
    pairs = [pl.DataFrame({"message": added_message(name), "cell": values}) for name, values in added.items() if values]
    kept = pl.concat([pl.DataFrame(schema={"message": pl.String, "cell": pl.String}), *pairs])
    others, ours = problems.filter(pl.col("rule") != ADDED), problems.filter(pl.col("rule") == ADDED)
    return pl.concat([others, ours.join(kept, on=["message", "cell"], how="semi", maintain_order="left")])
