"""Workbooks written by hand, part by part, for tests: what a spreadsheet program writes, and what none would."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from xml.sax.saxutils import escape

Cell = str | int | float | bool | date | datetime | time | None | BaseException
_EPOCH = datetime(1899, 12, 30)
_STYLES = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="4">'
    '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="21"/></cellXfs></styleSheet>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def zipped(parts: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of those parts, the same bytes each time."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return written.getvalue()


def xlsx(**sheets: Sequence[Sequence[Cell]]) -> bytes:
    """An Excel workbook; an exception stands for an error, such as `ValueError("#N/A")`. No sheet given: one without cells."""
    named = sheets or {"Feuil1": []}
    numbers = range(1, len(named) + 1)
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, named, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    relations += f'<Relationship Id="rId0" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>' for n in numbers
    )
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
            f'ContentType="{kind}.sheet.main+xml"/>{types}</Types>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r" '
            f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
            "xl/styles.xml": _STYLES,
            **{
                f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{_rows(rows)}</sheetData></worksheet>'
                for n, rows in zip(numbers, named.values(), strict=True)
            },
        }
    )


def _rows(rows: Sequence[Sequence[Cell]]) -> str:
    return "".join(
        f'<row r="{line}">{"".join(_cell(f"{column_name(n)}{line}", cell) for n, cell in enumerate(row))}</row>'
        for line, row in enumerate(rows, 1)
    )


def column_name(position: int) -> str:
    """A for 0, AA for 26."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _cell(place: str, cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{cell!r}</v></c>'
        case datetime():
            return f'<c r="{place}" s="2"><v>{_serial(cell)!r}</v></c>'
        case date():
            return f'<c r="{place}" s="1"><v>{int(_serial(datetime.combine(cell, time())))}</v></c>'
        case time():
            return f'<c r="{place}" s="3"><v>{_serial(datetime.combine(_EPOCH, cell))!r}</v></c>'
        case str():
            return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
        case _:
            return f'<c r="{place}" t="e"><v>{cell}</v></c>'


def _serial(instant: datetime) -> float:
    passed = instant - _EPOCH
    return passed.days + passed.seconds / 86_400


def ods(rows: Sequence[Sequence[tuple[str, str, str]]], *, locked: bool = False) -> bytes:
    """An OpenDocument sheet « Feuille1 »; a cell is its type, its value, and its text as it is shown."""
    attribute = {"date": "date-value", "time": "time-value", "boolean": "boolean-value"}

    def cell(kind: str, value: str, shown: str) -> str:
        typed = "" if kind == "string" else f' office:{attribute.get(kind, "value")}="{value}"'
        return (
            f'<table:table-cell office:value-type="{kind}"{typed}><text:p>{escape(shown)}</text:p></table:table-cell>'
        )

    lines = "".join(f"<table:table-row>{''.join(cell(*each) for each in row)}</table:table-row>" for row in rows)
    spaces = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f"<office:document-content{spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="Feuille1">{lines}<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    mark = "<manifest:encryption-data/>" if locked else ""
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{space}"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{kind}"/><manifest:file-entry manifest:full-path="content.xml" '
        f'manifest:media-type="text/xml">{mark}</manifest:file-entry></manifest:manifest>'
    )
    return zipped({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})
