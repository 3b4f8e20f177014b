"""Kinds of files, told by their first bytes: each with what it is, and what to do with one that is no contact file."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from pipelines.language import mark

_SAVE = mark("open it and save the sheet as « CSV UTF-8 »")
_AS_XLSX = mark("save it as « Excel workbook (.xlsx) », or open it and save the sheet as « CSV UTF-8 »")
_HEAD = 65_536
_LONGEST_MIME = 200


@dataclass(frozen=True)
class Kind:
    """What a file is (`label`: with its article), and what to do with it, to be said; `name` is one word for programs."""

    name: str
    label: str
    advice: str


TEXT = Kind("text", mark("text"), "")
EXCEL = Kind("xlsx", mark("an Excel workbook (.xlsx)"), _SAVE)
_EXCEL_BINARY = Kind("xlsb", mark("a binary Excel workbook (.xlsb)"), _AS_XLSX)
CALC = Kind("ods", mark("an OpenDocument sheet (.ods)"), _SAVE)
_DOCUMENT = Kind(
    "document", mark("a text document"), mark("copy its table into a sheet and save that as « CSV UTF-8 »")
)
_ARCHIVE = mark("unpack it, and inspect what is in it")
ZIP = Kind("zip", mark("a ZIP archive"), _ARCHIVE)
_OFFICE = Kind("xls", mark("an old Office file (.xls, .doc)"), _AS_XLSX)
LOCKED = Kind("locked", mark("a workbook with a password"), mark("save it without its password, and send that file"))
WORKBOOKS = (EXCEL, CALC)
"""Kinds of which one sheet is taken like a text (IMP-1b)."""
TAKEN = (TEXT, *WORKBOOKS)
"""Kinds that an import reads."""
_EXPORT = mark("export the table from where it comes, as « CSV UTF-8 »")
_EVENTS = mark("as events an EventImport reads it; contacts are taken from CSV or TXT")
_PICTURE = Kind("image", mark("an image"), _EXPORT)

_IN_ZIP = (
    (b"xl/workbook.xml", EXCEL),
    (b"xl/workbook.bin", _EXCEL_BINARY),
    (b"opendocument.spreadsheet", CALC),
    (b"opendocument.text", _DOCUMENT),
    (b"word/document.xml", _DOCUMENT),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF-", Kind("pdf", mark("a PDF document"), _EXPORT)),
    (b"\x1f\x8b", Kind("gzip", mark("a gzip archive"), _ARCHIVE)),
    (b"BZh", Kind("bzip2", mark("a bzip2 archive"), _ARCHIVE)),
    (b"\xfd7zXZ\0", Kind("xz", mark("an xz archive"), _ARCHIVE)),
    (b"7z\xbc\xaf\x27\x1c", Kind("7z", mark("a 7-Zip archive"), _ARCHIVE)),
    (b"Rar!\x1a\x07", Kind("rar", mark("a RAR archive"), _ARCHIVE)),
    (b"\x28\xb5\x2f\xfd", Kind("zstd", mark("a Zstandard archive"), _ARCHIVE)),
    (b"\x89PNG\r\n\x1a\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF87a", _PICTURE),
    (b"GIF89a", _PICTURE),
    (b"II*\0", _PICTURE),
    (b"MM\0*", _PICTURE),
    (b"SQLite format 3\0", Kind("sqlite", mark("an SQLite database"), _EXPORT)),
    (
        b"PAR1",
        Kind("parquet", mark("a Parquet file"), _EVENTS),
    ),
    (b"\x7fELF", Kind("program", mark("a program"), _EXPORT)),
    (b"{\\rtf", _DOCUMENT),
)
_HTML = Kind(
    "html",
    mark("a web page (some exports that are called .xls are one)"),
    mark("open it and save the sheet as « CSV UTF-8 »; or export the table from where it comes, as « CSV UTF-8 »"),
)
_XML = Kind("xml", mark("an XML document"), _EXPORT)
JSON = Kind("json", mark("JSON"), mark("as events an EventImport reads it; contacts are taken from CSV or TXT"))
_VCARD = Kind("vcard", mark("address cards (vCard)"), _EXPORT)
_MARKUP = (
    (re.compile(rb"<!doctype\s+html|<html|<table|<head", re.IGNORECASE), _HTML),
    (re.compile(rb"<\?xml"), _XML),
    (re.compile(rb'\[?\s*\{\s*"(?:[^"\\\n]|\\.)*"\s*:'), JSON),
    (re.compile(rb"BEGIN:VCARD", re.IGNORECASE), _VCARD),
)


def kind_of(data: bytes) -> Kind:
    """Say what kind of file these bytes are; TEXT where nothing speaks against it."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(data)
    if data.startswith(_OLE):
        return LOCKED if "EncryptedPackage".encode("utf-16-le") in data else _OFFICE
    if data[8:12] == b"DUCK":
        return Kind("duckdb", mark("a DuckDB database"), _EXPORT)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _PICTURE
    for magic, kind in _MAGIC:
        # Some begin with letters that a header could have, too: bytes that no text has stand behind them.
        if data.startswith(magic) and (not magic.isalnum() or not _is_plain(data[:_HEAD])):
            return kind
    head = data[:_HEAD].removeprefix(codecs.BOM_UTF8).lstrip()
    return next((kind for pattern, kind in _MARKUP if pattern.match(head)), TEXT)


def _kind_of_zip(data: bytes) -> Kind:
    """By the names of its parts; of an archive that is not whole, by whatever stands in its bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.namelist()
            if "mimetype" in parts and archive.getinfo("mimetype").file_size < _LONGEST_MIME:
                parts.append(archive.read("mimetype").decode("ascii", "replace"))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        return next((kind for inside, kind in _IN_ZIP if inside in data), ZIP)
    names = "\n".join(parts).encode("utf-8", "replace")
    return next((kind for inside, kind in _IN_ZIP if inside in names), ZIP)


def _is_plain(head: bytes) -> bool:
    return not head.translate(None, bytes(range(0x20, 0x100)) + b"\t\n\r\f")
