"""A contact added or edited by hand, under the rules of an import (IMP-16, STA-4, STA-5).

What a person says of one contact is read like a file of one row, so that a cell means the same. Only a person may loosen a consent
or take someone off the suppression list. Belongs here: the edit. Does not: finding the contact (`finding`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb
import polars as pl

from pipelines.base.columns import extend_values, with_values
from pipelines.base.statements import first_row, identifier
from pipelines.base.store import Writer
from pipelines.base.versions import FORMER
from pipelines.cells.lists import JSON, split_parts
from pipelines.channels import BY_ADDRESS, CONSENTS, NEVER_CLEARED
from pipelines.contacts.erased import HINT, erased
from pipelines.contacts.finding import contacts_with, find_contact, ways_to_read
from pipelines.contacts.revision import instant
from pipelines.contacts.revisions import begin, write
from pipelines.contacts.states import settle
from pipelines.contacts.suppression import listed, stricter
from pipelines.declarations.model import ContactBase, ImportModel
from pipelines.errors import RefusedError, UnknownNameError, UsageError, listed_names
from pipelines.fields import Field, Format
from pipelines.files.problems import listed as as_listed
from pipelines.files.reading import TextFrame
from pipelines.imports.contacts.cleaning import Cleaned, clean
from pipelines.imports.contacts.frames import LINE
from pipelines.imports.contacts.header_names import HeaderNames, value_named
from pipelines.imports.contacts.mapping import resolve
from pipelines.imports.contacts.merging import Combined, MergeRules, combine
from pipelines.language import mark, say, say_rows

_TOLERATED = ("malformed_address", "landline", "value_added")
_MODEL = ImportModel("by hand", "")


@dataclass(frozen=True)
class Edited:
    """The contact that was edited, and what came of it: inserted, updated or unchanged. `warnings` are for people."""

    contact_id: int
    outcome: str
    warnings: tuple[str, ...]


def edit_contact(writer: Writer, key: str, values: Mapping[str, str], who: str) -> Edited:
    """Set fields of the contact that `key` names, or add it; `values`: field name or label → text, empty to clear.

    A multi-select takes its values separated by commas, and holds these alone. Another address brings what the suppression list
    keeps of it, where the edit says no consent itself (STA-5); a warning tells. UnknownNameError where there is no such field;
    UsageError where a value may not be set so; RefusedError where one cannot be read or the key is another contact's.
    """
    base = writer.contact_base
    edits = {_field(base, name): text.strip() for name, text in values.items()}
    _check(edits, base)
    at = datetime.now(UTC)
    with writer.transaction() as connection:
        contact_id = find_contact(connection, base, key)
        key_value = _key_of(writer, contact_id, key)
        cleaned, crossed = _read({base.field(base.key): key_value, **edits}, base)
        _check_erased(cleaned.frame, writer)
        _check_unique(edits, cleaned.frame, contact_id, connection)
        added = cleaned.added_values
        rules = MergeRules(
            with_values(base, added), empty_cells="clear", may_resubscribe=True, crossed=crossed, by_hand=True
        )
        incoming = cleaned.frame.with_columns(pl.lit(key_value).alias(base.key))
        combined = combine(writer, incoming, rules, at)
        new_key = cleaned.frame[base.key][0]
        if new_key != key_value:
            if contact_id is None:
                raise _two_keys(base, key_value, new_key)
            combined = _with_key(combined, new_key, edits, rules.base, at, writer)
        if added:
            extend_values(connection, added)
        contact_id, outcome = _write(writer, combined, rules.base, who, at)
        settle(writer, who, at)
    warnings = (problem["message"] for problem in as_listed(cleaned.problems))
    return Edited(contact_id, outcome, (*warnings, *_brought(combined, edits, base)))


def _field(base: ContactBase, name: str) -> Field:
    meant = [each.field for each in HeaderNames(base).meaning(name) if each.value is None]
    if not meant:
        raise UnknownNameError(mark("field"), name, (field.name for field in base.fields))
    return meant[0]


def _check(edits: Mapping[Field, str], base: ContactBase) -> None:
    for field, text in edits.items():
        if field.read_only:
            raise UsageError(say("{field} is read-only: nobody sets it.", field=field.name), say("Leave it out."))
        if not text and field.name in NEVER_CLEARED:
            raise UsageError(
                say("{field} is never emptied (STA-5).", field=field.name),
                say("Give one of {codes}.", codes=", ".join(field.codes)),
            )
        if not text and field.name == base.key:
            raise UsageError(
                say("{field} is the key: no contact is without it.", field=field.name),
                say("Give another one, or leave it out."),
            )


def _check_unique(
    edits: Mapping[Field, str], frame: pl.DataFrame, contact_id: int | None, connection: duckdb.DuckDBPyConnection
) -> None:
    """IMP-6c: nobody else has a unique value that the edit gives."""
    for field in edits:
        value = frame[field.name][0] if field.unique else None
        others = [] if value is None else contacts_with(connection, field.name, value)
        if taken := [other for other in others if other != contact_id]:
            raise RefusedError(
                say(
                    "The contact {contact} has that {field} already, and it is unique.",
                    contact=taken[0],
                    field=field.name,
                ),
                say("The base is unchanged."),
            )


def _check_erased(frame: pl.DataFrame, writer: Writer) -> None:
    """EXP-9: whoever was erased is not brought back in passing."""
    for name in BY_ADDRESS:
        if name in frame.columns and erased(writer.connection, writer.hash_key, frame[name]).any():
            raise RefusedError(
                say("The person with this {field} was erased. The base is unchanged.", field=name), say(HINT)
            )


def _two_keys(base: ContactBase, one: str, other: str) -> UsageError:
    about = {"one": one, "other": other, "key": base.key}
    return UsageError(
        say("Nobody has {one!r}, so it would be a new contact's {key}; and {key}={other} is another one.", **about),
        say(
            "A contact has one {key}: name the contact to edit by what it has now, or leave {key}= out to add {one!r}.",
            **about,
        ),
    )


def _brought(combined: Combined, edits: Mapping[Field, str], base: ContactBase) -> list[str]:
    """What to tell of consents that changed though the edit names none: the suppression list kept them (STA-5)."""
    given = {field.name for field in edits}
    [row] = combined.rows.select(f"{prefix}{name}" for name in CONSENTS for prefix in ("", FORMER)).to_dicts()
    return [
        say(
            "{field} is now {value!r}: the suppression list keeps that of the address. Where the person has agreed since, set "
            "{field} too.",
            field=name,
            value=_label(base, name, row[name]),
        )
        for name in CONSENTS
        if name not in given and row[name] != row[FORMER + name]
    ]


def _label(base: ContactBase, name: str, code: str) -> str:
    return next(value.labels.of(base.locale) for value in base.field(name).values if value.code == code)


def _key_of(writer: Writer, contact_id: int | None, key: str) -> str:
    """The uniqueness key of the contact as it is, or of the one to add."""
    base = writer.contact_base
    if contact_id is None:
        for field, value in ways_to_read(base, key):
            if field == base.key:
                return value
        raise UsageError(
            say("Nobody has {key!r}, and a contact is added by its {field}.", key=key, field=base.key),
            say("Give the {field} of the new contact.", field=base.key),
        )
    row = first_row(
        writer.connection,
        f"SELECT {identifier(base.key)} FROM main.contacts WHERE contact_id = ?",  # noqa: S608
        [contact_id],
    )
    return row[0] if row else ""


def _read(edits: Mapping[Field, str], base: ContactBase) -> tuple[Cleaned, dict[str, tuple[str, ...]]]:
    """The values as a file of one row would give them, and for each multi-select the values of which it is said."""
    cells = {field.name: _cell(field, text) for field, text in edits.items()}
    lists = [field for field in edits if field.format is Format.MULTI_SELECT]
    names = [field.name for field in lists]
    model = replace(_MODEL, mapping=dict(zip(names, names, strict=True)), split=dict.fromkeys(names, JSON))
    headers = tuple(cells)
    frame = pl.DataFrame(
        {f"c{n}": [text or None] for n, text in enumerate(cells.values())},
        schema_overrides=dict.fromkeys((f"c{n}" for n in range(len(cells))), pl.String),
    )
    counted = frame.select(line=pl.lit(1, pl.UInt32), cells=pl.lit(len(cells), pl.UInt32))
    text = TextFrame(headers, pl.concat([counted, frame], how="horizontal"))
    mapping = resolve(headers, model, base)
    cleaned = clean(text, mapping, model, base)
    wrong = pl.concat([mapping.problems, cleaned.problems]).filter(~pl.col("rule").is_in(_TOLERATED))
    if not wrong.is_empty():
        reasons = wrong.select(
            say_rows("{column}: {message}", column=pl.col("column").fill_null("?"), message="message")
        ).to_series()
        raise RefusedError(say("; ").join(reasons), say("The contact is unchanged."))
    # Values that nothing declares any more go with the others that are not named.
    return cleaned, mapping.crossed


def _cell(field: Field, text: str) -> str:
    """The cell that says so in a file; of a multi-select, whose values are all known or new to it, a list."""
    if field.format is not Format.MULTI_SELECT:
        return text
    given: dict[str, None] = {}
    for value in split_parts(pl.Series([text]), ",")[0]:
        code = value_named(value, field, new=field.unknown_values == "add")
        if code is None:
            raise RefusedError(
                say("{value!r} is not a value of {field}.", value=value, field=field.name),
                say("Its values: {values}. The contact is unchanged.", values=listed_names(field.taken)),
            )
        given[code] = None
    return json.dumps(list(given))


def _with_key(
    combined: Combined, key: str, edits: Mapping[Field, str], base: ContactBase, at: datetime, writer: Writer
) -> Combined:
    """The contact under another key, which nobody else may have; its address is another one, so its status begins anew (STA-2)."""
    if taken := contacts_with(writer.connection, base.key, key):
        raise RefusedError(
            say("The contact {contact} has that {field} already.", contact=taken[0], field=base.key),
            say("Two contacts never share one. The base is unchanged."),
        )
    given = {field.name for field in edits}
    anew = BY_ADDRESS[base.key].anew
    moved = pl.DataFrame({"person": combined.rows[LINE], base.key: [key]})
    kept = listed(writer.connection, moved, base.key, writer.hash_key)
    rows = combined.rows.join(kept, left_on=LINE, right_on="person", how="left").with_columns(
        pl.lit(key).alias(base.key),
        pl.lit("updated").alias("outcome"),
        instant(at).alias("modified_at"),
        *(pl.lit(v).cast(combined.rows.schema[name]).alias(name) for name, v in anew.items() if name not in given),
        *(stricter(name, name).alias(name) for name in CONSENTS if name not in given),
    )
    return replace(combined, rows=rows.select(combined.rows.columns))


def _write(writer: Writer, combined: Combined, base: ContactBase, who: str, at: datetime) -> tuple[int, str]:
    outcome = combined.rows["outcome"][0]
    rows = combined.rows.drop(LINE)
    if outcome == "inserted":
        rows = rows.with_columns(pl.lit(writer.next_id("contact_id")).alias("contact_id"))
    stated = combined.stated.drop(LINE).with_columns(contact_id=pl.lit(rows["contact_id"][0], pl.Int64))
    changed = rows.filter(pl.col("outcome") != "unchanged")
    write(writer, changed, begin(writer, "hand", who, at), base, stated)
    return rows["contact_id"][0], outcome
