"""Events → states and consents of contacts (BHV-2, STA-1, STA-2, STA-4, STA-6, STA-7).

What comes out depends on the set of events, imports and edits, never on the order in which files came: every affected contact is
reckoned anew from all of its events, and from what was set of it since (`state_settings`).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from pipelines.base.statements import first_row, identifier, statement
from pipelines.base.store import Writer
from pipelines.base.versions import FORMER
from pipelines.contacts.revision import Revision
from pipelines.contacts.revisions import begin, version_columns, write
from pipelines.declarations.events import RETURNS
from pipelines.fields import Field
from pipelines.imports.merging import polars_type

_MOVING = ("delivered", *RETURNS, "unsubscribed", "complained")
_STRICTNESS = (
    "delivered",
    "absent",
    "soft",
    "temporary_error",
    "rejected",
    "unknown_recipient",
    "bad_alias",
    "bad_domain",
    "bad_syntax",
    "bad_number",
    "bad_format",
)
"""Of two events at one instant the later in this list decides: what does not depend on the order of files must be said."""
_STATES = (
    "email_status",
    "email_return_detail",
    "email_return_at",
    "mobile_status",
    "opt_in_email",
    "opt_in_sms",
)
_NO_LIMIT = 2**31


def follow_events(writer: Writer, revision: Revision) -> int:
    """Give the contacts of the temporary table `carnet_affected` the states that their events make; how many changed.

    In the caller's transaction.
    """
    base, connection = writer.contact_base, writer.connection
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS carnet_bereft (contact_id BIGINT, channel VARCHAR)")
    connection.execute(
        statement("behaviours/states"),
        {"moving": list(_MOVING), "strictness": list(_STRICTNESS), "soft_limit": base.soft_limit or _NO_LIMIT},
    )
    found = connection.sql(statement("behaviours/changed")).pl()
    if found.is_empty():
        return 0
    at = pl.lit(revision.at).cast(pl.Datetime("us", "UTC"))
    fields = [field for field in base.fields if field.name != "contact_id"]
    changed = found.with_columns(
        pl.lit("updated").alias("outcome"),
        *(_typed(field, field.name).alias(FORMER + field.name) for field in fields),
        *(_typed(field, _source(field)).alias(field.name) for field in fields),
    ).with_columns(at.alias("modified_at"))
    write(writer, changed.select(version_columns(base)), revision, base)
    parameters = {"source": revision.source, "at": revision.at}
    connection.execute(statement("behaviours/name_operations"), parameters)
    return changed.height


def _source(field: Field) -> str:
    return "new:" + field.name if field.name in _STATES else field.name


def _typed(field: Field, column: str) -> pl.Expr:
    return pl.col(column).cast(polars_type(field))


def bind_pending(writer: Writer) -> bool:
    """Give pending events to the contacts that have arrived; False where there was none to give.

    Leaves the contacts in `carnet_affected`, beside those that are there already. In the caller's transaction.
    """
    connection = writer.connection
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW carnet_addresses AS SELECT DISTINCT channel AS kind, key FROM main.pending_events"
    )
    connection.execute(statement("behaviours/holders"))
    connection.execute(statement("behaviours/bind"))
    bound = connection.execute("SELECT count(*) FROM carnet_bound").fetchall()[0][0]
    if not bound:
        return False
    columns = ", ".join(
        map(
            identifier,
            (
                "event_id",
                "operation_id",
                "contact_id",
                "type",
                "occurred_at",
                "link",
                "detail",
                "source",
                "import_id",
                "person",
            ),
        )
    )
    connection.execute(f"INSERT INTO main.events ({columns}) SELECT {columns} FROM carnet_bound")  # noqa: S608
    connection.execute(
        "DELETE FROM main.pending_events AS p USING carnet_bound AS b WHERE p.source = b.source AND p.event_id = b.event_id"
    )
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS carnet_affected (contact_id BIGINT)")
    connection.execute("INSERT INTO carnet_affected SELECT DISTINCT contact_id FROM carnet_bound")
    return True


def settle(writer: Writer, who: str, at: datetime) -> int:
    """Give pending events to contacts that have arrived, and those contacts their states; how many contacts changed.

    In the caller's transaction; to be called after whatever adds contacts or changes addresses. Costs nothing where nothing waits.
    """
    connection = writer.connection
    if first_row(connection, "SELECT 1 FROM main.pending_events LIMIT 1") is None:
        return 0
    connection.execute("CREATE OR REPLACE TEMP TABLE carnet_affected (contact_id BIGINT)")
    if not bind_pending(writer):
        return 0
    return follow_events(writer, begin(writer, "events", who, at))
