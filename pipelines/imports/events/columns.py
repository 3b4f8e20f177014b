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

WHO = ("email", "mobile", "contact_id")
"""What a row may name somebody by."""
_NEEDED = ("type", "occurred_at")
_MEND = "Rename them in the file, or change the event import's mapping."


@dataclass(frozen=True)
class Columns:
    """`found`: meaning → the file's column; `missing`: how many mapped ones it lacks; `lacking`: what is said of these.

    `needed`: whether no event could do without one of them. `hidden`: names of columns that may be persons' values (SEC-4).
    """

    found: dict[str, str]
    missing: int
    lacking: str
    needed: bool
    hidden: tuple[str, ...]


def columns_of(event_import: EventImport, headers: Sequence[str]) -> Columns:
    """Each meaning's column, by its name, ignoring case, accents and blanks; the file needs every mapped one."""
    by_form = {fold(header): header for header in headers}
    theirs = _mapped(event_import)
    found = {meaning: by_form[fold(name)] for meaning, name in theirs.items() if fold(name) in by_form}
    missing = [name for meaning, name in theirs.items() if meaning not in found]
    mapped = set(map(fold, event_import.mapping))
    hidden = hidden_names(headers, recognised=any(form in mapped for form in by_form))
    if not missing:
        return Columns(found, 0, "", needed=False, hidden=hidden)
    if hidden:
        unlike = [MissingColumn(name, None) for name in missing]
        said = lacking("column", "the event import", unlike, headers, f"Is its first line the header? {_MEND}")
    else:
        likely = _likely(event_import, missing, headers)
        said = lacking("column", "the event import", likely, headers, _MEND)
    return Columns(found, len(missing), said, needed=True, hidden=hidden)


def keys_of(event_import: EventImport, absent: Sequence[str], keys: Sequence[str]) -> Columns:
    """What is to be said of the mapped keys that no object of the file has, `absent`, beside the `keys` that objects have.

    They may be absent, but for what no event can do without: who it is of, its type and its instant.
    """
    theirs = _mapped(event_import)
    found = {meaning: name for meaning, name in theirs.items() if name not in absent}
    nobody = not any(kind in found for kind in WHO)
    needed = nobody or any(meaning not in found for meaning in _NEEDED)
    optional = "" if needed else "They may be absent: nothing is read for them. "
    likely = _likely(event_import, absent, keys)
    said = lacking("key", "the event import", likely, keys, optional + _MEND) if absent else ""
    mapped = set(map(fold, event_import.mapping))
    # An object's keys may be data, whatever other objects have.
    hidden = tuple(key for key in keys if fold(key) not in mapped)
    return Columns(found, len(absent), said, needed, hidden)


def _mapped(event_import: EventImport) -> dict[str, str]:
    """Meaning → their name for it."""
    return {meaning: name for name, meaning in event_import.mapping.items() if meaning}


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
