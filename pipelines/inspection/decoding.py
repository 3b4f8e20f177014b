"""Decoding for people: the text of a file even where its encoding is only likely, for an inspection shows and does not store."""

from __future__ import annotations

from pipelines.files.encodings import Encoding, to_utf8
from pipelines.files.guessing import UNKNOWN
from pipelines.files.profiling import with_plain_ends


def readable(data: bytes, encoding: Encoding) -> bytes | None:
    """The text in UTF-8 with LF line ends; None where not even a likely encoding is known."""
    text = to_utf8(data, encoding)
    if text is None and encoding.name != UNKNOWN:
        text = _by_codec(data, encoding.name)
    return None if text is None else with_plain_ends(text)


def _by_codec(data: bytes, codec: str) -> bytes | None:
    """By one of the many codecs that chardet may name; some are strict whatever they are told."""
    try:
        return data.decode(codec, "replace").encode("utf-8", "replace")
    except (UnicodeError, LookupError):
        return None
