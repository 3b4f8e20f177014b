"""Keys that an undo may not give back (IMP-6): nobody shares one, nobody is without one.

Belongs here: finding these. Does not: what a field or a contact becomes (`undo_contacts`).
"""

from __future__ import annotations

import polars as pl

from pipelines.base.keys import valid_keys
from pipelines.base.statements import at_hand, identifier
from pipelines.base.store import Writer
from pipelines.declarations.model import ContactBase
from pipelines.errors import CarnetError

BARRED = "carnet:barred"
"""Why a contact may not have its former key back; a colon cannot stand in a field's name."""


def holders(keys: pl.Series, writer: Writer, base: ContactBase) -> pl.DataFrame:
    """Who in the base has one of `keys` now: `key`, `holder` (contact_id)."""
    key = identifier(base.key)
    with at_hand(writer.connection, carnet_keys=keys.rename("key").to_frame()):
        return writer.connection.sql(
            f"SELECT {key} AS key, contact_id AS holder FROM main.contacts AS c "  # noqa: S608
            f"SEMI JOIN carnet_keys AS k ON c.{key} = k.key"
        ).pl()


def barred_keys(moves: pl.DataFrame, going: pl.DataFrame, writer: Writer, base: ContactBase) -> pl.DataFrame:
    """The contacts that may not have their former key back (IMP-6): `contact_id`, BARRED (why).

    `moves`: `contact_id`, `key` (the former one) of contacts that have another key now; `going`: `contact_id` of those that leave.
    """
    valid = valid_keys(moves["key"], base)
    taken = holders(moves["key"], writer, base).join(going.select(holder="contact_id"), on="holder", how="anti")
    # Of several contacts with one former key, which only another base's key allowed, the first gets it back.
    free = moves.filter(valid).join(taken, on="key", how="anti").sort("contact_id").unique("key", keep="first")
    barred = moves.with_columns(valid=valid).join(free, on="contact_id", how="anti")
    return barred.select(
        "contact_id",
        pl.when("valid")
        .then(pl.lit("another contact has this key by now"))
        .otherwise(pl.lit(f"the contact would be without a valid {base.key}, which is the key"))
        .alias(BARRED),
    )


def check_keys(writer: Writer, changed: pl.DataFrame, base: ContactBase) -> None:
    """CarnetError where a contact that the undo wrote is without a key, or shares one; the caller rolls back (IMP-6)."""
    written = changed.filter(pl.col("outcome") != "deleted")
    shared = holders(written[base.key].drop_nulls(), writer, base)
    wrong = written[base.key].null_count() + shared.height - shared["key"].n_unique()
    if wrong:
        raise CarnetError(
            f"The undo would leave {wrong} contacts without a {base.key} of their own. The base is unchanged.",
            "This is a fault of Carnet's: please report it, with what `carnet imports` lists.",
        )
