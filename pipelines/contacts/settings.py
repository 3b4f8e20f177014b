"""What imports and people set of contacts, and when: states follow from these and from events, in any order (STA-4, BHV-1).

Belongs here: `state_settings` (statuses, return messages, resubscriptions, changes of address) and `former_keys`, as a revision
writes them. Does not: what events make of them (`pipelines.contacts.states`).
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.base.statements import at_hand, statement
from pipelines.base.versions import FORMER
from pipelines.channels import CHANNELS, STATED, Channel
from pipelines.contacts.revision import Revision
from pipelines.contacts.suppression import strictness

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
        found = [_set(each, changed, stated, revision) for each in CHANNELS]
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
    now = {"channel": pl.lit(each.name), "changed_at": pl.lit(revision.at).cast(_INSTANT)}
    return changed.filter(back).select(**{**nothing, "contact_id": pl.col("contact_id"), **now})


def _set(each: Channel, changed: pl.DataFrame, stated: pl.DataFrame | None, revision: Revision) -> pl.DataFrame:
    """What this revision sets of one channel: a row a contact, with NULL for what it leaves as it was."""
    now = pl.lit(revision.at).cast(_INSTANT)
    there = changed.filter(pl.col("outcome") != "deleted")
    if stated is not None:
        said = [name for name in stated.columns if name != "contact_id"]
        renamed = stated.rename({name: "stated:" + name for name in said})
        there = renamed.join(there, on="contact_id", how="full", coalesce=True)
    missing = [name for name in STATED if "stated:" + name not in there.columns]
    there = there.with_columns(pl.lit(None, changed.schema[name]).alias("stated:" + name) for name in missing)
    inserted = (pl.col("outcome") == "inserted").fill_null(value=False)
    moved = pl.col(FORMER + each.address).ne_missing(pl.col(each.address)) & ~inserted & pl.col("outcome").is_not_null()
    unsaid = pl.col(each.status).is_null() | (pl.col(each.status) == "unknown")
    status_set = pl.col("stated:" + each.status).is_not_null() | (
        (pl.col(each.status).ne_missing(pl.col(FORMER + each.status)) | moved) & ~(unsaid & (inserted | moved))
    )
    status = pl.coalesce(each.status, "stated:" + each.status)
    if each.detail and each.returned_at:
        returned = pl.coalesce(each.returned_at, "stated:" + each.returned_at).cast(_INSTANT)
        detail = pl.coalesce(each.detail, "stated:" + each.detail)
        cleared = pl.col(each.detail).is_null() & pl.col(each.returned_at).is_null()
        differs = pl.col(each.detail).ne_missing(pl.col(FORMER + each.detail)) | pl.col(each.returned_at).ne_missing(
            pl.col(FORMER + each.returned_at)
        )
        said_so = pl.col("stated:" + each.detail).is_not_null() | pl.col("stated:" + each.returned_at).is_not_null()
        detail_set = said_so | (differs & ~(cleared & moved))
    else:
        returned, detail, detail_set = pl.lit(None, _INSTANT), pl.lit(None, pl.String), pl.lit(value=False)
    # STA-5: whoever could loosen a consent meant it, and older events do not undo that.
    loosened = strictness(each.consent) < strictness(FORMER + each.consent)
    resubscribed = loosened | pl.col("stated:" + each.consent).is_not_null()
    return (
        there.select(
            "contact_id",
            channel=pl.lit(each.name),
            status=pl.when(status_set).then(status),
            status_at=pl.when(status_set).then(now),
            detail=pl.when(detail_set).then(detail),
            returned_at=pl.when(detail_set).then(returned),
            detail_at=pl.when(detail_set).then(now),
            changed_at=pl.when(moved).then(now),
            resubscribed_at=pl.when(resubscribed.fill_null(value=False)).then(now),
        )
        .filter(pl.any_horizontal(pl.col("status_at", "detail_at", "changed_at", "resubscribed_at").is_not_null()))
        .cast(_SETTINGS)  # pyright: ignore[reportArgumentType]
    )
