"""Guessing: which 8-bit or East Asian encoding bytes are likely in that are no UTF-8, and whether two independent looks agree.

One look is by letters: French and its neighbours by the letters that their bytes make (it succeeds on short files), all others by
their likeness to words of a language (`letters`). The other is chardet's, by pairs of bytes. Only what both see is mended (IMP-19).
Belongs here: bytes that are no UTF-8 → a codec's name. Does not: UTF-8, UTF-16, UTF-32 (`encodings`).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

import chardet
import numpy as np

from pipelines.files.letters import likeness
from pipelines.language import mark

UNKNOWN = "unknown"
CODE_PAGES = {
    "cp1252": "Windows-1252",
    "iso8859-1": "ISO-8859-1",
    "iso8859-15": "ISO-8859-15",
    "mac-roman": mark("Mac Roman"),
    "cp437": mark("DOS (code page 437)"),
    "cp850": mark("DOS (code page 850)"),
    "cp852": mark("DOS, Central European (code page 852)"),
    "cp866": mark("DOS, Cyrillic (IBM866)"),
    "cp1250": mark("Windows-1250 (Central European)"),
    "cp1251": mark("Windows-1251 (Cyrillic)"),
    "cp1253": mark("Windows-1253 (Greek)"),
    "cp1254": mark("Windows-1254 (Turkish)"),
    "cp1255": mark("Windows-1255 (Hebrew)"),
    "cp1256": mark("Windows-1256 (Arabic)"),
    "cp1257": mark("Windows-1257 (Baltic)"),
    "cp1258": mark("Windows-1258 (Vietnamese)"),
    "iso8859-2": mark("ISO-8859-2 (Central European)"),
    "iso8859-5": mark("ISO-8859-5 (Cyrillic)"),
    "iso8859-6": mark("ISO-8859-6 (Arabic)"),
    "iso8859-7": mark("ISO-8859-7 (Greek)"),
    "iso8859-8": mark("ISO-8859-8 (Hebrew)"),
    "iso8859-9": mark("ISO-8859-9 (Turkish)"),
    "iso8859-13": mark("ISO-8859-13 (Baltic)"),
    "koi8-r": mark("KOI8-R (Russian)"),
    "koi8-u": mark("KOI8-U (Ukrainian)"),
    "mac-cyrillic": mark("Mac Cyrillic"),
    "cp874": mark("Windows-874 (Thai)"),
    "tis-620": mark("TIS-620 (Thai)"),
    "cp932": mark("Shift_JIS (Japanese)"),
    "shift_jis": mark("Shift_JIS (Japanese)"),
    "euc_jp": mark("EUC-JP (Japanese)"),
    "iso2022_jp": mark("ISO-2022-JP (Japanese)"),
    "gb18030": mark("GB18030 (Chinese)"),
    "gb2312": mark("GB2312 (Chinese)"),
    "big5": mark("Big5 (Chinese, traditional)"),
    "big5hkscs": mark("Big5 (Chinese, traditional)"),
    "cp949": mark("EUC-KR (Korean)"),
    "euc_kr": mark("EUC-KR (Korean)"),
    "johab": mark("Johab (Korean)"),
}
"""What people call them."""

_SAMPLE = 200_000
_LOOKED_AT = 6_000
_ALPHABETS = (
    "cp1251", "koi8-r", "koi8-u", "cp866", "iso8859-5", "mac-cyrillic", "cp1253", "iso8859-7", "cp1255", "iso8859-8", "cp1256",
    "iso8859-6", "cp1254", "cp1250", "iso8859-2", "cp1257", "iso8859-13", "cp874", "cp1252", "iso8859-15", "mac-roman",
)  # fmt: skip
_SYLLABLES = ("cp932", "euc_jp", "gb18030", "big5", "cp949")
_NEVER_SURE = ("cp437", "cp850", "cp852", "cp858", "cp775")
"""Pages of DOS for Latin letters: their kin of other countries look the same on few letters."""
_LIKELY_ALPHABET, _LIKELY_SYLLABLES, _TIMES = 0.9, 0.2, 2
_CLEARLY = 0.25
_FEWEST_SIGNS = 16
_ASCII = bytes(range(0x80))
_WESTERN_ENCODINGS = ("cp1252", "iso8859-15", "mac-roman", "cp850")
_KIN = {"cp1252", "iso8859-15"}  # They differ in eight letters and signs: where these tell, they tell for all.
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


def guess(data: bytes) -> tuple[str, bool]:
    """Name the likeliest encoding, and say whether two looks agree on it."""
    western = _western(data)
    sample = _lines_with_signs(data)
    found = _codec(chardet.detect(sample, max_bytes=len(sample))["encoding"])
    if western is None:
        return _second_look(found, sample)
    likely, rival = _likeness(western, sample), _likeness(found, sample)
    if rival > likely and found not in _WESTERN_ENCODINGS:
        return _second_look(found, sample)
    agreed = {western, found} <= _KIN or _same(western, found, sample)
    if not agreed and likely >= _LIKELY_ALPHABET and likely > rival and found not in _WESTERN_ENCODINGS:
        # Letters speak for a Western encoding: chardet is asked again, which of these it is.
        found = _codec(chardet.detect(sample, max_bytes=len(sample), include_encodings=_WESTERN_ENCODINGS)["encoding"])
        agreed = {western, found} <= _KIN or _same(western, found, sample)
    agreed = agreed or likely >= max(_LIKELY_ALPHABET, rival + _CLEARLY)
    # One sign alone may be a capital of DOS as well as a small letter of Mac Roman.
    enough = western in _KIN or len(set(data.translate(None, _ASCII))) > 1
    return western, agreed and enough and western not in _NEVER_SURE


def is_western(data: bytes) -> bool:
    """Whether Western letters are all that bytes beyond ASCII can be taken for."""
    return _western(data) is not None


def _second_look(found: str, sample: bytes) -> tuple[str, bool]:
    """What chardet found, and whether the letters say so too; where they clearly say something else, that, unsure."""
    if found in _SYLLABLES:
        return found, _has_frequent_signs(found, sample)
    likely = _likeness(found, sample)
    rivals = {name: _likeness(name, sample) for name in _ALPHABETS if not _same(name, found, sample)}
    best = max(rivals, key=lambda name: rivals[name])
    # Chardet knows encodings that hardly any file has: a usual one that fits better is likelier.
    lead = 0.0 if found not in CODE_PAGES else _LEAD / 3
    if rivals[best] >= _LIKELY_ALPHABET and rivals[best] > likely + lead:
        return best, False
    enough = len(sample.translate(None, _ASCII)) >= _FEWEST_SIGNS
    agreed = likely >= _LIKELY_ALPHABET and likely > rivals[best] and enough
    return found, agreed and found in _ALPHABETS


def _has_frequent_signs(found: str, sample: bytes) -> bool:
    """Whether an East Asian encoding makes frequent signs, and the others do not."""
    likely = _likeness(found, sample)
    rivals = (_likeness(name, sample) for name in _SYLLABLES if not _same(name, found, sample))
    enough = len(sample.translate(None, _ASCII)) >= _FEWEST_SIGNS
    return enough and likely >= _LIKELY_SYLLABLES and all(likely >= _TIMES * rival for rival in rivals)


def _likeness(codec: str, sample: bytes) -> float:
    text = _decoded(codec, sample[:_LOOKED_AT])
    return 0.0 if text is None else likeness(text)


def _same(one: str, other: str, sample: bytes) -> bool:
    """Whether two codecs read the same text."""
    text = _decoded(one, sample)
    return text is not None and text == _decoded(other, sample)


def _decoded(codec: str, data: bytes) -> str | None:
    """The text, None where the codec cannot read all of it; a sign cut at the end is left out."""
    try:
        text = codecs.getincrementaldecoder(codec)().decode(data, final=False)
    except (UnicodeError, LookupError):
        return None
    return None if any("\x80" <= sign <= "\x9f" for sign in text) else text


def _lines_with_signs(data: bytes) -> bytes:
    """The first lines that hold bytes beyond ASCII: all that an encoding can be told by."""
    if len(data) <= _SAMPLE:
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    signs = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero((signs == ord("\n")) | (signs == ord("\r")))
    lines = np.unique(np.searchsorted(ends, np.flatnonzero(signs >= 0x80)))
    return b"\n".join(_cut_out(data, ends, lines))


def _cut_out(data: bytes, ends: np.ndarray, lines: np.ndarray) -> Iterator[bytes]:
    taken = 0
    for line in lines.tolist():
        start = int(ends[line - 1]) + 1 if line else 0
        piece = data[start : int(ends[line]) if line < len(ends) else len(data)][:_SAMPLE]
        taken += len(piece)
        if taken > _SAMPLE:
            return
        yield piece


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


def _codec(name: str | None) -> str:
    try:
        return codecs.lookup(name or "").name
    except LookupError:
        return UNKNOWN  # An encoding that Python cannot decode is as good as none.


def _decodes(high: bytes, encoding: str) -> bool:
    """Say whether the bytes are text in that encoding: none is undefined, none a control sign."""
    try:
        text = high.decode(encoding)
    except UnicodeDecodeError:
        return False
    return not any("\x80" <= sign <= "\x9f" for sign in text)
