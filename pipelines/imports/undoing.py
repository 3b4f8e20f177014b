"""Undoing an import (IMP-15): its contacts go, its changes are taken back, what it deleted returns; later changes stay.

A field takes the value of the last change that still stands, or the one it had before them all: so imports can be undone in any
order. A consent is never loosened by an undo (STA-5). Belongs here: whether an import can be undone, and doing it. Does not: what
becomes of a contact (`undo_contacts`), what stays and is told (`undo_kept`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from pipelines.base.statements import first_row, statement
from pipelines.base.store import Writer
from pipelines.contacts.merges import take_back_merge
from pipelines.contacts.revisions import begin, removed, write
from pipelines.contacts.states import settle
from pipelines.declarations.model import ContactBase
from pipelines.errors import RefusedError
from pipelines.imports.listing import list_imports
from pipelines.imports.undo_contacts import check_keys, may_return, reverted, revived, with_barred_keys
from pipelines.imports.undo_history import read_history
from pipelines.imports.undo_kept import (
    kept_away,
    kept_contacts,
    kept_deleted,
    kept_fields,
    kept_keys,
    kept_lost,
    left_over,
)
from pipelines.language import say


@dataclass(frozen=True)
class Undone:
    """What an undo did: its own `import_id`, how many contacts it removed and restored, and what it left as it was.

    `kept`: `key`, `field` (None: the whole contact), `why`.
    """

    import_id: int
    undoes: int
    removed: int
    restored: int
    kept: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of `undo`."""
        return {"import_id": self.import_id, "removed": self.removed, "restored": self.restored, "kept": self.kept}


def undo_import(writer: Writer, import_id: int, who: str, at: datetime) -> Undone:
    """Undo one import, in one transaction, as an import of its own.

    UnknownNameError where there is none; RefusedError where it cannot be undone (refused, undone already, itself an undo, older
    than the history keeps).
    """
    undone = _undoable(writer, import_id)
    base = writer.contact_base
    with writer.transaction() as connection:
        own_id = writer.next_id("import_id")
        plan = _plan(writer, import_id, base, at)
        write(writer, plan.changed, begin(writer, "undo", who, at, own_id), base)
        check_keys(writer, plan.changed, base)
        kept = pl.concat([plan.kept, left_over(connection, import_id)])
        connection.execute(
            "UPDATE main.revisions SET undone = true WHERE import_id = ? AND kind <> 'undo'", [import_id]
        )
        connection.execute("UPDATE main.imports SET undone_by = ? WHERE import_id = ?", [own_id, import_id])
        connection.execute(statement("imports/void_settings"), {"import_id": import_id})
        connection.execute(statement("imports/unsettle_undone"), {"import_id": import_id, "undo": own_id})
        counts = {outcome: plan.count(outcome) for outcome in ("inserted", "updated", "deleted")}
        take_back_merge(writer, import_id)
        bound = {
            "import_id": own_id,
            "undoes": import_id,
            "at": at,
            "who": who,
            "name": say("undo of {name}", name=undone["name"]),
        }
        connection.execute(statement("imports/record_undo"), {**bound, **counts})
        settle(writer, who, at)
    restored = counts["inserted"] + counts["updated"]
    return Undone(own_id, import_id, counts["deleted"], restored, kept.to_dicts())


def _undoable(writer: Writer, import_id: int) -> dict[str, Any]:
    [found] = list_imports(writer.connection, import_id)
    whole = first_row(writer.connection, "SELECT NOT trimmed FROM main.imports WHERE import_id = ?", [import_id])
    about = {"number": import_id}
    reasons = {
        say("Import {number} is itself an undo.", **about): found["action"] == "undo",
        say("Import {number} brought events, which are not undone: states follow from all of them.", **about): found[
            "action"
        ]
        == "events",
        say("Import {number} was refused: it changed nothing.", **about): found["status"] != "imported",
        say("Import {number} was undone already, by import {undo}.", **about, undo=found["undone_by"]): found[
            "undone_by"
        ]
        is not None,
        say("Import {number} is older than the history keeps whole (`import_history`).", **about): whole == (False,),
    }
    for reason, holds in reasons.items():
        if holds:
            raise RefusedError(reason, say("The base is unchanged. `carnet imports` lists what can be undone."))
    return found


@dataclass(frozen=True)
class _Plan:
    changed: pl.DataFrame
    kept: pl.DataFrame

    def count(self, outcome: str) -> int:
        return self.changed.filter(pl.col("outcome") == outcome).height


def _plan(writer: Writer, import_id: int, base: ContactBase, at: datetime) -> _Plan:
    """What the undo makes of contacts, and what it leaves: nothing is written."""
    history = read_history(writer, import_id, base)
    belongs = pl.col("deleted_by").is_null() & (~pl.col("inserter_undone") | pl.col("touched_by").is_not_null())
    there, absent = (history.contacts.filter(where) for where in ("there", ~pl.col("there")))
    going = there.filter(~belongs)
    staying = with_barred_keys(there.filter(belongs), going, writer, base)
    returning, barred = may_return(absent.filter(belongs), going, staying, writer, base)
    changed = [
        removed(going, base),
        revived(returning, writer, base, at),
        reverted(staying, writer, base, at),
    ]
    kept = [
        kept_contacts(staying, base),
        kept_fields(staying, history.sources, base),
        kept_keys(staying, base),
        kept_away(barred, base),
        kept_lost(staying, returning, base),
        kept_deleted(absent.filter(pl.col("deleted_by").is_not_null()), base),
    ]
    return _Plan(pl.concat(changed), pl.concat(kept))
