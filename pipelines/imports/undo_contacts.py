"""What each contact becomes when an import is undone: it goes, comes back, or has former values again (IMP-15, STA-2, STA-5).

Belongs here: the rows that the undo writes, what a field's value is then, and whose a key may be (IMP-6). Does not: telling
what stays as it is (`undo_kept`).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from pipelines.base.keys import valid_keys
from pipelines.base.statements import at_hand, identifier
from pipelines.base.store import Writer
from pipelines.base.versions import FORMER
from pipelines.channels import BY_ADDRESS, CHANNEL_OF_STATE, CONSENTS
from pipelines.contacts.revision import instant
from pipelines.contacts.revisions import version_columns, versioned
from pipelines.contacts.suppression import listed, stricter, strictness
from pipelines.declarations.model import ContactBase
from pipelines.errors import CarnetError
from pipelines.fields import Field
from pipelines.imports.undo_history import AT, BACK, LOST, OURS, SINCE, THEN
from pipelines.language import say

BARRED = "carnet:barred"
"""Why a contact may not have its former key back; a colon cannot stand in a field's name."""


def with_barred_keys(staying: pl.DataFrame, going: pl.DataFrame, writer: Writer, base: ContactBase) -> pl.DataFrame:
    """Beside each contact that stays, why it may not have its former key back: BARRED, NULL where it may (IMP-6)."""
    back = reverted_value(base.field(base.key), base).alias("key")
    moves = staying.with_columns(pl.lit(None, pl.String).alias(BARRED)).select("contact_id", back, now=base.key)
    moves = moves.filter(pl.col("key").ne_missing(pl.col("now"))).select("contact_id", "key")
    return staying.join(barred_keys(moves, going, writer, base), on="contact_id", how="left", maintain_order="left")


def barred_keys(moves: pl.DataFrame, going: pl.DataFrame, writer: Writer, base: ContactBase) -> pl.DataFrame:
    """The contacts that may not have their former key back (IMP-6): `contact_id`, BARRED (why).

    `moves`: `contact_id`, `key` (the former one) of contacts that have another key now; `going`: `contact_id` of those that leave.
    """
    valid = valid_keys(moves["key"], base)
    taken = _holders(moves["key"], writer, base).join(going.select(holder="contact_id"), on="holder", how="anti")
    # Of several contacts with one former key, which only another base's key allowed, the first gets it back.
    free = moves.filter(valid).join(taken, on="key", how="anti").sort("contact_id").unique("key", keep="first")
    barred = moves.with_columns(valid=valid).join(free, on="contact_id", how="anti")
    return barred.select(
        "contact_id",
        pl.when("valid")
        .then(pl.lit(say("another contact has this key by now")))
        .otherwise(pl.lit(say("the contact would be without a valid {key}, which is the key", key=base.key)))
        .alias(BARRED),
    )


def _holders(keys: pl.Series, writer: Writer, base: ContactBase) -> pl.DataFrame:
    """Who in the base has one of `keys` now: `key`, `holder` (contact_id)."""
    key = identifier(base.key)
    with at_hand(writer.connection, carnet_keys=keys.rename("key").to_frame()):
        return writer.connection.sql(
            f"SELECT {key} AS key, contact_id AS holder FROM main.contacts AS c "  # noqa: S608
            f"SEMI JOIN carnet_keys AS k ON c.{key} = k.key"
        ).pl()


def may_return(
    absent: pl.DataFrame, going: pl.DataFrame, staying: pl.DataFrame, writer: Writer, base: ContactBase
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Deleted contacts that come back, with the `key` they had; those who do not, with whether their key is `valid`.

    Nobody comes back without a valid key, nor with one that another contact has by then.
    """
    absent = absent.with_columns(pl.col(BACK + base.key).alias("key"))
    taken = _holders(absent["key"], writer, base).join(going.select(holder="contact_id"), on="holder", how="anti")
    given_back = staying.select(key=reverted_value(base.field(base.key), base))
    absent = absent.with_columns(valid=valid_keys(absent["key"], base))
    # Of several deleted contacts with one key the last one comes back.
    free = (
        absent.filter("valid")
        .join(taken, on="key", how="anti")
        .join(given_back, on="key", how="anti")
        .sort("contact_id")
        .unique("key", keep="last", maintain_order=True)
    )
    return free, absent.join(free, on="contact_id", how="anti")


def revived(returning: pl.DataFrame, writer: Writer, base: ContactBase, at: datetime) -> pl.DataFrame:
    """The rows (`revisions.write`) of contacts that come back."""
    back = returning.select("contact_id", *(pl.col(BACK + f.name).alias(f.name) for f in versioned(base)))
    return (
        _as_listed(back, back.select("contact_id", *BY_ADDRESS), writer, base)
        .with_columns(
            *(pl.lit(None, f.polars_type).alias(FORMER + f.name) for f in versioned(base)),
            outcome=pl.lit("inserted"),
            modified_at=instant(at),
        )
        .select(version_columns(base))
    )


def reverted(staying: pl.DataFrame, writer: Writer, base: ContactBase, at: datetime) -> pl.DataFrame:
    """The rows (`revisions.write`) of contacts that stay, and have another value in some field."""
    fields = versioned(base)
    back = staying.select(
        "contact_id",
        *(reverted_value(field, base).alias(field.name) for field in fields),
        *(pl.col(field.name).alias(FORMER + field.name) for field in fields),
    )
    moved = (pl.when(pl.col(a).ne_missing(pl.col(FORMER + a))).then(a).alias(a) for a in BY_ADDRESS)
    back = _as_listed(back, back.select("contact_id", *moved), writer, base)
    differs = pl.any_horizontal(pl.col(f.name).ne_missing(pl.col(FORMER + f.name)) for f in fields if not f.read_only)
    return (
        back.filter(differs)
        .with_columns(outcome=pl.lit("updated"), modified_at=instant(at))
        .select(version_columns(base))
    )


def _as_listed(back: pl.DataFrame, addresses: pl.DataFrame, writer: Writer, base: ContactBase) -> pl.DataFrame:
    """The contacts with the stricter consents that the list keeps by now of `addresses` that they get back (STA-5).

    A consent that it keeps of somebody else with a second address is not this contact's.
    """
    people = addresses.rename({"contact_id": "person"})
    kept = listed(writer.connection, people, base.key, writer.hash_key, shared=False)
    return back.join(kept, left_on="contact_id", right_on="person", how="left", maintain_order="left").with_columns(
        stricter(name, name).alias(name) for name in CONSENTS
    )


def reverted_value(field: Field, base: ContactBase) -> pl.Expr:
    """The field's value once the import is undone; a key that may not come back stays, with the status of its address."""
    name = field.name
    if field.read_only:
        return pl.col(name)
    if name in CONSENTS:
        back = changed_here(name) & ~would_loosen(name)
        return pl.when(back).then(pl.col(OURS + FORMER + name)).otherwise(pl.col(name))
    back = changed_here(name) & ~pl.col(LOST + name)
    if name in CHANNEL_OF_STATE:
        back &= ~of_another_address(name, base)
    if name == base.key:
        back &= pl.col(BARRED).is_null()
    return pl.when(back).then(pl.col(BACK + name)).otherwise(pl.col(name))


def _ours(name: str) -> pl.Expr:
    """Did the undone import change this field of a contact that it knew?"""
    return pl.col(AT + name).is_not_null()


def changed_later(name: str) -> pl.Expr:
    """Did it, and something that stands changed the field since?"""
    if name in CONSENTS:
        return _ours(name) & pl.col(name).ne_missing(pl.col(OURS + name))
    return _ours(name) & (pl.col(SINCE + name) > pl.col(AT + name)).fill_null(value=False)


def changed_here(name: str) -> pl.Expr:
    """Did it, and nothing that stands changed the field since?"""
    return _ours(name) & ~changed_later(name)


def of_another_address(state: str, base: ContactBase) -> pl.Expr:
    """STA-2: will the contact have another address than that of its former status, which says nothing of it?"""
    address = CHANNEL_OF_STATE[state].address
    return reverted_value(base.field(address), base).ne_missing(pl.col(THEN + address))


def would_loosen(consent: str) -> pl.Expr:
    """STA-5: NULL, said by nobody, is less strict than any refusal and stricter than `yes`."""
    before, after = (
        strictness(column).cast(pl.Float64).fill_null(0.5) for column in (OURS + FORMER + consent, consent)
    )
    return changed_here(consent) & (before < after)


def check_keys(writer: Writer, changed: pl.DataFrame, base: ContactBase) -> None:
    """CarnetError where a contact that the undo wrote is without a key, or shares one; the caller rolls back (IMP-6)."""
    written = changed.filter(pl.col("outcome") != "deleted")
    shared = _holders(written[base.key].drop_nulls(), writer, base)
    wrong = written[base.key].null_count() + shared.height - shared["key"].n_unique()
    if wrong:
        raise CarnetError(
            say(
                "The undo would leave {wrong} contacts without a {key} of their own. The base is unchanged.",
                wrong=wrong,
                key=base.key,
            ),
            say("This is a fault of Carnet's: please report it, with what `carnet imports` lists."),
        )
