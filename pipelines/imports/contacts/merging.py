"""Merging: clean rows, one a key, into `contacts` in the caller's transaction (IMP-6, IMP-8, IMP-10, STA-2, STA-5).

The former rows of the file's keys are fetched once and combined with the new ones in polars; what changed is written as a revision
(pipelines/contacts). No index is kept: the merge itself makes keys unique, and expectations/base.py checks that it did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import duckdb
import polars as pl
import polars.selectors as cs

from pipelines.base.statements import at_hand, identifier
from pipelines.base.store import Writer
from pipelines.base.versions import FORMER
from pipelines.channels import BY_ADDRESS, CHANNEL_OF_STATE, CHANNELS, CONSENTS, EMAIL, NEVER_CLEARED, STATED, UNKNOWN
from pipelines.contacts.revision import Revision, instant
from pipelines.contacts.revisions import typed, version_columns, versioned, write
from pipelines.contacts.suppression import listed, stricter, strictness
from pipelines.declarations.model import KEY_ONLY, Action, ContactBase
from pipelines.fields import Field, Format
from pipelines.imports.contacts.frames import FOUND, LINE, MALFORMED, SKIPPED
from pipelines.imports.contacts.gaps import anew_where_filled, filling, gap_filled

_HELD = "held:"
"""Before a consent's name: what the contact had, or the stricter one that the suppression list keeps of it."""
_ON_THE_LIST = (pl.col(_HELD + EMAIL.consent) == EMAIL.listed).fill_null(value=False)


@dataclass(frozen=True)
class MergeRules:
    """How rows meet the base: `crossed` names, for each multi-select, the values that have a column in the file.

    `known_cells: fill_empty`: what a contact has stays, and the file fills gaps alone (IMP-8).
    `by_hand`: a person says so of one contact, so consents loosen and the suppression list is left (STA-5).
    """

    base: ContactBase
    action: Action = "upsert"
    empty_cells: Literal["keep", "clear"] = "keep"
    known_cells: Literal["overwrite", "fill_empty"] = "overwrite"
    may_resubscribe: bool = False
    crossed: Mapping[str, tuple[str, ...]] | None = None
    by_hand: bool = False


@dataclass(frozen=True)
class Combined:
    """The rows as the base would hold them, one a key, in file order.

    `rows`: `carnet_line`, `outcome` (inserted, updated, unchanged, deleted, skipped: by the action), every field of the base
    (contact_id NULL when inserted), and each but the id as it was, `former:<field>` (NULL when inserted).
    `consent_kept`: `carnet_line`, `field`, `old`, `new` of each consent that the file would have loosened; `on_the_list`: whether
    the contact is on the account's suppression list, which is for both channels (STA-5).
    `stated`: `carnet_line` and the states that the file names, NULL where it does not (STA-4).
    """

    rows: pl.DataFrame
    consent_kept: pl.DataFrame
    stated: pl.DataFrame

    def count(self, outcome: str) -> int:
        """How many rows have that outcome."""
        return int(self.rows.select((pl.col("outcome") == outcome).sum()).item())

    def stored(self, count: int) -> pl.DataFrame:
        """The first `count` rows as the base will hold them, with their `outcome`; of a deleted contact, as it was."""
        met = self.rows.filter(pl.col("outcome") != "skipped").head(count)
        gone = pl.col("outcome") == "deleted"
        as_it_was = [name.removeprefix(FORMER) for name in met.columns if name.startswith(FORMER)]
        return met.with_columns(
            pl.when(gone).then(FORMER + name).otherwise(name).alias(name) for name in as_it_was
        ).drop(LINE, cs.starts_with(FORMER))

    def changed_fields(self, base: ContactBase) -> dict[str, int]:
        """How many known contacts change each field; fields that none changes are left out."""
        updated = self.rows.filter(pl.col("outcome") == "updated")
        counts = updated.select(_differs(f.name).sum().alias(f.name) for f in _written(base)).to_dicts()
        return {name: count for name, count in (counts[0] if counts else {}).items() if count}

    def changes(self, base: ContactBase, count: int) -> list[dict[str, Any]]:
        """The first `count` changes of known contacts, by line: `line`, `key`, `field`, `old`, `new` (IMP-11)."""
        updated = self.rows.filter(pl.col("outcome") == "updated").sort(LINE)
        found = [
            change
            for field in _written(base)
            for change in updated.select(
                line=LINE, key=base.key, field=pl.lit(field.name), old=FORMER + field.name, new=field.name
            )
            .filter(pl.col("new").ne_missing(pl.col("old")))
            .head(count)
            .to_dicts()
        ]
        return sorted(found, key=lambda change: change["line"])[:count]


def _written(base: ContactBase) -> list[Field]:
    return [field for field in base.fields if not field.read_only]


def _differs(name: str) -> pl.Expr:
    return pl.col(name).ne_missing(pl.col(FORMER + name))


def combine(writer: Writer, incoming: pl.DataFrame, rules: MergeRules, at: datetime) -> Combined:
    """What the base would hold for the contacts of `incoming` (a de-duplicated CleanFrame); nothing is written."""
    base = rules.base
    ours, theirs = (FOUND, "contact_id") if FOUND in incoming.columns else (base.key, base.key)
    former = _former_rows(writer.connection, incoming.select(pl.col(ours).alias(theirs)), theirs, base)
    joined = incoming.join(former, left_on=ours, right_on=FORMER + theirs, how="left", coalesce=False)
    joined = _with_held_consents(joined, writer, base)
    given = {name for name in incoming.columns if name not in (LINE, FOUND) and not name.startswith(MALFORMED)}
    known = pl.col(FORMER + "contact_id").is_not_null()
    merged = joined.select(
        pl.col(LINE),
        known.alias("known"),
        *(_merged(field, given, rules) for field in base.fields),
        *(_before(field.name, known) for field in versioned(base)),
    )
    rows = (
        merged.with_columns(pl.col(each.status).fill_null(UNKNOWN) for each in CHANNELS)
        .with_columns(_outcome(rules).alias("outcome"))
        .with_columns(*_stamps(at))
    )
    if rules.action == "delete":
        stays = pl.col("outcome") != "deleted"
        rows = rows.with_columns(pl.when(stays).then(f.name).alias(f.name) for f in versioned(base))
    kept = _consents_kept(joined, given, rules)
    return Combined(rows.select(LINE, *version_columns(base)), kept, _stated(joined, given, rules))


def _stated(joined: pl.DataFrame, given: set[str], rules: MergeRules) -> pl.DataFrame:
    """The states that the file names; a consent counts as said only where it might be loosened (STA-4, STA-5)."""
    may_loosen = rules.by_hand or rules.may_resubscribe
    names = [name for name in STATED if name in given and (may_loosen or name not in CONSENTS)]
    if not names:
        return joined.select(LINE).clear()
    filling_gaps = rules.known_cells == "fill_empty"
    stated = joined.select(
        LINE, *((filling(name, given) if filling_gaps else pl.col(name)).alias(name) for name in names)
    )
    return stated.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in names))


def _with_held_consents(joined: pl.DataFrame, writer: Writer, base: ContactBase) -> pl.DataFrame:
    """STA-5: beside each former consent the one that holds: the list may keep a stricter one of an address new to the contact."""
    arriving = {name: pl.col(name).ne_missing(pl.col(FORMER + name)) for name in BY_ADDRESS if name in joined.columns}
    people = joined.select(
        pl.col(LINE).alias("person"), *(pl.when(new).then(name).alias(name) for name, new in arriving.items())
    )
    kept = listed(writer.connection, people, base.key, writer.hash_key)
    found = joined.join(kept, left_on=LINE, right_on="person", how="left", maintain_order="left")
    return found.with_columns(stricter(FORMER + name, name).alias(_HELD + name) for name in CONSENTS)


def _before(name: str, known: pl.Expr) -> pl.Expr:
    return pl.when(known).then(pl.col(FORMER + name)).alias(FORMER + name)


def _outcome(rules: MergeRules) -> pl.Expr:
    """IMP-10: what the action makes of a known key, and of an unknown one."""
    differs = pl.any_horizontal(_differs(field.name) for field in _written(rules.base))
    known_key = pl.when(differs).then(pl.lit("updated")).otherwise(pl.lit("unchanged"))
    if rules.action == "insert":
        known_key = pl.lit("skipped")
    elif rules.action == "delete":
        known_key = pl.lit("deleted")
    unknown_key = pl.lit("inserted" if rules.action in ("upsert", "insert") else "skipped")
    return pl.when("known").then(known_key).otherwise(unknown_key)


def _former_rows(
    connection: duckdb.DuckDBPyConnection, incoming: pl.DataFrame, by: str, base: ContactBase
) -> pl.DataFrame:
    """The contacts as they are who have one of the values of `incoming` in the field `by`."""
    key = identifier(by)
    columns = ", ".join(f"c.{identifier(f.name)} AS {identifier(FORMER + f.name)}" for f in base.fields)
    with at_hand(connection, carnet_incoming=incoming):
        found = connection.sql(
            f"SELECT {columns} FROM main.contacts AS c SEMI JOIN carnet_incoming AS i ON c.{key} = i.{key}"  # noqa: S608
        ).pl()
    return found.with_columns(typed(field, FORMER + field.name) for field in base.fields)


def _merged(field: Field, given: set[str], rules: MergeRules) -> pl.Expr:
    """The value after the import: of the file, of the base, or of both."""
    name, former = field.name, pl.col((_HELD if field.name in CONSENTS else FORMER) + field.name)
    if name in CHANNEL_OF_STATE:
        former = _unless_moved(name, given, rules)
    if name not in given or field.read_only:
        return former.alias(name)
    if name in CONSENTS:
        return pl.when(_loosens(name, rules)).then(former).otherwise(pl.coalesce(name, former)).alias(name)
    if rules.action in KEY_ONLY:
        return pl.coalesce(former, name).alias(name)  # Nothing is read but who is meant.
    if field.format is Format.MULTI_SELECT:
        return _united(field, given, rules).alias(name)
    if rules.known_cells == "fill_empty":
        return gap_filled(name, former, given).alias(name)
    if _clears(name, rules):
        return _cleared(pl.col(name), former, name, given)
    return pl.coalesce(name, former).alias(name)


def _clears(name: str, rules: MergeRules) -> bool:
    """IMP-8, STA-5: does an empty cell erase? Never a key, a consent or a status."""
    erasing = rules.empty_cells == "clear" and rules.known_cells == "overwrite"
    return erasing and name not in NEVER_CLEARED and name != rules.base.key


def _unless_moved(name: str, given: set[str], rules: MergeRules) -> pl.Expr:
    """STA-2: the former status, or what a new address or number begins with."""
    channel = CHANNEL_OF_STATE[name]
    former, address = pl.col(FORMER + name), channel.address
    if address not in given or rules.action in KEY_ONLY:
        return former
    if rules.known_cells == "fill_empty":
        return anew_where_filled(name, former)
    new, had = pl.col(address), pl.col(FORMER + address)
    new = _cleared(new, had, address, given) if _clears(address, rules) else pl.coalesce(new, had)
    moved = new.ne_missing(pl.col(FORMER + address))
    return pl.when(moved).then(pl.lit(channel.anew[name])).otherwise(former)


def _cleared(new: pl.Expr, former: pl.Expr, name: str, given: set[str]) -> pl.Expr:
    """What the file says, empty cells too; a cell that could not be read says nothing."""
    return (
        pl.when(SKIPPED + name).then(pl.coalesce(new, former)).otherwise(new).alias(name)
        if SKIPPED + name in given
        else new
    )


def _united(field: Field, given: set[str], rules: MergeRules) -> pl.Expr:
    """IMP-8: a cross adds its value; under `clear` the values that have a column in the file are the file's to say."""
    held = former = pl.col(FORMER + field.name).fill_null([])
    if rules.empty_cells == "clear" and rules.known_cells == "overwrite":
        crossed = (rules.crossed or {}).get(field.name, ())
        # A list for each row of the file, where it may be of 100 000 values, would be their product.
        every = len(crossed) >= len(field.codes) and set(crossed) >= set(field.codes)
        former = former.list.head(0) if every else former.list.set_difference(list(crossed))
        former = pl.when(SKIPPED + field.name).then(held).otherwise(former) if SKIPPED + field.name in given else former
    union = former.list.set_union(pl.col(field.name).fill_null([]))
    # Each list sorted by `list.sort` takes ten times as long.
    ordered = union.list.eval(pl.element().cast(pl.Enum(field.codes))).list.eval(pl.element().sort())
    ordered = ordered.cast(pl.List(pl.String))
    return pl.when(ordered.list.len() > 0).then(ordered)


def _loosens(name: str, rules: MergeRules) -> pl.Expr:
    """STA-5: would the file make a consent less strict than the base or the suppression list has it, without leave?"""
    if rules.by_hand:
        return pl.lit(value=False)
    looser = (strictness(name) < strictness(_HELD + name)).fill_null(value=False)
    if rules.may_resubscribe:
        return looser & _ON_THE_LIST
    return looser


def _consents_kept(joined: pl.DataFrame, given: set[str], rules: MergeRules) -> pl.DataFrame:
    found = [
        joined.filter(_loosens(name, rules)).select(
            LINE, field=pl.lit(name), old=_HELD + name, new=name, on_the_list=_ON_THE_LIST
        )
        for name in CONSENTS
        if name in given and rules.action not in KEY_ONLY
    ]
    schema = {LINE: pl.UInt32(), **dict.fromkeys(("field", "old", "new"), pl.String()), "on_the_list": pl.Boolean()}
    return pl.concat([pl.DataFrame(schema=schema), *found]).sort(LINE)


def _stamps(at: datetime) -> list[pl.Expr]:
    now = instant(at)
    touched = pl.col("outcome").is_in(["inserted", "updated"])
    return [
        pl.coalesce(pl.col("created_at"), now).alias("created_at"),
        pl.when(touched).then(now).otherwise(pl.col("modified_at")).alias("modified_at"),
    ]


def apply(writer: Writer, combined: Combined, base: ContactBase, revision: Revision) -> None:
    """Write `combined` in the caller's transaction: contacts, and each one's outcome in `import_contacts` (SEG-12)."""
    rows = write_combined(writer, combined, base, revision)
    with at_hand(writer.connection, carnet_outcomes=rows.select("contact_id", "outcome")):
        writer.connection.execute(
            "INSERT INTO main.import_contacts SELECT ?, contact_id, outcome FROM carnet_outcomes", [revision.import_id]
        )


def write_combined(writer: Writer, combined: Combined, base: ContactBase, revision: Revision) -> pl.DataFrame:
    """Write the contacts of `combined` in the caller's transaction; its rows but those skipped, new ones with their number."""
    inserted = combined.count("inserted")
    first = writer.next_id("contact_id", inserted) if inserted else 0
    is_new = pl.col("outcome") == "inserted"
    rows = _without(combined.rows, "skipped").with_columns(
        pl.when(is_new)
        .then(first - 1 + is_new.cast(pl.Int64).cum_sum())
        .otherwise(pl.col("contact_id"))
        .alias("contact_id")
    )
    stated = combined.stated.join(rows.select(LINE, "contact_id"), on=LINE).drop(LINE)
    write(writer, _without(rows, "unchanged").drop(LINE), revision, base, stated)
    return rows


def _without(rows: pl.DataFrame, outcome: str) -> pl.DataFrame:
    """The rows that have another outcome; where that is all of them, no copy is made of so many."""
    others = rows["outcome"] != outcome
    return rows if others.all() else rows.filter(others)
