"""The columns, or keys, of a file of events → what each of them means, by the event import's mapping (BHV-1).

Belongs here: names. Does not: what stands in the cells (`reading`, `resolving`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.declarations.model import EventImport
from pipelines.errors import nearest
from pipelines.fields import SYSTEM_FIELDS, fold
from pipelines.files.file_problems import MissingColumn, lacking
from pipelines.imports.masking import hidden_names
from pipelines.language import mark, say, say_many

WHO = ("email", "mobile", "contact_id")
"""What a row may name somebody by."""
_NEEDED = ("type", "occurred_at")
_MEND = mark("Rename them in the file, or change the event import's mapping.")


@dataclass(frozen=True)
class Columns:
    """`found`: meaning → the file's columns, in the order of the mapping; `missing`: how many mapped ones it lacks.

    `lacking`: what is said of these; `needed`: whether no event could do without one of them. `hidden`: names of columns that may
    be persons' values (SEC-4).
    """

    found: dict[str, tuple[str, ...]]
    missing: int
    lacking: str
    needed: bool
    hidden: tuple[str, ...]


def columns_of(event_import: EventImport, headers: Sequence[str]) -> Columns:
    """Each meaning's columns, by their names, ignoring case, accents and blanks; the file needs one for every meaning."""
    by_form = {fold(header): header for header in headers}
    found = {
        meaning: tuple(by_form[fold(name)] for name in names if fold(name) in by_form)
        for meaning, names in event_import.theirs.items()
    }
    found = {meaning: tuple(dict.fromkeys(names)) for meaning, names in found.items() if names}
    missing = [name for meaning, names in event_import.theirs.items() if meaning not in found for name in names]
    mapped = set(map(fold, event_import.mapping))
    hidden = hidden_names(headers, recognised=any(form in mapped for form in by_form))
    if not missing:
        return Columns(found, 0, "", needed=False, hidden=hidden)
    lack = say_many(
        "The file lacks a column that the event import maps.",
        "The file lacks {n} columns that the event import maps.",
        len(missing),
    )
    if hidden:
        unlike = [MissingColumn(name, None) for name in missing]
        said = lacking(lack, unlike, headers, f"{say('Is its first line the header?')} {say(_MEND)}")
    else:
        likely = _likely(event_import, missing, headers)
        said = lacking(lack, likely, headers, say(_MEND))
    return Columns(found, len(missing), said, needed=True, hidden=hidden)


def keys_of(event_import: EventImport, absent: Sequence[str], keys: Sequence[str]) -> Columns:
    """What is to be said of the meanings that no object of the file has a key for, `absent`, beside the `keys` that objects have.

    They may be absent, but for what no event can do without: who it is of, its type and its instant.
    """
    found = {meaning: names for meaning, names in event_import.theirs.items() if meaning not in absent}
    nobody = not any(kind in found for kind in WHO)
    needed = nobody or any(meaning not in found and meaning not in event_import.constants for meaning in _NEEDED)
    mend = [] if needed else [say("They may be absent: nothing is read for them.")]
    likely = _likely(event_import, [name for meaning in absent for name in event_import.theirs[meaning]], keys)
    lack = say_many(
        "The file lacks a key that the event import maps.",
        "The file lacks {n} keys that the event import maps.",
        len(likely),
    )
    said = lacking(lack, likely, keys, " ".join((*mend, say(_MEND)))) if absent else ""
    mapped = set(map(fold, event_import.mapping))
    # An object's keys may be data, whatever other objects have.
    hidden = tuple(key for key in keys if fold(key) not in mapped)
    return Columns(found, len(absent), said, needed, hidden)


def _likely(event_import: EventImport, missing: Sequence[str], headers: Sequence[str]) -> list[MissingColumn]:
    """The missing names, each with the header that likely stands for it: one that says what it means, or is spelt much like it."""
    mapped = set(map(fold, event_import.mapping))
    free = {fold(header): header for header in headers if fold(header) not in mapped}
    found: list[MissingColumn] = []
    for name in missing:
        likely = next((free[form] for form in _names_of(event_import.mapping[name]) if form in free), None)
        likely = likely or nearest(name, free.values())
        found.append(MissingColumn(name, likely))
        free.pop(fold(likely or ""), None)
    return found


def _names_of(meaning: str | None) -> list[str]:
    labels = [label for field in SYSTEM_FIELDS if field.name == meaning for label in field.labels.all]
    return [fold(name) for name in (meaning or "", *labels)]
