"""A change of many contacts that no file brought, kept in the history as an import is: it has a number, and can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipelines.base.statements import at_hand, statement
from pipelines.base.store import Writer
from pipelines.contacts.revision import Kind
from pipelines.contacts.revisions import begin, write


@dataclass(frozen=True)
class Described:
    """How the history shows it: `name` for people, `file` and its `sha256` where it stands on one."""

    name: str
    file: str = ""
    sha256: str = ""
    size: int = 0


def correct(
    writer: Writer, kind: Kind, changed: pl.DataFrame, described: Described, who: str, at: datetime, import_id: int
) -> None:
    """Write `changed` (`revisions.write`) under the number `import_id`, in the caller's transaction, who settles states next."""
    connection = writer.connection
    revision = begin(writer, kind, who, at, import_id)
    write(writer, changed, revision, writer.contact_base)
    with at_hand(connection, carnet_outcomes=changed.select("contact_id", "outcome")):
        connection.execute(
            "INSERT INTO main.import_contacts SELECT ?, contact_id, outcome FROM carnet_outcomes", [import_id]
        )
    counts = {outcome: changed.filter(pl.col("outcome") == outcome).height for outcome in ("updated", "deleted")}
    bound = {"import_id": import_id, "action": kind, "at": at, "who": who, **vars(described), **counts}
    connection.execute(statement("upkeep/record_correction"), bound)
