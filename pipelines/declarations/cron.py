"""Cron schedules: whether one is written rightly. Dagster runs them; this room may not import Dagster."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.language import mark, say


@dataclass(frozen=True)
class _Part:
    """One of the five parts of a schedule: its numbers, and the names that stand for them."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def fault(self, template: str, piece: str) -> _CronFaultError:
        """The error of what is written for the part; `template` is marked."""
        return _CronFaultError(say(template, part=say(self.name), piece=piece, low=self.low, high=self.high))


_PARTS = (
    _Part(mark("minute"), 0, 59),
    _Part(mark("hour"), 0, 23),
    _Part(mark("day of the month"), 1, 31),
    _Part(mark("month"), 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    _Part(mark("day of the week"), 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_LONGEST_MONTH = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_MACROS = frozenset(["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"])
_PIECE = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]+))?", re.ASCII)


class _CronFaultError(ValueError):
    """What is wrong with a part."""


def cron_fault(schedule: str) -> str | None:
    """What is wrong with a five-part cron schedule, or None.

    >>> cron_fault("0 6 * * *") is None
    True
    >>> cron_fault("0 25 * * *")
    "hour '25' is not between 0 and 23"
    """
    if schedule in _MACROS:
        return None
    parts = schedule.split()
    if len(parts) != len(_PARTS):
        return say("a schedule has five parts (minute hour day month weekday), not {count}", count=len(parts))
    try:
        _, _, days, months, _ = (_numbers(text, part) for text, part in zip(parts, _PARTS, strict=True))
    except _CronFaultError as fault:
        return str(fault)
    if min(days) > max(_LONGEST_MONTH.get(month, 31) for month in months):
        return say("day {day} never comes in month {month}", day=parts[2], month=parts[3])
    return None


def _numbers(text: str, part: _Part) -> set[int]:
    """Every number that a part such as `1-5,*/10` stands for."""
    return {number for piece in text.split(",") for number in _piece(piece, part)}


def _piece(piece: str, part: _Part) -> range:
    matched = _PIECE.fullmatch(piece)
    if matched is None:
        raise part.fault(mark("{part} {piece!r} is not a number, a range (1-5), a step (*/15) or *"), piece)
    first = part.low if matched["all"] else _number(matched["first"], piece, part)
    last = part.high if matched["all"] else _number(matched["last"] or matched["first"], piece, part)
    if first > last:
        raise part.fault(mark("{part} {piece!r}: the range ends before it begins"), piece)
    if matched["step"] is None:
        return range(first, last + 1)
    step = int(matched["step"])
    if not 1 <= step <= part.high:
        raise part.fault(mark("{part} {piece!r}: the step is not between 1 and {high}"), piece)
    if not matched["all"] and matched["last"] is None:
        raise part.fault(mark("{part} {piece!r}: a step follows * or a range"), piece)
    return range(first, last + 1, step)


def _number(text: str, piece: str, part: _Part) -> int:
    if text.lower() in part.names:
        return part.names.index(text.lower()) + part.low
    if not text.isdigit() or not part.low <= int(text) <= part.high:
        raise part.fault(mark("{part} {piece!r} is not between {low} and {high}"), piece)
    return int(text)
