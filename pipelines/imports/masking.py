"""A preview that shows the shape of values and not the values (SEC-4: `a•••@ex.fr`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format

HIDDEN = "•••"
# An address, or a number or a date of six figures or more: the header of a file that has none, its first line being a person.
_LIKE_A_VALUE = re.compile(r"@|^\W*(?:\d\W*){6,}$")


def masked(rows: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    """`rows` as text with every person's value masked: first sign of a text, domain of an address; codes stay."""
    columns = [field for field in base.fields if field.name in rows.columns and not field.read_only]
    return rows.select(_masked(field).alias(field.labels.of(base.locale)) for field in columns)


def _masked(field: Field) -> pl.Expr:
    value = pl.col(field.name)
    if field.format is Format.SINGLE_SELECT:
        return value
    if field.format is Format.MULTI_SELECT:
        return value.list.join(", ")
    if field.name == "email":
        # What stands behind a lone @ of a malformed address may be anything: only a domain is shown.
        domain = value.str.extract(r"@([A-Za-z0-9.-]+\.[A-Za-z]{2,})$")
        return pl.when(value.is_not_null()).then(
            pl.concat_str(value.str.slice(0, 1), pl.lit(HIDDEN), pl.lit("@") + domain, ignore_nulls=True)
        )
    if field.format is Format.TEXT:
        return pl.when(value.is_not_null()).then(value.str.slice(0, 1) + HIDDEN)
    return pl.when(value.is_not_null()).then(pl.lit(HIDDEN))


def masked_problems(problems: pl.DataFrame, header: Sequence[str]) -> pl.DataFrame:
    """`problems` (docs/architecture.md) without the names of columns, where the file's header looks like a person's row.

    Else as they are: the name of a column is no person's value. In a message a name stands in quotes.
    """
    if not any(_LIKE_A_VALUE.search(name) for name in header):
        return problems
    hidden = {name: name[:1] + HIDDEN for name in header if name}
    quoted = {repr(name): repr(mask) for name, mask in hidden.items()}
    return problems.with_columns(
        pl.col("column").replace(hidden),
        pl.col("message").str.replace_many(list(quoted), list(quoted.values()), leftmost=True),
    )
