"""What is said of a file's form: its kind and size, its quotes, what stands in it twice or wrongly encoded (IMP-1 to IMP-2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipelines.files.dialects import Way
from pipelines.files.kinds import WORKBOOKS
from pipelines.files.profiles import FileProfile, Lines
from pipelines.files.words import Said, contents_of, on_lines
from pipelines.language import mark, say, say_many

_LISTED = 5
_WRITTEN: dict[Way, str] = {
    "backslash": mark('a quote inside a quoted cell as \\"'),
    "blank": mark("a blank between the separator and the quote that opens a cell"),
}
_INSTEAD: dict[Way, str] = {
    "backslash": mark('Export the file again with quotes doubled (""), or correct these lines.'),
    "blank": mark("Remove the blank before the quote, on every line."),
}


def _kind(profile: FileProfile) -> Iterator[Said]:
    kind = profile.kind
    if kind is None:
        raise ValueError(f"The kind of {profile.name} was not measured, so its rule cannot have failed.")
    yield Said(say("The file is {kind}, no contact file: {advice}.", kind=say(kind.label), advice=say(kind.advice)))


def _unreadable(profile: FileProfile) -> Iterator[Said]:
    yield Said(profile.fault or say("The file cannot be read."))


def _size(profile: FileProfile) -> Iterator[Said]:
    is_sheet = profile.kind in WORKBOOKS
    sizes = {"size": profile.size, "most": profile.max_bytes}
    if is_sheet or profile.archived is not None:
        size = say("The file unpacks to {size:,} bytes; at most {most:,} are taken.", **sizes)
    else:
        size = say("The file has {size:,} bytes; at most {most:,} are taken.", **sizes)
    if is_sheet:
        mend = say(
            "Split it into several files, each with the header row, or raise `max_file_bytes` in the base's declaration."
        )
    else:
        mend = say(
            "Split it into several files, each with the header line, or raise `max_file_bytes` in the base's declaration."
        )
    yield Said(f"{size} {mend}")


def _quotes(profile: FileProfile) -> Iterator[Said]:
    found = contents_of(profile).contradiction
    if found is None:
        raise ValueError(f"No contradiction was measured in {profile.name}.")
    lines = Lines(len(found.lines), found.lines[:_LISTED])
    against = Lines(len(found.against), found.against[:_LISTED])
    but = ""
    if against.count:
        but = say_many(
            ", but line {line} does not fit that",
            ", but {n:,} lines ({lines}) do not fit that",
            against.count,
            **on_lines(against),
        )
    text = say_many(
        "Line {line} writes {way}{but}: no reading of the quotes fits every line. {mend}",
        "{n:,} lines ({lines}) write {way}{but}: no reading of the quotes fits every line. {mend}",
        lines.count,
        **on_lines(lines),
        way=say(_WRITTEN[found.way]),
        but=but,
        mend=say(_INSTEAD[found.way]),
    )
    yield Said(text, found.lines[0])


def _repeated_headers(profile: FileProfile) -> Iterator[Said]:
    repeated = contents_of(profile).repeated
    text = say_many(
        "Line {line} holds the header again, as in files pasted together: skipped.",
        "{n:,} lines ({lines}) hold the header again, as in files pasted together: skipped.",
        repeated.count,
        **on_lines(repeated),
    )
    yield Said(text, repeated.first[0])


def _mojibake(profile: FileProfile) -> Iterator[Said]:
    for found in contents_of(profile).mojibake:
        text = say_many(
            "{n:,} cell of the column {header!r} was read in the wrong encoding once (such as {signs}), the first on line "
            "{line}. Taken as it is: export the file again from where it comes, as UTF-8.",
            "{n:,} cells of the column {header!r} were read in the wrong encoding once (such as {signs}), the first on line "
            "{line}. Taken as it is: export the file again from where it comes, as UTF-8.",
            found.count,
            header=found.header,
            signs=say("U+FFFD, where a sign was lost") if found.lost else say("`Ã©` for `é`"),
            line=found.line,
        )
        yield Said(text, found.line, found.header)


def _error_cells(profile: FileProfile) -> Iterator[Said]:
    sheet, headers = profile.sheet, contents_of(profile).headers
    for found in () if sheet is None else sheet.errors:
        header = headers[found.column] if found.column < len(headers) else None
        named, numbered = {"header": header}, {"place": found.column + 1}
        where = say("of the column {header!r}", **named) if header else say("of column {place}", **numbered)
        text = say_many(
            "{n:,} cell {where} holds an error of the workbook (such as {sign}), the first on line {line}: taken as empty. "
            "Correct the formula.",
            "{n:,} cells {where} hold an error of the workbook (such as {sign}), the first on line {line}: taken as empty. "
            "Correct the formula.",
            found.count,
            where=where,
            sign=found.sign,
            line=found.line,
        )
        yield Said(text, found.line, header)


FORM_SAYINGS: dict[str, Callable[[FileProfile], Iterator[Said]]] = {
    "kind": _kind,
    "unreadable": _unreadable,
    "size": _size,
    "quotes": _quotes,
    "repeated_headers": _repeated_headers,
    "mojibake": _mojibake,
    "error_cells": _error_cells,
}
"""By rule."""
