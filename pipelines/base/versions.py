"""Row versions follow the fields: `contact_versions` has two columns a field, and `changes` shows them one change a row.

Belongs here: columns, and when the view is made. Does not: writing versions (`pipelines.contacts.revisions`).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipelines.base.statements import first_row, identifier
from pipelines.fields import Field

FORMER = "former:"
"""Before a field's name: its value before the change. A colon cannot stand in a field's name."""
UNLISTED = ("contact_id", "created_at", "modified_at")
"""Fields whose changes are no news: the id never changes, the others do with every change."""


def follow_fields(connection: duckdb.DuckDBPyConnection, fields: Sequence[Field]) -> bool:
    """Give `contact_versions` the columns of `fields` and make `changes` anew where that is due; False where nothing was."""
    known = {
        row[0] for row in connection.execute("SELECT name FROM pragma_table_info('main.contact_versions')").fetchall()
    }
    added = False
    for field in fields:
        for name in (field.name, FORMER + field.name):
            if field.name != "contact_id" and name not in known:
                connection.execute(f"ALTER TABLE main.contact_versions ADD COLUMN {identifier(name)} {field.sql_type}")
                added = True
    return _make_view(connection, fields) or added


def _make_view(connection: duckdb.DuckDBPyConnection, fields: Sequence[Field]) -> bool:
    from pipelines.base.changes_view import changes_views  # sqlglot: 0.2 s, which readers do without

    definition = changes_views(tuple((field.name, field.format) for field in fields))
    if first_row(connection, "SELECT value FROM main.settings WHERE name = 'changes_view'") == (definition,):
        return False
    connection.execute(definition)
    connection.execute("COMMENT ON VIEW main.changes IS 'Every change of a field of a contact, as text'")
    connection.execute(
        "COMMENT ON VIEW main.ordered_changes IS 'The same, with the number by which they came into the base'"
    )
    connection.execute("DELETE FROM main.settings WHERE name = 'changes_view'")
    connection.execute("INSERT INTO main.settings VALUES ('changes_view', ?)", [definition])
    return True
