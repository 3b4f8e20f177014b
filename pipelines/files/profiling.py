"""Profiling: a file → plain measures of it as a file (IMP-2), and its bytes ready for reading. Judges nothing.

What a measure is stands in `profiles`; the rules stand in expectations/file.py, and what they say to people in `file_problems`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipelines.cells.invisible import visible_text
from pipelines.files.encodings import UTF8, Encoding, recognise, to_utf8
from pipelines.files.kinds import TEXT
from pipelines.files.mojibake import mojibake_in
from pipelines.files.opening import Opened
from pipelines.files.profiles import MOST_COLUMNS, Contents, FileProfile, Lines, Reading, Strays
from pipelines.files.reading import LINE, Source, read
from pipelines.files.scanning import Flags, Offsets, Scan, scan
from pipelines.files.separators import SEPARATORS, SHEET_SEPARATOR, Hint, default_separator, hint_of, without_hint
from pipelines.files.strays import BLANKS, STRAYS, ends_in_stray
from pipelines.files.unpacking import Content, content_of
from pipelines.language import mark

_LISTED = 5


def profile_file(opened: Opened, reading: Reading, max_bytes: int) -> tuple[FileProfile, Source | None]:
    """Measure a file; with it its cells, ready for reading (None where they cannot be read, or are too many)."""
    if not opened.whole:
        separator = reading.separator or default_separator(opened.name)
        return FileProfile(opened.name, separator, max_bytes, opened.size, name_oddities(opened.name)), None
    content = content_of(opened.data, opened.name, most_bytes=max_bytes, sheet=reading.sheet, decimal=reading.decimal)
    separator = reading.separator or default_separator(content.name)
    profile = profile_of(content, opened.name, separator, max_bytes)
    if content.sheet is not None:
        contents, source = profile_text(None, content.sheet.text, SHEET_SEPARATOR, cut=reading.cut)
        return replace(profile, contents=contents), source
    if content.data is None or content.kind is not TEXT:
        return profile, None
    measured, source = profile_bytes(
        content.data, name=opened.name, separator=separator, max_bytes=max_bytes, cut=reading.cut
    )
    return replace(
        profile, separator=measured.separator, encoding=measured.encoding, contents=measured.contents
    ), source


def profile_of(content: Content, name: str, separator: str, max_bytes: int) -> FileProfile:
    """What is known of a file by what is in it, before that is read."""
    archived = content.name if content.archived else None
    size, oddities = content.size, name_oddities(name)
    kind, fault, sheet = content.kind, content.fault, content.sheet
    encoding = None if sheet is None else Encoding(UTF8)
    return FileProfile(name, separator, max_bytes, size, oddities, encoding, None, kind, fault, archived, sheet)


def profile_bytes(
    data: bytes, *, name: str, separator: str, max_bytes: int, cut: bool = False
) -> tuple[FileProfile, Source | None]:
    """Measure a text given as bytes, whatever its size."""
    encoding = recognise(data)
    text = to_utf8(data, encoding)
    profile = FileProfile(name, separator, max_bytes, len(data), name_oddities(name), encoding)
    if text is None:
        return profile, None
    text = with_plain_ends(text)
    hint = hint_of(text)
    if hint is not None:
        text, separator = without_hint(text, hint), hint.separator
    contents, source = profile_text(data, text, separator, hint, cut=cut)
    return replace(profile, separator=source.scan.separator.decode(), contents=contents), source


def profile_text(
    raw: bytes | None, text: bytes, separator: str, hint: Hint | None = None, *, cut: bool = False
) -> tuple[Contents, Source]:
    """Measure a text (UTF-8, LF line ends); `raw` are the bytes that it was in the file, None where it is the sheet of a workbook.

    `hint`: the line that names the separator, which is blank in `text`.
    """
    source = _source(raw, scan(text, separator, rows_as_lines=raw is None), hint)
    ended = bool(source.headers) and not source.headers[-1]
    if cut and ended and (width := named_width(source.headers)) and _is_empty_beyond(source, width):
        source = replace(source, headers=source.headers[:width])
        return replace(_contents(text, source), cut=True, trailing=Lines()), source
    return _contents(text, source), source


def with_plain_ends(text: bytes) -> bytes:
    """Give the text with every line ended by LF."""
    # To look for two bytes that are nowhere takes eight times as long as to look for one.
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def named_width(headers: Sequence[str]) -> int:
    """How many columns there are, the nameless ones at the end left out."""
    return max((position for position, header in enumerate(headers, 1) if header), default=0)


def _is_empty_beyond(source: Source, width: int) -> bool:
    long = np.flatnonzero(source.rows & (source.scan.cells > width))
    return not holds_beyond(source.scan, long, width).any()


def _source(raw: bytes | None, scanned: Scan, hint: Hint | None = None) -> Source:
    filled = np.flatnonzero(~scanned.blank)
    if not len(filled):
        return Source(raw, scanned, None, (), hint)
    header = int(filled[0])
    headers = tuple(_clean(cell) for cell in record_cells(scanned, header)[:MOST_COLUMNS])
    return Source(raw, scanned, header, headers, hint)


def record_cells(scanned: Scan, record: int) -> list[str]:
    """Give the text of one record's cells."""
    last = int(scanned.last[record])
    ends = scanned.cell_ends[last - int(scanned.cells[record]) + 1 : last + 1].tolist()
    starts = [int(scanned.starts[record]), *(end + 1 for end in ends[:-1])]
    texts = (scanned.data[start:end].decode() for start, end in zip(starts, ends, strict=True))
    return [text[1:-1].replace('""', '"') if text.startswith('"') else text for text in texts]


def _clean(header: str) -> str:
    return unicodedata.normalize("NFC", visible_text(header).strip())


def _contents(text: bytes, source: Source) -> Contents:
    scanned, headers, rows = source.scan, source.headers, source.rows
    columns = int(scanned.cells[source.header]) if source.header is not None else 0
    columns = min(columns, len(headers)) if len(headers) < MOST_COLUMNS else columns
    long = np.flatnonzero(rows & (scanned.cells > columns))
    extra = holds_beyond(scanned, long, columns)
    nul = text.find(b"\0")
    blank = source.blank
    return Contents(
        headers=headers,
        header_line=int(scanned.lines[source.header]) if source.header is not None else 0,
        columns=columns,
        empty_headers=tuple(position for position, header in enumerate(headers, 1) if not header),
        duplicate_headers=tuple(header for header, count in Counter(headers).items() if header and count > 1),
        header_trailing=bool(headers) and not headers[-1],
        rows=int(rows.sum()),
        blank=_lines(scanned, np.flatnonzero(blank)),
        short=_lines(scanned, np.flatnonzero(rows & (scanned.cells < columns))),
        trailing=_lines(scanned, long[~extra]),
        extra=_lines(scanned, long[extra]),
        strays=_strays(source) if columns <= MOST_COLUMNS else (),
        mojibake=mojibake_in(text, source) if columns <= MOST_COLUMNS else (),
        repeated=_lines(scanned, np.flatnonzero(source.repeated)),
        hint=source.hint,
        ways=scanned.ways,
        contradiction=scanned.contradiction,
        unclosed=scanned.unclosed,
        other_separator=_other_separator(headers, scanned.separator.decode()),
        nul_bytes=text.count(b"\0", nul) if nul >= 0 else 0,
        nul_line=text.count(b"\n", 0, nul) + 1 if nul >= 0 else None,
        nul_column=len(text[text.rfind(b"\n", 0, nul) + 1 : nul].decode()) + 1 if nul >= 0 else None,
    )


def holds_beyond(scanned: Scan, records: Offsets, columns: int) -> Flags:
    """Say for each of these records, all with more cells than `columns`, whether a cell beyond holds something."""
    last = scanned.last[records]
    return scanned.holds(scanned.cell_ends[last - scanned.cells[records] + columns], scanned.ends[records])


def _lines(scanned: Scan, records: Offsets) -> Lines:
    return Lines(len(records), tuple(scanned.lines[records[:_LISTED]].tolist()))


def _strays(source: Source) -> tuple[Strays, ...]:
    if not source.rows.any():
        return ()
    # Bytes tell quickly which columns may have any; the last byte of a blank sign is enough.
    suspects = source.scan.columns_ending_in((STRAYS + BLANKS + '"').encode())
    frame = read(source).frame
    found: list[Strays] = []
    for column in map(int, suspects[suspects < len(source.headers)]):
        lines = frame.lazy().filter(ends_in_stray(pl.col(f"c{column}"))).select(LINE).collect()
        if lines.height:
            found.append(Strays(source.headers[column], lines.height, lines.item(0, LINE)))
    return tuple(found)


def _other_separator(headers: tuple[str, ...], separator: str) -> str | None:
    if len(headers) != 1:
        return None
    counts = {sign: headers[0].count(sign) for sign in SEPARATORS if sign != separator and sign in headers[0]}
    return max(counts, key=lambda sign: counts[sign]) if counts else None


def name_oddities(name: str) -> tuple[str, ...]:
    """Name what may trouble other programs in a file's name (IMP-2), to be said."""
    accents = any((sign.isalpha() and not sign.isascii()) or unicodedata.combining(sign) for sign in name)
    found = {
        mark("blanks"): any(sign.isspace() for sign in name),
        mark("accents"): accents,
        mark("capitals"): any(sign.isupper() for sign in name),
        mark("special characters"): bool(re.search(r"[^\w\s.-]", name)),
    }
    return tuple(oddity for oddity, there in found.items() if there)
