"""Kinds of files that are no contact files, told by their first bytes: each with what it is and what to do with it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_SAVE = "open it and save the sheet as « CSV UTF-8 »"
_HEAD = 65_536


@dataclass(frozen=True)
class Kind:
    """What a file is (`label`: with its article), and what to do with it; `name` is one word for programs."""

    name: str
    label: str
    advice: str


TEXT = Kind("text", "text", "")
_EXCEL = Kind("xlsx", "an Excel workbook (.xlsx)", _SAVE)
_EXCEL_BINARY = Kind("xlsb", "a binary Excel workbook (.xlsb)", _SAVE)
_CALC = Kind("ods", "an OpenDocument sheet (.ods)", _SAVE)
_DOCUMENT = Kind("document", "a text document", "copy its table into a sheet and save that as « CSV UTF-8 »")
_ARCHIVE = "unpack it, and inspect what is in it"
_ZIP = Kind("zip", "a ZIP archive", _ARCHIVE)
_OFFICE = Kind("xls", "an old Office file (.xls, .doc) or a workbook with a password", f"{_SAVE}, without a password")
_EXPORT = "export the table from where it comes, as « CSV UTF-8 »"
_PICTURE = Kind("image", "an image", _EXPORT)

_IN_ZIP = (
    (b"xl/workbook.xml", _EXCEL),
    (b"xl/workbook.bin", _EXCEL_BINARY),
    (b"opendocument.spreadsheet", _CALC),
    (b"opendocument.text", _DOCUMENT),
    (b"word/document.xml", _DOCUMENT),
)
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OFFICE),
    (b"%PDF-", Kind("pdf", "a PDF document", _EXPORT)),
    (b"\x1f\x8b", Kind("gzip", "a gzip archive", _ARCHIVE)),
    (b"BZh", Kind("bzip2", "a bzip2 archive", _ARCHIVE)),
    (b"\xfd7zXZ\0", Kind("xz", "an xz archive", _ARCHIVE)),
    (b"7z\xbc\xaf\x27\x1c", Kind("7z", "a 7-Zip archive", _ARCHIVE)),
    (b"Rar!\x1a\x07", Kind("rar", "a RAR archive", _ARCHIVE)),
    (b"\x28\xb5\x2f\xfd", Kind("zstd", "a Zstandard archive", _ARCHIVE)),
    (b"\x89PNG\r\n\x1a\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF87a", _PICTURE),
    (b"GIF89a", _PICTURE),
    (b"II*\0", _PICTURE),
    (b"MM\0*", _PICTURE),
    (b"SQLite format 3\0", Kind("sqlite", "an SQLite database", _EXPORT)),
    (
        b"PAR1",
        Kind("parquet", "a Parquet file", "as events an EventImport reads it; contacts are taken from CSV or TXT"),
    ),
    (b"\x7fELF", Kind("program", "a program", _EXPORT)),
    (b"{\\rtf", _DOCUMENT),
)
_HTML = Kind("html", "a web page (some exports that are called .xls are one)", f"{_SAVE}; or {_EXPORT}")
_XML = Kind("xml", "an XML document", _EXPORT)
_JSON = Kind("json", "JSON", "as events an EventImport reads it, one object a line; contacts are taken from CSV or TXT")
_VCARD = Kind("vcard", "address cards (vCard)", _EXPORT)
_MARKUP = (
    (re.compile(rb"<!doctype\s+html|<html|<table|<head", re.IGNORECASE), _HTML),
    (re.compile(rb"<\?xml"), _XML),
    (re.compile(rb'\[?\s*\{\s*"(?:[^"\\\n]|\\.)*"\s*:'), _JSON),
    (re.compile(rb"BEGIN:VCARD", re.IGNORECASE), _VCARD),
)


def kind_of(data: bytes) -> Kind:
    """Say what kind of file these bytes are; TEXT where nothing speaks against it."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((kind for inside, kind in _IN_ZIP if inside in data), _ZIP)
    if data[8:12] == b"DUCK":
        return Kind("duckdb", "a DuckDB database", _EXPORT)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _PICTURE
    for magic, kind in _MAGIC:
        # Some begin with letters that a header could have, too: bytes that no text has stand behind them.
        if data.startswith(magic) and (not magic.isalnum() or not _is_plain(data[:_HEAD])):
            return kind
    head = data[:_HEAD].removeprefix(codecs.BOM_UTF8).lstrip()
    return next((kind for pattern, kind in _MARKUP if pattern.match(head)), TEXT)


def _is_plain(head: bytes) -> bool:
    return not head.translate(None, bytes(range(0x20, 0x100)) + b"\t\n\r\f")
