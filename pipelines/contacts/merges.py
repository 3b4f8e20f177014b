"""Merges that are taken back: what had followed the contact that stayed goes back to the one that is there again (EXP-14)."""

from __future__ import annotations

import duckdb

from pipelines.base.statements import first_row, run_statements


def take_back_merge(connection: duckdb.DuckDBPyConnection, import_id: int) -> None:
    """After an undo wrote its contacts, in its transaction; nothing where it undid no merge, or where nobody came back."""
    query = "SELECT kept, gone FROM main.merges SEMI JOIN main.contacts ON gone = contact_id WHERE import_id = ?"
    if row := first_row(connection, query, [import_id]):
        run_statements(connection, "contacts/take_back_merge", {"import_id": import_id, "kept": row[0], "gone": row[1]})
