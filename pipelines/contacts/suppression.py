"""The suppression list: consents that outlive their contacts, and people who may not be written to (STA-5, IMP-10).

An entry is told by a keyed hash of the contact's uniqueness key; it bears the key itself only for people whom a file asked to
suppress. Belongs here: entering, leaving, looking up. Does not: what a contact's own consent becomes (merging, undoing).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from typing import Literal

import duckdb
import polars as pl

from pipelines.base.hash_key import HashKey
from pipelines.base.statements import first_row, statement
from pipelines.base.versions import FORMER
from pipelines.contacts.revision import Revision
from pipelines.declarations.model import Key

Channel = Literal["email", "sms"]
CONSENTS: dict[Channel, str] = {"email": "opt_in_email", "sms": "opt_in_sms"}
REASONS = {"no": "unsubscribed", "orange_list": "orange_list", "suppression_list": "suppressed"}
"""Consents that are not `yes`, and the reason under which the list keeps them."""
_LISTED = {"opt_in_email": pl.String, "opt_in_sms": pl.String}


def listed(connection: duckdb.DuckDBPyConnection, keys: pl.Series, secret: HashKey) -> pl.DataFrame:
    """The consents that the list keeps of `keys`: `key`, `opt_in_email`, `opt_in_sms`; a row for those it names."""
    if _is_empty(connection):
        return pl.DataFrame(schema={"key": pl.String, **_LISTED})
    with _registered(connection, "carnet_keys", keys.rename("key").to_frame()):
        return connection.sql(statement("contacts/listed"), params=secret.bind(connection)).pl()


def enter(connection: duckdb.DuckDBPyConnection, keys: pl.Series, secret: HashKey, revision: Revision) -> int:
    """Suppress people whom the base does not know (IMP-10): their keys, by name; how many were not on the list yet."""
    kept = (
        keys.rename("key")
        .to_frame()
        .select(
            pl.lit("email").alias("channel"),
            "key",
            pl.lit("suppressed").alias("reason"),
            pl.lit(value=True).alias("named"),
        )
    )
    return _enter(connection, kept, secret, revision)


def follow(
    connection: duckdb.DuckDBPyConnection, changed: pl.DataFrame, key: Key, secret: HashKey, revision: Revision
) -> None:
    """Bring the list along with a revision's `changed` contacts.

    A contact's own row says what it consents to, so the list drops what it kept of a key that is there again; it keeps what is not
    `yes` of a key that goes; and it names whoever is on the account's suppression list.
    """
    if not _is_empty(connection):
        _leave(connection, _arriving(changed, key), secret)
    kept = pl.concat([_going(changed, key), _suppressed(changed, key)])
    if not kept.is_empty():
        _enter(connection, kept, secret, revision)


def _arriving(changed: pl.DataFrame, key: Key) -> pl.DataFrame:
    """Keys that a contact bears from now on, or whose contact left the account's list by hand."""
    there = pl.col("outcome") != "deleted"
    is_new = pl.col(key).ne_missing(pl.col(FORMER + key))
    suppressed = pl.col("opt_in_email").eq_missing("suppression_list")
    left = pl.col(FORMER + "opt_in_email").eq_missing("suppression_list")
    conditions = {"email": there & ~suppressed & (is_new | left), "sms": there & is_new}
    return _by_channel(changed.filter(conditions[channel]).select(pl.col(key).alias("key")) for channel in CONSENTS)


def _going(changed: pl.DataFrame, key: Key) -> pl.DataFrame:
    """Keys that no contact bears any longer: what they had not consented to, by hash alone."""
    gone = changed.filter(pl.col(FORMER + key).is_not_null() & pl.col(key).ne_missing(pl.col(FORMER + key)))
    return _by_channel(
        gone.select(
            pl.col(FORMER + key).alias("key"),
            pl.col(FORMER + consent).replace_strict(REASONS, default=None, return_dtype=pl.String).alias("reason"),
            pl.lit(value=False).alias("named"),
        ).drop_nulls("reason")
        for consent in CONSENTS.values()
    )


def _suppressed(changed: pl.DataFrame, key: Key) -> pl.DataFrame:
    held = changed.filter(pl.col("opt_in_email") == "suppression_list").select(
        pl.col(key).alias("key"), pl.lit("suppressed").alias("reason"), pl.lit(value=True).alias("named")
    )
    return held.select(pl.lit("email").alias("channel"), *held.columns)


def _by_channel(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """One frame a channel, in the order of CONSENTS, joined with the channel's name before them."""
    return pl.concat(
        frame.select(pl.lit(channel).alias("channel"), *frame.columns)
        for channel, frame in zip(CONSENTS, frames, strict=True)
    )


def _enter(connection: duckdb.DuckDBPyConnection, kept: pl.DataFrame, secret: HashKey, revision: Revision) -> int:
    parameters = {**secret.bind(connection), "at": revision.at, "source": revision.source}
    with _registered(connection, "carnet_kept", kept):
        for names in ("contacts/forget_names", "contacts/name_entries"):
            connection.execute(statement(names), secret.bind(connection)).fetchall()
        return len(connection.execute(statement("contacts/enter_list"), parameters).fetchall())


def _leave(connection: duckdb.DuckDBPyConnection, left: pl.DataFrame, secret: HashKey) -> None:
    if not left.is_empty():
        with _registered(connection, "carnet_left", left):
            connection.execute(statement("contacts/leave_list"), secret.bind(connection)).fetchall()


def _is_empty(connection: duckdb.DuckDBPyConnection) -> bool:
    return first_row(connection, "SELECT 1 FROM main.suppression_list LIMIT 1") is None


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame):
    connection.register(name, frame.to_arrow())
    try:
        yield
    finally:
        connection.unregister(name)
