"""Separators of cells (IMP-1): which there are, which a file has where nothing says so, and the line in which it says so itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from pipelines.language import mark

SEPARATORS = {";": mark("semicolon"), ",": mark("comma"), "\t": mark("tab"), "|": mark("vertical bar")}
"""Each with its name, to be said."""
SHEET_SEPARATOR = ";"
"""Between the cells of a workbook's sheet, once it is text."""
_OF_TEXT_FILES = {".txt": "\t", ".tsv": "\t"}
_HINT = re.compile(rb'(?P<quote>"?)sep=(?P<sign>[;,\t|]|\\t)(?P=quote)[;,\t| ]*(?=\n|\Z)', re.IGNORECASE)


@dataclass(frozen=True)
class Hint:
    """A first line `sep=;`, as Excel reads and many tools write it: the separator that it names, and the line as it stands."""

    separator: str
    line: bytes


def default_separator(name: str) -> str:
    """The separator of a file of that name: a tab for .txt and .tsv, `;` for any other."""
    return _OF_TEXT_FILES.get(PurePath(name).suffix.lower(), ";")


def hint_of(text: bytes) -> Hint | None:
    """What the first line of a text (UTF-8, LF line ends) says of its separator; None where it says nothing."""
    found = _HINT.match(text)
    return None if found is None else Hint(found["sign"].replace(rb"\t", b"\t").decode(), found[0])


def without_hint(text: bytes, hint: Hint) -> bytes:
    """The text with nothing on its first line: the others keep their numbers."""
    return text[len(hint.line) :] or b"\n"
