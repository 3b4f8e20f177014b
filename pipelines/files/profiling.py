"""Profiling: a file → plain measures of it as a file (IMP-2), and its bytes ready for reading. Judges nothing.

The rules stand in expectations/file.py and are judged on `measures`; what they say to people is in `file_problems`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.files.encodings import Encoding, recognise, to_utf8
from pipelines.files.opening import Opened
from pipelines.files.quoting import Unclosed
from pipelines.files.reading import LINE, Source, read
from pipelines.files.scanning import Flags, Offsets, Scan, scan
from pipelines.files.separators import SEPARATORS
from pipelines.files.strays import BLANKS, STRAYS, ends_in_stray

MOST_COLUMNS = 4096
"""More columns than any contact file has: beyond it the file is something else, and reading it could exhaust memory."""
_LISTED = 5


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
class Contents:
    """Measures of a file's text.

    `columns`: cells of the header. `empty_headers`: their positions, from 1. `short`: lines with fewer cells than the
    header; `trailing`: lines with more, all empty; `extra`: lines with more that hold something. `header_trailing`:
    the header itself ends in separators. `other_separator`: the one header holds this usual separator. `nul`: NUL
    characters and their first line and column.
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


@dataclass(frozen=True)
class FileProfile:
    """What was measured of one file; never a person's value.

    `encoding` None: the file was too large to be read. `contents` None: it could not be read as text.
    """

    name: str
    separator: str
    max_bytes: int
    size: int
    name_oddities: tuple[str, ...]
    encoding: Encoding | None = None
    contents: Contents | None = None

    @property
    def rows(self) -> int:
        """How many rows could be read."""
        return self.contents.rows if self.contents else 0

    @property
    def described(self) -> dict[str, str]:
        """What a report says of the file: its size, encoding, separator, columns and rows, as far as they are known."""
        facts = {"Size": f"{self.size:,} bytes"}
        if self.encoding is not None:
            facts["Encoding"] = self.encoding.label
        facts["Separator"] = SEPARATORS.get(self.separator, self.separator)
        if (contents := self.contents) is not None:
            blank = f" ({contents.blank.count:,} blank lines skipped)" if contents.blank.count else ""
            facts |= {"Columns": f"{contents.columns:,}", "Rows": f"{contents.rows:,}{blank}"}
        return facts


def profile_file(opened: Opened, *, separator: str, max_bytes: int) -> tuple[FileProfile, Source | None]:
    """Measure a file; with it its bytes, ready for reading (None where they are no text, or too many to be read)."""
    if opened.whole:
        return profile_bytes(opened.data, name=opened.name, separator=separator, max_bytes=max_bytes)
    return FileProfile(opened.name, separator, max_bytes, opened.size, name_oddities(opened.name)), None


def profile_bytes(data: bytes, *, name: str, separator: str, max_bytes: int) -> tuple[FileProfile, Source | None]:
    """Measure a file given as bytes, whatever its size."""
    encoding = recognise(data)
    text = to_utf8(data, encoding)
    contents, source = (None, None) if text is None else profile_text(data, with_plain_ends(text), separator)
    profile = FileProfile(name, separator, max_bytes, len(data), name_oddities(name), encoding, contents)
    return profile, source


def profile_text(raw: bytes, text: bytes, separator: str) -> tuple[Contents, Source]:
    """Measure a text (UTF-8, LF line ends); `raw` are the bytes that it was in the file."""
    source = _source(raw, scan(text, separator))
    return _contents(text, source), source


def with_plain_ends(text: bytes) -> bytes:
    """Give the text with every line ended by LF."""
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def measures(profile: FileProfile, missing_columns: int | None = None) -> dict[str, list[int | str | None]]:
    """Give the one row that the suite `file` judges (None: not measured); the mapping counts `missing_columns`."""
    row: dict[str, int | str | None] = {
        "size": profile.size,
        "encoding": profile.encoding.name if profile.encoding else None,
        "file_name": len(profile.name_oddities),
        "missing_columns": missing_columns,
    }
    contents = profile.contents
    if contents is not None:
        header_trailing = int(contents.header_trailing)
        row |= {
            "nul_bytes": contents.nul_bytes,
            "unclosed_quote": int(contents.unclosed is not None),
            "rows": contents.rows or (None if contents.unclosed else 0),
            "columns": contents.columns,
            "headers": len(contents.empty_headers) + len(contents.duplicate_headers),
            "trailing_separators": contents.trailing.count + header_trailing,
            "extra_cells": contents.extra.count,
            "stray_separators": sum(strays.count for strays in contents.strays),
            "short_lines": contents.short.count,
            "blank_lines": contents.blank.count,
            "one_column": int(contents.other_separator is not None),
        }
    return {name: [value] for name, value in row.items()}


def _source(raw: bytes, scanned: Scan) -> Source:
    filled = np.flatnonzero(~scanned.blank)
    if not len(filled):
        return Source(raw, scanned, None, ())
    header = int(filled[0])
    return Source(raw, scanned, header, tuple(_clean(cell) for cell in record_cells(scanned, header)[:MOST_COLUMNS]))


def record_cells(scanned: Scan, record: int) -> list[str]:
    """Give the text of one record's cells."""
    last = int(scanned.last[record])
    ends = scanned.cell_ends[last - int(scanned.cells[record]) + 1 : last + 1].tolist()
    starts = [int(scanned.starts[record]), *(end + 1 for end in ends[:-1])]
    texts = (scanned.data[start:end].decode() for start, end in zip(starts, ends, strict=True))
    return [text[1:-1].replace('""', '"') if text.startswith('"') else text for text in texts]


def _clean(header: str) -> str:
    return unicodedata.normalize("NFC", header.replace("\ufeff", "").strip())


def _contents(text: bytes, source: Source) -> Contents:
    scanned, headers, rows = source.scan, source.headers, source.rows
    columns = int(scanned.cells[source.header]) if source.header is not None else 0
    long = np.flatnonzero(rows & (scanned.cells > columns))
    extra = holds_beyond(scanned, long, columns)
    nul = text.find(b"\0")
    blank = scanned.blank
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
        unclosed=scanned.unclosed,
        other_separator=_other_separator(headers, scanned.separator.decode()),
        nul_bytes=text.count(b"\0"),
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
    """Name what may trouble other programs in a file's name (IMP-2)."""
    accents = any((sign.isalpha() and not sign.isascii()) or unicodedata.combining(sign) for sign in name)
    found = {
        "blanks": any(sign.isspace() for sign in name),
        "accents": accents,
        "capitals": any(sign.isupper() for sign in name),
        "special characters": bool(re.search(r"[^\w\s.-]", name)),
    }
    return tuple(oddity for oddity, there in found.items() if there)
