"""Whose a row is, where a model matches by another field than the key; and what of it is somebody else's (IMP-6c).

A contact is found by the field that the model matches by, and by the key where that is empty or unknown. Belongs here: finding, and
the row problems of addresses and unique values that two contacts would have. Does not: what becomes of the contact (`merging`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb
import polars as pl

from pipelines.base.statements import at_hand, identifier
from pipelines.base.store import Writer
from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.files.problems import cell_problems
from pipelines.imports.contacts.cleaning import Cleaned
from pipelines.imports.contacts.frames import FOUND, LINE, WHO
from pipelines.imports.contacts.mapping import Mapping
from pipelines.language import say

_MATCH, _KEY, _OWNER, _OTHER = "match", "key", "owner", "other"


@dataclass(frozen=True)
class _Told:
    """Rows that cannot be taken: `where` of the frame, why, and the field whose column is to blame."""

    where: pl.Expr
    rule: str
    message: str
    field: str | None


def with_owners(cleaned: Cleaned, mapping: Mapping, model: ImportModel, writer: Writer) -> Cleaned:
    """The rows with FOUND and WHO where the model says `match`, and a problem for each that brings what somebody else has."""
    base = mapping.base
    uniques = [field.name for field in base.fields if field.unique and field.name in cleaned.frame.columns]
    if model.match is None and not uniques:
        return cleaned
    sound = cleaned.frame.join(_failing(cleaned.problems), on=LINE, how="anti")
    rows = _owned(sound, model.match, base, writer.connection)
    told = [*_told_of_owners(model, base), *_told_of_values(rows, uniques, model, base, writer.connection)]
    headers = {column.field: column.header for column in mapping.columns if column.role == "field"}
    problems = [cleaned.problems, *_problems(rows, told, headers)]
    frame = cleaned.frame
    if model.match is not None:
        owners = rows.select(LINE, pl.col(_OWNER).alias(FOUND), WHO)
        frame = frame.join(owners, on=LINE, how="left", maintain_order="left")
    return replace(cleaned, frame=frame, problems=pl.concat(problems))


def _failing(problems: pl.DataFrame) -> pl.DataFrame:
    """Lines that are rejected anyhow: they tell nothing of others."""
    return problems.filter(pl.col("severity") == "error").select(pl.col("line").alias(LINE)).unique()


def _owned(
    frame: pl.DataFrame, match: str | None, base: ContactBase, connection: duckdb.DuckDBPyConnection
) -> pl.DataFrame:
    """The rows with `match` and `key` (their cells), `matched`, `several`, `keyed` (contacts who have these), `owner`, WHO."""
    key = pl.col(base.key) if base.key in frame.columns else pl.lit(None, pl.String)
    wanted = pl.lit(None, pl.String) if match is None else _as_stored(match)
    rows = frame.with_columns(wanted.alias(_MATCH), key.alias(_KEY))
    matched = _holders(rows[_MATCH], match, connection).rename(
        {"value": _MATCH, "holder": "matched", "several": "several"}
    )
    keyed = _holders(rows[_KEY], base.key, connection).select(pl.col("value").alias(_KEY), keyed="holder")
    rows = rows.join(matched, on=_MATCH, how="left", maintain_order="left")
    rows = rows.join(keyed, on=_KEY, how="left", maintain_order="left")
    rows = rows.with_columns(pl.coalesce("matched", "keyed").alias(_OWNER))
    return _with_new(_by_others(rows))


def _as_stored(match: str) -> pl.Expr:
    """The cells of the field that is matched by, in the type of the base; a contact_id is whole."""
    cells = pl.col(match)
    if match != "contact_id":
        return cells
    return pl.when(cells == cells.round(0)).then(cells.cast(pl.Int64, strict=False))


def _holders(values: pl.Series, field: str | None, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The contact who has each value of a field: `value`, `holder` (the first), `several` (whether others have it too)."""
    asked = values.rename("value").to_frame().drop_nulls().unique()
    if field is None or asked.is_empty():
        return asked.clear().with_columns(holder=pl.lit(None, pl.Int64), several=pl.lit(None, pl.Boolean))
    with at_hand(connection, carnet_asked=asked):
        found = connection.sql(
            f"SELECT a.value, min(c.contact_id) AS holder, count(*) > 1 AS several FROM carnet_asked AS a "  # noqa: S608
            f"INNER JOIN main.contacts AS c ON c.{identifier(field)} = a.value GROUP BY a.value"
        ).pl()
    return found.cast({"value": asked.schema["value"]})


def _by_others(rows: pl.DataFrame) -> pl.DataFrame:
    """A value that nobody has is that of the contact whom another row of the file, found by its key, gives it to."""
    given = (
        rows.filter(pl.col(_OWNER).is_not_null()).drop_nulls(_MATCH).unique(_MATCH, keep="first", maintain_order=True)
    )
    rows = rows.join(given.select(_MATCH, pl.col(_OWNER).alias(_OTHER)), on=_MATCH, how="left", maintain_order="left")
    return rows.with_columns(pl.coalesce(_OWNER, _OTHER).alias(_OWNER)).drop(_OTHER)


def _with_new(rows: pl.DataFrame) -> pl.DataFrame:
    """WHO: the contact, or of a new one the value that is matched by, or else the key, of which another row may say whose it is."""
    rows = rows.with_columns(
        pl.coalesce(pl.format("contact {}", _OWNER), pl.format("match {}", _MATCH), pl.format("key {}", _KEY)).alias(
            WHO
        )
    )
    by_key = pl.col(_OWNER).is_null() & pl.col(_MATCH).is_null()
    claims = rows.filter(~by_key).drop_nulls(_KEY).unique(_KEY, keep="first", maintain_order=True)
    claims = claims.select(_KEY, claimed=WHO, claimant=_OWNER)
    return rows.join(claims, on=_KEY, how="left", maintain_order="left").with_columns(
        pl.when(by_key).then(pl.coalesce("claimed", WHO)).otherwise(WHO).alias(WHO),
        pl.when(by_key).then("claimant").otherwise(_OWNER).alias(_OWNER),
    )


def _told_of_owners(model: ImportModel, base: ContactBase) -> Iterator[_Told]:
    """IMP-6, IMP-6c: a row is somebody's, and its address is nobody else's."""
    key, match = base.key, model.match
    if match is None:
        return
    about = {"match": match, "key": key}
    without = say(
        "Nobody is found by {match}, and the row has no {key}, without which no contact is added: fill it in.", **about
    )
    yield _Told(pl.col(_OWNER).is_null() & pl.col(_KEY).is_null(), "invalid_key", without, key)
    several = say(
        "Several contacts have this {match}, so it names none of them: give each its own (`carnet contact set`).",
        match=match,
    )
    yield _Told(pl.col("several").fill_null(value=False), "taken_value", several, match)
    if model.known_cells == "fill_empty":
        return
    taken = say(
        "The row is found by {match}, and its {key} is another contact's already: two contacts never share one.",
        **about,
    )
    yield _Told((pl.col("keyed") != pl.col(_OWNER)).fill_null(value=False), "taken_value", taken, key)
    claimed = say("Another row of the file gives this {key} to another contact: two contacts never share one.", key=key)
    yield _Told(_of_another(_KEY) & pl.col("keyed").is_null(), "taken_value", claimed, key)


def _told_of_values(
    rows: pl.DataFrame,
    uniques: Sequence[str],
    model: ImportModel,
    base: ContactBase,
    connection: duckdb.DuckDBPyConnection,
) -> Iterator[_Told]:
    """A unique value that another contact has, of the base or of the file."""
    for name in uniques:
        if name != model.match:
            held = _holders(rows[name], name, connection)
            others = rows[[LINE, name, _OWNER]].join(held, left_on=name, right_on="value")
            others = others.filter(pl.col("holder").ne_missing(pl.col(_OWNER)) | pl.col("several"))
            taken = say("This {field} is another contact's already, and it is unique.", field=name)
            yield _Told(pl.col(LINE).is_in(others[LINE].to_list()), "taken_value", taken, name)
        claimed = say("Another row of the file gives this {field} to another contact, and it is unique.", field=name)
        yield _Told(_of_another(name), "taken_value", claimed, name)


def _of_another(column: str) -> pl.Expr:
    """Where a value stands in rows of several contacts, in all but those of the first of them."""
    return (pl.col(column).is_not_null() & (pl.col(WHO) != pl.col(WHO).first().over(column))).fill_null(value=False)


def _problems(rows: pl.DataFrame, told: Sequence[_Told], headers: dict[str | None, str]) -> Iterator[pl.DataFrame]:
    for each in told:
        found = rows.filter(each.where)
        if found.height:
            yield cell_problems(each.rule, "error", each.message, lines=found[LINE], column=headers.get(each.field))
