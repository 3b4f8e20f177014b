"""What the history says of the contacts that an undo may change: whether they stand, and which values they had (IMP-15).

Belongs here: reading it, a row a contact. Does not: what a contact becomes (`undo_contacts`).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from pipelines.base.statements import at_hand, identifier, statement
from pipelines.base.store import Writer
from pipelines.base.versions import FORMER
from pipelines.channels import CHANNELS, CONSENTS
from pipelines.contacts.revisions import typed, versioned
from pipelines.declarations.model import ContactBase

# Before a field's name; a colon cannot stand in one.
BACK, SINCE = "back:", "since:"
"""Its value when only what stands counts, and the revision that gave it that: NULL where it is the value before all changes."""
OURS, AT = "ours:", "at:"
"""A consent after the import that is undone (with FORMER behind it: before); the revision in which it changed a field it knew."""
THEN = "then:"
"""An address as it was when the import came that is undone."""
LOST = "lost:"
"""Whether a changed format lost the value (FLD-5): of BACK, and of the columns of versions."""


@dataclass(frozen=True)
class History:
    """`contacts`: a row each with what it is now, whether it is `there`, what decides if it stays (sql/imports/undo_standing.sql).

    `sources`: `revision_id`, `source` of every revision.
    """

    contacts: pl.DataFrame
    sources: pl.DataFrame


def read_history(writer: Writer, import_id: int, base: ContactBase) -> History:
    """The history of the contacts whose standing the undo of that import may change."""
    connection, asked = writer.connection, {"import_id": import_id}
    fields = versioned(base)
    columns = ", ".join(f"c.{identifier(f.name)}" for f in base.fields)
    candidates = connection.sql(statement("imports/undo_candidates"), params=asked).pl()
    with at_hand(connection, carnet_candidates=candidates):
        standing = connection.sql(statement("imports/undo_standing"), params=asked).pl()
        versions = connection.sql(statement("imports/undo_versions"), params=asked).pl()
        now = connection.sql(
            f"SELECT {columns}, true AS there FROM main.contacts AS c SEMI JOIN carnet_candidates AS k "  # noqa: S608
            "ON c.contact_id = k.contact_id"
        ).pl()
    now = now.with_columns(typed(f) for f in fields)
    versions = versions.with_columns(typed(f, prefix + f.name) for f in fields for prefix in ("", FORMER))
    remembered = _remembered(_with_losses(versions, connection), import_id, base)
    found = standing.join(now, on="contact_id", how="left").join(remembered, on="contact_id", how="left")
    sources = connection.sql("SELECT revision_id, source FROM main.revisions").pl()
    return History(found.with_columns(pl.col("there").fill_null(value=False)), sources)


def _with_losses(versions: pl.DataFrame, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """`versions` with a Boolean `lost:<column>` for each column of which a changed format lost a value (FLD-5)."""
    lost = connection.sql('SELECT revision_id, contact_id, "column" FROM main.unconverted_values').pl()
    for column in lost["column"].unique(maintain_order=True):
        marked = lost.filter(pl.col("column") == column).select(
            "revision_id", "contact_id", pl.lit(value=True).alias(LOST + column)
        )
        versions = versions.join(
            marked, on=["revision_id", "contact_id"], how="left", maintain_order="left"
        ).with_columns(pl.col(LOST + column).fill_null(value=False))
    return versions


def _remembered(versions: pl.DataFrame, import_id: int, base: ContactBase) -> pl.DataFrame:
    """For each contact and field: its value as it stands and since when, and what the import that is undone did to it."""
    ours = (pl.col("import_id") == import_id).fill_null(value=False)
    deleted = pl.col("outcome") == "deleted"
    lost = {
        name: pl.col(LOST + name) if LOST + name in versions.columns else pl.lit(value=False)
        for field in versioned(base)
        for name in (field.name, FORMER + field.name)
    }
    found = [pl.col(FORMER + each.address).filter(ours).last().alias(THEN + each.address) for each in CHANNELS]
    for field in versioned(base):
        name, former = field.name, FORMER + field.name
        differs = pl.col(name).ne_missing(pl.col(former)) & ~deleted
        standing, known, changed = differs & pl.col("stands"), differs | deleted, differs & ours
        found += [
            _as_it_stands(pl.col(name), pl.col(former), standing, known).alias(BACK + name),
            _as_it_stands(lost[name], lost[former], standing, known).fill_null(value=False).alias(LOST + name),
            pl.col("revision_id").filter(standing).last().alias(SINCE + name),
            pl.col("revision_id").filter(changed & (pl.col("outcome") == "updated")).last().alias(AT + name),
        ]
        if name in CONSENTS:
            found += [pl.col(column).filter(changed).last().alias(OURS + column) for column in (name, former)]
    return versions.group_by("contact_id", maintain_order=True).agg(found)


def _as_it_stands(after: pl.Expr, before: pl.Expr, standing: pl.Expr, known: pl.Expr) -> pl.Expr:
    """What came `after` the last change that stands, or else `before` the first that is known."""
    return pl.when(standing.any()).then(after.filter(standing).last()).otherwise(before.filter(known).first())
