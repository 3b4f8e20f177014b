"""Rows of a person in a workbook (XLSX, ODS): its XML without them; the other parts as they were, the other rows where they stand.

Belongs here: rows, and the shared texts of those that go. Does not: formats, formulas, what a sheet means.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from pipelines.traces.person import Traces

_ROW = re.compile(r"<row\b[^>]*?(?:/>|>.*?</row>)", re.DOTALL)
_CALC_ROW = re.compile(r"<table:table-row\b[^>]*?(?:/>|>.*?</table:table-row>)", re.DOTALL)
_SHARED = re.compile(r"<si\b[^>]*?(?:/>|>.*?</si>)", re.DOTALL)
_REFERENCE = re.compile(r'<c\b[^>]*\bt="s"[^>]*>\s*<v>(\d+)</v>', re.DOTALL)
_CELL = re.compile(r"<c\b[^>]*?(?:/>|>.*?</c>)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_SHEET = re.compile(r"^xl/worksheets/[^/]+\.xml$")
Parts = dict[str, bytes]


def without_rows_of_workbook(parts: Parts, traces: Traces) -> tuple[Parts, int]:
    """The parts of a workbook without the rows that name the person, and how many there were."""
    if "content.xml" in parts:
        content, count = _without(_CALC_ROW, parts["content.xml"].decode(), lambda row: traces.names(_text(row)))
        return {**parts, "content.xml": content.encode()}, count
    return _without_rows_of_excel(parts, traces)


def _without_rows_of_excel(parts: Parts, traces: Traces) -> tuple[Parts, int]:
    shared = _SHARED.findall(parts.get("xl/sharedStrings.xml", b"").decode())
    named = {n for n, each in enumerate(shared) if traces.names(_text(each))}
    found, count, used, going = dict(parts), 0, set[int](), set[int]()
    for name in filter(_SHEET.match, parts):
        sheet = parts[name].decode()
        gone = [row for row in _ROW.findall(sheet) if _row_names(row, named, traces)]
        kept, removed = _without(_ROW, sheet, set(gone).__contains__)
        count += removed
        going |= {int(n) for row in gone for n in _REFERENCE.findall(row)}
        used |= {int(n) for n in _REFERENCE.findall(kept)}
        found[name] = kept.encode()
    if count and shared:
        found["xl/sharedStrings.xml"] = _emptied(
            parts["xl/sharedStrings.xml"].decode(), (going | named) - used
        ).encode()
    return found, count


def _row_names(row: str, named: set[int], traces: Traces) -> bool:
    if named & {int(n) for n in _REFERENCE.findall(row)}:
        return True
    return any(traces.names(_text(cell)) for cell in _CELL.findall(row))


def _without(pattern: re.Pattern[str], text: str, goes: Callable[[str], bool]) -> tuple[str, int]:
    count = 0

    def keep(found: re.Match[str]) -> str:
        nonlocal count
        if goes(found[0]):
            count += 1
            return ""
        return found[0]

    return pattern.sub(keep, text), count


def _emptied(text: str, gone: set[int]) -> str:
    number = -1

    def empty(found: re.Match[str]) -> str:
        nonlocal number
        number += 1
        return "<si><t></t></si>" if number in gone else found[0]

    return _SHARED.sub(empty, text)


def _text(xml: str) -> str:
    """What a reader sees of a piece of XML, cell by cell."""
    return unescape(_TAG.sub("\n", xml))
