"""Encodings: is a file UTF-8, where does it stop being so, and what is it likely to be (IMP-2).

Belongs here: bytes → verdict and text. Does not: anything about cells and lines as records.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

import chardet
import numpy as np

UTF8 = "utf-8"
DAMAGED_UTF8 = "utf-8-damaged"
UNKNOWN = "unknown"
LABELS = {
    UTF8: "UTF-8",
    DAMAGED_UTF8: "UTF-8 with damaged bytes",
    UNKNOWN: "unknown",
    "cp1252": "Windows-1252",
    "iso8859-15": "ISO-8859-15",
    "mac-roman": "Mac Roman",
    "cp850": "DOS (code page 850)",
    "utf-16-le": "UTF-16 (little endian)",
    "utf-16-be": "UTF-16 (big endian)",
    "utf-32-le": "UTF-32 (little endian)",
    "utf-32-be": "UTF-32 (big endian)",
}
"""What people call the encodings that contact files come in."""

_BOMS = (  # UTF-32's little-endian BOM begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NUL_SHARE_OF_WIDE = 0.2
_SAMPLE = 65_536
_HIGH_BYTES_SAMPLED = 2_000
_AROUND = 32
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r\f"))
_CONTROL_SHARE_OF_BINARY = 0.01
_WESTERN_ENCODINGS = ("cp1252", "iso8859-15", "mac-roman", "cp850")
_KIN = {"cp1252", "iso8859-15"}  # They differ in eight letters and signs: where these tell, they tell for all.
_NAMED_ONLY = ("cp850",)  # Its kin of other countries look the same on few letters.
_WEIGHTS = {
    sign: weight
    for signs, weight in (
        ("éèêëàâçîïôùûœ’", 1.0),
        ("áäãåæìíñóöòõøúüß", 0.7),
        ("ÀÂÄÁÅÆÇÈÉÊËÎÏÍÑÔÖÓØŒÙÛÜÚ«»°€", 0.5),
        ("‘“”–—…", 0.6),
        ("·²³§ªº\u00a0", 0.2),
    )
    for sign in signs
}
"""How much a sign speaks for the encoding that makes it: what stands in contact files, French ones first."""
_ENOUGH, _LEAD = 0.5, 0.15


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
        """What people call it."""
        return LABELS.get(self.name, self.name)

    @property
    def convertible(self) -> bool:
        """It is not UTF-8, and what it is is known well enough to turn it into UTF-8."""
        return self.sure and self.name in LABELS and self.name not in (UTF8, DAMAGED_UTF8, UNKNOWN)


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
    if sound * 10 >= damaged:
        return Encoding(DAMAGED_UTF8, line, column, damaged)
    if len(data) - len(data.translate(None, _CONTROLS)) > len(data) * _CONTROL_SHARE_OF_BINARY:
        return Encoding(UNKNOWN, line, column)
    name, sure = _eight_bit(data, _high_signs(data))
    if name == DAMAGED_UTF8:
        return Encoding(DAMAGED_UTF8, line, column, damaged)
    return Encoding(name, line, column, sure=sure)


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
    for mark, name in _BOMS:
        if data.startswith(mark):
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


def _eight_bit(data: bytes, signs: dict[int, int]) -> tuple[str, bool]:
    """Name the likeliest encoding in units of one byte, and say whether it is sure.

    `signs`: how often each byte above ASCII stands in `data`.
    """
    western = _western(data)
    if western is None and sum(signs.values()) == 1:
        return DAMAGED_UTF8, True
    sample = b"\n".join(_surroundings(data))
    found = chardet.detect(sample, max_bytes=len(sample))["encoding"]
    other = _codec(found) if found else UNKNOWN
    if western is None:
        return other, False
    agreed = other not in _WESTERN_ENCODINGS or western == other or {western, other} <= _KIN
    # One sign alone may be a capital of DOS as well as a small letter of Mac Roman.
    enough = western in _KIN or len(signs) > 1
    return western, agreed and enough and western not in _NAMED_ONLY


def _high_signs(data: bytes) -> dict[int, int]:
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256).tolist()
    return {sign: counts[sign] for sign in range(0x80, 0x100) if counts[sign]}


def _signs_in_words(data: bytes) -> dict[tuple[int, bool], int]:
    """How often each byte above ASCII stands behind a small letter of ASCII (True), and how often elsewhere (False)."""
    signs = np.frombuffer(data, np.uint8)
    before = np.concatenate([np.zeros(1, np.uint8), signs[:-1]])
    high = signs >= 0x80
    inside = (before[high] >= ord("a")) & (before[high] <= ord("z"))
    counts = np.bincount(signs[high] + 256 * inside.astype(np.uint16), minlength=512).tolist()
    return {(sign % 256, sign >= 256): count for sign, count in enumerate(counts) if count}


def _western(data: bytes) -> str | None:
    """Name the encoding that makes Western letters of nearly all signs; None where none does, or two do.

    Telling by letters succeeds on short French files, on which telling by frequencies of pairs (chardet) does not.
    """
    signs = _signs_in_words(data)
    scores: dict[str, float] = {}
    for name in _WESTERN_ENCODINGS:
        if _decodes(bytes(sign for sign, _ in signs), name):
            weights = (count * _weight(bytes([sign]).decode(name), inside) for (sign, inside), count in signs.items())
            scores[name] = sum(weights) / sum(signs.values())
    best = max(scores, key=lambda name: scores[name], default=None)
    if best is None or scores[best] < _ENOUGH or (sum(signs.values()) == 1 and best != "cp1252"):
        return None
    rivals = (score for name, score in scores.items() if name != best and not {name, best} <= _KIN)
    return best if all(scores[best] - score >= _LEAD for score in rivals) else None


def _weight(sign: str, inside: bool) -> float:
    """What a sign speaks for the encoding that makes it; a capital behind a small letter speaks for none."""
    return 0.0 if inside and sign.isupper() else _WEIGHTS.get(sign, 0.0)


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return UNKNOWN  # An encoding that Python cannot decode is as good as none.


def _decodes(high: bytes, encoding: str) -> bool:
    """Say whether the bytes are text in that encoding: none is undefined, none a control sign."""
    try:
        text = high.decode(encoding)
    except UnicodeDecodeError:
        return False
    return not any("\x80" <= sign <= "\x9f" for sign in text)


def _surroundings(data: bytes) -> Iterator[bytes]:
    """What stands around the first bytes that are not ASCII: all that an 8-bit encoding can be told by."""
    high = np.flatnonzero(np.frombuffer(data, np.uint8) >= 0x80)[:_HIGH_BYTES_SAMPLED]
    end = 0
    for offset in high.tolist():
        if offset >= end:
            start, end = max(end, offset - _AROUND), offset + _AROUND
            yield data[start:end]
