"""What criteria mean, written from the spec in plain Python: the other side of the property tests."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pipelines.declarations.model import (
    BehaviourCriterion,
    ContactBase,
    Criterion,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    SegmentCriterion,
    SqlCriterion,
    WebCriterion,
)
from pipelines.fields import Field, Format

Contact = Mapping[str, object]


@dataclass(frozen=True)
class Event:
    """What happened to a contact, in an operation of that name."""

    contact_id: int
    type: str
    operation: str
    occurred_at: datetime
    link: str | None = None


@dataclass(frozen=True)
class World:
    """What a contact is judged in: the base, the current instant, other segments, who was in which import, what happened.

    `raw`: what the SQL of a raw segment says of a contact.
    """

    base: ContactBase
    now: datetime
    segments: Mapping[str, Group] = field(default_factory=dict)
    imports: Mapping[str, frozenset[int]] = field(default_factory=dict)
    last_imports: Mapping[str, frozenset[int]] = field(default_factory=dict)
    events: Sequence[Event] = ()
    raw: Mapping[str, Callable[[Contact, World], bool]] = field(default_factory=dict)

    def day(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.base.timezone)).date()


def holds(contact: Contact, criterion: Criterion, world: World) -> bool | None:
    """True, False, or None where that is not for anybody to know."""
    match criterion:
        case Group("all", criteria):
            return _all([holds(contact, inner, world) for inner in criteria])
        case Group("any", criteria):
            return _not(_all([_not(holds(contact, inner, world)) for inner in criteria]))
        case Group("not", criteria):
            return _not(_all([holds(contact, inner, world) for inner in criteria]))
        case SegmentCriterion(name, inside):
            held = holds(contact, world.segments[name], world)
            return held if inside else _not(held)
        case ImportCriterion(source, inside, last):
            known = world.last_imports if last else world.imports
            return (contact["contact_id"] in known.get(source, ())) is inside
        case SqlCriterion(segment):
            return world.raw[segment](contact, world)
        case OperationCriterion(operation, recipient):
            return any(_is_to(event, contact, operation) for event in world.events) is recipient
        case BehaviourCriterion() | WebCriterion():
            if contact["do_not_track"] is True:
                return None
            count = sum(_counts(event, contact, criterion, world) for event in world.events)
            return count < max(criterion.at_least, 1) if criterion.negate else count >= criterion.at_least
        case FieldCriterion():
            return _field_holds(contact, criterion, world)
    raise AssertionError(criterion)


def _all(verdicts: Sequence[bool | None]) -> bool | None:
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _not(verdict: bool | None) -> bool | None:
    return None if verdict is None else not verdict


RETURNED = (
    "soft rejected bad_alias bad_domain bad_syntax unknown_recipient temporary_error bad_number bad_format".split()
)
"""What makes a recipient a bounced one; an absence makes a recipient only."""


def _is_to(event: Event, contact: Contact, operation: str) -> bool:
    is_sending = event.type in ("sent", "delivered", "absent", *RETURNED)
    return event.contact_id == contact["contact_id"] and event.operation == operation and is_sending


def _counts(event: Event, contact: Contact, criterion: BehaviourCriterion | WebCriterion, world: World) -> bool:
    if event.contact_id != contact["contact_id"]:
        return False
    if criterion.within_days is not None and not _DAYS["in_last_days"](
        world.day(event.occurred_at), world.day(world.now), criterion.within_days
    ):
        return False
    if isinstance(criterion, WebCriterion):
        return event.type == "visited" and _is_page(event.link, criterion, world)
    if event.type not in (RETURNED if criterion.behaviour == "bounced" else [criterion.behaviour]):
        return False
    if criterion.links and event.link not in criterion.links:
        return False
    return criterion.operations is None or event.operation in criterion.operations


def _is_page(link: str | None, criterion: WebCriterion, world: World) -> bool:
    if criterion.url_op is None:
        return True
    compared = FieldCriterion("last_name", criterion.url_op, criterion.urls, criterion.exact)
    return _field_holds({"last_name": link}, compared, world)


def _field_holds(contact: Contact, criterion: FieldCriterion, world: World) -> bool:
    value = contact[criterion.field]
    if criterion.op in ("is_empty", "is_not_empty"):
        return (value is None) is (criterion.op == "is_empty")
    negative = criterion.op.startswith("not_") or criterion.op == "none_of"
    if value is None:
        if criterion.empty is not None:
            return criterion.empty == "include"
        return negative and world.base.field(criterion.field).format in (Format.TEXT, Format.NUMBER, Format.DATE)
    return _any_or_all(value, criterion, world) is not negative


def _any_or_all(value: object, criterion: FieldCriterion, world: World) -> bool:
    """What the criterion affirms, or what its negation denies."""
    kind = world.base.field(criterion.field)
    if criterion.op == "between":
        low, high = criterion.values
        return low <= _day_or_value(kind, value, world) <= high
    if criterion.op == "age_between":
        low, high = criterion.values
        return low <= _age(_day_or_value(kind, value, world), world.day(world.now)) <= high
    together = all if criterion.op == "all_of" else any
    return together(_one(kind, value, wanted, criterion, world) for wanted in criterion.values)


def _day_or_value(kind: Field, value: object, world: World) -> object:
    return world.day(value) if isinstance(value, datetime) and kind.instant else value


def _one(kind: Field, value: object, wanted: object, criterion: FieldCriterion, world: World) -> bool:
    if kind.format is Format.MULTI_SELECT:
        return wanted in value
    op = criterion.op.removeprefix("not_")
    if kind.format is Format.TEXT:
        prepared: Callable[[str], str] = _nfc if criterion.exact else fold
        return _TEXT[op](prepared(value), prepared(wanted))
    value = _day_or_value(kind, value, world)
    if op.startswith("in_current") or op.startswith("in_previous"):
        return _in_period(value, world.day(world.now), str(wanted), previous=op == "in_previous")
    if op in _DAYS:
        return _DAYS[op](value, world.day(world.now), int(wanted))
    return _ORDER[op](value, wanted)


_TEXT: dict[str, Callable[[str, str], bool]] = {
    "equals": str.__eq__,
    "in": str.__eq__,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": str.__contains__,
}
_ORDER: dict[str, Callable[[object, object], bool]] = {
    "equals": lambda value, wanted: value == wanted,
    "in": lambda value, wanted: value == wanted,
    "all_of": lambda value, wanted: value == wanted,
    "none_of": lambda value, wanted: value == wanted,
    "less_than": lambda value, wanted: value < wanted,
    "before": lambda value, wanted: value < wanted,
    "at_most": lambda value, wanted: value <= wanted,
    "greater_than": lambda value, wanted: value > wanted,
    "after": lambda value, wanted: value > wanted,
    "at_least": lambda value, wanted: value >= wanted,
}
_DAYS: dict[str, Callable[[date, date, int], bool]] = {
    "in_last_days": lambda day, today, n: day in [today - timedelta(days=k) for k in range(n)],
    "before_days_ago": lambda day, today, n: (today - day).days > n,
    "in_next_days": lambda day, today, n: day in [today + timedelta(days=k) for k in range(n)],
    "anniversary_in_days": lambda day, today, n: any(
        _is_anniversary(day, today + timedelta(days=k)) for k in range(n + 1)
    ),
}


def _is_anniversary(day: date, candidate: date) -> bool:
    if (day.month, day.day) == (2, 29) and not _has_leap_day(candidate.year):
        return (candidate.month, candidate.day) == (2, 28)
    return (candidate.month, candidate.day) == (day.month, day.day)


def _age(born: date, today: date) -> int:
    """Birthdays since the day of birth; before it, less than none."""
    if today < born:
        return -1
    late = (born.month, born.day) if (born.month, born.day) != (2, 29) or _has_leap_day(today.year) else (2, 28)
    return today.year - born.year - ((today.month, today.day) < late)


def _in_period(day: date, today: date, period: str, *, previous: bool) -> bool:
    """Whether both lie in one period, or the day in the one before today's: counted in periods since long ago."""
    count: Callable[[date], int] = {
        "day": date.toordinal,
        "week": lambda d: (d.toordinal() - 1) // 7,
        "month": lambda d: d.year * 12 + d.month,
        "quarter": lambda d: d.year * 4 + (d.month - 1) // 3,
        "year": lambda d: d.year,
    }[period]
    return count(today) - count(day) == int(previous)


def _has_leap_day(year: int) -> bool:
    return (date(year, 3, 1) - timedelta(days=1)).day == 29


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Text without marks, each letter then going the way of its capital; letters that grow (`ß` → `SS`) stay."""
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Mc", "Me"))
    return "".join(_single(str.lower, _single(str.upper, c)) for c in _nfc(bare))


def _single(change: Callable[[str], str], character: str) -> str:
    changed = change(character)
    return changed if len(changed) == 1 else character
