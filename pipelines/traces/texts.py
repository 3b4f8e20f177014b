"""Rows of a person in texts: CSV, TXT, one JSON object a line, logs; every other byte stays as it is.

Belongs here: where a row begins and ends, and which ones go. Does not: JSON that spans lines, packed files.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipelines.fields import fold
from pipelines.traces.person import Traces

_SEPARATORS = (";", "\t", ",", "|")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_ENDS = re.compile(r"\r\n|\n|\r")
_EXAMPLE = re.compile(r"^  line \d+: .* → .*\n?", re.MULTILINE)


def decoded(data: bytes) -> tuple[str, str]:
    """The text and the encoding that gives the same bytes back, whatever they are."""
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark) and len(data) % 2 == 0:
            return data.decode(name, "surrogatepass"), name
    return data.decode("utf-8", "surrogateescape"), "utf-8"


def encoded(text: str, encoding: str) -> bytes:
    """The bytes that `decoded` had."""
    return text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "surrogatepass")


def without_rows(data: bytes, traces: Traces, *, objects: bool = False) -> tuple[bytes, int]:
    """The bytes without the rows that name the person, and how many there were. `objects`: each line is one of JSON."""
    if not _worth_reading(data, traces, objects=objects):
        return data, 0
    text, encoding = decoded(data)
    rows = _rows(text, objects=objects)
    gone = _named(rows, traces, objects=objects)
    if not gone:
        return data, 0
    kept = (rows[n] for n in range(len(rows)) if n not in gone)
    return encoded("".join(kept), encoding), len(gone)


def lines_naming(data: bytes, traces: Traces, *, objects: bool = False) -> tuple[int, ...]:
    """The lines, from 1 on, on which rows begin that name the person."""
    if not _worth_reading(data, traces, objects=objects):
        return ()
    rows = _rows(decoded(data)[0], objects=objects)
    starts = (rows.start(n) for n in sorted(_named(rows, traces, objects=objects)))
    return tuple(len(_ENDS.findall(rows.text, 0, start)) + 1 for start in starts)


def _worth_reading(data: bytes, traces: Traces, *, objects: bool) -> bool:
    """A hundredth of the time of reading: most files name somebody else. What JSON escapes is read."""
    return traces.may_be_in(data) or (objects and b"\\u00" in data)


def _rows(text: str, *, objects: bool) -> _Rows:
    return _Rows(text, _line_starts(text) if objects else _row_starts(text))


def _named(rows: _Rows, traces: Traces, *, objects: bool) -> set[int]:
    named = {rows.at(_inner(rows.text, start, end)) for start, end in traces.found_in(rows.text)}
    return named | set(_objects_named(rows, traces, named) if objects else _columns_named(rows, traces))


def masked(data: bytes, traces: Traces) -> tuple[bytes, int]:
    """The bytes of a text that has no rows, with what names the person replaced; in how many places."""
    text, encoding = decoded(data)
    count = len(traces.found_in(text))
    return (encoded(traces.masked(text), encoding), count) if count else (data, 0)


def without_examples(data: bytes) -> tuple[bytes, int]:
    """A report without the cells that it shows of a mended file."""
    text, encoding = decoded(data)
    bare, count = _EXAMPLE.subn("", text)
    return (encoded(bare, encoding), count) if count else (data, 0)


class _Rows(Sequence[str]):
    """The rows of a text, by where each begins."""

    def __init__(self, text: str, starts: Sequence[int]) -> None:
        self.text, self._starts = text, starts

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, number: Any) -> Any:
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)
        return self.text[self._starts[number] : end]

    def start(self, number: int) -> int:
        """The place at which a row begins."""
        return self._starts[number]

    def at(self, place: int) -> int:
        """The row in which that place lies."""
        return bisect_right(self._starts, place) - 1


def _inner(text: str, start: int, end: int) -> int:
    """A place within what was found: the sign before it may be the end of the row before."""
    while start < end and not text[start].isalnum():
        start += 1
    return start


def _line_starts(text: str) -> list[int]:
    ends = [found.end() for found in _ENDS.finditer(text)]
    return [0, *(end for end in ends if end < len(text))]


def _row_starts(text: str) -> list[int]:
    """Where rows begin: a line end between quotes ends none. Where quotes do not pair, every line is a row."""
    if '"' not in text or text.count('"') % 2:
        return _line_starts(text)
    starts, inside = [0], False
    for found in re.finditer(r'"|\r\n|\n|\r', text):
        if found[0] == '"':
            inside = not inside
        elif not inside and found.end() < len(text):
            starts.append(found.end())
    return starts


def _columns_named(rows: _Rows, traces: Traces) -> Iterator[int]:
    """Rows whose cell, in a column that names contacts, is the person's."""
    if not traces.named or not len(rows):
        return
    head = 1 if rows[0].lower().startswith(("sep=", "\ufeffsep=")) and len(rows) > 1 else 0
    separator = max(_SEPARATORS, key=rows[head].count)
    header = _cells(rows[head], separator)
    wanted = {n: traces.named[fold(name)] for n, name in enumerate(header) if fold(name) in traces.named}
    if not wanted:
        return
    likely = re.compile("|".join(re.escape(value) for values in wanted.values() for value in sorted(values)))
    for number in _likely(rows, likely, head):
        cells = _cells(rows[number], separator)
        if any(n < len(cells) and _plain(cells[n]) in values for n, values in wanted.items()):
            yield number


def _likely(rows: _Rows, likely: re.Pattern[str], head: int) -> Iterable[int]:
    text = rows.text
    return sorted({rows.at(found.start()) for found in likely.finditer(text)} - set(range(head + 1)))


def _cells(row: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([row.strip("\r\n\ufeff")], delimiter=separator), [])
    except csv.Error:
        return row.strip("\r\n\ufeff").split(separator)


def _plain(cell: str) -> str:
    bare = cell.strip().strip('"').removeprefix("'")
    return bare.removesuffix(".0") if bare.removesuffix(".0").isdigit() else bare


def _objects_named(rows: _Rows, traces: Traces, gone: set[int]) -> Iterator[int]:
    """Lines of JSON whose escaped text, or whose key, names the person."""
    values = sorted({value for values in traces.named.values() for value in values})
    likely = re.compile("|".join([r"\\u00", *map(re.escape, values)]))
    for number in sorted({rows.at(found.start()) for found in likely.finditer(rows.text)} - gone):
        if object_names(rows[number], traces):
            yield number


def object_names(text: str, traces: Traces) -> bool:
    """Whether a text of JSON names the person, escaped or by the value of a key."""
    if traces.names(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)):
        return True
    try:
        return keyed(json.loads(text), traces)
    except (ValueError, RecursionError):
        return False


def keyed(document: Any, traces: Traces) -> bool:
    """Whether a key of the document that names contacts has a value of the person's."""
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            for name, value in node.items():
                if not isinstance(value, dict | list) and _plain(str(value)) in traces.named.get(
                    fold(str(name)), frozenset()
                ):
                    return True
                waiting.append(value)
        elif isinstance(node, list):
            waiting += node
    return False
