"""Writing contacts: every change of the base's contacts goes through `write`, or `restate`, which keep what was there before.

Belongs here: contacts, their versions, the log of consents, in the caller's transaction. Does not: deciding what changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb
import polars as pl

from pipelines.base.inventory import removed_fields
from pipelines.base.statements import ROW_GROUP_ROWS, at_hand, identifier, statement
from pipelines.base.store import Writer
from pipelines.base.versions import FORMER
from pipelines.channels import STATED
from pipelines.contacts import settings, suppression
from pipelines.contacts.removed_fields import carried_along
from pipelines.contacts.revision import Kind, Revision
from pipelines.declarations.model import ContactBase
from pipelines.fields import Field


def begin(writer: Writer, kind: Kind, who: str, at: datetime, import_id: int | None = None) -> Revision:
    """A revision with a number of its own, in the caller's transaction; what it does is written by `write`."""
    return Revision(writer.next_id("revision_id"), kind, who, at, import_id)


def write(
    writer: Writer,
    changed: pl.DataFrame,
    revision: Revision,
    base: ContactBase,
    stated: pl.DataFrame | None = None,
) -> None:
    """Write changed contacts and keep their versions; nothing is done where nothing changed.

    `changed`: `contact_id`, `outcome` (inserted, updated, deleted), then for each field `f` of the base but the id its value `f`
    and its former value `former:f`; all of `f` is NULL where deleted, all of `former:f` where inserted.
    `stated`: see `settings.follow`; nothing that events say is a setting.
    """
    connection = writer.connection
    if not changed.is_empty():
        _write_changed(writer, changed, revision, base)
    if revision.kind != "events":
        settings.follow(connection, changed, stated, revision)


def _write_changed(writer: Writer, changed: pl.DataFrame, revision: Revision, base: ContactBase) -> None:
    connection = writer.connection
    changed, removed = carried_along(connection, changed, base)
    # In one piece, which `at_hand` cuts into row groups: smaller ones DuckDB packs at the checkpoint alone, on one core.
    with at_hand(connection, carnet_changed=changed.rechunk()):
        # Of less than one row group it would pack what it packs again at the commit.
        connection.execute(f"SET enable_optimistic_write = {changed.height >= ROW_GROUP_ROWS}")
        _write_contacts(connection, [*(field.name for field in base.fields), *removed])
        connection.execute(
            "INSERT INTO main.contact_versions BY NAME SELECT ?::BIGINT AS revision_id, * FROM carnet_changed",
            [revision.revision_id],
        )
        _log_consents(connection, revision)
        connection.execute("RESET enable_optimistic_write")
    _enter(writer, changed, revision, base)


def restate(writer: Writer, revision: Revision, base: ContactBase) -> int:
    """Write the states of `carnet_restated` (sql/contacts/restated.sql) and keep the versions of its contacts; how many there are.

    What `write` does, for contacts whose states alone change: of these there may be as many as the base has, so no row leaves it.
    """
    connection = writer.connection
    [(count,)] = connection.execute("SELECT count(*) FROM carnet_restated").fetchall()
    if not count:
        return 0
    consents = connection.sql(statement("contacts/consents_restated")).pl()
    connection.execute(f"SET enable_optimistic_write = {count >= ROW_GROUP_ROWS}")
    bound = {"revision_id": revision.revision_id, "at": revision.at}
    connection.execute(_keep_restated([*(f.name for f in versioned(base)), *removed_fields(connection, base)]), bound)
    connection.execute("RESET enable_optimistic_write")
    connection.execute(statement("contacts/restate"), {"at": revision.at})
    with at_hand(connection, carnet_changed=consents):
        _log_consents(connection, revision)
    _enter(writer, consents, revision, base)
    return count


def _keep_restated(names: Sequence[str]) -> str:
    """The statement that keeps the versions of `carnet_restated`, before its contacts are written; `names`: of their columns."""
    new = {**{name: f"n.{identifier('new:' + name)}" for name in STATED}, "modified_at": "$at"}
    values = ", ".join(f"{new.get(name, 'c.' + identifier(name))} AS {identifier(name)}" for name in names)
    former = ", ".join(f"c.{identifier(name)} AS {identifier(FORMER + name)}" for name in names)
    return (
        "INSERT INTO main.contact_versions BY NAME "  # noqa: S608
        f"SELECT $revision_id::BIGINT AS revision_id, c.contact_id, 'updated' AS outcome, {values}, {former} "
        "FROM main.contacts AS c JOIN carnet_restated AS n ON n.contact_id = c.contact_id"
    )


def _log_consents(connection: duckdb.DuckDBPyConnection, revision: Revision) -> None:
    """Log the consents that the relation `carnet_changed` changes."""
    parameters = {"at": revision.at, "source": revision.source, "who": revision.who}
    connection.execute(statement("contacts/log_consents"), parameters)


def _enter(writer: Writer, changed: pl.DataFrame, revision: Revision, base: ContactBase) -> None:
    """Bring the suppression list along with `changed`, and enter the revision."""
    connection = writer.connection
    suppression.follow(connection, changed, base.key, writer.hash_key, revision)
    connection.execute(
        "INSERT INTO main.revisions VALUES (?, ?, ?, ?, ?, ?, false)",
        [revision.revision_id, revision.kind, revision.import_id, revision.source, revision.who, revision.at],
    )


def _write_contacts(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    columns = ", ".join(map(identifier, names))
    connection.execute(statement("contacts/delete_changed"))
    connection.execute(
        f"INSERT INTO main.contacts BY NAME SELECT {columns} FROM carnet_changed WHERE outcome <> 'deleted'"  # noqa: S608
    )


def versioned(base: ContactBase) -> list[Field]:
    """The fields that have versions: all but the id."""
    return [field for field in base.fields if field.name != "contact_id"]


def typed(field: Field, column: str | None = None) -> pl.Expr:
    """The column, by its own name or the field's, in the one polars type of the field, whatever DuckDB called its time zone."""
    return pl.col(column or field.name).cast(field.polars_type)


def version_columns(base: ContactBase) -> Sequence[str]:
    """The columns of `changed`, in order."""
    names = [field.name for field in versioned(base)]
    return ["contact_id", "outcome", *names, *(FORMER + name for name in names)]


def removed(going: pl.DataFrame, base: ContactBase) -> pl.DataFrame:
    """The rows that `write` takes of contacts that go: `going` has every field of theirs."""
    return going.select(
        "contact_id",
        pl.lit("deleted").alias("outcome"),
        *(pl.lit(None, f.polars_type).alias(f.name) for f in versioned(base)),
        *(pl.col(f.name).alias(FORMER + f.name) for f in versioned(base)),
    ).select(version_columns(base))
