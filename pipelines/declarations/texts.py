"""What is text: the files of declarations, and names that no file, base or run could hold."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.declarations.model import Place
from pipelines.declarations.problems import Problems
from pipelines.language import say

HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
"""A lone surrogate: an escape that YAML lets through, or what Python makes of a file's name that is not UTF-8."""


def read_utf8(file: Path, problems: Problems) -> str | None:
    """The text of a file, without a byte order mark; None where it cannot be read or is not in UTF-8, which is reported."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        problems.error(Place(file, 1, 1), say("this file cannot be read: {fault}", fault=error.strerror))
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.error(Place(file, line, 1), say("this file is not in UTF-8: save it as UTF-8"))
        return None
