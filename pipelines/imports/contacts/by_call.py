"""Contacts that a program brings in a call: read like the rows of a file, under the rules of an import (STA-5, IMP-16, rest.md).

One contact is a change of its own, several are one import of the history. What a call does not name of a contact stays; what it
names empty is cleared. Belongs here: a call's contacts → rows → the base. Does not: how a call says them (`pipelines.api`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines.base.columns import extend_values, with_values
from pipelines.base.keys import read_addresses
from pipelines.base.statements import at_hand, identifier
from pipelines.base.store import Writer
from pipelines.cells.lists import JSON
from pipelines.contacts.revisions import begin
from pipelines.contacts.states import settle
from pipelines.declarations.model import Action, ContactBase, ImportModel
from pipelines.errors import RefusedError
from pipelines.fields import Format
from pipelines.files.opening import FileIdentity, Opened
from pipelines.files.reading import TextFrame
from pipelines.imports.contacts.added_values import of_rows, told
from pipelines.imports.contacts.cleaning import Cleaned, clean
from pipelines.imports.contacts.contact_file import Accepted, commit, declaration_hash
from pipelines.imports.contacts.deduplication import deduplicate
from pipelines.imports.contacts.erased_rows import without_erased_people
from pipelines.imports.contacts.frames import LINE, SKIPPED
from pipelines.imports.contacts.mapping import resolve
from pipelines.imports.contacts.matching import with_owners
from pipelines.imports.contacts.merging import Combined, MergeRules, combine, write_combined
from pipelines.imports.contacts.remembering import remember_refusals
from pipelines.imports.filing import partition_key
from pipelines.imports.history import import_row, record
from pipelines.imports.intake import FileFacts, Intake, Surroundings
from pipelines.imports.results import Counts, ImportResult
from pipelines.imports.trimming import drop_rejects, trim
from pipelines.language import say

MODEL = "by call"
"""What the history shows as the model of such an import: no declared one can be called so."""
_ID, _BY_CALL = "contact_id", ":by call"


@dataclass(frozen=True)
class CalledContact:
    """A contact as a call says it: `cells` by field; of a multi-select a JSON list, empty where the field is to be cleared.

    `key`: whom it is about, as the call names them; `contact_id` where that names them.
    """

    key: str | None
    cells: Mapping[str, str]
    contact_id: int | None = None


@dataclass(frozen=True)
class Asked:
    """What a call may do: `resubscribe` is `may_resubscribe`; `who` is kept with what it does."""

    action: Action
    who: str
    resubscribe: bool = False


@dataclass(frozen=True)
class Written:
    """What came of one contact: inserted, updated, unchanged, deleted, or skipped by the action.

    `consents_kept`: those that the call would have loosened (STA-5).
    """

    outcome: str
    consents_kept: tuple[str, ...]


def write_contact(writer: Writer, contact: CalledContact, asked: Asked) -> Written:
    """Write one contact as a revision of its own.

    RefusedError, with every reason, where a rule refuses it.
    """
    [written] = _write(writer, [contact], asked)
    if isinstance(written, RefusedError):
        raise written
    return written


def write_contacts(writer: Writer, contacts: Sequence[CalledContact], asked: Asked) -> list[Written | RefusedError]:
    """Write contacts that calls brought one by one: what came of each, which is what would have come of it alone.

    Those that have nothing to do with each other share a transaction and a revision.
    """
    apart = _apart(contacts, writer.contact_base)
    return [written for several in apart for written in _write(writer, several, asked)]


def _apart(contacts: Sequence[CalledContact], base: ContactBase) -> list[list[CalledContact]]:
    """The contacts in order, in lists within which nobody stands twice, and none may have what another one has."""
    named = pl.Series([contact.key for contact in contacts], dtype=pl.String)
    keys = read_addresses(base.key, named, base).values.to_list()
    unique = any(field.unique for field in base.fields)
    found: list[list[CalledContact]] = []
    seen: set[str] = set()
    closed = True
    for contact, key in zip(contacts, keys, strict=True):
        alone = unique or key is None or contact.contact_id is not None or base.key in contact.cells
        if closed or alone or key in seen:
            found.append([])
            seen.clear()
        found[-1].append(contact)
        seen.add(key or "")
        closed = alone
    return found


def _write(writer: Writer, contacts: Sequence[CalledContact], asked: Asked) -> list[Written | RefusedError]:
    at, read = datetime.now(UTC), _read(writer, contacts, asked)
    found: dict[int, Written | RefusedError] = {
        line: RefusedError("; ".join(reasons), say("The base is unchanged."))
        for line, reasons in read.rejected.select("line", "reasons").iter_rows()
    }
    if not read.unique.is_empty():
        with writer.transaction() as connection:
            extend_values(connection, read.added)
            model = _model(read.text.headers, read.base, asked)
            combined = combine(writer, read.unique, _rules(read, model), at)
            revision = begin(writer, "hand", asked.who, at)
            write_combined(writer, combined, read.base, revision)
            settle(writer, asked.who, at)
            remember_refusals(read.unique, combined, model, read.base, writer, revision)
        found |= _told_by_line(combined)
    return [found[line] for line in range(1, len(contacts) + 1)]


def _told_by_line(combined: Combined) -> dict[int, Written]:
    kept: dict[int, tuple[str, ...]] = {}
    for line, field in combined.consent_kept.select(LINE, "field").iter_rows():
        kept[line] = (*kept.get(line, ()), field)
    outcomes = combined.rows.select(LINE, "outcome").iter_rows()
    return {line: Written(outcome, kept.get(line, ())) for line, outcome in outcomes}


def import_contacts(
    writer: Writer, contacts: Sequence[CalledContact], content: bytes, asked: Asked, surroundings: Surroundings
) -> ImportResult:
    """Write several contacts in one transaction, as an import of the history; those that a rule refuses are its rejects.

    `content`: the call's body, of which size and hash are kept.
    """
    base, limit = writer.contact_base, surroundings.store.contact_base.import_history
    with writer.transaction() as connection:
        read = _read(writer, contacts, asked)
        model = _model(read.text.headers, base, asked)
        name = f"{len(contacts)} contacts of {asked.who}"
        identity = FileIdentity(Path(f"{MODEL}.csv"), 0, len(content), 0)
        opened = Opened(identity, content, whole=True)
        partition = partition_key(MODEL, hashlib.sha256(content).hexdigest())
        declaration, started = declaration_hash(model, base), datetime.now(UTC)
        intake = Intake(opened, name, model, base, partition, declaration, started, in_inbox=False, preview=False)
        result = commit(read, intake, surroundings, writer)
        record(connection, import_row(intake, result, read.facts, asked.who))
        trimmed = trim(connection, limit)
    drop_rejects(surroundings.layout, trimmed)
    return result


def affected(result: ImportResult) -> int:
    """How many contacts an import touched, whether that changed them or not."""
    counts = result.counts
    return counts.inserted + counts.updated + counts.unchanged + counts.deleted if isinstance(counts, Counts) else 0


def _rules(read: Accepted, model: ImportModel) -> MergeRules:
    return MergeRules(
        read.base,
        model.action,
        empty_cells=model.empty_cells,
        may_resubscribe=model.may_resubscribe,
        crossed=read.mapping.crossed,
    )


def _model(headers: Sequence[str], base: ContactBase, asked: Asked) -> ImportModel:
    lists = [name for name in headers if base.field(name).format is Format.MULTI_SELECT]
    return ImportModel(
        MODEL,
        "",
        separator=";",
        action=asked.action,
        mapping={name: name for name in headers},
        split=dict.fromkeys(lists, JSON),
        match=_ID if _ID in headers else None,
        empty_cells="clear",
        may_resubscribe=asked.resubscribe,
    )


def _read(writer: Writer, contacts: Sequence[CalledContact], asked: Asked) -> Accepted:
    """The contacts as rows of a file, judged, and one a key."""
    base = writer.contact_base
    text, absent = _as_text(_told_apart(contacts, base, writer.connection), base)
    model = _model(text.headers, base, asked)
    mapping = resolve(text.headers, model, base)
    cleaned = without_erased_people(clean(text, mapping, model, base), mapping, writer)
    cleaned = with_owners(_saying_what_is_said(cleaned, absent), mapping, model, writer)
    wrong = cleaned.problems.filter(pl.col("severity") == "error")
    column = pl.when(pl.col("column").is_not_null()).then(pl.format(" [{}]", "column")).otherwise(pl.lit(""))
    reasons = pl.concat_str("rule", pl.lit(": "), "message", column)
    rejected = wrong.group_by("line").agg(reasons.alias("reasons")).sort("line")
    good = cleaned.frame.join(rejected.select(pl.col("line").alias(LINE)), on=LINE, how="anti", maintain_order="left")
    unique = deduplicate(good, base.key, with_values(base, cleaned.added_values))
    added = of_rows(cleaned.added_values, unique.frame)
    return Accepted(
        facts=FileFacts(text.headers, separator=";", rows=text.frame.height, ending=".csv"),
        problems=told(pl.concat([mapping.problems, cleaned.problems, unique.problems]), added),
        verdicts={},
        rows=text.frame.height,
        text=text,
        mapping=mapping,
        rejected=rejected,
        unique=unique.frame,
        base=with_values(base, added),
        added=added,
    )


def _saying_what_is_said(cleaned: Cleaned, absent: pl.DataFrame) -> Cleaned:
    """The rows with SKIPPED where a call does not name a field, too."""
    frame = cleaned.frame.join(absent, on=LINE, how="left", maintain_order="left", suffix=_BY_CALL)
    twice = [name.removesuffix(_BY_CALL) for name in frame.columns if name.endswith(_BY_CALL)]
    both = [pl.any_horizontal(name, name + _BY_CALL).alias(name) for name in twice]
    return replace(cleaned, frame=frame.with_columns(both).drop([name + _BY_CALL for name in twice]))


def _told_apart(
    contacts: Sequence[CalledContact], base: ContactBase, connection: duckdb.DuckDBPyConnection
) -> list[CalledContact]:
    """Each with its key among the cells: the one that names the contact, or the new one that the call gives to whom it names."""
    named = pl.Series([contact.key for contact in contacts], dtype=pl.String)
    keys = read_addresses(base.key, named, base).values
    given = read_addresses(base.key, pl.Series([c.cells.get(base.key) for c in contacts], dtype=pl.String), base).values
    moving = keys.is_not_null() & given.is_not_null() & (keys != given)
    holders = _holders(keys.filter(moving), base, connection) if moving.any() else {}
    return [_with_key(contact, key, base.key, holders) for contact, key in zip(contacts, keys.to_list(), strict=True)]


def _holders(keys: pl.Series, base: ContactBase, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    with at_hand(connection, carnet_keys=keys.rename("key").to_frame().unique()):
        query = f"SELECT c.{identifier(base.key)}, c.contact_id FROM main.contacts AS c "  # noqa: S608
        return dict(
            connection.execute(query + f"SEMI JOIN carnet_keys AS k ON c.{identifier(base.key)} = k.key").fetchall()
        )


def _with_key(contact: CalledContact, key: str | None, name: str, holders: Mapping[str, int]) -> CalledContact:
    own = contact.cells.get(name, "").strip()
    held = holders.get(key) if key is not None else None
    if key is not None and not own:
        own = key
    if not own and contact.contact_id is None:
        # Neither is a key: what the call named is what is wrong with it.
        own = contact.key or ""
    return replace(contact, cells={**contact.cells, name: own}, contact_id=contact.contact_id or held)


def _as_text(contacts: Sequence[CalledContact], base: ContactBase) -> tuple[TextFrame, pl.DataFrame]:
    """The rows as text, and for each field but the key where a row does not say anything of it: it stays (SKIPPED)."""
    names = dict.fromkeys(name for contact in contacts for name in contact.cells)
    headers = [base.key, *(name for name in names if name != base.key)]
    columns = {name: pl.Series([contact.cells.get(name) for contact in contacts], dtype=pl.String) for name in headers}
    absent = {SKIPPED + name: columns[name].is_null() for name in headers[1:] if columns[name].has_nulls()}
    if any(contact.contact_id for contact in contacts):
        ids = [None if contact.contact_id is None else str(contact.contact_id) for contact in contacts]
        columns[_ID] = pl.Series(ids, dtype=pl.String)
    lines = pl.int_range(1, len(contacts) + 1, dtype=pl.UInt32, eager=True)
    cells = pl.repeat(len(columns), len(contacts), dtype=pl.UInt32, eager=True)
    texts = {f"c{n}": pl.select(pl.when(c != "").then(c)).to_series() for n, c in enumerate(columns.values())}
    frame = pl.DataFrame({"line": lines, "cells": cells, **texts})
    return TextFrame(tuple(columns), frame), pl.DataFrame({LINE: lines, **absent})
