"""Merging: clean rows, one a key, into `contacts` in the caller's transaction (IMP-6, IMP-8, STA-2, STA-5).

The former rows of the file's keys are fetched once and combined with the new ones in polars; what changed is written by one
DELETE and one INSERT. No index is kept: the merge itself makes keys unique, and expectations/base.py checks that it did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import duckdb
import polars as pl

from pipelines.base.statements import identifier
from pipelines.declarations.model import ContactBase
from pipelines.fields import CONSENT_STRICTNESS, Field, Format
from pipelines.imports.frames import LINE, MALFORMED

_FORMER = "former:"  # A colon cannot stand in a field's name.
_CONSENTS = ("opt_in_email", "opt_in_sms")
_ADDRESS_OF = {
    "email_status": "email",
    "email_return_detail": "email",
    "email_return_at": "email",
    "mobile_status": "mobile",
}
_NEVER_CLEARED = ("email_status", "mobile_status", *_CONSENTS)
_DEFAULTS = {"email_status": "unknown", "mobile_status": "unknown"}


@dataclass(frozen=True)
class MergeRules:
    """How rows meet the base: `crossed` names, for each multi-select, the values that have a column in the file."""

    base: ContactBase
    empty_cells: Literal["keep", "clear"] = "keep"
    may_resubscribe: bool = False
    crossed: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Combined:
    """The rows as the base would hold them, one a key, in file order.

    `rows`: `carnet_line`, `outcome` (inserted, updated, unchanged), every field of the base (contact_id NULL when inserted).
    `consent_kept`: `carnet_line` and `field` of each consent that the file would have loosened (STA-5).
    """

    rows: pl.DataFrame
    consent_kept: pl.DataFrame

    def count(self, outcome: str) -> int:
        """How many rows have that outcome."""
        return int(self.rows.select((pl.col("outcome") == outcome).sum()).item())


def combine(connection: duckdb.DuckDBPyConnection, incoming: pl.DataFrame, rules: MergeRules, at: datetime) -> Combined:
    """What the base would hold for the keys of `incoming` (a de-duplicated CleanFrame); nothing is written."""
    base = rules.base
    former = _former_rows(connection, incoming, base)
    joined = incoming.join(former, left_on=base.key, right_on=_FORMER + base.key, how="left", coalesce=False)
    known = pl.col(_FORMER + "contact_id").is_not_null()
    given = {name for name in incoming.columns if name != LINE and not name.startswith(MALFORMED)}
    merged = joined.select(
        pl.col(LINE),
        known.alias("known"),
        *(_merged(field, given, rules) for field in base.fields),
        pl.col(f"^{_FORMER}.*$"),
    )
    differs = pl.any_horizontal(
        pl.col(f.name).ne_missing(pl.col(_FORMER + f.name)) for f in base.fields if not f.read_only
    )
    rows = merged.with_columns(
        pl.when(~pl.col("known"))
        .then(pl.lit("inserted"))
        .when(differs)
        .then(pl.lit("updated"))
        .otherwise(pl.lit("unchanged"))
        .alias("outcome")
    ).with_columns(*_stamps(at), *(pl.col(name).fill_null(default) for name, default in _DEFAULTS.items()))
    kept = _consents_kept(joined, given, rules)
    return Combined(rows.select(LINE, "outcome", *(field.name for field in base.fields)), kept)


def _former_rows(connection: duckdb.DuckDBPyConnection, incoming: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    key = identifier(base.key)
    columns = ", ".join(f"c.{identifier(f.name)} AS {identifier(_FORMER + f.name)}" for f in base.fields)
    connection.register("carnet_incoming", incoming.select(base.key).to_arrow())
    try:
        found = connection.sql(
            f"SELECT {columns} FROM main.contacts AS c SEMI JOIN carnet_incoming AS i ON c.{key} = i.{key}"  # noqa: S608
        ).pl()
    finally:
        connection.unregister("carnet_incoming")
    return found.with_columns(_typed(field, _FORMER + field.name) for field in base.fields)


def _typed(field: Field, column: str) -> pl.Expr:
    """The column in the one polars type of its format, whatever DuckDB called its time zone."""
    return pl.col(column).cast(polars_type(field))


def polars_type(field: Field) -> pl.DataType:
    """The polars type of a field's column in a CleanFrame."""
    if field.name == "contact_id":
        return pl.Int64()
    if field.instant:
        return pl.Datetime("us", "UTC")
    return {
        Format.TEXT: pl.String(),
        Format.NUMBER: pl.Float64(),
        Format.DATE: pl.Date(),
        Format.SINGLE_SELECT: pl.String(),
        Format.MULTI_SELECT: pl.List(pl.String()),
        Format.BOOLEAN: pl.Boolean(),
    }[field.format]


def _merged(field: Field, given: set[str], rules: MergeRules) -> pl.Expr:
    """The value after the import: of the file, of the base, or of both."""
    name, former = field.name, pl.col(_FORMER + field.name)
    if name in _ADDRESS_OF:
        former = _unless_moved(name, given, rules)
    if name not in given or field.read_only:
        return former.alias(name)
    new = pl.col(name)
    if field.format is Format.MULTI_SELECT:
        return _united(field, rules).alias(name)
    if name in _CONSENTS:
        return pl.when(_loosens(name, rules)).then(former).otherwise(pl.coalesce(new, former)).alias(name)
    if _clears(name, rules):
        return new
    return pl.coalesce(new, former).alias(name)


def _clears(name: str, rules: MergeRules) -> bool:
    """IMP-8, STA-5: does an empty cell erase? Never a key, a consent or a status."""
    return rules.empty_cells == "clear" and name not in _NEVER_CLEARED and name != rules.base.key


def _unless_moved(name: str, given: set[str], rules: MergeRules) -> pl.Expr:
    """STA-2: the former status, or what a new address or number begins with."""
    former, address = pl.col(_FORMER + name), _ADDRESS_OF[name]
    if address not in given:
        return former
    new = pl.col(address) if _clears(address, rules) else pl.coalesce(pl.col(address), pl.col(_FORMER + address))
    moved = new.ne_missing(pl.col(_FORMER + address))
    return pl.when(moved).then(pl.lit(_DEFAULTS.get(name))).otherwise(former)


def _united(field: Field, rules: MergeRules) -> pl.Expr:
    """IMP-8: a cross adds its value; under `clear` the values that have a column in the file are the file's to say."""
    former = pl.col(_FORMER + field.name).fill_null([])
    if rules.empty_cells == "clear":
        former = former.list.set_difference(list((rules.crossed or {}).get(field.name, ())))
    union = former.list.set_union(pl.col(field.name).fill_null([]))
    ordered = union.list.eval(pl.element().cast(pl.Enum(field.codes))).list.sort().cast(pl.List(pl.String))
    return pl.when(ordered.list.len() > 0).then(ordered)


def _loosens(name: str, rules: MergeRules) -> pl.Expr:
    """STA-5: would the file make a consent less strict than the base has it, without leave?"""
    former = pl.col(_FORMER + name).replace_strict(CONSENT_STRICTNESS, default=None, return_dtype=pl.Int8)
    new = pl.col(name).replace_strict(CONSENT_STRICTNESS, default=None, return_dtype=pl.Int8)
    looser = (new < former).fill_null(value=False)
    if rules.may_resubscribe:
        return looser & (pl.col(_FORMER + name) == "suppression_list").fill_null(value=False)
    return looser


def _consents_kept(joined: pl.DataFrame, given: set[str], rules: MergeRules) -> pl.DataFrame:
    found = [
        joined.filter(_loosens(name, rules)).select(pl.col(LINE), pl.lit(name).alias("field"))
        for name in _CONSENTS
        if name in given
    ]
    return pl.concat(found).sort(LINE) if found else pl.DataFrame(schema={LINE: pl.UInt32, "field": pl.String})


def _stamps(at: datetime) -> list[pl.Expr]:
    now = pl.lit(at).cast(pl.Datetime("us", "UTC"))
    touched = pl.col("outcome") != "unchanged"
    return [
        pl.coalesce(pl.col("created_at"), now).alias("created_at"),
        pl.when(touched).then(now).otherwise(pl.col("modified_at")).alias("modified_at"),
    ]


def apply(
    connection: duckdb.DuckDBPyConnection,
    combined: Combined,
    base: ContactBase,
    import_id: int,
    new_ids: Callable[[int], int],
) -> None:
    """Write `combined` in the caller's transaction: contacts, and each one's outcome in `import_contacts` (SEG-12).

    `new_ids(n)` gives the first of n numbers that no contact ever had.
    """
    inserted = combined.count("inserted")
    first = new_ids(inserted) if inserted else 0
    is_new = pl.col("outcome") == "inserted"
    rows = combined.rows.with_columns(
        pl.when(is_new)
        .then(first - 1 + is_new.cast(pl.Int64).cum_sum())
        .otherwise(pl.col("contact_id"))
        .alias("contact_id")
    )
    changed = rows.filter(pl.col("outcome") != "unchanged").select(field.name for field in base.fields)
    connection.register("carnet_changed", changed.to_arrow())
    connection.register("carnet_outcomes", rows.select("contact_id", "outcome").to_arrow())
    try:
        if combined.count("updated"):
            connection.execute("DELETE FROM main.contacts WHERE contact_id IN (SELECT contact_id FROM carnet_changed)")
        connection.execute("INSERT INTO main.contacts BY NAME SELECT * FROM carnet_changed")
        connection.execute(
            "INSERT INTO main.import_contacts SELECT ?, contact_id, outcome FROM carnet_outcomes", [import_id]
        )
    finally:
        connection.unregister("carnet_changed")
        connection.unregister("carnet_outcomes")
