"""Fields and values as calls declare them: in the `Fields` document of `assets/api/defs.yaml` (decision 20, FLD-5).

A field that this document declares is changed there; what is otherwise of a field that people declare stands there as a change of
it, so that nothing that they wrote is touched. The base follows at once. Belongs here: what a call asks → an entry of the
document. Does not: its text (`fields_text`), nor what the base makes of it (`pipelines.base`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pipelines.api.account import Account
from pipelines.api.answers import ApiError, not_found
from pipelines.api.attributes import FORMATS, Catalogue
from pipelines.api.declaring import alone_declaring, declared_so, text_of
from pipelines.api.fields_text import Kind, entry_of, with_entry
from pipelines.declarations.model import ContactBase
from pipelines.declarations.names import PLAIN_NAME, snake_case
from pipelines.errors import listed_names
from pipelines.fields import Field, Format, fold

_FORMATS = {name: format_ for format_, name in FORMATS.items() if format_ is not Format.BOOLEAN}
_LONGEST = 200
_LARGEST_INDEX = 1_000_000
_NOT_SO = "The field cannot be declared so."
_BY_DECLARATION = "Edit the fields of the ContactBase under assets/: docs/fields.md says how."


@dataclass(frozen=True)
class GivenField:
    """A field as a call brings it; None for what it does not say. `technical`: its name in the base."""

    id: int | None
    label: str
    format: str | None
    technical: str | None
    adding: bool | None


@dataclass(frozen=True)
class GivenValue:
    """A value as a call brings it; None for what it does not say."""

    id: int | None
    text: str | None
    index: int | None


@dataclass(frozen=True)
class _Values:
    """The values of a field: all of them in their order; `renamed`: former text → present one; `added`: those that calls added."""

    values: list[str]
    renamed: dict[str, str]
    added: list[str]


def given_field(body: Any) -> GivenField:
    """The body of a call about a field; ApiError 400."""
    given = _object(body, '{"name": "Total des commandes", "format": "Number|woo_orderstotal"}')
    format_, bar, described = _text(given, "format").partition("|")
    technical = described.strip() if bar else _text(given, "description")
    options = _text(given, "options").casefold()
    return GivenField(
        _whole(given, "id"),
        _text(given, "name"),
        format_.strip() or None,
        (snake_case(technical) if bar else technical if PLAIN_NAME.fullmatch(technical) else None) or None,
        options == "true" if options in ("true", "false") else None,
    )


def given_value(body: Any) -> GivenValue:
    """The body of a call about a value; ApiError 400."""
    given = _object(body, '{"text": "Perle", "index": 0}')
    return GivenValue(_whole(given, "id"), _text(given, "text") or None, _whole(given, "index"))


def add_field(account: Account, given: GivenField, who: str) -> str:
    """Declare a field; its name. ApiError 400 where it is there already, or cannot be declared."""
    format_ = _FORMATS.get(given.format or "")
    if format_ is None:
        raise _wrong(f"There is no format {(given.format or '')!r}.", f"One of {listed_names(list(_FORMATS))}.")
    name = given.technical or snake_case(given.label)
    if name is None:
        raise _wrong(
            "The field has no name that a column can have.", 'Say it behind the format: "Number|orders_total".'
        )
    entry: dict[str, Any] = {"name": name, "label": given.label or name, "format": format_.value}
    if format_ in (Format.SINGLE_SELECT, Format.MULTI_SELECT):
        entry |= {"values": []} | ({"unknown_values": "add"} if given.adding else {})

    def change(base: ContactBase, text: str) -> str:
        if any(field.name == name for field in base.fields):
            raise _wrong(f"There is a field {name!r} already.", "GET /account/contactattribute lists them.")
        return with_entry(text, "fields", entry)

    _declare(account, change, who)
    return name


def rename_field(account: Account, given: GivenField, who: str) -> Field:
    """Give a field another label; the field as it was. ApiError 404, 400, 409."""
    field = field_of(account, given.id)
    if given.format is not None and given.format != FORMATS[field.format]:
        raise _wrong("A field's format is not changed by a call.", _BY_DECLARATION)
    if not given.label:
        raise _wrong("The field has no name.", '{"id": …, "name": "…"}')
    if given.label != field.labels.fr:
        _declare(account, _changing(field.name, lambda _, entry: entry | {"label": given.label}), who)
    return field


def add_value(account: Account, field_id: int, given: GivenValue, who: str) -> tuple[str, str]:
    """Add a value to a selection, at its `index` where that is given and not 0, else at the end; the field's name and the value."""
    field = _selection(field_of(account, field_id))
    text = _required(given.text)

    def change(field: Field, values: _Values) -> _Values:
        _require_new(text, field, None)
        renamed = {former: present for former, present in values.renamed.items() if former != text}
        # Where a value had that text before, it is no longer the one that people's declaration has under it.
        former = [values.renamed[text]] if text in values.renamed else []
        added = list(dict.fromkeys((*values.added, *former, text)))
        return _Values(_moved([*values.values, text], text, given.index or None), renamed, added)

    _declare(account, _changing(field.name, _of_values(change)), who)
    return field.name, text


def change_value(account: Account, given: GivenValue, who: str) -> tuple[str, str]:
    """Rename a value, for whoever has it too, and move it to `index`; the field's name and the value. ApiError 400, 404, 409."""
    field, before = _field_with(account, given.id)
    text = given.text or before
    if text == before and given.index == field.codes.index(before):
        return field.name, text

    def change(field: Field, values: _Values) -> _Values:
        if before not in field.taken:
            message = f"The value is declared no longer: the field {field.name!r} has it for those who had it."
            raise ApiError(409, "Declared", message, "Add it anew: POST /account/contactattribute/value/…")
        _require_new(text, field, before)
        new = [] if before in values.values else [before]
        listed, added = ([text if v == before else v for v in (*had, *new)] for had in (values.values, values.added))
        index = None if given.index is None or given.index == field.codes.index(before) else given.index
        renamed = values.renamed if text == before else _renamed(values.renamed, before, text)
        return _Values(_moved(listed, text, index), renamed, added)

    _declare(account, _changing(field.name, _of_values(change)), who)
    return field.name, text


def field_of(account: Account, field_id: int | None) -> Field:
    """The declared field of that number; 404, and 409 for one that every base has."""
    with account.read() as (connection, declarations):
        found = Catalogue.of(connection, declarations.base).named(str(field_id))
    if found is None:
        raise not_found(f"field {field_id}", "GET /account/contactattribute lists them.")
    return _require_declared(found)


def _field_with(account: Account, value_id: int | None) -> tuple[Field, str]:
    """The field that has the value of that number, and the value."""
    with account.read() as (connection, declarations):
        base = Catalogue.of(connection, declarations.base).base
    for field in base.fields:
        for code, number in account.numbers.of_values(field).items() if field.is_select else ():
            if number == value_id:
                return _require_declared(field), code
    raise not_found(f"value {value_id}", "GET /account/contactattribute/value/{id of its field} lists them.")


def _require_declared(field: Field) -> Field:
    if field.system:
        raise ApiError(
            409, "Declared", f"Every base has the field {field.name!r} as it is.", "Declare one of your own."
        )
    return field


def _selection(field: Field) -> Field:
    if not field.is_select:
        raise _wrong(f"The field {field.name!r} is no selection: it has no values.")
    return field


def _require_new(text: str, field: Field, besides: str | None) -> None:
    """ApiError 400 where the field has the value, whatever its case, accents and blanks."""
    for value in field.taken:
        if value != besides and fold(value) == fold(text):
            raise _wrong(
                f"The field {field.name!r} has that value already.", "GET /account/contactattribute/value/… lists them."
            )


Entry = dict[str, Any]


def _declare(account: Account, change: Callable[[ContactBase, str], str], who: str) -> None:
    """Have the document as `change` makes it, and the base follow: both, or neither.

    The base is held first, so that who is to come again (503) has declared nothing. `change` is given it with its lists.
    """
    with account.write(who) as workspace, workspace.store.hold(), alone_declaring(account):
        with workspace.store.write() as writer:
            text = change(writer.contact_base, text_of(account.layout))
        with declared_so(account, lambda _: text, _NOT_SO, "Give it another name or label.") as changed:
            workspace.adopt(changed)
            workspace.refresh_segments(names=())
        # The base has it by now: where it cannot be published, the declaration stands, and the next call publishes.
        workspace.publish()


def _changing(name: str, change: Callable[[Field, Entry], Entry]) -> Callable[[ContactBase, str], str]:
    """The text with the entry of the field `name` changed: its own, or else the change of it that people's declaration has."""

    def changed(base: ContactBase, text: str) -> str:
        kind: Kind = "fields" if entry_of(text, "fields", name) is not None else "changes"
        entry = entry_of(text, kind, name) or {"name": name}
        return with_entry(text, kind, change(base.field(name), entry))

    return changed


def _of_values(change: Callable[[Field, _Values], _Values]) -> Callable[[Field, Entry], Entry]:
    """A change of values, for an entry of either kind."""

    def changed(field: Field, entry: Entry) -> Entry:
        declared = [value.code for value in field.values]
        after = change(field, _Values(declared, dict(entry.get("renamed", {})), list(entry.get("add", []))))
        if "format" in entry:
            return _without_empty(entry | {"values": after.values, "renamed": after.renamed})
        return _without_empty(entry | {"renamed": after.renamed, "add": after.added, "order": after.values})

    return changed


def _without_empty(entry: Entry) -> Entry:
    """Without empty lists, but for the values of a selection that has none yet."""
    return {name: said for name, said in entry.items() if said not in ({}, []) or name == "values"}


def _renamed(renamed: Mapping[str, str], before: str, text: str) -> dict[str, str]:
    """With `before` called `text` now, and whatever came to be called `before`."""
    followed = {former: text if present == before else present for former, present in renamed.items()}
    return {former: present for former, present in (followed | {before: text}).items() if former not in (present, text)}


def _moved(values: list[str], value: str, index: int | None) -> list[str]:
    if index is None:
        return values
    others = [each for each in values if each != value]
    return [*others[:index], value, *others[index:]]


def _required(text: str | None) -> str:
    if text is None:
        raise _wrong("The value has no text.", '{"text": "Perle"}')
    return text


def _object(body: Any, like: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise _wrong("The body is no object.", like)
    return cast("dict[str, Any]", body)


def _text(given: Mapping[str, Any], name: str) -> str:
    """A text of one line, as people see it; empty where there is none."""
    value = given.get(name)
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if not isinstance(value, (str, int, float)):
        raise _wrong(f"{name} is no text.")
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFC", str(value))).strip()
    if len(text) > _LONGEST or not text.isprintable():
        raise _wrong(f"{name} is longer than {_LONGEST} signs, or holds one that nobody sees.")
    return text


def _whole(given: Mapping[str, Any], name: str) -> int | None:
    """A whole number from 0, which may be a text; None where there is none."""
    text = _text(given, name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise _wrong(f"{name} is no whole number.")
    return int(text) if name == "id" else min(int(text), _LARGEST_INDEX)


def _wrong(message: str, hint: str = "") -> ApiError:
    return ApiError(400, "Invalid", message, hint)
