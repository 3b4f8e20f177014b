"""Fields that nothing declares any more go along with their contacts, whatever is done to these (FLD-5).

Belongs here: the values of such fields in a revision. Does not: dropping one (pipelines/base/inventory.py).
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.base.inventory import removed_fields
from pipelines.base.statements import at_hand, identifier, statement
from pipelines.base.versions import FORMER
from pipelines.declarations.model import ContactBase


def carried_along(
    connection: duckdb.DuckDBPyConnection, changed: pl.DataFrame, base: ContactBase
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """`changed` (`revisions.write`) with two columns more for each removed field, and the names of these fields.

    An updated contact keeps its value, a deleted one leaves it in the history, one that comes back has it again.
    """
    names = removed_fields(connection, base)
    if not names:
        return changed, ()
    columns = ", ".join(_values(name) for name in names)
    with at_hand(connection, carnet_changed=changed.select("contact_id", "outcome")):
        values = connection.sql(
            f"SELECT g.contact_id, {columns} FROM carnet_changed AS g "  # noqa: S608
            "LEFT JOIN main.contacts AS c ON c.contact_id = g.contact_id "
            f"LEFT JOIN ({statement('contacts/last_deletions')}) AS d ON d.contact_id = g.contact_id"
        ).pl()
    return changed.join(values, on="contact_id", how="left", maintain_order="left"), names


def _values(name: str) -> str:
    now, former = identifier(name), identifier(FORMER + name)
    return (
        f"CASE g.outcome WHEN 'updated' THEN c.{now} WHEN 'inserted' THEN d.{former} END AS {now}, "
        f"CASE WHEN g.outcome <> 'inserted' THEN c.{now} END AS {former}"
    )
