"""Row versions follow the fields: `contact_versions` has two columns a field, and `changes` shows them one change a row.

Belongs here: columns and the view. Does not: writing versions (`pipelines.contacts.revisions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import duckdb
from sqlglot import exp

from pipelines.base.statements import first_row, identifier
from pipelines.fields import Field, Format

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
    definition = changes_view(tuple(fields))
    if first_row(connection, "SELECT value FROM main.settings WHERE name = 'changes_view'") == (definition,):
        return False
    connection.execute(definition)
    connection.execute("COMMENT ON VIEW main.changes IS 'Every change of a field of a contact, as text'")
    connection.execute("DELETE FROM main.settings WHERE name = 'changes_view'")
    connection.execute("INSERT INTO main.settings VALUES ('changes_view', ?)", [definition])
    return True


@cache
def changes_view(fields: tuple[Field, ...]) -> str:
    """The statement that makes `changes(contact_id, field, old, new, occurred_at, source)` of these fields (contract)."""
    listed = [field for field in fields if field.name not in UNLISTED]
    pairs = exp.Array(expressions=[_pair(field) for field in listed])
    each = exp.select("revision_id", "contact_id", exp.alias_(exp.func("unnest", pairs), "told")).from_(
        "main.contact_versions"
    )
    query = (
        exp.select(
            "versions.contact_id", "told.field", "told.old", "told.new", "revisions.occurred_at", "revisions.source"
        )
        .from_(each.subquery("versions", copy=False), copy=False)
        .join("main.revisions AS revisions", on="versions.revision_id = revisions.revision_id", copy=False)
        .where("told.old IS DISTINCT FROM told.new", copy=False)
    )
    return "CREATE OR REPLACE VIEW main.changes AS " + query.sql("duckdb")


def _pair(field: Field) -> exp.Expr:
    values = {
        "field": exp.Literal.string(field.name),
        "old": _text(field, FORMER + field.name),
        "new": _text(field, field.name),
    }
    return exp.Struct(expressions=[exp.PropertyEQ(this=exp.to_identifier(n), expression=v) for n, v in values.items()])


def _text(field: Field, name: str) -> exp.Expr:
    column = exp.column(name, quoted=True)
    if field.format is Format.MULTI_SELECT:
        return exp.func("array_to_string", column, exp.Literal.string(", "))
    return exp.cast(column, exp.DType.VARCHAR)
