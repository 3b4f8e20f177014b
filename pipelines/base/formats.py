"""A changed format: the columns that hold a field are converted, all values or none (FLD-5).

Belongs here: which columns hold a field, converting and dropping them in the caller's transaction. Does not: what a value
becomes (pipelines/cells/converting.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import polars as pl

from pipelines.base.statements import at_hand, identifier, statement
from pipelines.base.versions import FORMER
from pipelines.cells.converting import convert
from pipelines.cells.reading import Fault
from pipelines.declarations.model import ContactBase
from pipelines.errors import RefusedError
from pipelines.fields import Field, Format
from pipelines.language import say, say_many

_CONVERTED = '"carnet:converted"'
"""The column beside the one that is being converted; a colon cannot stand in a field's name."""
_SHOWN = 20


@dataclass(frozen=True)
class Holder:
    """A column of the base that holds values of one field: present ones (`contacts`) or former ones."""

    table: str
    column: str


class FormatLossError(RefusedError):
    """Values that a changed format would lose: of the field `name`, for `count` contacts."""

    def __init__(self, field: Field, before: Format, count: int, first: pl.DataFrame) -> None:
        """`first`: `contact_id`, `key`, `value` and `why` (String) of the first of these contacts."""
        self.name, self.count = field.name, count
        listed = ", ".join(map(str, first["contact_id"])) + (", …" if count > first.height else "")
        super().__init__(
            say_many(
                "The field {field!r} is {before!r} in the base; the declarations now say {after!r}, which would lose the values "
                "of {n:,} contact: {contacts}.",
                "The field {field!r} is {before!r} in the base; the declarations now say {after!r}, which would lose the values "
                "of {n:,} contacts: {contacts}.",
                count,
                field=field.name,
                before=before.value,
                after=field.format.value,
                contacts=listed,
            ),
            say(
                "Put `format: {before}` back. Then correct these values and change it again, or declare a field of another "
                "name. The base is unchanged.",
                before=before.value,
            ),
            private="\n".join(
                say("  contact {contact} ({key}): {value!r}. {why}", contact=contact_id, key=key, value=value, why=why)
                for contact_id, key, value, why in first.select("contact_id", "key", "value", "why").rows()
            ),
        )


def columns_of(connection: duckdb.DuckDBPyConnection, field: str) -> tuple[Holder, ...]:
    """Every column of the base that holds values of the field, the one of `contacts` first."""
    rows = connection.execute(statement("base/holders"), {"field": field, "former": FORMER + field}).fetchall()
    return tuple(Holder(table, column) for table, column in rows)


def convert_field(
    connection: duckdb.DuckDBPyConnection, field: Field, before: Format, base: ContactBase
) -> tuple[str, ...]:
    """Convert every column that holds `field` from the format `before`, in the caller's transaction.

    Gives the values that the field's list grows by (FLD-3 `add`). FormatLossError where a contact would lose its value, and
    nothing is written. A former value of the history that does not convert becomes NULL, and is remembered as lost (IMP-15).
    """
    present, *others = columns_of(connection, field.name)
    old = _distinct(connection, present)
    read = convert(old, before, field, base.locale)
    lost = read.cells.values.is_null()
    if lost.any():
        why = pl.DataFrame({"old": old, "why": _reasons(old, read.cells.faults)}).filter(lost)
        raise _loss(connection, field, before, base, why)
    _write(connection, present, field, old, read.cells.values)
    # The history follows the present: it adds no value to a list.
    listed = replace(field, others=(*field.others, *read.added), unknown_values="skip")
    for holder in others:
        former = _distinct(connection, holder)
        converted = convert(former, before, listed, base.locale).cells.values
        _remember_losses(connection, holder, field, former.filter(converted.is_null()))
        _write(connection, holder, field, former, converted)
    return read.added


def reorder_lists(connection: duckdb.DuckDBPyConnection, field: Field) -> None:
    """Bring the stored lists of a multi-select to the order of its values, in the caller's transaction (FLD-5)."""
    for holder in columns_of(connection, field.name):
        old = _distinct(connection, holder)
        # A value that no list holds comes last: it is nobody's to drop.
        order = pl.Enum(pl.concat([pl.Series(field.codes, dtype=pl.String), old.explode()]).unique(maintain_order=True))
        new = old.cast(pl.List(order)).list.sort().cast(pl.List(pl.String))
        _exchange(connection, holder, old, new)


def rename_values(connection: duckdb.DuckDBPyConnection, field: Field, texts: Mapping[str, str]) -> None:
    """Give whoever has a value the text that it is called by now, history included, in the caller's transaction (FLD-5).

    `texts`: former → present. A list that would have a value twice has it once.
    """
    for holder in columns_of(connection, field.name):
        old = _distinct(connection, holder)
        if old.dtype == pl.List(pl.String):
            new = old.list.eval(pl.element().replace(texts)).list.unique(maintain_order=True)
        else:
            new = old.replace(texts)
        _exchange(connection, holder, old, new)
    for former, present in texts.items():
        connection.execute(statement("base/rename_added"), {"field": field.name, "former": former, "present": present})


def _exchange(connection: duckdb.DuckDBPyConnection, holder: Holder, old: pl.Series, new: pl.Series) -> None:
    """Where the column is `old`, make it `new`; the rest stays."""
    table = pl.DataFrame({"old": old, "new": new}).filter(pl.col("old") != pl.col("new"))
    with at_hand(connection, carnet_exchanged=table):
        connection.execute(
            f"UPDATE main.{identifier(holder.table)} AS t SET {identifier(holder.column)} = r.new "  # noqa: S608
            f"FROM carnet_exchanged AS r WHERE t.{identifier(holder.column)} = r.old"
        )


def drop_columns(connection: duckdb.DuckDBPyConnection, field: str) -> None:
    """Drop every column that holds the field, in the caller's transaction."""
    for holder in columns_of(connection, field):
        connection.execute(f"ALTER TABLE main.{identifier(holder.table)} DROP COLUMN {identifier(holder.column)}")
    connection.execute("DELETE FROM main.unconverted_values WHERE field = ?", [field])


def _distinct(connection: duckdb.DuckDBPyConnection, holder: Holder) -> pl.Series:
    """The column's values, each once, by the first contact that has it."""
    column = identifier(holder.column)
    found = connection.sql(
        f"SELECT {column} AS old FROM main.{identifier(holder.table)} WHERE {column} IS NOT NULL "  # noqa: S608
        "GROUP BY old ORDER BY min(contact_id), old"
    )
    return found.pl()["old"]


def _write(connection: duckdb.DuckDBPyConnection, holder: Holder, field: Field, old: pl.Series, new: pl.Series) -> None:
    """Give the column the field's type, each value `old` becoming `new`; all others NULL."""
    table, column = f"main.{identifier(holder.table)}", identifier(holder.column)
    with at_hand(connection, carnet_converted=pl.DataFrame({"old": old, "new": new})):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {_CONVERTED} {field.sql_type}")
        connection.execute(
            f"UPDATE {table} AS t SET {_CONVERTED} = c.new FROM carnet_converted AS c WHERE t.{column} = c.old"  # noqa: S608
        )
        connection.execute(f"ALTER TABLE {table} ALTER {column} TYPE {field.sql_type} USING {_CONVERTED}")
        connection.execute(f"ALTER TABLE {table} DROP COLUMN {_CONVERTED}")


def _remember_losses(connection: duckdb.DuckDBPyConnection, holder: Holder, field: Field, lost: pl.Series) -> None:
    """Which versions held one of the values `lost`, so that NULL is not taken for what they said."""
    if lost.is_empty():
        return
    with at_hand(connection, carnet_lost=pl.DataFrame({"old": lost})):
        connection.execute(
            f"INSERT INTO main.unconverted_values SELECT revision_id, contact_id, ?, ? FROM main.{identifier(holder.table)} AS t "  # noqa: S608
            f"SEMI JOIN carnet_lost AS l ON t.{identifier(holder.column)} = l.old",
            [field.name, holder.column],
        )


def _reasons(old: pl.Series, faults: Sequence[Fault]) -> pl.Series:
    messages = [pl.when(fault.where).then(pl.lit(fault.message)) for fault in faults]
    return old.to_frame().select(pl.coalesce(*messages, pl.lit("")).alias("why")).to_series()


def _loss(
    connection: duckdb.DuckDBPyConnection, field: Field, before: Format, base: ContactBase, why: pl.DataFrame
) -> FormatLossError:
    column, key = identifier(field.name), identifier(base.key)
    with at_hand(connection, carnet_lost=why):
        rows = connection.sql(
            f"SELECT contact_id, {key} AS key, {column} AS value, why, count(*) OVER () AS losing "  # noqa: S608
            f"FROM main.contacts JOIN carnet_lost ON {column} = old ORDER BY contact_id LIMIT {_SHOWN}"
        ).pl()
    return FormatLossError(field, before, int(rows["losing"][0]), rows)
