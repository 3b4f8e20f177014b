"""A preview that shows the shape of values and not the values (SEC-4: `a•••@ex.fr`)."""

from __future__ import annotations

import polars as pl

from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format

HIDDEN = "•••"


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
