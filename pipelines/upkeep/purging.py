"""A purge (EXP-8): contacts go once an archive holds them, and only those that it holds.

Belongs here: verifying the archive, and what goes. Does not: who is meant, nor writing the archive (it is an export).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.base.statements import at_hand
from pipelines.base.store import Writer
from pipelines.contacts.revisions import removed, typed
from pipelines.contacts.states import settle
from pipelines.declarations.model import Audience, ContactBase, Export
from pipelines.errors import EnvironmentFaultError
from pipelines.exports.placing import manifest_path
from pipelines.exports.snapshots import Snapshot
from pipelines.files.opening import sha256
from pipelines.language import say
from pipelines.layout import Layout
from pipelines.upkeep.corrections import Described, correct

FOLDER = "purges"
"""Of the archive: each purge's archive and its manifest."""


@dataclass(frozen=True)
class Purged:
    """What a purge did: its number in the history, the archive that holds whom it deleted, and how many these are."""

    import_id: int
    archive: Path
    manifest: Path
    deleted: int

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of `purge`, with the number that `carnet undo` takes."""
        return {
            "archive": str(self.archive),
            "manifest": str(self.manifest),
            "deleted": self.deleted,
            "import_id": self.import_id,
        }


def archive_of(audience: Audience, base: ContactBase) -> Export:
    """The archive as an export: every field, so that it could be imported again."""
    return Export("purge", audience, tuple(field.name for field in base.fields), do_not_track="keep")


def archive_place(layout: Layout, name: str, at: datetime) -> Path:
    """Where the archive of a purge goes; no two purges share one."""
    return layout.archive / FOLDER / f"{at:%Y-%m-%dT%H%M%S.%f}-{name}.csv"


def drop_unfinished(writer: Writer, layout: Layout) -> None:
    """Remove the archives of purges that were killed before they deleted anybody; nothing else is ever removed there."""
    rows = writer.connection.execute("SELECT file FROM main.imports WHERE action = 'purge'").fetchall()
    archives = [layout.archive / FOLDER / file for (file,) in rows]
    finished = {*archives, *map(manifest_path, archives)}
    for path in (layout.archive / FOLDER).glob("*"):
        if path not in finished:
            path.unlink()


def delete_archived(writer: Writer, archive: Snapshot, name: str, who: str, at: datetime) -> Purged:
    """Delete the contacts that the archive holds, in one transaction, as an import that can be undone.

    EnvironmentFaultError where the archive does not hold what its manifest says: the base is unchanged then. What they refused is
    remembered (STA-5).
    """
    base = writer.contact_base
    held = _verified(archive, base)
    with writer.transaction():
        going = _contacts(writer, held, base)
        import_id = writer.next_id("import_id")
        title, size = say("purge of {name}", name=name), archive.path.stat().st_size
        described = Described(title, archive.path.name, archive.sha256, size)
        correct(writer, "purge", removed(going, base), described, who, at, import_id)
        settle(writer, who, at)
    return Purged(import_id, archive.path, archive.manifest, going.height)


def _verified(archive: Snapshot, base: ContactBase) -> pl.Series:
    """The contact_ids in the file, once it is as its manifest says: its hash, its rows, each contact once."""
    manifest = json.loads(archive.manifest.read_text(encoding="utf-8"))
    if sha256(archive.path) != manifest["sha256"]:
        raise _spoilt(archive)
    header = base.field("contact_id").labels.of(base.locale)
    ids = pl.read_csv(archive.path, separator=";", columns=[header], infer_schema=False)[header].cast(pl.Int64)
    if not ids.len() == ids.n_unique() == manifest["rows"] or ids.null_count():
        raise _spoilt(archive)
    return ids


def _spoilt(archive: Snapshot) -> EnvironmentFaultError:
    return EnvironmentFaultError(
        say("The archive {path} is not what was written: nobody was deleted.", path=archive.path),
        say("Look at the disk; then purge again, which writes another archive."),
    )


def _contacts(writer: Writer, ids: pl.Series, base: ContactBase) -> pl.DataFrame:
    """Those contacts as the base has them now."""
    with at_hand(writer.connection, carnet_ids=ids.rename("contact_id").to_frame()):
        found = writer.connection.sql("FROM main.contacts SEMI JOIN carnet_ids USING (contact_id)").pl()
    return found.with_columns(typed(field) for field in base.fields)
