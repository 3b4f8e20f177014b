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
from pipelines.files.form_sayings import FORM_SAYINGS
from pipelines.files.problems import Problem, problems_frame
from pipelines.files.profiles import MOST_COLUMNS, FileProfile
from pipelines.files.words import Said, contents_of, listed_headers, named, on_lines
from pipelines.language import joined, mark, say, say_many

_LIKELY = 50
"""Renamed columns in a message; a file may lack thousands."""
_SAVE_AS_UTF8 = mark(
    "In Excel: Save as, « CSV UTF-8 »; in LibreOffice: Save as, edit filter settings, « Unicode (UTF-8) »."
)


@dataclass(frozen=True)
class MissingColumn:
    """A mapped column that the file lacks, and the file's header that likely stands for it now (IMP-4)."""

    header: str
    likely: str | None = None


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


def _encoding(profile: FileProfile) -> Iterator[Said]:
    encoding = profile.encoding
    if encoding is None:
        raise ValueError(f"The encoding of {profile.name} was not measured, so its rule cannot have failed.")
    place = {"line": encoding.line, "column": encoding.column}
    if encoding.name == DAMAGED_UTF8:
        text = say_many(
            "The file is UTF-8 with {n:,} damaged byte; the first stands on line {line}, column {column}. "
            "Correct the signs there, or export the file again from where it comes.",
            "The file is UTF-8 with {n:,} damaged bytes; the first stands on line {line}, column {column}. "
            "Correct the signs there, or export the file again from where it comes.",
            encoding.damaged,
            **place,
        )
    elif encoding.name == UNKNOWN:
        text = say(
            "The file is not UTF-8: the first sign that is not stands on line {line}, column {column}. Its encoding could "
            "not be told: is it a CSV or TXT file at all? {mend}",
            **place,
            mend=say(_SAVE_AS_UTF8),
        )
    else:
        text = say(
            "The file is not UTF-8 but likely {encoding}: the first sign that is not UTF-8 stands on line {line}, "
            "column {column}. {mend}",
            **place,
            encoding=encoding.label,
            mend=say(_SAVE_AS_UTF8),
        )
    yield Said(text, encoding.line)


def _nul_bytes(profile: FileProfile) -> Iterator[Said]:
    contents = contents_of(profile)
    text = say_many(
        "The file holds {n:,} NUL character, which no text has; the first stands on line {line}, column {column}. It is "
        "damaged or not a text file: export it again.",
        "The file holds {n:,} NUL characters, which no text has; the first stands on line {line}, column {column}. It is "
        "damaged or not a text file: export it again.",
        contents.nul_bytes,
        line=contents.nul_line,
        column=contents.nul_column,
    )
    yield Said(text, contents.nul_line)


def _unclosed_quote(profile: FileProfile) -> Iterator[Said]:
    unclosed = contents_of(profile).unclosed
    if unclosed is None:
        raise ValueError(f"No unclosed quote was measured in {profile.name}.")
    text = say(
        'A quote (") opens on line {line}, column {column}, and is not closed before the '
        "cell's end: the lines below would be read as part of that cell. Close it, remove it, or, where it belongs "
        'to the text, write it twice ("") in a quoted cell.',
        line=unclosed.line,
        column=unclosed.column,
    )
    yield Said(text, unclosed.line)


def _rows(profile: FileProfile) -> Iterator[Said]:
    sheet = profile.sheet
    if not contents_of(profile).headers and sheet is not None:
        said = [say("The sheet {name!r} is empty. It needs a header row and at least one more.", name=sheet.name)]
        if sheet.others:
            others = listed_headers(sheet.others)
            said.append(say("The workbook also has {others}: say `sheet` in the model.", others=others))
        yield Said(" ".join(said))
    elif not contents_of(profile).headers:
        yield Said(say("The file is empty. It needs a header line and at least one row."))
    else:
        text = say("The file has a header but no row below it. It needs at least one.")
        yield Said(text, contents_of(profile).header_line)


def _columns(profile: FileProfile) -> Iterator[Said]:
    contents = contents_of(profile)
    text = say(
        "The header has {columns:,} cells; at most {most:,} are taken. Check the separator ({separator}), and that the first "
        "line is the header.",
        columns=contents.columns,
        most=MOST_COLUMNS,
        separator=named(profile.separator),
    )
    yield Said(text, contents.header_line)


def _headers(profile: FileProfile) -> Iterator[Said]:
    contents = contents_of(profile)
    line = contents.header_line
    for header in contents.duplicate_headers:
        text = say(
            "Several columns are headed {header!r}. Give each its own name, or remove all but one.", header=header
        )
        yield Said(text, line, header)
    inner = list(contents.empty_headers)
    if contents.header_trailing:
        last = inner.pop()
        text = say(
            "The header line ends in a separator ({separator}), which makes a column {column} "
            "without a name. Remove the separator at its end, or name the column; where every line ends in one, set "
            "`trailing_separators: cut` in the model.",
            separator=named(profile.separator),
            column=last,
        )
        yield Said(text, line)
    if inner:
        positions = ", ".join(map(str, inner[:20]))
        yield Said(say("Columns without a name: {positions}. Name each, or remove it.", positions=positions), line)


def _trailing_separators(profile: FileProfile) -> Iterator[Said]:
    contents = contents_of(profile)
    if not contents.trailing.count:
        return  # Only the header ends in one: the rule `headers` says so.
    text = say_many(
        "Line {line} ends in separators that are too many: more cells than the {columns} of the header, the others empty. "
        "Remove the separators ({separator}) at the end of these lines.",
        "{n:,} lines ({lines}) end in separators that are too many: more cells than the {columns} of the header, the others "
        "empty. Remove the separators ({separator}) at the end of these lines.",
        contents.trailing.count,
        **on_lines(contents.trailing),
        columns=contents.columns,
        separator=named(profile.separator),
    )
    yield Said(text, contents.trailing.first[0])


def _extra_cells(profile: FileProfile) -> Iterator[Said]:
    contents = contents_of(profile)
    text = say_many(
        "Line {line} has more cells than the {columns} of the header, with something in them. Is there a separator "
        "({separator}) inside a value? Put that value in quotes; or name the columns that the header lacks.",
        "{n:,} lines ({lines}) have more cells than the {columns} of the header, with something in them. Is there a separator "
        "({separator}) inside a value? Put that value in quotes; or name the columns that the header lacks.",
        contents.extra.count,
        **on_lines(contents.extra),
        columns=contents.columns,
        separator=named(profile.separator),
    )
    yield Said(text, contents.extra.first[0])


def _missing(profile: FileProfile, said: str) -> Iterator[Said]:
    yield Said(said, contents_of(profile).header_line)


def lacking(lack: str, missing: Sequence[MissingColumn], headers: Sequence[str], mend: str) -> str:
    """What is said of mapped columns or keys that a file lacks: expected and found side by side, likely names, how to mend it.

    `lack` and `mend` are the sentences that it begins and ends with.
    """
    expected, found = listed_headers([column.header for column in missing]), listed_headers(headers)
    likely = [
        say("{header!r} is now {likely!r}", header=column.header, likely=column.likely)
        for column in missing
        if column.likely is not None
    ]
    guess = [say("Likely {renamed}.", renamed=joined(likely[:_LIKELY]))] if likely else []
    side_by_side = say("Expected: {expected}. Found: {found}.", expected=expected, found=found)
    return " ".join((lack, side_by_side, *guess, mend))


def _short_lines(profile: FileProfile, *, padded: bool) -> Iterator[Said]:
    contents = contents_of(profile)
    text = say_many(
        "Line {line} has fewer cells than the {columns:,} of the header; {what}.",
        "{n:,} lines ({lines}) have fewer cells than the {columns:,} of the header; {what}.",
        contents.short.count,
        **on_lines(contents.short),
        columns=contents.columns,
        what=say("the missing ones are taken as empty")
        if padded
        else say("these rows are rejected (`short_lines: reject_row`)"),
    )
    yield Said(text, contents.short.first[0])


def _stray_separators(profile: FileProfile) -> Iterator[Said]:
    for strays in contents_of(profile).strays:
        text = say_many(
            '{n:,} value of the column {header!r} ends in a stray separator or quote (; , "), the first on line {line}. '
            "Remove them in the file, or set `stray_separators: clean`.",
            '{n:,} values of the column {header!r} end in a stray separator or quote (; , "), the first on line {line}. '
            "Remove them in the file, or set `stray_separators: clean`.",
            strays.count,
            header=strays.header,
            line=strays.line,
        )
        yield Said(text, strays.line, strays.header)


def _blank_lines(profile: FileProfile) -> Iterator[Said]:
    blank = contents_of(profile).blank
    text = say_many(
        "Line {line} holds nothing, or separators alone: skipped.",
        "{n:,} lines ({lines}) hold nothing, or separators alone: skipped.",
        blank.count,
        **on_lines(blank),
    )
    yield Said(text, blank.first[0])


def _one_column(profile: FileProfile) -> Iterator[Said]:
    contents = contents_of(profile)
    other = contents.other_separator or ""
    text = say(
        "The one column seems to hold several data: its header holds the separator {other}, while the "
        "file is read with {separator}. Set `separator` in the model to the file's own.",
        other=named(other),
        separator=named(profile.separator),
    )
    yield Said(text, contents.header_line)


def _file_name(profile: FileProfile) -> Iterator[Said]:
    text = say(
        "The file's name holds {oddities}. Plain names travel better: small letters, digits, `-`, `_` and one `.`.",
        oddities=", ".join(map(say, profile.name_oddities)),
    )
    yield Said(text)


_SAYING: dict[str, Callable[[FileProfile], Iterator[Said]]] = {
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
    **FORM_SAYINGS,
}
