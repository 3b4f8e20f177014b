"""Events → states and consents of contacts (BHV-2, STA-1, STA-2, STA-4, STA-6, STA-7).

What comes out depends on the set of events, imports and edits, never on the order in which files came: every affected contact is
reckoned anew from all of its events, and from what was set of it since (`state_settings`); but for whoever nothing is known of than
deliveries: these are `valid`.
"""

from __future__ import annotations

from datetime import datetime

from pipelines.base.held import recall
from pipelines.base.statements import first_row, run_statements, statement
from pipelines.base.store import Writer
from pipelines.contacts.revision import Revision
from pipelines.contacts.revisions import begin, restate
from pipelines.declarations.events import RETURNS

_RETURNING = (*RETURNS, "unsubscribed", "complained")
MOVING = ("delivered", *_RETURNING)
"""Types of events that states and consents are reckoned from: they never leave the base."""
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
_NO_LIMIT = 2**31


def affect(writer: Writer, import_id: int) -> None:
    """Leave in `carnet_affected` and `carnet_delivered` the contacts whose states this import may move.

    After `contesting.find_contest`.
    """
    run_statements(writer.connection, "contacts/affected", {"import_id": import_id, "returning": list(_RETURNING)})
    _reckon_soft_limit(writer)


def follow_events(writer: Writer, revision: Revision) -> int:
    """Give the contacts of `carnet_affected` and `carnet_delivered` the states that their events make; how many changed.

    In the caller's transaction.
    """
    base, connection = writer.contact_base, writer.connection
    # Those who lost events are nobody, where neither `contesting` nor `settle` looked for any.
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS carnet_lost_events (contact_id BIGINT, channel VARCHAR)")
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS carnet_unbound (contact_id BIGINT)")
    connection.execute(statement("contacts/delivered_states"))
    # Where nobody is: 0.6 s of CPU for ten million events, which it reads before it finds that out.
    if first_row(connection, "SELECT 1 FROM carnet_affected LIMIT 1") is not None:
        connection.execute(
            statement("contacts/states"),
            {"moving": list(MOVING), "strictness": list(_STRICTNESS), "soft_limit": base.soft_limit or _NO_LIMIT},
        )
    connection.execute(statement("contacts/restated"))
    changed = restate(writer, revision, base)
    if changed:
        parameters = {"source": revision.source, "at": revision.at}
        connection.execute(statement("contacts/name_operations"), parameters)
    return changed


def bind_pending(writer: Writer) -> None:
    """Give pending events to the contacts that have arrived, or to their successors, who are left in `carnet_affected`.

    In the caller's transaction.
    """
    connection = writer.connection
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW carnet_addresses AS SELECT DISTINCT channel AS kind, key FROM main.pending_events"
    )
    connection.execute(statement("contacts/holders"))
    connection.execute(statement("contacts/gone"))
    _find_successors(writer)
    connection.execute(statement("contacts/bind"))
    connection.execute("INSERT INTO main.events BY NAME SELECT * EXCLUDE (source) FROM carnet_bound")
    connection.execute(
        "DELETE FROM main.pending_events AS p USING carnet_bound AS b WHERE p.source = b.source AND p.event_id = b.event_id"
    )
    connection.execute("INSERT INTO carnet_affected SELECT DISTINCT contact_id FROM carnet_bound")


def _find_successors(writer: Writer) -> bool:
    """`carnet_successors` of `carnet_gone`; False where nobody succeeds any of them."""
    connection = writer.connection
    connection.execute("CREATE OR REPLACE TEMP TABLE carnet_successors (contact_id BIGINT, successor BIGINT)")
    if first_row(connection, "SELECT 1 FROM carnet_gone LIMIT 1") is None:
        return False
    connection.execute(statement("contacts/successors"), {"key": writer.contact_base.key})
    return first_row(connection, "SELECT 1 FROM carnet_successors LIMIT 1") is not None


def settle(writer: Writer, who: str, at: datetime) -> bool:
    """Bring events and states up to the contacts as they are now; whether there was anything to do, and something was written.

    Pending events are given to contacts that have arrived, those of contacts who are gone to their successors, and whoever is
    concerned is reckoned anew. In the caller's transaction, after whatever adds, changes or removes contacts; costs next to nothing
    where nothing waits.
    """
    connection = writer.connection
    connection.execute("CREATE OR REPLACE TEMP TABLE carnet_affected (contact_id BIGINT)")
    connection.execute("CREATE OR REPLACE TEMP TABLE carnet_delivered (contact_id BIGINT, channel VARCHAR)")
    limited = _reckon_soft_limit(writer)
    _inherit(writer)
    _unbind_future(writer, at)
    if first_row(connection, "SELECT 1 FROM main.pending_events LIMIT 1") is not None:
        bind_pending(writer)
    concerned = first_row(connection, "SELECT 1 FROM carnet_affected LIMIT 1") is not None
    if concerned:
        follow_events(writer, begin(writer, "events", who, at))
    connection.execute("DROP TABLE IF EXISTS temp.carnet_unbound")
    return limited or concerned


def _reckon_soft_limit(writer: Writer) -> bool:
    """STA-6: another limit than the one that states were reckoned with affects whoever has soft returns; whether it is another."""
    connection, limit = writer.connection, str(writer.contact_base.soft_limit or "none")
    known = first_row(connection, "SELECT value FROM main.settings WHERE name = 'soft_limit'")
    if known == (limit,):
        return False
    connection.execute("DELETE FROM main.settings WHERE name = 'soft_limit'")
    connection.execute("INSERT INTO main.settings VALUES ('soft_limit', ?)", [limit])
    connection.execute("INSERT INTO carnet_affected SELECT DISTINCT contact_id FROM main.events WHERE type = 'soft'")
    return True


def _inherit(writer: Writer) -> None:
    """Contacts that are unsettled are reckoned anew; where they are gone, whoever succeeds them has their events from now on."""
    connection = writer.connection
    if first_row(connection, "SELECT 1 FROM main.unsettled LIMIT 1") is None:
        return
    connection.execute("INSERT INTO carnet_affected SELECT DISTINCT contact_id FROM main.unsettled")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE carnet_gone AS "
        "SELECT DISTINCT contact_id FROM main.unsettled ANTI JOIN main.contacts USING (contact_id)"
    )
    connection.execute("DELETE FROM main.unsettled")
    if not _find_successors(writer):
        return
    concerned = "SELECT contact_id FROM carnet_successors UNION SELECT successor FROM carnet_successors"
    recall(connection, writer.elsewhere, f"contact_id IN ({concerned})")
    connection.execute(statement("contacts/inherit_resubscriptions"))
    connection.execute(statement("contacts/inherited"))
    connection.execute("DELETE FROM main.events WHERE contact_id IN (SELECT contact_id FROM carnet_successors)")
    connection.execute("INSERT INTO main.events BY NAME SELECT * FROM carnet_inherited")
    connection.execute("INSERT INTO carnet_affected SELECT DISTINCT successor FROM carnet_successors")


def _unbind_future(writer: Writer, at: datetime) -> None:
    """What has not happened yet is bound anew: to whoever has the address now, and after what was set of them by now."""
    connection, future = writer.connection, {"at": at}
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE carnet_unbound AS SELECT DISTINCT contact_id FROM main.events WHERE occurred_at > $at",
        future,
    )
    if first_row(connection, "SELECT 1 FROM carnet_unbound LIMIT 1") is None:
        return
    connection.execute("INSERT INTO carnet_affected SELECT contact_id FROM carnet_unbound")
    connection.execute(statement("contacts/unbind_future"), future)
    connection.execute("DELETE FROM main.events WHERE occurred_at > $at AND key IS NOT NULL", future)
