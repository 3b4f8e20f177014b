"""Names that the operator gives, and looking up those that are referred to."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase

from pipelines.declarations.default_segments import DEFAULT_SEGMENT_NAMES
from pipelines.declarations.model import ContactBase, Place
from pipelines.declarations.problems import Problems, or_write, shown
from pipelines.declarations.shapes import read_text
from pipelines.declarations.texts import HALF_A_CHARACTER
from pipelines.declarations.yaml_nodes import Node
from pipelines.fields import Field
from pipelines.language import mark, say

PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LONGEST = 100
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_DEFAULTS = frozenset(DEFAULT_SEGMENT_NAMES)
RESERVED_PREFIX = "carnet_"


def read_name(node: Node, what: str, problems: Problems) -> str | None:
    """A name in snake_case that does not begin like Carnet's own."""
    name = read_text(node, what, problems)
    return None if name is None else judge_name(name, what, node.place, problems)


def judge_name(name: str, what: str, place: Place, problems: Problems) -> str | None:
    """The name, or None for one that cannot be given, which is reported."""
    fault = fault_of_name(name, what)
    if fault is None:
        return name
    problems.error(place, fault, None if name.startswith(RESERVED_PREFIX) else snake_case(name))
    return None


def fault_of_name(name: str, what: str) -> str | None:
    """Why a name cannot be given, or None."""
    if PLAIN_NAME.fullmatch(name):
        if not name.startswith(RESERVED_PREFIX):
            return None
        return say(
            "{what} {name!r}: names that begin with {prefix} are Carnet's own",
            what=what,
            name=name,
            prefix=RESERVED_PREFIX,
        )
    said = say("{what} {name!r} must begin with a-z and hold only a-z, 0-9 and _ (63 at most)", what=what, name=name)
    return or_write(said, snake_case(name))


def snake_case(text: str) -> str | None:
    """The name nearest to any text, or None where none of its letters can stand in one.

    >>> snake_case("Été à Paris, 2e")
    'ete_a_paris_2e'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_").lstrip("0123456789_")
    return name[:63] or None


def read_segment_name(node: Node, problems: Problems) -> str | None:
    """The name of a segment: any text that a base can hold."""
    what = say("the segment's name")
    name = read_text(node, what, problems)
    return None if name is None else judge_segment_name(name, what, node.place, problems)


def name_of_file(file: Path) -> str:
    """The name of the segment that a file holds: the file's, in the one form of its accents that people type.

    Some file systems keep another.
    """
    return unicodedata.normalize("NFC", file.stem)


def judge_segment_name(name: str, what: str, place: Place, problems: Problems) -> str | None:
    """The name, or None for one that cannot be given, which is reported."""
    fault = _fault_of_segment_name(name)
    if fault is None:
        return name
    message = say(fault, what=what, name=name, count=len(name), most=_LONGEST, prefix=RESERVED_PREFIX)
    problems.error(place, message)
    return None


def _fault_of_segment_name(name: str) -> str | None:
    """Why a segment cannot be called so, to be filled in."""
    if not 0 < len(name) <= _LONGEST:
        return mark("{what} {name!r} has {count} characters: at most {most} can stand in one")
    if name != name.strip():
        return mark("{what} {name!r} begins or ends with a blank: leave it out")
    if "\0" in name or HALF_A_CHARACTER.search(name):
        return mark("{what} {name!r} holds a NUL or half of a character, which no base can hold")
    if name.casefold().startswith(RESERVED_PREFIX):
        return mark("{what} {name!r} cannot be given: names that begin with {prefix} are Carnet's own")
    if name.casefold() in _DEFAULTS:
        return mark("{what} {name!r} is taken: every base has this segment already (SEG-5)")
    return None


def sql_name(name: str) -> str:
    """The name as DuckDB compares names: without the case of ASCII letters, and of those alone."""
    return name.translate(_LOWER)


class Taken:
    """Names already given to one kind of thing, whatever their case; a second one is an error that shows both places.

    `kind`: what they are in the plural, marked.
    """

    def __init__(self, kind: str, problems: Problems) -> None:
        self._kind, self._problems = kind, problems
        self._places: dict[str, Place] = {}

    def take(self, name: str, place: Place) -> bool:
        """Whether the name was free; it is taken from now on."""
        first = self._places.setdefault(name.casefold(), place)
        if first is place:
            return True
        where = f"{shown(first.file)}:{first.line}"
        message = say(
            "there are two {kind} {name!r}: the first stands at {where}", kind=say(self._kind), name=name, where=where
        )
        self._problems.error(place, message)
        return False


@dataclass(frozen=True)
class Scope:
    """What names in models, segments and exports can refer to.

    `broken_fields` are declared but could not be understood: what refers to them is not judged.
    `complete` is False where a file could not be read: a name that is not known may stand in it.
    """

    base: ContactBase
    broken_fields: frozenset[str]
    segments: frozenset[str]
    complete: bool = True

    def field(self, name: str, place: Place, problems: Problems) -> Field | None:
        """The field of that name, or None; a name that nothing declares is reported."""
        for field in self.base.fields:
            if field.name == name:
                return field
        if name not in self.broken_fields:
            problems.unknown(place, mark("field"), name, (field.name for field in self.base.fields))
        return None

    def segment_in_sql(self, name: str) -> str:
        """The declared name of the segment that SQL means by `name`; `name` itself where there is none."""
        if name in self.segments:
            return name
        return next((known for known in sorted(self.segments) if sql_name(known) == sql_name(name)), name)

    def has_segment(self, name: str, place: Place, problems: Problems) -> bool:
        """Whether a segment of that name is declared; one that is not is reported."""
        if name in self.segments:
            return True
        if self.complete:
            problems.unknown(place, mark("segment"), name, sorted(self.segments))
        return False
