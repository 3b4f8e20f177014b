"""A file that came by a call, with what the call says of it → a file and an import model that say the same (decision 17).

Belongs here: encodings, the line that a file begins on, columns by their order. Does not: the model's document (`models`), nor the
import.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.api.answers import ApiError
from pipelines.api.attributes import Catalogue
from pipelines.declarations.model import Action
from pipelines.fields import Field, Format, fold
from pipelines.files.opening import open_file
from pipelines.files.profiles import Reading
from pipelines.files.profiling import profile_file
from pipelines.imports.contacts.header_names import value_named

IGNORED = ("", "ignore")
_ARCHIVE = b"PK\x03\x04"


@dataclass(frozen=True)
class Columns:
    """What the columns of a file are for, in their order: a field, or None for one that is left out; names that are no field's."""

    fields: tuple[Field | None, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Mapped:
    """As a model has it: header → field or None; `split`: headers of columns that hold several values in a cell."""

    mapping: dict[str, str | None]
    split: dict[str, str]


def action_of(option: str) -> Action:
    """What `duplicateOption` asks for; ApiError 400 where there may be several rows a key."""
    actions: dict[str, Action] = {"": "upsert", "disallowdupupdate": "upsert", "disallowdup": "insert"}
    if option.casefold() in actions:
        return actions[option.casefold()]
    raise ApiError(
        400,
        "Invalid",
        "duplicateOption is none that can be done: a base has one row a key.",
        "disallowdupupdate adds and updates, disallowdup only adds.",
    )


def columns_named(names: Sequence[str], catalogue: Catalogue) -> Columns:
    """The fields of `matchings`; ApiError 400 where none is said, or none is the key."""
    fields = tuple(None if name.casefold() in IGNORED else catalogue.named(name) for name in names)
    key = catalogue.base.key
    if not any(field is not None and field.name == key for field in fields):
        raise ApiError(
            400, "Invalid", f"matchings name no column for {key}, the key.", '["email", "firstname", ""]: one a column.'
        )
    unknown = (name for name, field in zip(names, fields, strict=True) if field is None)
    return Columns(fields, tuple(dict.fromkeys(name for name in unknown if name.casefold() not in IGNORED)))


def as_text(data: bytes, encoding: str) -> bytes:
    """The file in UTF-8: the caller has said what it is in. ApiError 400 where it is not."""
    if encoding == "utf-8" or data.startswith(_ARCHIVE):
        return data
    try:
        return data.decode(encoding).removeprefix("\ufeff").encode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise ApiError(
            400, "Invalid", f"The file is not {encoding.upper()}, as the call says.", "Say the encoding that it is in."
        ) from error


def from_line(data: bytes, first: int, header: str | None) -> bytes:
    """The file without what stands above its line `first`; `header`: one for a file that has none, put before its first row.

    The lines that go are left blank, so that the others keep their numbers.
    """
    if first == 1 and header is None:
        return data
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    if data.startswith(_ARCHIVE) or first > len(lines):
        what = "is no text" if data.startswith(_ARCHIVE) else f"has no line {first}"
        raise ApiError(
            400, "Invalid", f"The file {what}.", "firstLine counts from 1; a workbook begins with its header."
        )
    above = [b""] * (first - 1) if header is None else [*([b""] * (first - 2)), header.encode()]
    return b"\n".join([*above, *lines[first - 1 :]])


def header_for(columns: Columns, separator: str) -> tuple[str, Mapped]:
    """A header for a file that has none, and what its columns are for."""
    names: dict[str, str | None] = {}
    for position, field in enumerate(columns.fields, start=1):
        if field is not None and field.format is Format.MULTI_SELECT:
            hint = "Its columns are headed by its values: send the header line, and firstLineAsHeader=true."
            raise ApiError(400, "Invalid", f"{field.name} has several values, and the file has no header.", hint)
        name = f"column {position}" if field is None else field.name
        if name in names:
            raise ApiError(400, "Invalid", f"Two columns are for {name}.", "Name one of them `ignore`.")
        names[name] = None if field is None else field.name
    return separator.join(names), Mapped(names, {})


def mapped(path: Path, columns: Columns, separator: str | None, most_bytes: int) -> Mapped:
    """What the columns of a file with a header are for; nothing of a file that cannot be read: the import says why."""
    _, source = profile_file(open_file(path, most_bytes), Reading(separator), most_bytes)
    headers = source.headers if source is not None else ()
    if not headers:
        return Mapped({}, {})
    if len(columns.fields) > len(headers):
        message = f"matchings name {len(columns.fields)} columns, and the file has {len(headers)}."
        raise ApiError(400, "Invalid", message, "Name one a column; look at the separator.")
    found: dict[str, tuple[str, str | None]] = {}
    split: dict[str, str] = {}
    for position, header in enumerate(headers):
        field = columns.fields[position] if position < len(columns.fields) else None
        former = found.get(fold(header))
        if former is not None and (field is not None or former[1] is not None):
            raise ApiError(
                400, "Invalid", f"Two columns are called as column {position + 1} is.", "Rename one of them."
            )
        found[fold(header)] = (header, None if field is None else field.name)
        if field is not None and field.format is Format.MULTI_SELECT and value_named(header, field) is None:
            split[header] = ","
    return Mapped({header: name for header, name in found.values() if header}, split)
