"""What is shown where everybody reads it: the shape of values and not the values (SEC-4: `a•••@ex.fr`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from pipelines.declarations.model import ContactBase
from pipelines.fields import Field, Format
from pipelines.language import LOCALES, quoted

HIDDEN = "•••"
# An address, or a number or a date of six figures or more: the header of a file that has none, its first line being a person.
_LIKE_A_VALUE = re.compile(r"@|^\W*(?:\d\W*){6,}$")


def masked(rows: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    """`rows` as text with every person's value masked: first sign of a text, domain of an address.

    Of selects the values that `base`, as the YAML has it, declares; one that a file added may be anything (FLD-3).
    """
    columns = [field for field in base.fields if field.name in rows.columns and not field.read_only]
    return rows.select(_masked(field).alias(field.labels.of(base.locale)) for field in columns)


def _masked(field: Field) -> pl.Expr:
    value = pl.col(field.name)
    if field.format is Format.SINGLE_SELECT:
        return _declared(value, field)
    if field.format is Format.MULTI_SELECT:
        return value.list.eval(_declared(pl.element(), field)).list.join(", ")
    if field.name == "email":
        # What stands behind a lone @ of a malformed address may be anything: only a domain is shown.
        domain = value.str.extract(r"@([A-Za-z0-9.-]+\.[A-Za-z]{2,})$")
        return pl.when(value.is_not_null()).then(
            pl.concat_str(value.str.slice(0, 1), pl.lit(HIDDEN), pl.lit("@") + domain, ignore_nulls=True)
        )
    if field.format is Format.TEXT:
        return pl.when(value.is_not_null()).then(value.str.slice(0, 1) + HIDDEN)
    return pl.when(value.is_not_null()).then(pl.lit(HIDDEN))


def _declared(value: pl.Expr, field: Field) -> pl.Expr:
    codes = field.taken
    return pl.when(value.is_in(codes)).then(value).when(value.is_not_null()).then(pl.lit(HIDDEN))


def hidden_names(header: Sequence[str], *, recognised: bool) -> tuple[str, ...]:
    """The names of a file's columns that may be a person's row, since it has no header; else none: they are no person's values.

    `recognised`: whether any of them is one that the model, or a field, knows.
    """
    return () if recognised and not any(map(_LIKE_A_VALUE.search, header)) else tuple(header)


def masked_name(name: str) -> str:
    """The name of a column that may be a person's value."""
    return name[:1] + HIDDEN if name else name


def masked_problems(problems: pl.DataFrame, hidden: Sequence[str]) -> pl.DataFrame:
    """`problems` (docs/architecture.md) with these names of columns masked; in a message a name stands in quotes."""
    if not hidden:
        return problems
    masks = {name: masked_name(name) for name in hidden if name}
    told = {quoted(name, locale): quoted(mask, locale) for name, mask in masks.items() for locale in LOCALES}
    return problems.with_columns(
        pl.col("column").replace(masks),
        pl.col("message").str.replace_many(list(told), list(told.values()), leftmost=True),
    )
