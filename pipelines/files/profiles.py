"""What was measured of a file, as facts: for the suite `file` (IMP-2), for reports and for messages. Never a person's value.

Belongs here: the shape of the measures. Does not: measuring (`profiling`), nor what they say to people (`file_problems`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import PurePath

from pipelines.files.dialects import Contradiction, Way
from pipelines.files.encodings import UTF8, Encoding
from pipelines.files.kinds import Kind
from pipelines.files.mojibake import Mojibake
from pipelines.files.quoting import Unclosed
from pipelines.files.separators import SEPARATORS, Hint
from pipelines.files.sheets import Sheet
from pipelines.language import number, say, say_many

MOST_COLUMNS = 4096
"""More columns than any contact file has: beyond it the file is something else, and reading it could exhaust memory."""


@dataclass(frozen=True)
class Lines:
    """Lines of a file that have something in common: how many, and the first few."""

    count: int = 0
    first: tuple[int, ...] = ()


@dataclass(frozen=True)
class Strays:
    """Values of one column that end in a stray separator or quote."""

    header: str
    count: int
    line: int


@dataclass(frozen=True)
class Reading:
    """How a file is to be read: its `separator` (None: the usual one of its name), the `sheet` of a workbook (None: the first).

    `cut`: separators at the end of every line, the header too, are cut off (IMP-2). `decimal`: the sign that numbers of a
    workbook get.
    """

    separator: str | None = None
    sheet: str | None = None
    cut: bool = False
    decimal: str = "."


@dataclass(frozen=True)
class Contents:
    """Measures of a file's text.

    `columns`: cells of the header. `empty_headers`: their positions, from 1. `short`: lines with fewer cells than the
    header; `trailing`: lines with more, all empty; `extra`: lines with more that hold something. `header_trailing`:
    the header itself ends in separators; `cut`: these, and those of the lines below, were left out. `repeated`: lines that hold
    the header again. `other_separator`: the one header holds this usual separator. `nul`: NUL characters and
    their first line and column. `ways`: how quotes are written, where they are not doubled; `contradiction`: where that could not
    be told.
    """

    headers: tuple[str, ...]
    header_line: int
    columns: int
    empty_headers: tuple[int, ...]
    duplicate_headers: tuple[str, ...]
    header_trailing: bool
    rows: int
    blank: Lines
    short: Lines
    trailing: Lines
    extra: Lines
    strays: tuple[Strays, ...]
    unclosed: Unclosed | None
    other_separator: str | None
    nul_bytes: int
    nul_line: int | None
    nul_column: int | None
    cut: bool = False
    repeated: Lines = Lines()
    hint: Hint | None = None
    ways: tuple[Way, ...] = ()
    contradiction: Contradiction | None = None
    mojibake: tuple[Mojibake, ...] = ()


@dataclass(frozen=True)
class FileProfile:
    """What was measured of one file; never a person's value.

    `size`: in bytes, unpacked where the file is packed. `kind` None and `encoding` None: the file was too large to be read.
    `contents` None: it could not be read as text; `fault`: why not, where it should be readable. `archived`: the name of the
    file in an archive; `sheet`: of a workbook.
    """

    name: str
    separator: str
    max_bytes: int
    size: int
    name_oddities: tuple[str, ...]
    encoding: Encoding | None = None
    contents: Contents | None = None
    kind: Kind | None = None
    fault: str | None = None
    archived: str | None = None
    sheet: Sheet | None = None

    @property
    def ending(self) -> str:
        """How the name of a text with the columns of this file ends: `.csv` for a workbook's."""
        if self.sheet is not None:
            return ".csv"
        return PurePath(self.name if self.archived is None else self.archived).suffix

    @property
    def rows(self) -> int:
        """How many rows could be read."""
        return self.contents.rows if self.contents else 0

    @property
    def described(self) -> dict[str, str]:
        """What a report says of the file: its size, encoding, separator, columns and rows, as far as they are known."""
        facts = {say("Size"): say("{size:,} bytes", size=self.size)}
        if self.archived is not None:
            facts[say("In the ZIP")] = self.archived
        if self.sheet is not None:
            facts[say("Sheet")] = self.sheet.name
        else:
            facts |= {say("Encoding"): self.encoding.label} if self.encoding is not None else {}
            separator = say(SEPARATORS[self.separator]) if self.separator in SEPARATORS else self.separator
            facts[say("Separator")] = separator + self._dialect
        if (contents := self.contents) is not None:
            blank = contents.blank.count
            skipped = say_many(" ({n:,} blank lines skipped)", " ({n:,} blank lines skipped)", blank) if blank else ""
            facts |= {say("Columns"): number(contents.columns), say("Rows"): number(contents.rows) + skipped}
        return facts

    @property
    def _dialect(self) -> str:
        """What of the file's dialect was read as meant."""
        if self.contents is None:
            return ""
        found = {
            say("said by line 1"): self.contents.hint is not None,
            say('quotes written \\"'): "backslash" in self.contents.ways,
            say("blanks around quoted cells"): "blank" in self.contents.ways,
            say("cut off at the ends of lines"): self.contents.cut,
        }
        told = ", ".join(what for what, there in found.items() if there)
        return f" ({told})" if told else ""


def among(profile: FileProfile, used: Collection[str]) -> FileProfile:
    """The same, where of the headers that stand twice only those that are `used` matter (IMP-2)."""
    contents = profile.contents
    if contents is None:
        return profile
    mattering = tuple(header for header in contents.duplicate_headers if header in used)
    return replace(profile, contents=replace(contents, duplicate_headers=mattering))


def measures(profile: FileProfile, missing_columns: int | None = None) -> dict[str, list[int | str | None]]:
    """Give the one row that the suite `file` judges (None: not measured); the mapping counts `missing_columns`."""
    row: dict[str, int | str | None] = {
        "kind": profile.kind.name if profile.kind else None,
        "unreadable": None if profile.kind is None else int(profile.fault is not None),
        "size": profile.size,
        "encoding": profile.encoding.name if profile.encoding else None,
        "file_name": len(profile.name_oddities),
        "missing_columns": missing_columns,
    }
    contents = profile.contents
    if contents is not None:
        header_trailing = int(contents.header_trailing)
        is_utf8 = profile.encoding is not None and profile.encoding.name == UTF8
        row |= {
            "nul_bytes": contents.nul_bytes,
            "quotes": int(contents.contradiction is not None),
            "unclosed_quote": int(contents.unclosed is not None),
            "rows": contents.rows or (None if contents.unclosed else 0),
            "columns": contents.columns,
            "headers": len(contents.empty_headers) + len(contents.duplicate_headers),
            "trailing_separators": contents.trailing.count + header_trailing,
            "extra_cells": contents.extra.count,
            "stray_separators": sum(strays.count for strays in contents.strays),
            "short_lines": contents.short.count,
            "blank_lines": contents.blank.count,
            "repeated_headers": contents.repeated.count,
            # What stands for bytes that are no UTF-8 is told by the rule `encoding`.
            "mojibake": sum(found.count for found in contents.mojibake) if is_utf8 else 0,
            "error_cells": sum(found.count for found in profile.sheet.errors) if profile.sheet else 0,
            "one_column": int(contents.other_separator is not None),
        }
    return {name: [value] for name, value in row.items()}
