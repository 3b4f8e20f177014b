"""What the file rules that failed say to people: what, where (line, column), and how to mend it (IMP-2, IMP-3).

Belongs here: verdicts of the suite `file` → problems. Does not: measuring (`profiling`), nor the rules
(expectations/file.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from expectations.verdicts import Verdict
from pipelines.files.encodings import DAMAGED_UTF8, UNKNOWN
from pipelines.files.problems import Problem, problems_frame
from pipelines.files.profiling import MOST_COLUMNS, Contents, FileProfile, Lines
from pipelines.files.separators import SEPARATORS

_SAVE_AS_UTF8 = "In Excel: Save as, « CSV UTF-8 »; in LibreOffice: Save as, edit filter settings, « Unicode (UTF-8) »."

_LISTED = 50
"""Headers in a message; a file may have thousands."""


@dataclass(frozen=True)
class MissingColumn:
    """A mapped column that the file lacks, and the file's header that likely stands for it now (IMP-4)."""

    header: str
    likely: str | None = None


@dataclass(frozen=True)
class _Said:
    """A message and where it holds."""

    message: str
    line: int | None = None
    column: str | None = None


def file_problems(
    profile: FileProfile,
    verdicts: Sequence[Verdict],
    *,
    missing: str = "",
    short_lines_padded: bool = True,
) -> pl.DataFrame:
    """Give one problem or more for each file rule that failed (the frame of docs/architecture.md), in the rules' order.

    `missing`: what is said of the mapped columns that the file lacks (`lacking`). Nothing where all passed.
    """
    sayings = _SAYING | {
        "missing_columns": partial(_missing, said=missing),
        "short_lines": partial(_short_lines, padded=short_lines_padded),
    }
    return problems_frame(
        [
            Problem(verdict.rule, verdict.severity, each.message, each.line, each.column)
            for verdict in verdicts
            if not verdict.passed
            for each in sayings[verdict.rule](profile)
        ]
    )


def _contents(profile: FileProfile) -> Contents:
    if profile.contents is None:
        raise ValueError(f"The contents of {profile.name} were not measured, so no rule about them can have failed.")
    return profile.contents


def _size(profile: FileProfile) -> Iterator[_Said]:
    yield _Said(
        f"The file has {profile.size:,} bytes; at most {profile.max_bytes:,} are taken. Split it into several "
        "files, each with the header line, or raise `max_file_bytes` in the base's declaration."
    )


def _encoding(profile: FileProfile) -> Iterator[_Said]:
    encoding = profile.encoding
    if encoding is None:
        raise ValueError(f"The encoding of {profile.name} was not measured, so its rule cannot have failed.")
    place = f"line {encoding.line}, column {encoding.column}"
    if encoding.name == DAMAGED_UTF8:
        text = (
            f"The file is UTF-8 with {_many(encoding.damaged, 'damaged byte')}; the first stands on {place}. "
            "Correct the signs there, or export the file again from where it comes."
        )
    elif encoding.name == UNKNOWN:
        text = (
            f"The file is not UTF-8: the first sign that is not stands on {place}. Its encoding could not be told: is "
            f"it a CSV or TXT file at all? {_SAVE_AS_UTF8}"
        )
    else:
        text = (
            f"The file is not UTF-8 but likely {encoding.label}: the first sign that is not UTF-8 stands on {place}. "
            f"{_SAVE_AS_UTF8}"
        )
    yield _Said(text, encoding.line)


def _nul_bytes(profile: FileProfile) -> Iterator[_Said]:
    contents = _contents(profile)
    yield _Said(
        f"The file holds {_many(contents.nul_bytes, 'NUL character')}, which no text has; the first stands on line "
        f"{contents.nul_line}, column {contents.nul_column}. It is damaged or not a text file: export it again.",
        contents.nul_line,
    )


def _unclosed_quote(profile: FileProfile) -> Iterator[_Said]:
    unclosed = _contents(profile).unclosed
    if unclosed is None:
        raise ValueError(f"No unclosed quote was measured in {profile.name}.")
    yield _Said(
        f'A quote (") opens on line {unclosed.line}, column {unclosed.column}, and is not closed before the '
        "cell's end: the lines below would be read as part of that cell. Close it, remove it, or, where it belongs "
        'to the text, write it twice ("") in a quoted cell.',
        unclosed.line,
    )


def _rows(profile: FileProfile) -> Iterator[_Said]:
    if not _contents(profile).headers:
        yield _Said("The file is empty. It needs a header line and at least one row.")
    else:
        yield _Said("The file has a header but no row below it. It needs at least one.", _contents(profile).header_line)


def _columns(profile: FileProfile) -> Iterator[_Said]:
    contents = _contents(profile)
    yield _Said(
        f"The header has {contents.columns:,} cells; at most {MOST_COLUMNS:,} are taken. Check the separator "
        f"({_named(profile.separator)}), and that the first line is the header.",
        contents.header_line,
    )


def _headers(profile: FileProfile) -> Iterator[_Said]:
    contents = _contents(profile)
    line = contents.header_line
    for header in contents.duplicate_headers:
        text = f"Several columns are headed {header!r}. Give each its own name, or remove all but one."
        yield _Said(text, line, header)
    inner = list(contents.empty_headers)
    if contents.header_trailing:
        last = inner.pop()
        yield _Said(
            f"The header line ends in a separator ({_named(profile.separator)}), which makes a column {last} "
            "without a name. Remove the separator at its end, or name the column.",
            line,
        )
    if inner:
        positions = ", ".join(map(str, inner[:20]))
        yield _Said(f"Columns without a name: {positions}. Name each, or remove it.", line)


def _trailing_separators(profile: FileProfile) -> Iterator[_Said]:
    contents = _contents(profile)
    if not contents.trailing.count:
        return  # Only the header ends in one: the rule `headers` says so.
    yield _Said(
        f"{_on(contents.trailing, 'ends', 'end')} in separators that are too many: more cells than the "
        f"{contents.columns} of the header, the others empty. Remove the separators ({_named(profile.separator)}) "
        "at the end of these lines.",
        contents.trailing.first[0],
    )


def _extra_cells(profile: FileProfile) -> Iterator[_Said]:
    contents = _contents(profile)
    yield _Said(
        f"{_on(contents.extra, 'has', 'have')} more cells than the {contents.columns} of the header, with "
        f"something in them. Is there a separator ({_named(profile.separator)}) inside a value? Put that value in "
        "quotes; or name the columns that the header lacks.",
        contents.extra.first[0],
    )


def _missing(profile: FileProfile, said: str) -> Iterator[_Said]:
    yield _Said(said, _contents(profile).header_line)


def lacking(what: str, mapper: str, missing: Sequence[MissingColumn], headers: Sequence[str], mend: str) -> str:
    """What is said of mapped columns or keys that a file lacks: expected and found side by side, likely names, how to mend it."""
    many = f"a {what}" if len(missing) == 1 else f"{len(missing)} {what}s"
    expected, found = _listed([column.header for column in missing]), _listed(headers)
    likely = [f"{column.header!r} is now {column.likely!r}" for column in missing if column.likely is not None]
    guess = f"Likely {_and(likely[:_LISTED])}. " if likely else ""
    return f"The file lacks {many} that {mapper} maps. Expected: {expected}. Found: {found}. {guess}{mend}"


def _short_lines(profile: FileProfile, *, padded: bool) -> Iterator[_Said]:
    contents = _contents(profile)
    what = "the missing ones are taken as empty" if padded else "these rows are rejected (`short_lines: reject_row`)"
    text = f"{_on(contents.short, 'has', 'have')} fewer cells than the {contents.columns:,} of the header; {what}."
    yield _Said(text, contents.short.first[0])


def _stray_separators(profile: FileProfile) -> Iterator[_Said]:
    for strays in _contents(profile).strays:
        verb = "ends" if strays.count == 1 else "end"
        text = (
            f"{_many(strays.count, 'value')} of the column {strays.header!r} {verb} in a stray separator or quote "
            f'(; , "), the first on line {strays.line}. Remove them in the file, or set `stray_separators: clean`.'
        )
        yield _Said(text, strays.line, strays.header)


def _blank_lines(profile: FileProfile) -> Iterator[_Said]:
    blank = _contents(profile).blank
    yield _Said(f"{_on(blank, 'holds', 'hold')} nothing, or separators alone: skipped.", blank.first[0])


def _one_column(profile: FileProfile) -> Iterator[_Said]:
    contents = _contents(profile)
    other = contents.other_separator or ""
    yield _Said(
        f"The one column seems to hold several data: its header holds the separator {_named(other)}, while the "
        f"file is read with {_named(profile.separator)}. Set `separator` in the model to the file's own.",
        contents.header_line,
    )


def _file_name(profile: FileProfile) -> Iterator[_Said]:
    oddities = ", ".join(profile.name_oddities)
    yield _Said(
        f"The file's name holds {oddities}. Plain names travel better: small letters, digits, `-`, `_` and one `.`."
    )


_SAYING: dict[str, Callable[[FileProfile], Iterator[_Said]]] = {
    "size": _size,
    "encoding": _encoding,
    "nul_bytes": _nul_bytes,
    "unclosed_quote": _unclosed_quote,
    "rows": _rows,
    "columns": _columns,
    "headers": _headers,
    "trailing_separators": _trailing_separators,
    "extra_cells": _extra_cells,
    "stray_separators": _stray_separators,
    "blank_lines": _blank_lines,
    "one_column": _one_column,
    "file_name": _file_name,
}


def _on(lines: Lines, one: str, several: str) -> str:
    """`Line 3 ends`; `12 lines (3, 5, 8, …) end`."""
    if lines.count == 1:
        return f"Line {lines.first[0]} {one}"
    more = ", …" if lines.count > len(lines.first) else ""
    return f"{lines.count:,} lines ({', '.join(map(str, lines.first))}{more}) {several}"


def _listed(headers: Sequence[str]) -> str:
    return ", ".join(map(repr, headers[:_LISTED])) + (", …" if len(headers) > _LISTED else "")


def _and(parts: Sequence[str]) -> str:
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _named(separator: str) -> str:
    shown = "" if separator == "\t" else f" `{separator}`"
    return f"{SEPARATORS.get(separator, 'sign')}{shown}"
