"""Encodings: is a file UTF-8, where does it stop being so, and what is it likely to be (IMP-2).

Belongs here: bytes → verdict and text. Does not: anything about cells and lines as records.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.files.guessing import CODE_PAGES, UNKNOWN, guess, is_western
from pipelines.language import mark, say

UTF8 = "utf-8"
DAMAGED_UTF8 = "utf-8-damaged"
LABELS = {
    UTF8: "UTF-8",
    DAMAGED_UTF8: mark("UTF-8 with damaged bytes"),
    UNKNOWN: mark("unknown"),
    "utf-16-le": mark("UTF-16 (little endian)"),
    "utf-16-be": mark("UTF-16 (big endian)"),
    "utf-32-le": mark("UTF-32 (little endian)"),
    "utf-32-be": mark("UTF-32 (big endian)"),
    **CODE_PAGES,
}
"""What people call the encodings that contact files come in, to be said."""

_BOMS = (  # UTF-32's little-endian BOM begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NUL_SHARE_OF_WIDE = 0.2
_SAMPLE = 65_536
LINE_FEED, CARRIAGE_RETURN = 0x0A, 0x0D
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r\f"))
_CONTROL_SHARE_OF_BINARY = 0.01


@dataclass(frozen=True)
class Encoding:
    """The verdict on a file's bytes.

    `name`: a Python codec, or DAMAGED_UTF8 (UTF-8 but for some bytes), or UNKNOWN. `line`, `column`: the first
    character that is not UTF-8, counted from 1 (None when all is). `damaged`: how many bytes are not, of a damaged
    UTF-8 file.
    """

    name: str
    line: int | None = None
    column: int | None = None
    damaged: int = 0
    sure: bool = True

    @property
    def label(self) -> str:
        """What people call it, in their language."""
        return say(LABELS[self.name]) if self.name in LABELS else self.name.upper().replace("_", "-")

    @property
    def convertible(self) -> bool:
        """It is not UTF-8, and what it is is known well enough to turn it into UTF-8."""
        return self.sure and self.name not in (UTF8, DAMAGED_UTF8, UNKNOWN)


def recognise(data: bytes) -> Encoding:
    """Say what the bytes are encoded in."""
    wide = _wide(data)
    if wide is not None:
        return Encoding(wide, 1, 1)
    if data.isascii():
        return Encoding(UTF8)
    try:
        data.decode(UTF8)
    except UnicodeDecodeError as error:
        line, column = _place(data, error.start)
    else:
        return Encoding(UTF8)
    return _damaged_or_other(data, line, column)


def _damaged_or_other(data: bytes, line: int, column: int) -> Encoding:
    """Tell a UTF-8 file with damaged bytes from a file in another encoding in units of one byte."""
    text = data.decode(UTF8, "surrogateescape").encode("utf-32-le", "surrogatepass")
    points = np.frombuffer(text, np.uint32)
    bad = (points >= 0xDC80) & (points <= 0xDCFF)
    damaged, sound = int(bad.sum()), int(((points > 0x7F) & ~bad).sum())
    # Two neighbouring signs of an 8-bit encoding hardly ever make a UTF-8 sequence: where there are some, it is UTF-8.
    if sound > damaged or (sound * 10 >= damaged and _stands_on_few_lines(points, bad)):
        return Encoding(DAMAGED_UTF8, line, column, damaged)
    if len(data) - len(data.translate(None, _CONTROLS)) > len(data) * _CONTROL_SHARE_OF_BINARY:
        return Encoding(UNKNOWN, line, column)
    if damaged == 1 and not is_western(data):
        return Encoding(DAMAGED_UTF8, line, column, damaged)
    name, sure = guess(data)
    return Encoding(name, line, column, sure=sure)


def _stands_on_few_lines(points: npt.NDArray[np.uint32], bad: npt.NDArray[np.bool_]) -> bool:
    """Whether at most half of the lines with signs beyond ASCII are damaged: a file of another encoding is so nearly everywhere."""
    ends = np.flatnonzero((points == LINE_FEED) | (points == CARRIAGE_RETURN))
    damaged = np.unique(np.searchsorted(ends, np.flatnonzero(bad)))
    high = np.unique(np.searchsorted(ends, np.flatnonzero(points > 0x7F)))
    return len(damaged) * 2 <= len(high)


def to_utf8(data: bytes, encoding: Encoding) -> bytes | None:
    """Give the text in UTF-8 without a byte order mark, what is damaged as U+FFFD; None where it cannot be told."""
    if encoding.name == UTF8:
        return _without_bom(data)
    if encoding.name == DAMAGED_UTF8:
        return _without_bom(data.decode(UTF8, "replace").encode())
    if not encoding.convertible:
        return None
    return _without_bom(data.decode(encoding.name, "replace").encode())


def _without_bom(data: bytes) -> bytes:
    while data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    return data


def _place(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column (in characters, from 1) of an offset before which all is UTF-8. CRLF, CR and LF end lines."""
    before = _without_bom(data[:offset]).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode(UTF8)) + 1


def _wide(data: bytes) -> str | None:
    """Name the encoding of text in units of two or four bytes, by its mark or the NULs that Latin text is full of."""
    for beginning, name in _BOMS:
        if data.startswith(beginning):
            return name
    head = data[:_SAMPLE]
    if head.count(0) < len(head) * _NUL_SHARE_OF_WIDE:
        return None
    for width, names in ((4, ("utf-32-le", "utf-32-be")), (2, ("utf-16-le", "utf-16-be"))):
        for name in names:
            if _is_text(head[: len(head) - len(head) % width], name):
                return name
    return None


def _is_text(data: bytes, encoding: str) -> bool:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(data) - 4:
            return False
        text = data[: error.start].decode(encoding)
    # Read the wrong way round, the line ends and separators of a file are signs of far-away scripts.
    plain = sum(map(str.isascii, text))
    return "\0" not in text and plain * 2 > len(text)
