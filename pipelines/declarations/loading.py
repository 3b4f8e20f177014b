"""A folder of YAML and SQL → `Declarations`, or every problem that it has, with file, line and column.

Belongs here: finding the documents and putting what they declare together. Does not: what one document means (its own
file), nor judging across documents (`checking`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pipelines.declarations.base_document import read_base
from pipelines.declarations.checking import in_dependency_order
from pipelines.declarations.default_segments import DEFAULT_SEGMENT_NAMES, TO_PURGE, default_segments
from pipelines.declarations.event_document import read_event_import
from pipelines.declarations.export_document import read_export
from pipelines.declarations.folder import YAML, files_of
from pipelines.declarations.model import (
    Declarations,
    EventImport,
    Export,
    Group,
    ImportModel,
    Place,
    Segment,
)
from pipelines.declarations.model_document import read_model
from pipelines.declarations.names import Scope, Taken, name_of_file
from pipelines.declarations.problems import DeclarationError, Problem, Problems, shown
from pipelines.declarations.schemas import CONDITION
from pipelines.declarations.segment_document import declared_name, read_condition, read_segment
from pipelines.declarations.shapes import Attributes, DocumentAttributes, read_text
from pipelines.declarations.yaml_nodes import Entries, Node, parse_nodes, read_nodes
from pipelines.errors import nearest
from pipelines.language import mark, say

RawReader = Callable[[Path, Scope, Problems], Segment | None]
T = TypeVar("T", ImportModel, EventImport, Export)
_PREFIX = "pipelines.components."
_TYPES = ("ContactBase", "Fields", "ImportModel", "Segment", "Export", "EventImport")


@dataclass(frozen=True)
class LoadedDeclarations:
    """What a folder declares, with everything that is wrong or not acted on; None where there are errors."""

    declarations: Declarations | None
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether the declarations can be used; warnings do not count."""
        return self.declarations is not None


@dataclass(frozen=True)
class _Document:
    """One document: the short name of its type, and its attributes."""

    type: str
    place: Place
    attributes: Node


def load(folder: Path, read_raw: RawReader) -> LoadedDeclarations:
    """Every `.yaml`, `.yml` and `.sql` file below the folder, judged; nothing is raised for what the operator wrote.

    `read_raw` gives the segment that a `.sql` file holds: what SQL may do is not known here.
    """
    problems = Problems()
    documents, complete = _read_documents(folder, problems)
    base = _the_base(folder, documents, complete, problems)
    if base is None:
        return LoadedDeclarations(None, problems.all)
    declarations = _declare(folder, base, documents, complete, read_raw, problems)
    return LoadedDeclarations(None if problems.has_errors else declarations, problems.all)


def load_condition(text: str, file: Path, declarations: Declarations) -> Group:
    """The condition of a search, `match:` and `criteria:` in YAML (SEG-8); DeclarationError lists all of its errors.

    `file` is the name that problems carry.
    """
    problems = Problems()
    nodes, _ = parse_nodes(text, file, problems)
    names = frozenset(segment.name for segment in declarations.segments)
    scope = Scope(declarations.base, frozenset(), names)
    start = Place(file, 1, 1)
    if len(nodes) != 1 and not problems.has_errors:
        problems.error(
            start, say("one condition is needed (match: and criteria:), not {count} documents", count=len(nodes))
        )
    condition = Group("all", ())
    if nodes:
        condition = read_condition(
            DocumentAttributes(nodes[0], CONDITION, problems, say("a condition")), scope, problems
        )
    if problems.has_errors:
        raise DeclarationError(problems.all, of_search=True)
    return condition


def _read_documents(folder: Path, problems: Problems) -> tuple[list[_Document], bool]:
    """The documents of all files, and whether every file could be read."""
    complete = True
    documents: list[_Document] = []
    for file in files_of(folder, *YAML):
        nodes, whole = read_nodes(file, problems)
        complete = complete and whole
        read = (_document(node, problems) for node in nodes)
        documents.extend(document for document in read if document is not None)
    return documents, complete


def _document(node: Node, problems: Problems) -> _Document | None:
    if not isinstance(node, Entries):
        problems.error(
            node.place,
            say(
                "a document is {given}; a mapping is meant, with type and attributes (or remove its ---)",
                given=node.described,
            ),
        )
        return None
    outer = Attributes(node, say("a document"), problems, required=("type", "attributes"), optional=())
    type_node, attributes = outer.node("type"), outer.node("attributes")
    if type_node is None or attributes is None:
        return None
    name = read_text(type_node, "type", problems)
    if name is None:
        return None
    short = name.removeprefix(_PREFIX)
    if short in _TYPES and short != name:
        return _Document(short, node.place, attributes)
    like = nearest(name.rpartition(".")[2], _TYPES)
    suggestion = _PREFIX + like if like else None
    if suggestion:
        message = say("there is no document type {name!r}; did you mean {like}?", name=name, like=suggestion)
    else:
        known = ", ".join(_PREFIX + each for each in _TYPES)
        message = say("there is no document type {name!r}; known: {names}", name=name, names=known)
    problems.error(type_node.place, message, suggestion)
    return None


def _the_base(folder: Path, documents: Iterable[_Document], complete: bool, problems: Problems) -> _Document | None:
    """The one ContactBase; without it nothing else can be judged."""
    bases = [document for document in documents if document.type == "ContactBase"]
    if not bases and complete:
        if folder.is_dir():
            message = say("one {type} is needed in this folder; it declares none", type=f"{_PREFIX}ContactBase")
        else:
            message = say("one {type} is needed in this folder; there is no such folder", type=f"{_PREFIX}ContactBase")
        problems.error(Place(folder, 1, 1), message)
    for second in bases[1:]:
        first = bases[0].place
        problems.error(
            second.place,
            say(
                "there are two ContactBase documents: the first stands at {where}",
                where=f"{shown(first.file)}:{first.line}",
            ),
        )
    return bases[0] if bases else None


def _declare(
    folder: Path,
    base_document: _Document,
    documents: Iterable[_Document],
    complete: bool,
    read_raw: RawReader,
    problems: Problems,
) -> Declarations:
    by_type: dict[str, list[_Document]] = {name: [] for name in _TYPES}
    for document in documents:
        by_type[document.type].append(document)
    fields = [document.attributes for document in by_type["Fields"]]
    base, broken = read_base(base_document.attributes, fields, problems)
    segment_names = {declared_name(document.attributes) for document in by_type["Segment"]}
    raw_files = files_of(folder, "*.sql")
    own = (*DEFAULT_SEGMENT_NAMES, *((TO_PURGE,) if base.retention else ()))
    names = frozenset((*map(name_of_file, raw_files), *own, *filter(None, segment_names)))
    scope = Scope(base, broken, names, complete)
    # One name says how a file is imported: models and event imports share theirs (`carnet import --model`).
    taken = Taken(mark("import models"), problems)
    return Declarations(
        folder=folder,
        base=base,
        models=_named(by_type["ImportModel"], lambda node: read_model(node, scope, problems), taken),
        event_imports=_named(by_type["EventImport"], lambda node: read_event_import(node, base, problems), taken),
        segments=_segments(
            by_type["Segment"], (read_raw(file, scope, problems) for file in raw_files), scope, problems
        ),
        exports=_named(
            by_type["Export"], lambda node: read_export(node, scope, problems), Taken(mark("exports"), problems)
        ),
    )


def _named(documents: Iterable[_Document], read: Callable[[Node], T | None], taken: Taken) -> tuple[T, ...]:
    """What the documents declare, each under a name of its own."""
    declared = (read(document.attributes) for document in documents)
    return tuple(each for each in declared if each and taken.take(each.name, _place(each)))


def _segments(
    documents: Iterable[_Document], raw: Iterable[Segment | None], scope: Scope, problems: Problems
) -> tuple[Segment, ...]:
    taken = Taken(mark("segments"), problems)
    if scope.base.retention is not None:
        taken.take(TO_PURGE, scope.base.place or Place(Path(), 1, 1))
    read = [read_segment(document.attributes, scope, problems) for document in documents]
    read += raw
    declared = [segment for segment in read if segment and taken.take(segment.name, _place(segment))]
    return in_dependency_order((*default_segments(scope.base.locale, scope.base.retention), *declared), problems)


def _place(declared: ImportModel | EventImport | Segment | Export) -> Place:
    return declared.place or Place(Path(), 1, 1)
