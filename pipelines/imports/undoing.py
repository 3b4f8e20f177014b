"""Undoing an import (IMP-15): its contacts go, its changes are taken back, what it deleted returns; later changes stay.

A field takes the value of the last change that still stands, or the one it had before them all: so imports can be undone in any
order. A consent is never loosened by an undo (STA-5). Belongs here: what an undo would do, and doing it. Does not: files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from pipelines.base.keys import valid_keys
from pipelines.base.statements import at_hand, first_row, identifier, statement
from pipelines.base.store import Writer
from pipelines.base.versions import FORMER
from pipelines.channels import BY_ADDRESS, CHANNEL_OF_STATE, CONSENTS
from pipelines.contacts.revisions import begin, version_columns, write
from pipelines.contacts.suppression import listed, stricter, strictness
from pipelines.declarations.model import ContactBase
from pipelines.errors import RefusedError
from pipelines.fields import Field
from pipelines.imports.history import list_imports
from pipelines.imports.undo_limits import BARRED, LOST, barred_keys, check_keys, holders, left_over, with_losses

_LOST_STAYS = "the former value was lost when the field's format changed: it stays as it is"
_LOST_GONE = "the former value was lost when the field's format changed: it is empty"
_NEVER = "never:"  # A field's value before every change that is known.
_LAST, _SINCE = "last:", "since:"  # Its value after the last change that stands, and that change's revision.
_THEN = "then:"  # An address as it was when the import came that is undone.
_OURS = "ours:"  # Its value after the import that is undone; with _OURS + "former:", before it.


@dataclass(frozen=True)
class Undone:
    """What an undo did: its own `import_id`, how many contacts it removed and restored, and what it left as it was.

    `kept`: `key`, `field` (None: the whole contact), `why`.
    """

    import_id: int
    undoes: int
    removed: int
    restored: int
    kept: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of `undo`."""
        return {"import_id": self.import_id, "removed": self.removed, "restored": self.restored, "kept": self.kept}


def undo_import(writer: Writer, import_id: int, who: str, at: datetime) -> Undone:
    """Undo one import, in one transaction, as an import of its own.

    UnknownNameError where there is none; RefusedError where it cannot be undone (refused, undone already, itself an undo, older
    than the history keeps).
    """
    undone = _undoable(writer, import_id)
    base = writer.contact_base
    with writer.transaction() as connection:
        own_id = writer.next_id("import_id")
        plan = _plan(writer, import_id, base, at)
        write(writer, plan.changed, begin(writer, "undo", who, at, own_id), base)
        check_keys(writer, plan.changed, base)
        kept = pl.concat([plan.kept, left_over(connection, import_id)])
        connection.execute(
            "UPDATE main.revisions SET undone = true WHERE import_id = ? AND kind <> 'undo'", [import_id]
        )
        connection.execute("UPDATE main.imports SET undone_by = ? WHERE import_id = ?", [own_id, import_id])
        connection.execute(statement("imports/void_settings"), {"import_id": import_id})
        connection.execute(statement("imports/unsettle_undone"), {"import_id": import_id, "undo": own_id})
        removed, restored = plan.count("deleted"), plan.count("inserted") + plan.count("updated")
        counts = {"deleted": removed, "inserted": plan.count("inserted"), "updated": plan.count("updated")}
        connection.execute(
            statement("imports/record_undo"),
            {
                "import_id": own_id,
                "undoes": import_id,
                "at": at,
                "who": who,
                "name": f"undo of {undone['name']}",
                **counts,
            },
        )
    return Undone(own_id, import_id, removed, restored, kept.to_dicts())


def _undoable(writer: Writer, import_id: int) -> dict[str, Any]:
    [found] = list_imports(writer.connection, import_id)
    whole = first_row(writer.connection, "SELECT NOT trimmed FROM main.imports WHERE import_id = ?", [import_id])
    reasons = {
        f"Import {import_id} is itself an undo.": found["action"] == "undo",
        f"Import {import_id} brought events, which are not undone: states follow from all of them.": found["action"]
        == "events",
        f"Import {import_id} was refused: it changed nothing.": found["status"] != "imported",
        f"Import {import_id} was undone already, by import {found['undone_by']}.": found["undone_by"] is not None,
        f"Import {import_id} is older than the history keeps whole (`import_history`).": whole == (False,),
    }
    for reason, holds in reasons.items():
        if holds:
            raise RefusedError(reason, "The base is unchanged. `carnet imports` lists what can be undone.")
    return found


@dataclass(frozen=True)
class _Plan:
    changed: pl.DataFrame
    kept: pl.DataFrame

    def count(self, outcome: str) -> int:
        return self.changed.filter(pl.col("outcome") == outcome).height


def _plan(writer: Writer, import_id: int, base: ContactBase, at: datetime) -> _Plan:
    candidates = _candidates(writer, import_id, base)
    remembered = _remembered(candidates.versions, import_id, base)
    found = candidates.standing.join(candidates.now, on="contact_id", how="left").join(
        remembered, on="contact_id", how="left"
    )
    there = pl.col("there").fill_null(value=False)
    belongs = pl.col("deleted_by").is_null() & (~pl.col("inserter_undone") | pl.col("touched_by").is_not_null())
    going = found.filter(there & ~belongs)
    staying = _with_barred_keys(found.filter(there & belongs), going, writer, base)
    returning, barred = _returning(found.filter(~there & belongs), going, staying, writer, base)
    changed = pl.concat(
        [
            _removed(going, base),
            _revived(returning, writer, base, at),
            _reverted(staying, writer, base, at),
        ]
    )
    kept = pl.concat(
        [
            _kept_contacts(staying, base),
            _kept_fields(staying, candidates.sources, base),
            _kept_keys(staying, base),
            barred,
            _kept_lost(staying, returning, base),
            _kept_deleted(found.filter(~there & pl.col("deleted_by").is_not_null()), base),
        ]
    )
    return _Plan(changed, kept)


@dataclass(frozen=True)
class _Candidates:
    standing: pl.DataFrame
    versions: pl.DataFrame
    now: pl.DataFrame
    sources: pl.DataFrame


def _candidates(writer: Writer, import_id: int, base: ContactBase) -> _Candidates:
    connection, asked = writer.connection, {"import_id": import_id}
    ids = connection.sql(statement("imports/undo_candidates"), params=asked).pl()
    with at_hand(connection, carnet_candidates=ids):
        standing = connection.sql(statement("imports/undo_standing"), params=asked).pl()
        versions = connection.sql(statement("imports/undo_versions"), params=asked).pl()
        columns = ", ".join(f"c.{identifier(f.name)}" for f in base.fields)
        now = connection.sql(
            f"SELECT {columns}, true AS there FROM main.contacts AS c SEMI JOIN carnet_candidates AS k "  # noqa: S608
            "ON c.contact_id = k.contact_id"
        ).pl()
        sources = connection.sql("SELECT revision_id, source FROM main.revisions").pl()
    fields = [field for field in base.fields if field.name != "contact_id"]
    typed = versions.with_columns(
        pl.col(prefix + f.name).cast(f.polars_type) for f in fields for prefix in ("", FORMER)
    )
    typed = with_losses(typed, connection)
    return _Candidates(standing, typed, now.with_columns(pl.col(f.name).cast(f.polars_type) for f in fields), sources)


def _remembered(versions: pl.DataFrame, import_id: int, base: ContactBase) -> pl.DataFrame:
    """For each contact and field: the value before all changes, after the last one that stands, around the undone one."""
    ours = (pl.col("import_id") == import_id).fill_null(value=False)
    found: list[pl.Expr] = []
    for field in base.fields:
        if field.name == "contact_id":
            continue
        new, old = pl.col(field.name), pl.col(FORMER + field.name)
        differs = new.ne_missing(old) & (pl.col("outcome") != "deleted")
        told = differs | (pl.col("outcome") == "deleted")
        standing = differs & pl.col("stands")
        found += [
            _lost(field.name, versions, told=told, standing=standing),
            old.filter(told).first().alias(_NEVER + field.name),
            new.filter(standing).last().alias(_LAST + field.name),
            pl.col("revision_id").filter(standing).last().alias(_SINCE + field.name),
            new.filter(differs & ours).last().alias(_OURS + field.name),
            old.filter(differs & ours).last().alias(_OURS + FORMER + field.name),
            pl.col("revision_id")
            .filter(differs & ours & (pl.col("outcome") == "updated"))
            .last()
            .alias("at:" + field.name),
        ]
    found += [pl.col(FORMER + address).filter(ours).last().alias(_THEN + address) for address in BY_ADDRESS]
    return versions.group_by("contact_id", maintain_order=True).agg(found)


def _lost(name: str, versions: pl.DataFrame, *, told: pl.Expr, standing: pl.Expr) -> pl.Expr:
    """Did a changed format lose the value that `_target` gives?"""
    after, before = (
        pl.col(LOST + column) if LOST + column in versions.columns else pl.lit(value=False)
        for column in (name, FORMER + name)
    )
    return (
        pl.when(standing.any())
        .then((standing & after).filter(standing).last())
        .otherwise((told & before).filter(told).first())
        .fill_null(value=False)
        .alias(LOST + name)
    )


def _target(field: Field) -> pl.Expr:
    """The value that a field has when only what stands counts."""
    name = field.name
    return pl.when(pl.col(_SINCE + name).is_not_null()).then(pl.col(_LAST + name)).otherwise(pl.col(_NEVER + name))


def _removed(going: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    fields = [field for field in base.fields if field.name != "contact_id"]
    return going.select(
        "contact_id",
        pl.lit("deleted").alias("outcome"),
        *(pl.lit(None, f.polars_type).alias(f.name) for f in fields),
        *(pl.col(f.name).alias(FORMER + f.name) for f in fields),
    ).select(version_columns(base))


def _with_barred_keys(staying: pl.DataFrame, going: pl.DataFrame, writer: Writer, base: ContactBase) -> pl.DataFrame:
    """Beside each contact that stays, why it may not have its former key back; NULL where it may (IMP-6)."""
    back = _reverted_value(base.field(base.key), base).alias("key")
    moves = staying.with_columns(pl.lit(None, pl.String).alias(BARRED)).select("contact_id", back, now=base.key)
    moves = moves.filter(pl.col("key").ne_missing(pl.col("now"))).select("contact_id", "key")
    return staying.join(barred_keys(moves, going, writer, base), on="contact_id", how="left", maintain_order="left")


def _returning(
    absent: pl.DataFrame, going: pl.DataFrame, staying: pl.DataFrame, writer: Writer, base: ContactBase
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Deleted contacts that come back, and those that have no key by now, or one that another contact bears."""
    wanted = absent.with_columns(_target(base.field(base.key)).alias("key"))
    taken = holders(wanted["key"], writer, base).join(going.select(holder="contact_id"), on="holder", how="anti")
    reverted = staying.select(key=_reverted_value(base.field(base.key), base))
    valid = valid_keys(wanted["key"], base)
    # Of several deleted contacts with one key the last one comes back.
    free = (
        wanted.filter(valid)
        .join(taken, on="key", how="anti")
        .join(reverted, on="key", how="anti")
        .sort("contact_id")
        .unique("key", keep="last", maintain_order=True)
    )
    barred = wanted.with_columns(valid=valid).join(free, on="contact_id", how="anti")
    return free, barred.select(
        key=pl.coalesce("key", *(_target(base.field(name)) for name in BY_ADDRESS)),
        field=pl.lit(None, pl.String),
        why=pl.when("valid")
        .then(pl.lit("another contact has this key by now: it is not brought back"))
        .otherwise(pl.lit(f"it would be without a valid {base.key}, which is the key: it is not brought back")),
    )


def _revived(returning: pl.DataFrame, writer: Writer, base: ContactBase, at: datetime) -> pl.DataFrame:
    fields = [field for field in base.fields if field.name != "contact_id"]
    back = returning.select("contact_id", *(_target(field).alias(field.name) for field in fields))
    # A consent that the list keeps of somebody else with that second address is not this contact's: it comes back as it was.
    people = back.select("contact_id", *BY_ADDRESS).rename({"contact_id": "person"})
    kept = listed(writer.connection, people, base.key, writer.hash_key, shared=False)
    return (
        back.join(kept, left_on="contact_id", right_on="person", how="left", maintain_order="left")
        .select(
            "contact_id",
            pl.lit("inserted").alias("outcome"),
            *((stricter(f.name, f.name) if f.name in CONSENTS else _stamped(f, at)).alias(f.name) for f in fields),
            *(pl.lit(None, f.polars_type).alias(FORMER + f.name) for f in fields),
        )
        .select(version_columns(base))
    )


def _stamped(field: Field, at: datetime) -> pl.Expr:
    if field.name == "modified_at":
        return pl.lit(at).cast(pl.Datetime("us", "UTC")).alias(field.name)
    return pl.col(field.name)


def _ours(name: str) -> pl.Expr:
    """Did the undone import change this field of a contact that it knew?"""
    return pl.col("at:" + name).is_not_null()


def _changed_later(name: str) -> pl.Expr:
    if name in CONSENTS:
        return _ours(name) & pl.col(name).ne_missing(pl.col(_OURS + name))
    return _ours(name) & (pl.col(_SINCE + name) > pl.col("at:" + name)).fill_null(value=False)


def _of_another(status: str, base: ContactBase) -> pl.Expr:
    """STA-2: is the address that the contact will have another one than that of its former status, which says nothing of it?"""
    address = CHANNEL_OF_STATE[status].address
    return _reverted_value(base.field(address), base).ne_missing(pl.col(_THEN + address))


def _would_loosen(name: str) -> pl.Expr:
    """STA-5: NULL, said by nobody, is less strict than any refusal and stricter than `yes`."""
    before, after = (strictness(column).cast(pl.Float64).fill_null(0.5) for column in (_OURS + FORMER + name, name))
    return _ours(name) & ~_changed_later(name) & (before < after)


def _reverted(staying: pl.DataFrame, writer: Writer, base: ContactBase, at: datetime) -> pl.DataFrame:
    fields = [field for field in base.fields if field.name != "contact_id"]
    back = staying.select(
        "contact_id",
        *(_reverted_value(field, base).alias(field.name) for field in fields),
        *(pl.col(field.name).alias(FORMER + field.name) for field in fields),
    )
    back = _as_listed(back, writer, base)
    differs = pl.any_horizontal(pl.col(f.name).ne_missing(pl.col(FORMER + f.name)) for f in fields if not f.read_only)
    return (
        back.filter(differs)
        .with_columns(pl.lit("updated").alias("outcome"), *(_stamped(base.field("modified_at"), at),))
        .select(version_columns(base))
    )


def _as_listed(back: pl.DataFrame, writer: Writer, base: ContactBase) -> pl.DataFrame:
    """The contacts with the stricter consents that the list keeps by now of an address that they get back (STA-5)."""
    moved = (pl.when(pl.col(a).ne_missing(pl.col(FORMER + a))).then(a).alias(a) for a in BY_ADDRESS)
    people = back.select(pl.col("contact_id").alias("person"), *moved)
    kept = listed(writer.connection, people, base.key, writer.hash_key, shared=False)
    return back.join(kept, left_on="contact_id", right_on="person", how="left", maintain_order="left").with_columns(
        stricter(name, name).alias(name) for name in CONSENTS
    )


def _reverted_value(field: Field, base: ContactBase) -> pl.Expr:
    """The field's value once the import is undone; a key that may not come back stays, with the status of its address."""
    name = field.name
    if field.read_only:
        return pl.col(name)
    if name in CONSENTS:
        back = _ours(name) & ~_changed_later(name) & ~_would_loosen(name)
        return pl.when(back).then(pl.col(_OURS + FORMER + name)).otherwise(pl.col(name))
    back = _ours(name) & ~_changed_later(name) & ~pl.col(LOST + name)
    if name in CHANNEL_OF_STATE:
        back &= ~_of_another(name, base)
    if name == base.key:
        back &= pl.col(BARRED).is_null()
    return pl.when(back).then(_target(field)).otherwise(pl.col(name))


def _kept_contacts(staying: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    return staying.filter("inserted_here").select(
        key=base.key,
        field=pl.lit(None, pl.String),
        why=pl.format(
            "the contact stays: {} touched it since", pl.col("touched_by").replace("hand", "an edit by hand")
        ),
    )


def _kept_keys(staying: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    return staying.filter(pl.col(BARRED).is_not_null()).select(key=base.key, field=pl.lit(base.key), why=BARRED)


def _kept_lost(staying: pl.DataFrame, returning: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    """The fields whose former value a changed format lost: they stay as they are, or are empty where the contact comes back."""
    fields = [f.name for f in base.fields if not f.read_only and f.name not in CONSENTS]
    found = [
        frame.filter(where).select(key=key, field=pl.lit(name), why=pl.lit(why))
        for name in fields
        for frame, where, key, why in (
            (staying, _ours(name) & ~_changed_later(name) & pl.col(LOST + name), pl.col(base.key), _LOST_STAYS),
            (returning, pl.col(LOST + name), pl.col("key"), _LOST_GONE),
        )
    ]
    return pl.concat(found)


def _kept_deleted(absent: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    return absent.select(
        key=_target(base.field(base.key)),
        field=pl.lit(None, pl.String),
        why=pl.format("the contact was deleted since, by {}", "deleted_by"),
    )


def _kept_fields(staying: pl.DataFrame, sources: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    later = sources.rename({"revision_id": "since", "source": "by"})
    found = [pl.DataFrame(schema={"key": pl.String, "field": pl.String, "why": pl.String})]
    for field in base.fields:
        name = field.name
        if field.read_only:
            continue
        changed = staying.filter(_changed_later(name)).select(
            pl.col(base.key).alias("key"), pl.lit(name).alias("field"), pl.col(_SINCE + name).alias("since")
        )
        told = changed.join(later, on="since", how="left", maintain_order="left")
        if name in CHANNEL_OF_STATE:
            told = told.filter(~pl.col("by").str.starts_with("events").fill_null(value=False))
        found.append(
            told.select("key", "field", why=pl.format("changed since, by {}", pl.col("by").fill_null("an undo")))
        )
        if name in CHANNEL_OF_STATE and (address := CHANNEL_OF_STATE[name].address) != base.key:
            of_another = _of_another(name, base) & ~_ours(address)
            stays = staying.filter(_ours(name) & ~_changed_later(name) & ~pl.col(LOST + name) & of_another)
            why = f"it was of another {address}, which changed since"
            found.append(stays.select(key=base.key, field=pl.lit(name), why=pl.lit(why)))
        if name in CONSENTS:
            held = staying.filter(_would_loosen(name))
            why = "an undo never loosens a consent: change it by hand (`carnet contact set`)"
            found.append(held.select(key=base.key, field=pl.lit(name), why=pl.lit(why)))
    return pl.concat(found)
