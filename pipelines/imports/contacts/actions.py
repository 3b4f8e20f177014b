"""What an import's action makes of a file before it meets the base (IMP-10).

`unsubscribe`, `suppress` and `delete` ask for keys alone: no other column and no constant is read, so that nobody stays subscribed
because of a cell that has nothing to do with it. Belongs here: columns and the consent they give. Does not: outcomes (`merging`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from pipelines.channels import BY_ADDRESS, CHANNELS
from pipelines.declarations.model import KEY_ONLY, Action, ContactBase, ImportModel
from pipelines.imports.contacts.columns import Column
from pipelines.imports.contacts.mapping import Mapping

REMEMBERING: tuple[Action, ...] = ("unsubscribe", "update")
"""Actions that add nobody, and keep what strangers refuse (STA-5); `suppress` puts these on the list by name."""


def narrowed(mapping: Mapping, model: ImportModel, base: ContactBase) -> tuple[Mapping, ImportModel]:
    """The mapping and the model with what the action reads; unchanged for actions that read everything."""
    if model.action not in KEY_ONLY:
        return mapping, model
    columns = tuple(
        column
        if column.role == "carnet" or column.field in (base.key, model.match)
        else replace(column, role="ignored")
        for column in mapping.columns
    )
    problems = mapping.problems.filter((pl.col("severity") == "critical") & _about_the_key(columns))
    return replace(mapping, columns=columns, added_values={}, problems=problems), replace(model, constants={})


def _about_the_key(columns: Sequence[Column]) -> pl.Expr:
    """Problems of a column that is read, and those of no column: that there is none for the key (`key_column`)."""
    left_out = [column.header for column in columns if column.role == "ignored"]
    return pl.col("column").is_null() | ~pl.col("column").is_in(left_out)


def with_consent(incoming: pl.DataFrame, model: ImportModel, base: ContactBase) -> pl.DataFrame:
    """The rows with the consent that the action gives: on the key's channel; the account's list is for both, whatever the key."""
    own = BY_ADDRESS[base.key].consent
    given = {"unsubscribe": {own: "no"}, "suppress": {each.consent: each.listed for each in CHANNELS}}.get(
        model.action, {}
    )
    return incoming.with_columns(pl.lit(consent).alias(name) for name, consent in given.items())
