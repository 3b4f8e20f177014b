"""What imports and people set of contacts, and when: states follow from these and from events, in any order (STA-4, BHV-1).

Belongs here: `state_settings` (statuses, return messages, resubscriptions, changes of address) and `former_keys`, as a revision
writes them. Does not: what events make of them (`pipelines.contacts.states`).
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.base.statements import at_hand, statement
from pipelines.base.versions import FORMER
from pipelines.channels import CHANNELS, STATED, UNKNOWN, Channel
from pipelines.contacts.revision import Revision, instant
from pipelines.contacts.suppression import strictness

_STATED = "stated:"
"""Before a field's name: what a file or a person said of it, whether the base held that already or not."""
_INSTANT = pl.Datetime("us", "UTC")
_SETTINGS = {
    "contact_id": pl.Int64,
    "channel": pl.String,
    "status": pl.String,
    "status_at": _INSTANT,
    "detail": pl.String,
    "returned_at": _INSTANT,
    "detail_at": _INSTANT,
    "changed_at": _INSTANT,
    "resubscribed_at": _INSTANT,
}


def follow(
    connection: duckdb.DuckDBPyConnection, changed: pl.DataFrame, stated: pl.DataFrame | None, revision: Revision
) -> None:
    """Keep what `changed` contacts (see `revisions.write`) had before, and what was set of them, in the caller's transaction.

    To be called once they are written. `stated`: `contact_id` and any of STATED, where a file or a person said so, whether that
    changed anything or not; consents only where whoever said so may loosen them (STA-5). An undo sets nothing but addresses: what
    it takes back is voided where it is undone.
    """
    if not changed.is_empty():
        _keep_former_keys(connection, changed, revision)
        _unsettle_former(connection, changed)
    if revision.kind == "undo":
        found = [_given_back(each, changed, revision) for each in CHANNELS]
    else:
        there = _beside_stated(changed, stated)
        found = [_set(each, there, revision) for each in CHANNELS]
    settings = pl.concat(found)
    if settings.is_empty():
        return
    numbers = {"revision_id": revision.revision_id, "import_id": revision.import_id}
    with at_hand(connection, carnet_settings=settings):
        connection.execute(statement("contacts/add_settings"), numbers)


def _keep_former_keys(connection: duckdb.DuckDBPyConnection, changed: pl.DataFrame, revision: Revision) -> None:
    deleted = pl.col("outcome") == "deleted"
    for each in CHANNELS:
        old = pl.col(FORMER + each.address)
        gone = changed.filter(old.is_not_null() & (deleted | old.ne_missing(pl.col(each.address)))).select(
            "contact_id", key=old, created_at=FORMER + "created_at", deleted=deleted
        )
        if gone.is_empty():
            continue
        parameters = {"kind": each.address, "channel": each.name, "at": revision.at}
        with at_hand(connection, carnet_settings=gone):
            connection.execute(statement("contacts/keep_former_keys"), parameters)


def _unsettle_former(connection: duckdb.DuckDBPyConnection, changed: pl.DataFrame) -> None:
    """Whoever had an address that arrives with somebody now may be succeeded, or have it again."""
    for each in CHANNELS:
        new = pl.col(each.address)
        arriving = changed.filter(new.is_not_null() & new.ne_missing(pl.col(FORMER + each.address))).select(key=new)
        if arriving.is_empty():
            continue
        with at_hand(connection, carnet_settings=arriving):
            connection.execute(statement("contacts/unsettle"), {"kind": each.address})


def _given_back(each: Channel, changed: pl.DataFrame, revision: Revision) -> pl.DataFrame:
    """Since when contacts have the addresses that an undo gives back to them."""
    new = pl.col(each.address)
    back = new.ne_missing(pl.col(FORMER + each.address)) & (pl.col("outcome") != "deleted")
    nothing = {name: pl.lit(None, kind) for name, kind in _SETTINGS.items()}
    now = {"channel": pl.lit(each.name), "changed_at": instant(revision.at)}
    return changed.filter(back).select(**{**nothing, "contact_id": pl.col("contact_id"), **now})


def _beside_stated(changed: pl.DataFrame, stated: pl.DataFrame | None) -> pl.DataFrame:
    """The contacts of `changed` that are there and those of `stated`, with a column `stated:<field>` for each of STATED."""
    there = changed.filter(pl.col("outcome") != "deleted")
    if stated is not None:
        renamed = stated.select("contact_id", pl.exclude("contact_id").name.prefix(_STATED))
        there = renamed.join(there, on="contact_id", how="full", coalesce=True)
    missing = (name for name in STATED if _STATED + name not in there.columns)
    return there.with_columns(pl.lit(None, changed.schema[name]).alias(_STATED + name) for name in missing)


def _set(each: Channel, there: pl.DataFrame, revision: Revision) -> pl.DataFrame:
    """What this revision sets of one channel: a row a contact, with NULL for what it leaves as it was."""
    now = instant(revision.at)
    inserted = (pl.col("outcome") == "inserted").fill_null(value=False)
    moved = _differs(each.address) & ~inserted & pl.col("outcome").is_not_null()
    status_set, return_set = _sets_status(each, inserted, moved), _sets_return(each, moved)
    # STA-5: whoever could loosen a consent meant it, and older events do not undo that.
    loosened = strictness(each.consent) < strictness(FORMER + each.consent)
    resubscribed = (loosened | _is_stated(each.consent)).fill_null(value=False)
    return (
        there.select(
            "contact_id",
            channel=pl.lit(each.name),
            status=pl.when(status_set).then(_value(each.status)),
            status_at=pl.when(status_set).then(now),
            detail=pl.when(return_set).then(_value(each.detail)),
            returned_at=pl.when(return_set).then(_value(each.returned_at)),
            detail_at=pl.when(return_set).then(now),
            changed_at=pl.when(moved).then(now),
            resubscribed_at=pl.when(resubscribed).then(now),
        )
        .filter(pl.any_horizontal(pl.col("status_at", "detail_at", "changed_at", "resubscribed_at").is_not_null()))
        .cast(_SETTINGS)  # pyright: ignore[reportArgumentType]
    )


def _sets_status(each: Channel, inserted: pl.Expr, moved: pl.Expr) -> pl.Expr:
    """A status is set where it is stated or changed, but not where a new contact or address begins without one (STA-2)."""
    begins = (inserted | moved) & (pl.col(each.status).fill_null(UNKNOWN) == UNKNOWN)
    return _is_stated(each.status) | ((_differs(each.status) | moved) & ~begins)


def _sets_return(each: Channel, moved: pl.Expr) -> pl.Expr:
    """A return message is set where it is stated or changed, but not where another address begins without one (STA-2)."""
    names = [name for name in (each.detail, each.returned_at) if name]
    if not names:
        return pl.lit(value=False)
    begins = moved & pl.all_horizontal(pl.col(names).is_null())
    return pl.any_horizontal(map(_is_stated, names)) | (pl.any_horizontal(map(_differs, names)) & ~begins)


def _value(name: str | None) -> pl.Expr:
    return pl.lit(None) if name is None else pl.coalesce(name, _STATED + name)


def _is_stated(name: str) -> pl.Expr:
    return pl.col(_STATED + name).is_not_null()


def _differs(name: str) -> pl.Expr:
    return pl.col(name).ne_missing(pl.col(FORMER + name))
