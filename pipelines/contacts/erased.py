"""Who asked to be erased, and is known by keyed hashes alone: nothing that comes later brings them back (EXP-9).

Belongs here: looking addresses up, entering and lifting. Does not: what is erased, and where (`pipelines.rights`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import duckdb
import polars as pl

from pipelines.base.hash_key import HashKey
from pipelines.base.keys import read_addresses
from pipelines.base.statements import at_hand, first_row, statement
from pipelines.channels import BY_ADDRESS
from pipelines.declarations.model import ContactBase
from pipelines.language import mark

REASON = "erased"
TELLING = mark("The row is of a person who was erased: nothing of it is kept.")
LEFT_OUT = mark("This is of a person who was erased: it is left out.")
HINT = mark("Where the person asks to be written to again: `carnet contact set KEY FIELD=VALUE --again`.")
_E_MAIL = r"[^\s<>;,:\"'()\[\]{}|]+@[^\s<>;,:\"'()\[\]{}|]+"
_FIGURES = 8
"""A number has that many figures at least."""


def any_erased(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether anybody was ever erased."""
    return first_row(connection, f"SELECT 1 FROM main.suppression_list WHERE reason = '{REASON}' LIMIT 1") is not None  # noqa: S608


def erased(connection: duckdb.DuckDBPyConnection, secret: HashKey, addresses: pl.Series) -> pl.Series:
    """Which of `addresses` (in normal form, NULL for none) are of somebody who was erased; Boolean, one a row."""
    if addresses.null_count() == addresses.len() or not any_erased(connection):
        return pl.repeat(value=False, n=addresses.len(), eager=True)
    asked = addresses.cast(pl.String).rename("address").to_frame()
    with at_hand(connection, carnet_asked=asked.drop_nulls().unique()):
        found = connection.sql(statement("contacts/erased"), params=secret.bind(connection)).pl()
    return asked["address"].is_in(found["address"].to_list()).fill_null(value=False)


def naming_erased(
    connection: duckdb.DuckDBPyConnection, secret: HashKey, cells: pl.Series, base: ContactBase
) -> pl.Series:
    """Which cells hold an address or a number of somebody who was erased, by itself or in a text; Boolean, one a row."""
    nowhere = pl.repeat(value=False, n=cells.len(), eager=True)
    if cells.dtype != pl.String or cells.null_count() == cells.len() or not any_erased(connection):
        return nowhere
    found = nowhere
    for kind, tokens in candidates(cells).items():
        read = read_addresses(kind, tokens["written"], base).values
        hit = tokens.filter(erased(connection, secret, read))
        if hit.height:
            found = found | pl.Series(range(cells.len())).is_in(hit["row"].cast(pl.Int64).to_list())
    return found


def candidates(cells: pl.Series) -> Mapping[str, pl.DataFrame]:
    """What in texts may be an address: for `email` and `mobile`, `row` (of the cell) and `written`."""
    rows = cells.rename("text").to_frame().with_row_index("row").drop_nulls()
    mails = rows.select("row", written=pl.col("text").str.extract_all(_E_MAIL)).explode("written").drop_nulls()
    figures = pl.col("text").str.count_matches(r"\d")
    numbers = rows.filter(figures.is_between(_FIGURES, 20)).select("row", written="text")
    return {"email": mails, "mobile": numbers}


def erased_addresses(
    connection: duckdb.DuckDBPyConnection, secret: HashKey, texts: pl.Series, base: ContactBase
) -> set[tuple[str, str]]:
    """The addresses of erased people that stand in texts: `email` or `mobile`, and the address in normal form."""
    found: set[tuple[str, str]] = set()
    for kind, addresses in addresses_in(texts, base).items():
        found |= {(kind, address) for address in addresses.filter(erased(connection, secret, addresses))}
    return found


def addresses_in(texts: pl.Series, base: ContactBase) -> Mapping[str, pl.Series]:
    """The distinct addresses that stand in texts, in normal form, for `email` and `mobile`."""
    return {
        kind: read_addresses(kind, tokens["written"].unique(), base).values.drop_nulls().unique()
        for kind, tokens in candidates(texts).items()
    }


def without_erased(
    connection: duckdb.DuckDBPyConnection,
    secret: HashKey,
    rows: pl.DataFrame,
    columns: Sequence[str],
    base: ContactBase,
) -> pl.DataFrame:
    """`rows` (texts) with the cells of `columns` emptied that name somebody who was erased."""
    if not any_erased(connection):
        return rows
    hidden = {name: naming_erased(connection, secret, rows[name], base) for name in columns}
    return rows.with_columns(
        pl.when(~where).then(pl.col(name)).alias(name) for name, where in hidden.items() if where.any()
    )


def enter_erased(
    connection: duckdb.DuckDBPyConnection, hashes: Mapping[str, Sequence[str]], who: str, at: datetime
) -> None:
    """Put keyed hashes (`email`, `mobile` → hashes) on the list under `erased`, in place of whatever else it said of them."""
    for kind, digests in hashes.items():
        bound = {"hashes": list(digests), "channel": BY_ADDRESS[kind].name, "at": at, "who": who}
        connection.execute(
            "DELETE FROM main.suppression_list WHERE list_contains($hashes, key_hash)", {"hashes": list(digests)}
        )
        connection.execute(statement("contacts/enter_erased"), bound)


def lift_erased(connection: duckdb.DuckDBPyConnection, hashes: Sequence[str]) -> int:
    """Take hashes off the list of erased people, by hand; how many entries there were."""
    found = connection.execute(
        f"DELETE FROM main.suppression_list WHERE reason = '{REASON}' AND list_contains(?, key_hash) RETURNING 1",  # noqa: S608
        [list(hashes)],
    )
    return len(found.fetchall())
