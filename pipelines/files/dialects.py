r"""Dialects: quotes as tools write them that do not double them, read as meant where the whole file agrees (IMP-1).

Two are known: a quote inside a quoted cell written `\"` (MySQL, PHP), and blanks around quoted cells (`"a", "b"`). A file in one
of them, or in both, is rewritten to the regular form in whole-file steps; every cell stays on its line. Belongs here: which dialect
a file is in. Does not: what a regular quote is (`quoting`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipelines.files.quoting import NEWLINE, QUOTE, Bytes, Flags, Offsets, Regular, make_regular

_BACKSLASH = 0x5C
Way = Literal["backslash", "blank"]


@dataclass(frozen=True)
class Contradiction:
    """Quotes written in a known way on some `lines`, while the lines `against` do not fit it; all from 1."""

    way: Way
    lines: tuple[int, ...]
    against: tuple[int, ...]


@dataclass(frozen=True)
class Understood:
    """A file with regular quotes, the `ways` in which they were written, and what contradicts them where it could not be told."""

    regular: Regular
    ways: tuple[Way, ...] = ()
    contradiction: Contradiction | None = None


def understand(data: bytes, separator: bytes) -> Understood:
    """Give `data` (LF line ends, ending in one) with regular quotes, in the dialect that the whole of it agrees on."""
    plain = make_regular(data, separator)
    found = _ways_of(data, separator, plain)
    against: dict[Way, tuple[int, ...]] = {}
    tried: list[list[Way]] = [[way] for way in found]
    for ways in (*tried, *([found] if len(found) > 1 else [])):
        text = _rewritten(data, separator, ways)
        other = None if text is None else make_regular(text, separator)
        if other is not None and not other.loose and other.unclosed is None:
            return Understood(other, tuple(ways))
        if other is not None:
            against.setdefault(ways[0], _irregular(other))
    return Understood(plain, contradiction=_contradiction(data, separator, plain, found, against))


def _ways_of(data: bytes, separator: bytes, plain: Regular) -> list[Way]:
    """In which ways the quotes that are not regular may be written; none where all are regular."""
    is_loose = bool(plain.loose) or plain.unclosed is not None
    found: list[Way] = ["backslash"] if is_loose and b'\\"' in data else []
    may_be_blank = is_loose or bool(plain.rewritten)
    return [*found, "blank"] if may_be_blank and _blank_before_quote(separator).search(data) else found


def _blank_before_quote(separator: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?:^|[\n" + re.escape(separator) + rb"])" + _blanks(separator) + rb'+"')


def _blanks(separator: bytes) -> bytes:
    return b" " if separator == b"\t" else rb"[ \t]"


def _rewritten(data: bytes, separator: bytes, ways: list[Way]) -> bytes | None:
    text: bytes | None = data
    if "backslash" in ways:
        text = _without_backslashes(data)
    return _without_blanks(text, separator) if text is not None and "blank" in ways else text


def _irregular(regular: Regular) -> tuple[int, ...]:
    unclosed = () if regular.unclosed is None else (regular.unclosed.line,)
    return tuple(sorted({*regular.loose, *unclosed}))


def _contradiction(
    data: bytes, separator: bytes, plain: Regular, ways: list[Way], against: dict[Way, tuple[int, ...]]
) -> Contradiction | None:
    """What speaks for a way on irregular lines, where reading them the regular way would move or lose signs."""
    sign = re.escape(separator)
    speaks: dict[Way, re.Pattern[bytes]] = {
        "backslash": re.compile(rb'\\"(?![\n' + sign + rb"])"),
        "blank": _blank_before_quote(separator),
    }
    newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == NEWLINE)
    unclosed = np.inf if plain.unclosed is None else plain.unclosed.line
    for way in ways:
        lines = _lines_of(speaks[way], data, newlines)
        lines = lines[np.isin(lines, plain.loose) | (lines >= unclosed)]
        if way == "blank":
            # Where no cell begins with a quote, quotes are signs like others, but for one that keeps a separator inside.
            torn = _lines_of(_separator_in_quotes(separator), data, newlines)
            lines = np.union1d(lines, torn[np.isin(torn, plain.rewritten)])
        if len(lines):
            return Contradiction(way, tuple(lines.tolist()), against.get(way, ()))
    return None


def _separator_in_quotes(separator: bytes) -> re.Pattern[bytes]:
    sign, blanks = re.escape(separator), _blanks(separator)
    text = rb'[^"\n]*'
    return re.compile(
        rb"[\n" + sign + rb"]" + blanks + rb'+"' + text + sign + text + rb'"(?=' + blanks + rb"*[\n" + sign + rb"])"
    )


def _lines_of(pattern: re.Pattern[bytes], data: bytes, newlines: Offsets) -> Offsets:
    """The lines, from 1, on which the pattern is found."""
    places = np.array([found.end() - 1 for found in pattern.finditer(data)], np.int64)
    return np.unique(np.searchsorted(newlines, places) + 1)


def _without_backslashes(data: bytes) -> bytes | None:
    r"""Inside quoted cells `\"` becomes `""`, and `\\` becomes `\` where the file escapes backslashes, too.

    It does where none stands before another sign. None where it cannot be told: single backslashes, and two before a quote.
    """
    signs = np.frombuffer(data, np.uint8)
    strokes = np.flatnonzero(signs == _BACKSLASH)
    first = np.diff(strokes, prepend=-2) != 1
    place = np.arange(len(strokes))
    nth = place - np.maximum.accumulate(np.where(first, place, 0))
    escapes, follows = strokes[nth % 2 == 0], signs[strokes + 1]  # The data ends in a newline.
    inside = _inside(signs, escapes[signs[escapes + 1] == QUOTE] + 1)
    ends = follows[nth % 2 == 0]
    alone = inside[escapes] & (ends != QUOTE) & (ends != _BACKSLASH) & (ends != NEWLINE)
    if alone.any():
        return _with_single_strokes(signs, strokes, first)
    escapes, ends = escapes[inside[escapes]], ends[inside[escapes]]
    text = signs.copy()
    text[escapes[ends == QUOTE]] = QUOTE
    kept = np.ones(len(signs), np.bool_)
    kept[escapes[ends != QUOTE]] = False
    return text[kept].tobytes()


def _with_single_strokes(signs: Bytes, strokes: Offsets, first: Flags) -> bytes | None:
    """The same where backslashes stand for themselves but before a quote."""
    before_quote = signs[strokes + 1] == QUOTE
    inside = _inside(signs, strokes[before_quote] + 1)
    if (before_quote & ~first & inside[strokes]).any():
        return None
    text = signs.copy()
    text[strokes[before_quote & inside[strokes]]] = QUOTE
    return text.tobytes()


def _inside(signs: Bytes, escaped: Offsets) -> Flags:
    """Which bytes stand inside quotes, not counting the `escaped` ones."""
    quotes = (signs == QUOTE).astype(np.uint8)
    quotes[escaped] = 0
    return np.bitwise_xor.accumulate(quotes) == 1


def _without_blanks(data: bytes, separator: bytes) -> bytes:
    """The text without the blanks between a quoted cell and the separators or line ends around it."""
    signs = np.frombuffer(data, np.uint8)
    blank = (signs == ord(" ")) | ((signs == ord("\t")) & (separator != b"\t"))
    held = np.flatnonzero(~blank)
    quotes = np.flatnonzero(signs == QUOTE)
    place = np.searchsorted(held, quotes)
    opening = np.arange(len(quotes)) % 2 == 0
    before = np.where(place > 0, held[np.maximum(place - 1, 0)], -1)
    after = held[np.minimum(place + 1, len(held) - 1)]  # The data ends in a newline.
    edge = (signs == NEWLINE) | (signs == separator[0])
    leading = opening & (before < quotes - 1) & ((before < 0) | edge[np.maximum(before, 0)])
    trailing = ~opening & (after > quotes + 1) & edge[after]
    edges = np.zeros(len(signs) + 1, np.int8)
    edges[before[leading] + 1] += 1
    edges[quotes[leading]] -= 1
    edges[quotes[trailing] + 1] += 1
    edges[after[trailing]] -= 1
    return signs[np.cumsum(edges[:-1], dtype=np.int8) == 0].tobytes()
