"""Two contacts that are one person, made one (EXP-14): what one lacks the other gives, and no refusal of either is lost.

Belongs here: what the contact that stays becomes, and what follows it. Does not: finding duplicates (`duplicates`), taking a merge
back (it is undone like an import).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from pipelines.base.held import recall
from pipelines.base.statements import run_statements
from pipelines.base.store import Writer
from pipelines.base.versions import FORMER
from pipelines.channels import CHANNEL_OF_STATE, CHANNELS, CONSENT_STRICTNESS, CONSENTS, Channel
from pipelines.contacts.finding import find_contact, unknown_contact
from pipelines.contacts.revision import instant
from pipelines.contacts.revisions import removed, typed, version_columns, versioned
from pipelines.contacts.states import settle
from pipelines.declarations.model import ContactBase
from pipelines.errors import UsageError
from pipelines.fields import Field, Format
from pipelines.language import say
from pipelines.upkeep.corrections import Described, correct

_CHANNEL_OF_CONSENT = {each.consent: each for each in CHANNELS}


@dataclass(frozen=True)
class Merged:
    """A merge: its number in the history, the contact that stays, the one that is gone, and the fields that changed."""

    import_id: int
    contact_id: int
    gone: int
    changed: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON of `merge`, with the number that `carnet undo` takes."""
        return {
            "contact_id": self.contact_id,
            "gone": self.gone,
            "changed": list(self.changed),
            "import_id": self.import_id,
        }


def merge_contacts(writer: Writer, keep: str, other: str, who: str, at: datetime) -> Merged:
    """Unite the contact that `other` names with the one that `keep` names, in one transaction; UsageError where one is nobody's.

    The one that stays keeps its values and its addresses, takes what it lacks, the values of both for a multi-select, and the
    stricter consent. Events, memberships of imports and former addresses follow it. What the other's addresses refused is
    remembered of them too (STA-5).
    """
    base = writer.contact_base
    with writer.transaction() as connection:
        kept_id, gone_id = (_named(writer, base, key) for key in (keep, other))
        if kept_id == gone_id:
            raise UsageError(
                say("{keep!r} and {other!r} name the same contact.", keep=keep, other=other),
                say("Name two: `carnet duplicates` lists candidates."),
            )
        rows = connection.sql("FROM main.contacts WHERE contact_id IN ($1, $2)", params=[kept_id, gone_id]).pl()
        rows = rows.with_columns(typed(field) for field in base.fields)
        kept, gone = (rows.filter(contact_id=each) for each in (kept_id, gone_id))
        united = _united(kept, gone, base, at)
        import_id = writer.next_id("import_id")
        described = Described(say("merge of {gone} into {kept}", gone=gone_id, kept=kept_id))
        correct(writer, "merge", pl.concat([united, removed(gone, base)]), described, who, at, import_id)
        recall(connection, writer.elsewhere, "contact_id IN ($kept, $gone)", kept=kept_id, gone=gone_id)
        run_statements(
            connection,
            "upkeep/follow_merge",
            {
                "import_id": import_id,
                "kept": kept_id,
                "gone": gone_id,
                "email": gone["email"][0],
                "mobile": gone["mobile"][0],
            },
        )
        settle(writer, who, at)
    [before], [after] = kept.to_dicts(), united.to_dicts()
    changed = [field.name for field in base.fields if not field.read_only and after[field.name] != before[field.name]]
    return Merged(import_id, kept_id, gone_id, tuple(changed))


def _named(writer: Writer, base: ContactBase, key: str) -> int:
    found = find_contact(writer.connection, base, key)
    if found is None:
        raise unknown_contact(key)
    return found


def _united(kept: pl.DataFrame, gone: pl.DataFrame, base: ContactBase, at: datetime) -> pl.DataFrame:
    """The row (`revisions.write`) of the contact that stays; of one row each, `kept` and `gone`."""
    [ours], [theirs] = kept.to_dicts(), gone.to_dicts()
    values = {field.name: _value(field, ours, theirs) for field in versioned(base)}
    united = pl.DataFrame({name: [value] for name, value in values.items()}, schema=kept.select(list(values)).schema)
    former = kept.select("contact_id", *(pl.col(field.name).alias(FORMER + field.name) for field in versioned(base)))
    return (
        pl.concat([united, former], how="horizontal")
        .with_columns(outcome=pl.lit("updated"), modified_at=instant(at))
        .select(version_columns(base))
    )


def _value(field: Field, ours: dict[str, Any], theirs: dict[str, Any]) -> Any:
    name = field.name
    mine, other = ours[name], theirs[name]
    if field.read_only:
        return mine
    if name in CONSENTS:
        return _consent(_CHANNEL_OF_CONSENT[name], ours, theirs)
    if name in CHANNEL_OF_STATE:
        return other if _takes_address(CHANNEL_OF_STATE[name], ours, theirs) else mine
    if name == "do_not_track" and True in (mine, other):
        return True
    if field.format is Format.MULTI_SELECT:
        both = {*(mine or ()), *(other or ())}
        return [code for code in field.codes if code in both] or None
    return other if mine is None else mine


def _takes_address(channel: Channel, ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Has the contact that stays no address on that channel, and the other one?"""
    return ours[channel.address] is None and theirs[channel.address] is not None


def _consent(channel: Channel, ours: dict[str, Any], theirs: dict[str, Any]) -> str | None:
    """The strictest refusal of either; else its own, or the other's who brings the address for which it was given."""
    mine, other = ours[channel.consent], theirs[channel.consent]
    refusals = [consent for consent in (mine, other) if consent not in (None, "yes")]
    if refusals:
        return max(refusals, key=CONSENT_STRICTNESS.__getitem__)
    same = ours[channel.address] == theirs[channel.address]
    brought = _takes_address(channel, ours, theirs) or (mine is None and same)
    return other if brought else mine
