"""Merges that are taken back: what had followed the contact that stayed goes back to the one that is there again (EXP-14)."""

from __future__ import annotations

from pipelines.base.held import recall
from pipelines.base.statements import first_row, run_statements
from pipelines.base.store import Writer


def take_back_merge(writer: Writer, import_id: int) -> None:
    """After an undo wrote its contacts, in its transaction; nothing where it undid no merge, or where nobody came back."""
    query = "SELECT kept, gone FROM main.merges SEMI JOIN main.contacts ON gone = contact_id WHERE import_id = ?"
    connection = writer.connection
    if row := first_row(connection, query, [import_id]):
        recall(connection, writer.elsewhere, "contact_id = $kept", kept=row[0])
        run_statements(connection, "contacts/take_back_merge", {"import_id": import_id, "kept": row[0], "gone": row[1]})
