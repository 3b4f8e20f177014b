"""Events → the base, with their operations (BHV-1).

Belongs here: writing events that are new, in the caller's transaction. Does not: which ones are (`contesting`), what follows for
contacts (`states`).

A row that says at once whose event it is (sql/events/plain.sql), in a file whose ids are all new, is written straight from the
file: it need not be compared with anything. What is left is resolved, and takes the long way.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.base.held import all_events
from pipelines.base.statements import first_row, statement
from pipelines.base.store import Writer
from pipelines.cells.texts import BLANKS
from pipelines.declarations.model import EventImport
from pipelines.imports.events.contesting import Contest, all_new, choose
from pipelines.imports.events.reading import ROWS
from pipelines.imports.events.resolving import operation_of


@dataclass(frozen=True)
class Plain:
    """What went straight into the base.

    `events`: how many; `new`: whether the ids of the whole file are; `operations`: the first number of those entered for it.
    """

    events: int = 0
    new: bool = False
    operations: int | None = None


def add_plain(writer: Writer, event_import: EventImport, import_id: int) -> Plain:
    """Add the file's plain rows, and leave the others in the relation ROWS.

    After `resolving.prepare`. Nothing is done where the file's ids are not all new: then any row may have to give way to another.
    """
    connection, kind = writer.connection, writer.contact_base.key
    if not {"event_id", kind} <= set(event_import.theirs) or not all_new(connection, event_import.name):
        return Plain()
    connection.execute(statement("events/plain"))
    connection.execute(statement("events/operations"), {"operation": operation_of(event_import), "blanks": BLANKS})
    first = _enter(writer, "carnet_event_operations", event_import.channel)
    added = {"channel": event_import.channel, "kind": kind, "import_id": import_id, "blanks": BLANKS}
    [(events,)] = connection.execute(statement("events/add_plain"), added).fetchall()
    row = first_row(connection, f"SELECT count(*) FROM {ROWS}")  # noqa: S608
    connection.execute(statement("events/keep_rest"), {"kind": kind, "some": row != (events,)})
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {ROWS} AS FROM carnet_event_rest")
    return Plain(events, new=True, operations=first)


def add_fresh(writer: Writer, event_import: EventImport, contest: Contest, plain: Plain, import_id: int) -> int:
    """Add the events of `carnet_events` that the base does not have; how many."""
    connection = writer.connection
    # Also operations of events that give way to others: which ones do depends on the order of files.
    _enter(writer, "(SELECT operation AS name FROM carnet_events WHERE accepted)", event_import.channel)
    if contest.contested:
        choose(connection, event_import.name)
    if contest.repeated:
        connection.execute(statement("events/drop_repeated"))
    connection.execute(statement("events/fresh"))
    added = {"channel": event_import.channel, "import_id": import_id}
    [(known,)] = connection.execute(statement("events/add_events"), added).fetchall()
    [(pending,)] = connection.execute(
        statement("events/add_pending"), {**added, "source": event_import.name}
    ).fetchall()
    if plain.operations is not None:
        pruned = {"first": plain.operations, "import_id": import_id}
        connection.execute(statement("events/prune_operations"), pruned)
    connection.execute(statement("events/date_operations"), {"import_id": import_id})
    if contest.contested:
        with all_events(connection, writer.elsewhere):
            connection.execute(statement("events/redate_operations"))
    return known + pending


def _enter(writer: Writer, named: str, channel: str) -> int | None:
    """Enter operations, which are known by name and channel, and get numbers in the order of their names; the first of these.

    `named`: the relation whose `name` they are.
    """
    query = (
        f"SELECT DISTINCT n.name FROM {named} AS n "  # noqa: S608
        "ANTI JOIN main.operations AS o ON o.name = n.name AND o.channel = ? ORDER BY n.name"
    )
    names = writer.connection.execute(query, [channel]).fetchall()
    if not names:
        return None
    first = writer.next_id("operation_id", len(names))
    rows = [(first + n, name, channel) for n, (name,) in enumerate(names)]
    writer.connection.executemany("INSERT INTO main.operations VALUES (?, ?, ?, NULL)", rows)
    return first
