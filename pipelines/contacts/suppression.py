"""The suppression list: consents that outlive their contacts, and people who may not be written to (STA-5, IMP-10).

An entry is told by a keyed hash of an address: of the contact's uniqueness key, and of its other address too, so that another key
loosens nothing. It bears the key itself only for people whom a file asked to suppress. Belongs here: entering, leaving, looking up.
Does not: what a contact's own consent becomes (merging, undoing).
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.base.hash_key import HashKey
from pipelines.base.statements import at_hand, first_row, statement
from pipelines.base.versions import FORMER
from pipelines.channels import BY_ADDRESS, CHANNELS, CONSENT_STRICTNESS, CONSENTS, EMAIL
from pipelines.contacts.revision import Revision
from pipelines.declarations.model import Key

REASONS = {"no": "unsubscribed", "orange_list": "orange_list", "suppression_list": "suppressed"}
"""Consents that are not `yes`, and the reason under which the list keeps them."""
LISTED = "listed:"
"""Before a consent's name: the one that the list keeps."""
_ENTRIES = {"channel": pl.String, "key": pl.String, "reason": pl.String, "named": pl.Boolean, "by_key": pl.Boolean}


def listed(
    connection: duckdb.DuckDBPyConnection, people: pl.DataFrame, key: Key, secret: HashKey, *, shared: bool = True
) -> pl.DataFrame:
    """The consents that the list keeps of `people`: `person`, `listed:opt_in_email`, `listed:opt_in_sms`; a row for those it names.

    `people`: `person` (an integer), and the addresses `email` and `mobile` to look up, where they are given. `shared`: whether it
    counts, on an address's own channel, what another contact that had it as its second one refused.
    """
    looked_up = [
        people.select(
            "person",
            address=pl.col(each.address).cast(pl.String),
            channel=pl.lit(each.name if shared else None, pl.String),
            is_key=pl.lit(each.address == key),
        ).drop_nulls("address")
        for each in CHANNELS
        if each.address in people.columns
    ]
    if _is_empty(connection) or all(found.is_empty() for found in looked_up):
        schema = {"person": people.schema["person"], **dict.fromkeys(CONSENTS, pl.String())}
        return pl.DataFrame(schema=schema).rename({name: LISTED + name for name in CONSENTS})
    with at_hand(connection, carnet_people=pl.concat(looked_up)):
        found = connection.sql(statement("contacts/listed"), params=secret.bind(connection)).pl()
    return found.rename({name: LISTED + name for name in CONSENTS})


def strictness(consent: str) -> pl.Expr:
    """How strict the consent in that column is: a higher number is stricter, NULL where nobody said any."""
    return pl.col(consent).replace_strict(CONSENT_STRICTNESS, default=None, return_dtype=pl.Int8)


def stricter(own: str, name: str) -> pl.Expr:
    """The stricter of the consent in the column `own` and the listed one of `name`; said by nobody is the least strict."""
    mine, kept = strictness(own), strictness(LISTED + name)
    is_stricter = (kept > mine) | (mine.is_null() & kept.is_not_null())
    return pl.when(is_stricter).then(LISTED + name).otherwise(own)


def enter(connection: duckdb.DuckDBPyConnection, keys: pl.Series, secret: HashKey, revision: Revision) -> int:
    """Suppress people whom the base does not know (IMP-10), on both channels and by name; how many were not on the list yet."""
    kept = keys.rename("key").to_frame().join(pl.DataFrame({"channel": [each.name for each in CHANNELS]}), how="cross")
    return _enter(connection, _entries(kept, pl.lit("suppressed"), named=True, by_key=True), secret, revision)


def remember(
    connection: duckdb.DuckDBPyConnection, refused: pl.DataFrame, key: Key, secret: HashKey, revision: Revision
) -> int:
    """Keep the refusals of people whom the base does not know (STA-5), by hash alone; of how many people.

    `refused`: the addresses `email` and `mobile`, and consents, as far as a file gives them. Those of a key are kept for both
    channels, of the other address for its own alone. Whoever is on the list already stays there as they are, by name too.
    """
    found: list[pl.DataFrame] = []
    for address, own in BY_ADDRESS.items():
        for each in CHANNELS:
            if {address, each.consent} <= set(refused.columns) and (address == key or each is own):
                reason = pl.col(each.consent).replace_strict(REASONS, default=None, return_dtype=pl.String)
                kept = refused.drop_nulls(address).with_columns(pl.col(address).alias("key"), channel=pl.lit(each.name))
                found.append(_entries(kept, reason, named=False, by_key=address == key))
    kept = pl.concat(found) if found else pl.DataFrame(schema=_ENTRIES)
    if kept.is_empty():
        return 0
    _put(connection, kept, secret, revision)
    refusing = pl.any_horizontal(pl.col(name).is_in(list(REASONS)) for name in CONSENTS if name in refused.columns)
    return int(refused.select(refusing.fill_null(value=False).sum()).item())


def follow(
    connection: duckdb.DuckDBPyConnection, changed: pl.DataFrame, key: Key, secret: HashKey, revision: Revision
) -> None:
    """Bring the list along with a revision's `changed` contacts.

    A contact's own row says what it consents to, so the list drops what it kept of a key that is there again; it keeps what is not
    `yes` of an address that goes; and it names whoever is on the account's suppression list.
    """
    if not _is_empty(connection):
        _leave(connection, _arriving(changed, key), secret)
        if revision.kind != "undo":  # What an undo gives back is nobody's leave.
            _leave(connection, _resubscribed(changed, key), secret)
    kept = pl.concat([_going(changed, key), _suppressed(changed, key)])
    if not kept.is_empty():
        _enter(connection, kept, secret, revision)


def _arriving(changed: pl.DataFrame, key: Key) -> pl.DataFrame:
    """Keys that a contact bears from now on, or whose contact left the account's list by hand."""
    there = pl.col("outcome") != "deleted"
    is_new = pl.col(key).ne_missing(pl.col(FORMER + key))
    suppressed = pl.col(EMAIL.consent).eq_missing(EMAIL.listed)
    left = pl.col(FORMER + EMAIL.consent).eq_missing(EMAIL.listed)
    conditions = {"email": there & ~suppressed & (is_new | left), "sms": there & is_new}
    return pl.concat(
        changed.filter(condition).select(pl.lit(channel).alias("channel"), pl.col(key).alias("key"))
        for channel, condition in conditions.items()
    )


def _resubscribed(changed: pl.DataFrame, key: Key) -> pl.DataFrame:
    """Second addresses whose contact says `yes` by leave: files without leave never loosen what the list keeps of them."""
    [own] = (each for each in CHANNELS if each.address != key)
    other = own.address
    is_new = pl.col(other).ne_missing(pl.col(FORMER + other))
    there = changed.filter(pl.col(other).is_not_null() & (pl.col("outcome") != "deleted"))
    found = []
    for each in CHANNELS:
        loosened = (pl.col(FORMER + each.consent) != "yes").fill_null(value=False)
        by_leave = (pl.col(each.consent) == "yes") & (loosened | (is_new & pl.lit(each is own)))
        found.append(there.filter(by_leave).select(pl.lit(each.name).alias("channel"), pl.col(other).alias("key")))
    return pl.concat(found)


def _going(changed: pl.DataFrame, key: Key) -> pl.DataFrame:
    """Addresses that a contact bears no longer: what it had not consented to, by hash alone.

    A second address that only moves is kept for its own channel; one of a contact that goes for both, as it may be the key later.
    """
    found = []
    for own in CHANNELS:
        is_key, former = own.address == key, pl.col(FORMER + own.address)
        gone = changed.filter(former.is_not_null() & pl.col(own.address).ne_missing(former)).with_columns(key=former)
        for each in CHANNELS:
            counts = pl.lit(is_key or each is own) | (pl.col("outcome") == "deleted")
            reason = pl.col(FORMER + each.consent).replace_strict(REASONS, default=None, return_dtype=pl.String)
            kept = gone.filter(counts).with_columns(channel=pl.lit(each.name))
            found.append(_entries(kept, reason, named=False, by_key=is_key))
    return pl.concat(found)


def _suppressed(changed: pl.DataFrame, key: Key) -> pl.DataFrame:
    held = changed.filter(pl.col(EMAIL.consent) == EMAIL.listed).select(
        pl.col(key).alias("key"), pl.lit("email").alias("channel")
    )
    return _entries(held, pl.lit("suppressed"), named=True, by_key=True)


def _entries(kept: pl.DataFrame, reason: pl.Expr, *, named: bool, by_key: bool) -> pl.DataFrame:
    """The entries (`channel`, `key`, `reason`, `named`, `by_key`) of `kept` (`channel`, `key`), but for those without a reason."""
    entries = kept.select("channel", "key", reason.alias("reason"), named=pl.lit(named), by_key=pl.lit(by_key))
    return entries.drop_nulls("reason").cast(_ENTRIES)  # pyright: ignore[reportArgumentType]


def _enter(connection: duckdb.DuckDBPyConnection, kept: pl.DataFrame, secret: HashKey, revision: Revision) -> int:
    """Put `kept` on the list, by name as far as they may bear one by now; how many of its people are new there."""
    with at_hand(connection, carnet_kept=kept):
        for names in ("contacts/forget_names", "contacts/name_entries"):
            connection.execute(statement(names), secret.bind(connection)).fetchall()
    return _put(connection, kept, secret, revision).count(("email",))


def _put(
    connection: duckdb.DuckDBPyConnection, kept: pl.DataFrame, secret: HashKey, revision: Revision
) -> list[tuple[str]]:
    """Put `kept` on the list; the channel of each entry that is new there."""
    bound = {**secret.bind(connection), "at": revision.at, "source": revision.source, "who": revision.who}
    with at_hand(connection, carnet_kept=kept):
        return connection.execute(statement("contacts/enter_list"), bound).fetchall()


def _leave(connection: duckdb.DuckDBPyConnection, left: pl.DataFrame, secret: HashKey) -> None:
    if not left.is_empty():
        with at_hand(connection, carnet_left=left):
            connection.execute(statement("contacts/leave_list"), secret.bind(connection)).fetchall()


def _is_empty(connection: duckdb.DuckDBPyConnection) -> bool:
    return first_row(connection, "SELECT 1 FROM main.suppression_list LIMIT 1") is None
