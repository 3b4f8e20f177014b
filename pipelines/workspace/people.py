"""What is done to contacts one by one or for good: edits, merges, purges, retention, erasures, dossiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.declarations.default_segments import TO_PURGE
from pipelines.declarations.model import Audience
from pipelines.language import say, say_many
from pipelines.workspace.exporting import Exporting

if TYPE_CHECKING:
    from sqlglot import exp

    from pipelines.imports.contacts.by_hand import Edited
    from pipelines.rights.dossier import Dossier
    from pipelines.rights.erasing import Erased
    from pipelines.upkeep.merging import Merged
    from pipelines.upkeep.purging import Purged
    from pipelines.upkeep.retention import Retained


class People(Exporting):
    """What is done to contacts; who is purged was exported before."""

    def edit_contact(self, key: str, values: Mapping[str, str], *, again: bool = False) -> Edited:
        """Add or edit one contact (`by_hand.edit_contact`); `again`: though the person was erased, since they ask for it."""
        from pipelines.imports.contacts.by_hand import edit_contact

        with self.store.write() as writer:
            if again:
                from pipelines.rights.lifting import lift

                lift(writer, self.layout, [key, *values.values()], self.who)
            edited = edit_contact(writer, key, values, self.who)
            writer.stands.append(say("The contact is written."))
        self.listener.finished(edited)
        return edited

    def merge(self, keep: str, other: str) -> Merged:
        """Unite two contacts (`merging.merge_contacts`); segments and the published copy follow by the caller's leave."""
        from pipelines.upkeep.merging import merge_contacts

        with self.store.write() as writer:
            merged = merge_contacts(writer, keep, other, self.who, datetime.now(UTC))
            told = say("The merge is committed: `carnet undo {number}` takes it back.", number=merged.import_id)
            writer.stands.append(told)
        self.listener.finished(merged)
        return merged

    def purge(self, name: str) -> Purged:
        """Delete the contacts of the audience that one word names (`named_audience`), once an archive holds them (EXP-8)."""
        return self._purge(name, self.named_audience(name))

    def purge_contacts(self, name: str, contact_ids: Sequence[int]) -> Purged:
        """Delete these contacts, once an archive called `name` holds them (EXP-8)."""
        from sqlglot import exp

        listed = exp.Array(expressions=[exp.Literal.number(each) for each in contact_ids])
        return self._purge(name, Audience(), exp.select(exp.alias_(exp.Unnest(expressions=[listed]), "contact_id")))

    def _purge(self, name: str, audience: Audience, among: exp.Query | None = None) -> Purged:
        from pipelines.upkeep.purging import archive_of, archive_place, delete_archived, drop_unfinished

        at = datetime.now(UTC)
        # Nobody writes between the archive and the deletion: who is deleted is as the archive has them.
        with self.store.hold():
            with self.store.write() as writer:
                drop_unfinished(writer, self.layout)
            export = archive_of(audience, self.declarations.base)
            archive = self.export(export, archive_place(self.layout, name, at), among=among)
            self.listener.step(say_many("Purging {n} contacts", "Purging {n} contacts", archive.rows))
            with self.store.write() as writer:
                purged = delete_archived(writer, archive, name, self.who, at)
                told = say("The purge is committed: `carnet undo {number}` takes it back.", number=purged.import_id)
                writer.stands.append(told)
        self.listener.finished(purged)
        return purged

    def retain(self) -> Retained:
        """Notice who is to be purged, and purge those whose notice is over, where the retention says so (EXP-13)."""
        from pipelines.upkeep.retention import due, notice, required

        retention = required(self.declarations.base)
        self.refresh_segments(names=(TO_PURGE,), force=True)
        at = datetime.now(UTC)
        with self.store.write() as writer, writer.transaction(everything=True) as connection:
            found = notice(connection, at)
        purged = None
        if retention.action == "purge" and found.due(retention, at):
            purged = self._purge(TO_PURGE, Audience((TO_PURGE,)), due(retention, at))
        retained = found.after(purged)
        self.listener.finished(retained)
        return retained

    def dossier(self, key: str, place: Path) -> Dossier:
        """Write everything that is held about one person to a folder or a ZIP archive (EXP-12)."""
        from pipelines.rights.dossier import judge_place, write_dossier
        from pipelines.rights.gathering import gather

        judge_place(place)
        self.listener.step(say("Gathering"))
        self.store.publish()
        with self.published() as connection:
            held = gather(connection, self.layout, self.declarations, key, datetime.now(UTC))
        written = write_dossier(held, self.declarations.base, place)
        self.listener.finished(written)
        return written

    def erase_contact(self, key: str) -> Erased:
        """Erase one person everywhere (`rights.erasing.erase`); segments follow, where they can be counted."""
        from pipelines.rights.erasing import erase

        self.listener.step(say("Erasing"))
        erased = erase(self.store, self.declarations, key)
        self.store.stands.append(say("The person is erased."))
        self.listener.finished(erased)
        return erased

    def erase_again(self) -> int:
        """In a base that was restored: erase whoever was erased since its backup; how many erasures stand (EXP-9, SEC-5)."""
        from pipelines.rights.erasing import reapply

        return reapply(self.store, self.declarations)

    def finish_erasures(self) -> None:
        """Go on with an erasure that a kill cut short (EXP-9); next to nothing where there is none."""
        from pipelines.rights.journal import unfinished

        if unfinished(self.layout):
            from pipelines.rights.erasing import finish

            finish(self.store, self.declarations)
