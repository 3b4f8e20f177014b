"""The language of a folder's base, before its declarations are judged: what is wrong with them is told in it (I18N-1).

Loading all of them takes twice as long to import: a command that reads no declarations has something to say, too.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.declarations.folder import YAML, files_of
from pipelines.declarations.model import ContactBase
from pipelines.declarations.problems import Problems
from pipelines.declarations.yaml_nodes import Entries, Node, Scalar, read_nodes
from pipelines.language import LOCALES, Locale

_TYPE = "ContactBase"


def locale_of(folder: Path) -> Locale:
    """The language that the base of a folder declares, the default one where it cannot be told; nothing is judged."""
    unheard = Problems()
    for file in files_of(folder, *YAML):
        # One file of many holds the base, and the others need not be parsed.
        if _TYPE.encode() in file.read_bytes():
            for document in read_nodes(file, unheard)[0]:
                if _text(_inner(document, "type")).endswith(f".{_TYPE}"):
                    return _known(_text(_inner(_inner(document, "attributes"), "locale")))
    return ContactBase.locale


def _inner(node: Node | None, name: str) -> Node | None:
    entry = node.entries.get(name) if isinstance(node, Entries) else None
    return None if entry is None else entry.value


def _text(node: Node | None) -> str:
    return node.source.strip() if isinstance(node, Scalar) else ""


def _known(declared: str) -> Locale:
    for locale in LOCALES:
        if locale == declared:
            return locale
    return ContactBase.locale
