"""The `.sql` files among the declarations → `Segment` (SEG-1).

Belongs here: files, names, labels, limits of time, the segments that they read. Does not: what a SELECT may do (`confining`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.declarations.model import DEFAULT_TIMEOUT, Group, Place, Segment, SegmentCriterion, SqlCriterion
from pipelines.declarations.names import Scope, judge_segment_name, name_of_file
from pipelines.declarations.problems import Problems
from pipelines.declarations.segment_document import judge_timeout
from pipelines.declarations.texts import read_utf8
from pipelines.language import say

if TYPE_CHECKING:
    from pipelines.raw_segments.confining import Confined
    from pipelines.raw_segments.verdicts import Verdicts

_OPENS = re.compile(r"\s*(--|/\*)")
_EDGES = re.compile(r"/\*|\*/")
_STARS = re.compile(r"^[ \t]*\*+(?=\s|$)|\*+\s*\Z", re.MULTILINE)
"""The stars that some begin each line of a long comment with, or end it."""
_LABEL = re.compile(r"label[ \t]*:[ \t]*(.*)", re.IGNORECASE)
_TIMEOUT = re.compile(r"timeout_seconds[ \t]*:[ \t]*(.*)", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"\d+(\.\d+)?")


def read_raw_segment(file: Path, scope: Scope, problems: Problems, judge: Callable[[], Verdicts]) -> Segment | None:
    """The segment that a file holds, named like the file; None where it has no usable name or text.

    `judge` gives who judges its SQL: only asked for where there is some.
    """
    start = Place(file, 1, 1)
    name = judge_segment_name(name_of_file(file), say("the segment's name (its file's)"), start, problems)
    text = read_utf8(file, problems)
    if name is None or text is None:
        return None
    if "\0" in text:
        problems.error(
            Place(file, text.count("\n", 0, text.index("\0")) + 1, 1), say("a NUL character stands here: remove it")
        )
        return None
    criterion = _criterion(name, _confined(text, start, problems, judge()), start, scope, problems)
    seconds = _timeout_of(text, start, problems)
    root = Group("all", (criterion,), start)
    return Segment(name, label_of(text) or name, root, timeout_seconds=seconds, place=start)


def _confined(text: str, start: Place, problems: Problems, verdicts: Verdicts) -> Confined | None:
    # DuckDB takes 0.1 s: only where there is SQL to judge.
    from pipelines.raw_segments.confining import NotConfinedError

    try:
        return verdicts.confine(text)
    except NotConfinedError as error:
        problems.error(Place(start.file, error.line, error.column), error.message, error.suggestion)
        return None


def _criterion(name: str, confined: Confined | None, start: Place, scope: Scope, problems: Problems) -> SqlCriterion:
    if confined is None:
        return SqlCriterion(name, "", place=start)
    read = (
        SegmentCriterion(scope.segment_in_sql(table.name), place=Place(start.file, table.line, table.column))
        for table in confined.tables
        if table.schema == "segments"
    )
    known = (found for found in read if scope.has_segment(found.segment, found.place or start, problems))
    return SqlCriterion(name, confined.sql, tuple(known), start)


def label_of(text: str) -> str:
    """The label that the comments before the SELECT give: the line `label: …`, or else the first line; empty without any."""
    lines = [line for line in _lines_before(text) if _TIMEOUT.fullmatch(line) is None]
    named = [found.group(1).strip() for line in lines if (found := _LABEL.fullmatch(line))]
    return next(filter(None, (*named, *lines)), "")


def _timeout_of(text: str, start: Place, problems: Problems) -> float:
    """The limit of time that the comments before the SELECT give, as `timeout_seconds: 5`; else the default."""
    written = next(
        (found.group(1).strip() for line in _lines_before(text) if (found := _TIMEOUT.fullmatch(line))), None
    )
    if written is None:
        return DEFAULT_TIMEOUT
    line = text.count("\n", 0, text.lower().find("timeout_seconds")) + 1
    place = Place(start.file, line, 1)
    if _PLAIN_NUMBER.fullmatch(written) is None:
        problems.error(place, say("timeout_seconds: {written!r} is no number of seconds, such as 5", written=written))
        return DEFAULT_TIMEOUT
    return judge_timeout(float(written), place, problems)


def _lines_before(text: str) -> list[str]:
    """The lines of the comments before the SELECT."""
    return [line.strip() for comment in _comments_before(text) for line in comment.splitlines()]


def _comments_before(text: str) -> Iterator[str]:
    """What stands in the comments before anything else, of either form."""
    at = 0
    while opened := _OPENS.match(text, at):
        if opened.group(1) == "--":
            at = text.find("\n", opened.end()) + 1 or len(text)
            yield text[opened.end() : at]
        else:
            at = _closed(text, opened.end())
            yield _STARS.sub("", text[opened.end() : at].removesuffix("*/"))


def _closed(text: str, begin: int) -> int:
    """Where a comment `/* … */` ends; DuckDB nests them."""
    depth = 1
    for edge in _EDGES.finditer(text, begin):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)
