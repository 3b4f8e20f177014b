"""What an undo leaves as it is, and why (IMP-15): contacts, fields, keys, values and entries of lists.

Belongs here: the rows `key`, `field` (None: the whole contact), `why` that are shown to people. Does not: what a contact becomes
(`undo_contacts`).
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.base.statements import statement
from pipelines.channels import BY_ADDRESS, CHANNEL_OF_STATE, CONSENTS
from pipelines.declarations.model import ContactBase
from pipelines.imports.undo_contacts import BARRED, changed_here, changed_later, of_another_address, would_loosen
from pipelines.imports.undo_history import AT, BACK, LOST, SINCE
from pipelines.language import mark, say, say_rows

_LOST_STAYS = mark("the former value was lost when the field's format changed: it stays as it is")
_LOST_GONE = mark("the former value was lost when the field's format changed: it is empty")
_STAYS_LISTED = mark(
    "stays on the account's suppression list: an undo never loosens; `carnet contact set` does, by hand"
)
_STAYS_REMEMBERED = mark("what {people} people refused who are not in the base stays remembered: an undo never loosens")
_NO_LOOSENING = mark("an undo never loosens a consent: change it by hand (`carnet contact set`)")


def _kept(frame: pl.DataFrame, key: str | pl.Expr, field: str | pl.Expr | None, why: str | pl.Expr) -> pl.DataFrame:
    """`key` is a column; `field` and `why` are the same for every row where they are texts."""
    field, why = (each if isinstance(each, pl.Expr) else pl.lit(each, pl.String) for each in (field, why))
    return frame.select(key=key, field=field, why=why).cast(pl.String)


def kept_contacts(staying: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    """Contacts that the import added, and that something touched since."""
    touched_by = pl.col("touched_by").replace("hand", say("an edit by hand"))
    why = say_rows("the contact stays: {touched_by} touched it since", touched_by=touched_by)
    return _kept(staying.filter("inserted_here"), base.key, None, why)


def kept_fields(staying: pl.DataFrame, sources: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    """Fields that keep what the import, or something since, made of them."""
    found = [_kept(staying.clear(), base.key, None, "")]
    for name in (field.name for field in base.fields if not field.read_only):
        found.append(_changed_since(name, staying, sources, base))
        if name in CHANNEL_OF_STATE and (address := CHANNEL_OF_STATE[name].address) != base.key:
            of_another = of_another_address(name, base) & pl.col(AT + address).is_null()
            stays = staying.filter(changed_here(name) & ~pl.col(LOST + name) & of_another)
            found.append(_kept(stays, base.key, name, _of_another(address)))
        if name in CONSENTS:
            found.append(_kept(staying.filter(would_loosen(name)), base.key, name, say(_NO_LOOSENING)))
    return pl.concat(found)


def _of_another(address: str) -> str:
    return say("it was of another {address}, which changed since", address=address)


def _changed_since(name: str, staying: pl.DataFrame, sources: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    changed = staying.filter(changed_later(name)).select(key=base.key, revision_id=SINCE + name)
    changed = changed.join(sources, on="revision_id", how="left", maintain_order="left")
    if name in CHANNEL_OF_STATE:
        # What events make of it is no later change: it is reckoned anew from what stands (STA-2).
        changed = changed.filter(~pl.col("source").str.starts_with("events").fill_null(value=False))
    return _kept(
        changed, "key", name, say_rows("changed since, by {source}", source=pl.col("source").fill_null(say("an undo")))
    )


def kept_keys(staying: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    """Keys of contacts that may not have their former one back."""
    return _kept(staying.filter(pl.col(BARRED).is_not_null()), base.key, base.key, pl.col(BARRED))


def kept_away(barred: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    """Deleted contacts that do not come back (`undo_contacts.may_return`)."""
    why = (
        pl.when("valid")
        .then(pl.lit(say("another contact has this key by now: it is not brought back")))
        .otherwise(
            pl.lit(say("it would be without a valid {key}, which is the key: it is not brought back", key=base.key))
        )
    )
    return _kept(barred, pl.coalesce("key", *(BACK + address for address in BY_ADDRESS)), None, why)


def kept_lost(staying: pl.DataFrame, returning: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    """Fields whose former value a changed format lost: they stay as they are, or are empty where the contact comes back."""
    names = [field.name for field in base.fields if not field.read_only and field.name not in CONSENTS]
    return pl.concat(
        kept
        for name in names
        for kept in (
            _kept(staying.filter(changed_here(name) & pl.col(LOST + name)), base.key, name, say(_LOST_STAYS)),
            _kept(returning.filter(pl.col(LOST + name)), "key", name, say(_LOST_GONE)),
        )
    )


def kept_deleted(deleted: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    """Contacts that something else deleted since."""
    return _kept(
        deleted,
        BACK + base.key,
        None,
        say_rows("the contact was deleted since, by {deleted_by}", deleted_by="deleted_by"),
    )


def left_over(connection: duckdb.DuckDBPyConnection, import_id: int) -> pl.DataFrame:
    """What stays of an import beside its contacts: people on the suppression list, values that it added to lists."""
    source = {"source": f"import {import_id}"}
    suppressed = connection.sql(statement("imports/undo_left_suppressed"), params=source).pl()
    remembered = (
        connection.sql(statement("imports/undo_left_remembered"), params=source).pl().filter(pl.col("people") > 0)
    )
    values = connection.sql(statement("imports/undo_left_values"), params={"import_id": import_id}).pl()
    why = say_rows("the value '{value}', which the import added, stays in the list", value="value")
    return pl.concat(
        [
            _kept(suppressed, "key", None, say(_STAYS_LISTED)),
            _kept(remembered, pl.lit(None, pl.String), None, say_rows(_STAYS_REMEMBERED, people="people")),
            _kept(values, pl.lit(None, pl.String), pl.col("field"), why),
        ]
    )
