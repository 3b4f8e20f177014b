"""Mending: a refused file → the same file as it should have been, where nothing has to be guessed (IMP-19).

Two things are mended: a likely encoding that is known well enough is turned into UTF-8; trailing separators, behind
which every cell is empty, are cut. What comes out is judged by the file rules like any other file, or there is
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from expectations.verdicts import Verdict
from pipelines.files.encodings import UTF8, Encoding
from pipelines.files.profiles import FileProfile
from pipelines.files.profiling import holds_beyond, named_width, profile_bytes
from pipelines.files.reading import Source
from pipelines.files.scanning import Offsets, Scan
from pipelines.language import say

_BOM = "\ufeff".encode()
_SHOWN, _LONGEST_SHOWN = 3, 60


@dataclass(frozen=True)
class Change:
    """What was changed, and on which lines: `3-7, 12`, or empty for the whole file.

    `examples`: a few cells, each with its line, before and after: a person can tell whether the guess was right.
    """

    what: str
    lines: str = ""
    examples: tuple[tuple[int, str, str], ...] = ()


@dataclass(frozen=True)
class Mended:
    """The mended file and what was changed in it."""

    data: bytes
    changes: tuple[Change, ...]


def mend(
    profile: FileProfile, source: Source | None, judged: Callable[[FileProfile], Sequence[Verdict]]
) -> Mended | None:
    """Mend a file that the file rules refused; None where that needs a guess, or where something else is wrong too.

    `judged` gives the verdicts of the file rules on a profile.
    """
    if source is None or profile.encoding is None or source.header is None or source.raw is None:
        return None
    if source.scan.unclosed or source.scan.contradiction:
        return None  # Behind an unclosed quote nothing was read: what lies there would be lost.
    changes: list[Change] = []
    if profile.encoding.name != UTF8:
        if not _decodes(source.raw, profile.encoding):
            return None
        changes.append(_encoding_change(profile.encoding, source.scan))
    cut = _too_long(source)
    if cut is None:
        return None
    if len(cut):
        changes.append(Change(say("Separators at the end cut"), line_ranges(source.scan.lines[cut])))
    if not changes:
        return None
    if source.scan.ways:
        changes.append(Change(say("Quotes doubled, and no blank left around them")))
    if source.scan.rewritten:
        lines = line_ranges(np.array(source.scan.rewritten, np.int64))
        changes.append(Change(say("Cells that hold quotes put in quotes"), lines))
    data = _like_the_original(_with_hint(_without_ends(source, cut), source), source.raw, profile.encoding)
    mended, _ = profile_bytes(data, name=profile.name, separator=profile.separator, max_bytes=profile.max_bytes)
    if any(verdict.severity == "critical" and not verdict.passed for verdict in judged(mended)):
        return None
    return Mended(data, tuple(changes))


def line_ranges(lines: Offsets) -> str:
    """Write ascending line numbers as ranges.

    >>> line_ranges(np.array([2, 3, 4, 9]))
    '2-4, 9'
    """
    if not len(lines):
        return ""
    breaks = np.flatnonzero(np.diff(lines) != 1)
    firsts = lines[np.concatenate(([0], breaks + 1))].tolist()
    lasts = lines[np.concatenate((breaks, [len(lines) - 1]))].tolist()
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(firsts, lasts, strict=True))


def _decodes(raw: bytes, encoding: Encoding) -> bool:
    """Say whether every byte of the file is text in its likely encoding."""
    if not encoding.convertible:
        return False
    try:
        raw.decode(encoding.name)
    except UnicodeDecodeError:
        return False
    return True


def _encoding_change(encoding: Encoding, scanned: Scan) -> Change:
    what = say("{encoding} turned into UTF-8", encoding=encoding.label)
    if encoding.name.startswith("utf-"):
        return Change(what)
    signs = np.frombuffer(scanned.data, np.uint8)
    high = np.flatnonzero(signs >= 0x80)
    lines = line_ranges(np.unique(np.searchsorted(np.flatnonzero(signs == 0x0A), high)) + 1)
    return Change(what, lines, tuple(islice(_examples(encoding, scanned, high), _SHOWN)))


def _examples(encoding: Encoding, scanned: Scan, high: Offsets) -> Iterator[tuple[int, str, str]]:
    """The first different cells with signs beyond ASCII: their line, as UTF-8 shows their bytes, and as they read now."""
    known: set[str] = set()
    for cell in np.unique(np.searchsorted(scanned.cell_ends, high)).tolist():
        start = int(scanned.cell_ends[cell - 1]) + 1 if cell else 0
        after = scanned.data[start : int(scanned.cell_ends[cell])].decode()[:_LONGEST_SHOWN]
        if after not in known:
            known.add(after)
            line = int(scanned.lines[int(np.searchsorted(scanned.last, cell))])
            yield line, after.encode(encoding.name, "replace").decode(UTF8, "replace"), after


def _too_long(source: Source) -> Offsets | None:
    """The records (maybe the header) with cells beyond the named columns; None where one of those holds something."""
    counted = source.rows | source.repeated
    counted[source.header] = True
    width = named_width(source.headers)
    long = np.flatnonzero(counted & (source.scan.cells > width))
    return None if not width or holds_beyond(source.scan, long, width).any() else long


def _without_ends(source: Source, records: Offsets) -> bytes:
    """The file's text without the cells beyond the named columns of these records."""
    scanned = source.scan
    firsts = scanned.cell_ends[scanned.last[records] - scanned.cells[records] + named_width(source.headers)]
    edges = np.zeros(len(scanned.data) + 1, np.int8)
    edges[firsts], edges[scanned.ends[records]] = 1, -1
    kept = np.cumsum(edges[:-1], dtype=np.int8) == 0
    return np.frombuffer(scanned.data, np.uint8)[kept].tobytes()


def _with_hint(text: bytes, source: Source) -> bytes:
    """The text with the line that names its separator, where the file had one."""
    return text if source.hint is None else source.hint.line + text


def _like_the_original(text: bytes, raw: bytes, encoding: Encoding) -> bytes:
    """Give the text the line ends that its first line had, and the byte order mark of a UTF-8 file."""
    head = raw.decode(encoding.name, "replace") if encoding.name != UTF8 else raw.decode()
    first = head.find("\n")
    returns = head.find("\r")
    if returns >= 0 and (first < 0 or returns < first):
        text = text.replace(b"\n", b"\r\n" if first == returns + 1 else b"\r")
    return _BOM + text if encoding.name == UTF8 and raw.startswith(_BOM) else text
