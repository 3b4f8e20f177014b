"""What each column likely is for: a field by its header or by its cells, a value of a multi-select, or nothing yet (IMP-18).

Belongs here: guesses, each with its reason. Does not: what a header means for certain (`imports.mapping`).
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipelines.cells.refusals import refuses
from pipelines.channels import SMS
from pipelines.declarations.model import ContactBase, Fed, ImportModel, Translation
from pipelines.fields import Field, Format, fold
from pipelines.imports.contacts.columns import CARNET_COLUMNS, Column
from pipelines.imports.contacts.header_names import HeaderNames
from pipelines.imports.contacts.mapping import Mapping, resolve
from pipelines.inspection.holding import SAID, Held
from pipelines.language import mark, say

_SYNONYMS: dict[str, tuple[str, ...]] = {
    "email": (
        "courriel",
        "mél",
        "adresse mail",
        "adresse e-mail",
        "adresse courriel",
        "adresse électronique",
        "email 1",
        "e-mail 1 - value",
        "adresse de messagerie",
        "adresse de courriel",
        "courrier électronique",
        "user email",
        "subscriber",
    ),
    "mobile": (
        "téléphone portable",
        "tél portable",
        "tél mobile",
        "téléphone mobile",
        "n° de mobile",
        "gsm",
        "cell phone",
        "cell number",
        "mobile phone",
        "mobile phone number",
        "mobile number",
        "phone mobile",
        "numéro de mobile",
        "numéro de portable",
        "n° de portable",
        "sms",
    ),
    "first_name": ("given name", "forename", "prénoms"),
    "last_name": ("surname", "family name", "nom de famille", "nom d'usage"),
    "company": (
        "entreprise",
        "organisation",
        "organization",
        "company name",
        "organization name",
        "nom de l'entreprise",
    ),
}
"""What files call the system fields besides their labels: guesses of an inspection, which no import makes."""
UNCALLED = mark("no field is called so")
"""The note of a column that holds something and is called like nothing that is known."""
_ALIKE = 0.88
_LONGEST_NAME = 1000
"""No field is called by more signs; a file that is no table may have a header of millions."""
_COMPARED, _LONGEST_HEADER = 200, 100
"""Fields that a header is compared with, and the longest one that is."""


@dataclass(frozen=True)
class Purpose:
    """One column: what it holds, the `field` that it likely stands for (and the `value` of a multi-select), and why.

    `words`: what its cells mean for the field, where they are no values of it. `also`: other fields that it feeds, with theirs.
    `note`: why it stands for no field, or what has to be looked at; empty where its header says it all.
    """

    header: str
    held: Held
    field: str | None = None
    value: str | None = None
    note: str = ""
    carnet: bool = False
    words: Translation = dataclasses.field(default_factory=Translation)
    also: dict[str, Translation] = dataclasses.field(default_factory=dict)

    @property
    def fed(self) -> Fed:
        """What a mapping says of it."""
        return (self.field, *self.also) if self.field is not None and self.also else self.field


class Guesses:
    """What columns can be for in one base: made once, asked for each file."""

    def __init__(self, base: ContactBase) -> None:
        self._base = base
        self.names = HeaderNames(base)
        multi_selects = [field for field in base.fields if field.format is Format.MULTI_SELECT]
        self._known = {fold(name) for field in base.fields for name in (field.name, *field.labels.all)}
        self._known |= {fold(code) for field in multi_selects for code in field.codes}
        self._like = {
            field.name: {_letters(name) for name in (field.name, *field.labels.all, *_SYNONYMS.get(field.name, ()))}
            for field in base.fields
        }

    def is_known(self, header: str) -> bool:
        """Does the base understand this header? (As `HeaderNames.meaning`, at less cost for cells that are none.)"""
        if len(header) > _LONGEST_NAME:
            return False
        return fold(header) in self._known or (":" in header and bool(self.names.meaning(header.strip())))

    def purposes(self, headers: Sequence[str], held: Sequence[Held]) -> tuple[Purpose, ...]:
        """Say what each column is likely for; every field that takes one column has one at most."""
        base = self._base
        by_name = self.mapped(headers, {}).columns
        named = zip(by_name, headers, held, strict=True)
        found = [_by_name(replace(column, header=header), each, base) for column, header, each in named]
        found = _first_of_each(found)
        for guess in (self._by_likeness, self._by_cells):
            for position, purpose in enumerate(found):
                if purpose.field is None and not purpose.note and not purpose.carnet:
                    found[position] = guess(purpose, _free(found, base))
        return tuple(_with_note(purpose) for purpose in found)

    def mapped(self, headers: Sequence[str], mapping: dict[str, Fed]) -> Mapping:
        """What an import makes of these headers under a mapping; of a very long one the beginning is looked at."""
        names = [header[:_LONGEST_NAME] for header in headers]
        return resolve(names, ImportModel("inspected", "*", mapping=mapping), self._base, self.names)

    def _by_likeness(self, purpose: Purpose, free: Sequence[Field]) -> Purpose:
        """By a header that says nearly the same as a field's name or label, where the cells fit."""
        header = _letters(purpose.header)
        if not header or refuses(purpose.header) or purpose.held.holds == "crosses" or len(header) > _LONGEST_HEADER:
            return purpose
        for field in free[:_COMPARED]:
            names = self._like[field.name]
            if header in names or difflib.get_close_matches(header, names, n=1, cutoff=_ALIKE):
                likely = _fitting(replace(purpose, field=field.name), self._base)
                return purpose if likely.note else replace(likely, note=say("likely, by its header"))
        return purpose

    @staticmethod
    def _by_cells(purpose: Purpose, free: Sequence[Field]) -> Purpose:
        """E-mail addresses and mobile numbers are told by themselves."""
        target = {"emails": "email", "mobiles": "mobile"}.get(purpose.held.holds)
        if target is None or all(field.name != target for field in free):
            return purpose
        return replace(purpose, field=target, note=say("likely, by its cells"))


def _by_name(column: Column, held: Held, base: ContactBase) -> Purpose:
    purpose = Purpose(column.header, held, carnet=fold(column.header) in CARNET_COLUMNS)
    if column.role in ("field", "cross"):
        return _fitting(replace(purpose, field=column.field, value=column.value), base)
    if column.role == "read_only":
        return replace(purpose, note=say("{field} is read-only: no file sets it", field=column.field))
    if column.field is not None and base.field(column.field).format is Format.MULTI_SELECT:
        crossed = say("{field} takes one column for each of its values, crossed with X", field=column.field)
        return replace(purpose, note=crossed)
    if column.field is not None:
        # Two columns are called like one field: which one it is, is told by the cells.
        return _fitting(replace(purpose, field=column.field), base)
    if column.role == "ignored":
        return replace(purpose, note=say("several fields have a value of this name: head it `Label : value`"))
    return purpose


def _fitting(purpose: Purpose, base: ContactBase) -> Purpose:
    """The same, with a note where the cells are not what the field takes."""
    field, holds = base.field(str(purpose.field)), purpose.held.holds
    if holds == "nothing":
        return purpose
    wrong = (
        (purpose.value is not None and holds != "crosses")
        or (field.format is Format.DATE and holds != "dates")
        or (field.format is Format.NUMBER and holds not in ("numbers", "booleans"))
        or (field.format is Format.BOOLEAN and holds not in ("booleans", "crosses"))
        or (field.name == SMS.address and holds == "telephones")
    )
    if not wrong:
        return purpose
    taken = say("crosses") if purpose.value is not None else field.format.value
    taken = say("numbers of mobiles") if field.name == SMS.address else taken
    said = say("look at the cells: they hold {holds}, and {taken} is meant", holds=say(SAID[holds]), taken=taken)
    return replace(purpose, note=said)


def _first_of_each(found: Sequence[Purpose]) -> list[Purpose]:
    """Of several columns for one field the one whose cells fit and that fills most rows; the others say so."""
    best: dict[str, int] = {}
    for position, purpose in enumerate(found):
        if purpose.field is None or purpose.value is not None:
            continue
        rival = best.get(purpose.field)
        if rival is None or _rank(purpose) > _rank(found[rival]):
            best[purpose.field] = position
    return [
        purpose
        if purpose.field is None or purpose.value is not None or best[purpose.field] == position
        else replace(
            purpose,
            field=None,
            note=say(
                "{field} takes one column, and {header!r} is it",
                field=purpose.field,
                header=found[best[purpose.field]].header,
            ),
        )
        for position, purpose in enumerate(found)
    ]


def _rank(purpose: Purpose) -> tuple[bool, int]:
    return not purpose.note, purpose.held.filled


def _free(found: Iterable[Purpose], base: ContactBase) -> tuple[Field, ...]:
    """The fields that take one column and have none yet."""
    taken = {purpose.field for purpose in found}
    return tuple(
        field
        for field in base.fields
        if field.name not in taken and not field.read_only and field.format is not Format.MULTI_SELECT
    )


def _with_note(purpose: Purpose) -> Purpose:
    if purpose.field is not None or purpose.note or purpose.carnet:
        return purpose
    return replace(purpose, note=say(UNCALLED) if purpose.held.filled else say("empty, and no field is called so"))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text))
