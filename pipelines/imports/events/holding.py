"""Which events of a file stay in the base, and which ones it holds in its lake (LAK-3).

What states and consents are reckoned from stays: whoever refused is known of by the base itself, however much lies in the lake.
Belongs here: which events go, which ones are looked for. Does not: how they are kept there (`lake.held`).
"""

from __future__ import annotations

from pipelines.base.held import holds, keeper
from pipelines.base.store import Writer
from pipelines.contacts.states import MOVING
from pipelines.declarations.model import EventImport

_OF_IMPORT = (
    "NOT list_contains($moving::VARCHAR[], type) AND occurred_at <= now() - INTERVAL 1 HOUR "
    "AND (import_id = $import_id OR import_id IN (SELECT import_id FROM main.imports WHERE model = $source))"
)
"""What may not have happened yet stays too: whose it is may change until then."""


def find_held(writer: Writer, ids: str) -> None:
    """Leave the held events that have one of these ids (a query of `event_id`) in `carnet_held`, after `resolving.prepare`."""
    if holds(writer.connection):
        keeper(writer.elsewhere).find(writer.connection, ids)


def let_go(writer: Writer, event_import: EventImport, import_id: int) -> int:
    """Hold the event import's events in the lake, those of this file and what came back since, but for what moves states; how many.

    In the caller's transaction, after whatever follows from them.
    """
    bound = {"moving": list(MOVING), "import_id": import_id, "source": event_import.name}
    return keeper(writer.elsewhere).hold(writer.connection, _OF_IMPORT, bound)
