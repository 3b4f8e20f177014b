"""Separators of cells (IMP-1): which there are, and which one a file has where nothing says so."""

from __future__ import annotations

from pathlib import PurePath

SEPARATORS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "vertical bar"}
_OF_TEXT_FILES = {".txt": "\t", ".tsv": "\t"}


def default_separator(name: str) -> str:
    """The separator of a file of that name: a tab for .txt and .tsv, `;` for any other."""
    return _OF_TEXT_FILES.get(PurePath(name).suffix.lower(), ";")
