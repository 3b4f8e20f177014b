"""YAML files as trees of nodes that know their source text, line and column, before anything is coerced.

Belongs here: reading bytes, syntax errors, what YAML misread (contract: "YAML reads bare yes…"), repeated keys.
Does not: what the documents mean.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeGuard, cast

import yaml

from pipelines.declarations.model import Place
from pipelines.declarations.problems import Problems
from pipelines.declarations.texts import HALF_A_CHARACTER, read_utf8
from pipelines.language import mark, say

Kind = Literal["text", "number", "boolean", "date", "nothing", "tagged"]

_KINDS: dict[str, Kind] = {
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:int": "number",
    "tag:yaml.org,2002:float": "number",
    "tag:yaml.org,2002:bool": "boolean",
    "tag:yaml.org,2002:timestamp": "date",
    "tag:yaml.org,2002:null": "nothing",
}
_KIND_WORDS: dict[str, str] = {
    "text": mark("text"),
    "number": mark("a number"),
    "date": mark("a date"),
    "nothing": mark("nothing"),
    "tagged": mark("a value of its own type"),
}
# libyaml reads 15 times as fast; its error messages say less, so a file that it refuses is read again in Python.
_DEEPEST = 60
_Loader = type[yaml.SafeLoader] | type[yaml.CSafeLoader]
_FAST_LOADER: _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# PyYAML's stubs leave this function untyped.
_compose_all = cast("Callable[[str, _Loader], Iterator[yaml.Node]]", yaml.compose_all)  # pyright: ignore[reportUnknownMemberType]


@dataclass(frozen=True, eq=False)
class Scalar:
    """A single value: `source` as it stands in the file (NFC, quotes undone), `kind` as YAML reads it."""

    place: Place
    source: str
    kind: Kind

    @property
    def quoted(self) -> str:
        """The source in double quotes: what to write where text is meant."""
        return json.dumps(self.source, ensure_ascii=False)

    @property
    def described(self) -> str:
        """What YAML made of it, for a message."""
        return f"{self.source} ({self.made_of})" if self.source else say("nothing")

    @property
    def made_of(self) -> str:
        """What YAML reads: text, a number, true and so on."""
        if self.kind == "boolean":
            return "true" if self.is_true else "false"
        return say(_KIND_WORDS[self.kind])

    @property
    def is_true(self) -> bool:
        """Whether YAML reads true."""
        return self.kind == "boolean" and self.source.lower() in ("true", "yes", "on")


@dataclass(frozen=True, eq=False)
class Items:
    """A list."""

    place: Place
    items: tuple[Node, ...]

    @property
    def described(self) -> str:
        """What it is, for a message."""
        return say("a list")


@dataclass(frozen=True, eq=False)
class Entries:
    """A mapping: each key once, and text (anything else was reported)."""

    place: Place
    entries: dict[str, Entry]

    @property
    def described(self) -> str:
        """What it is, for a message."""
        return say("a mapping")


@dataclass(frozen=True, eq=False)
class Entry:
    """One key of a mapping, where it stands, and its value."""

    key: Scalar
    value: Node


Node = Scalar | Items | Entries


def read_nodes(file: Path, problems: Problems) -> tuple[list[Node], bool]:
    """The documents of a YAML file, and whether all of it could be read; what could not is added to `problems`."""
    text = read_utf8(file, problems)
    if text is None:
        return [], False
    return parse_nodes(text, file, problems)


def parse_nodes(text: str, file: Path, problems: Problems) -> tuple[list[Node], bool]:
    """The same as `read_nodes` for YAML that is at hand; `file` is the name that problems carry."""
    documents, error = _compose(text, _FAST_LOADER)
    if error is not None:
        documents, error = _compose(text, yaml.SafeLoader)
    if error is not None:
        _report_syntax(error, text, file, problems)
    converter = _Converter(file, problems)
    return [converter.node(document, ()) for document in documents], error is None


def _compose(text: str, loader: _Loader) -> tuple[list[yaml.Node], yaml.YAMLError | None]:
    """The documents up to the first syntax error, and that error."""
    documents: list[yaml.Node] = []
    try:
        documents.extend(_compose_all(text, loader))
    except yaml.YAMLError as error:
        return documents, error
    except RecursionError:
        return documents, yaml.YAMLError(say("it is nested too deeply"))
    return documents, None


def _report_syntax(error: yaml.YAMLError, text: str, file: Path, problems: Problems) -> None:
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        place = Place(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        problems.error(
            place, say("YAML does not allow the character {code}: remove it", code=f"U+{error.character:04X}")
        )
        return
    if not isinstance(error, yaml.MarkedYAMLError):
        problems.error(Place(file, 1, 1), say("this is not YAML: {said}", said=error))
        return
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
    said = ", ".join(part for part in (error.context, error.problem) if part)
    problems.error(place, say(_no_yaml(error.problem or ""), said=said))


def _no_yaml(problem: str) -> str:
    """What to tell of a syntax error, with how to mend it where that is known, to be filled in."""
    if "'\\t'" in problem:
        return mark("this is not YAML: {said}; YAML is indented with blanks, not with tabs")
    if "mapping values are not allowed" in problem:
        return mark("this is not YAML: {said}; put text that holds a colon in quotes")
    if "cannot start any token" in problem:
        return mark("this is not YAML: {said}; put text that begins with this character in quotes")
    return mark("this is not YAML: {said}")


class _Converter:
    """PyYAML's nodes → ours, for one file."""

    def __init__(self, file: Path, problems: Problems) -> None:
        self._file, self._problems = file, problems

    def node(self, node: yaml.Node, ancestors: tuple[int, ...]) -> Node:
        """The same node with its place; one that contains itself through an alias is cut there and reported."""
        place = Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)
        if id(node) in ancestors:
            self._problems.error(place, say("this part contains itself through an alias (*): write it out"))
            return Scalar(place, "", "tagged")
        if len(ancestors) > _DEEPEST:
            self._problems.error(place, say("this part is nested deeper than {most} levels", most=_DEEPEST))
            return Scalar(place, "", "tagged")
        inner = (*ancestors, id(node))
        if isinstance(node, yaml.SequenceNode):
            return Items(place, tuple(self.node(item, inner) for item in node.value))
        if isinstance(node, yaml.MappingNode):
            return Entries(place, self._entries(node, inner))
        source = unicodedata.normalize("NFC", str(node.value))
        # libyaml refuses such an escape, but the Python reader that then looks for the reason takes it.
        if half := HALF_A_CHARACTER.search(source):
            escape = f"\\u{ord(half.group()):04x}"
            self._problems.error(
                place, say("{escape} is half of a character, which no file can hold: remove it", escape=escape)
            )
            source = HALF_A_CHARACTER.sub("\ufffd", source)
        if "\0" in source:
            self._problems.error(place, say("the text holds a NUL (\\0), which no file may hold: remove it"))
            source = source.replace("\0", "\ufffd")
        return Scalar(place, source, _KINDS.get(str(node.tag), "tagged"))

    def _entries(self, node: yaml.MappingNode, ancestors: tuple[int, ...]) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            key = self.node(key_node, ancestors)
            value = self.node(value_node, ancestors)
            if self._is_key(key):
                first = entries.setdefault(key.source, Entry(key, value))
                if first.key is not key:
                    self._problems.error(
                        key.place,
                        say(
                            "{key!r} stands here twice: first on line {line}",
                            key=key.source,
                            line=first.key.place.line,
                        ),
                    )
        return entries

    def _is_key(self, key: Node) -> TypeGuard[Scalar]:
        if not isinstance(key, Scalar):
            self._problems.error(key.place, say("a key must be text, not {given}", given=key.described))
        elif key.source == "<<" and key.kind == "tagged":
            self._problems.error(key.place, say("`<<` (YAML's merge key) is not understood here: write the keys out"))
        elif key.kind != "text":
            self._problems.error(key.place, misread(say("a key"), key), key.quoted)
        else:
            return True
        return False


def misread(what: str, scalar: Scalar) -> str:
    """The message for a scalar that YAML did not read as text though text is meant, with the quoted form to write."""
    if scalar.kind == "nothing" and not scalar.source:
        return say("{what} is empty; text is needed", what=what)
    return say(
        "{what}: YAML reads {source} as {made_of}, text is meant; write {quoted}",
        what=what,
        source=scalar.source,
        made_of=scalar.made_of,
        quoted=scalar.quoted,
    )
