"""The attributes of each document: names, types, choices, defaults, limits; once, for editors, `dg` and our own readers.

Belongs here: what may be written. Does not: what it becomes (`model`), what else it must fit (the readers of documents), nor
pydantic, which takes 0.15 s: its models are made in `pipelines.components`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Optional, get_args, get_origin, get_type_hints

from pipelines.declarations.model import (
    DEFAULT_TIMEOUT,
    Activity,
    ContactBase,
    EventImport,
    Export,
    ImportModel,
    Segment,
)
from pipelines.fields import Field, Format, UnknownValues

SEPARATORS = {";": ";", ",": ",", "\t": "\t", "\\t": "\t", "tab": "\t", "|": "|"}
MOST_MINUTES = 1440
MOST_CHANGE = 10
MOST_SECONDS = 3600


class Attribute:
    """One attribute as it is written. Without a type it has that of the declared object, and its default.

    `default`: `...` where it is required. `limits`: by pydantic's names. `of`: what a type such as `list` holds.
    """

    def __init__(
        self, description: str = "", type_: Any = None, default: Any = ..., *, of: Schema | None = None, **limits: Any
    ) -> None:
        self.description, self.type, self.default, self.of, self.limits = description, type_, default, of, limits

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it can be; none where it is something else."""
        kinds = (self.type, *get_args(self.type))
        return tuple(word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind))


@dataclass(frozen=True)
class Schema:
    """The attributes of one mapping, in the order in which they are listed, and what it is, for editors."""

    name: str
    description: str
    attributes: Mapping[str, Attribute]


def _schema(declared: type, description: str, **attributes: Attribute) -> Schema:
    """The schema of what becomes an object of the class `declared`."""
    types = get_type_hints(declared)
    for name, each in attributes.items():
        if each.type is None:
            default = getattr(declared, name, ...)
            attributes[name] = Attribute(each.description, types[name], default, **each.limits)
    return Schema(declared.__name__, description, attributes)


def _one_of(words: Iterable[str]) -> Any:
    return Literal[tuple(words)]  # pyright: ignore[reportInvalidTypeForm]


_Separator = _one_of(SEPARATORS) | None
_Constant = str | bool | float
_NAME = Attribute(pattern="^[a-z][a-z0-9_]{0,62}$")
_NOTIFY = Attribute("E-mail addresses told of refused files and of failures.", list[str] | None, None)

FIELD = _schema(
    Field,
    "One declared field (FLD-1 to FLD-4).",
    name=_NAME,
    label=Attribute("What people read and files are headed by; the name by default.", str | None, None),
    format=Attribute("", _one_of(format_.value for format_ in Format)),
    values=Attribute("Of a select: its values, in their order.", list[str] | None, None),
    unknown_values=Attribute(
        "Of a select: what an import does with a value that is not declared.", UnknownValues | None, None
    ),
)
ACTIVITY = _schema(
    Activity,
    "What makes a contact active (BHV-3).",
    window_days=Attribute("The degree counts the days with an activity among so many.", ge=1),
    active_within_days=Attribute("Active: something done within so many days.", ge=1),
)
CONTACT_BASE = _schema(
    ContactBase,
    "The attributes of a ContactBase.",
    key=Attribute("What makes a contact one and the same (IMP-6)."),
    locale=Attribute("The language of labels, dates and numbers."),
    phone_region=Attribute("The region of numbers without a country prefix.", pattern="^[A-Z]{2}$"),
    timezone=Attribute(),
    max_file_bytes=Attribute(ge=1),
    import_history=Attribute("How many imports are kept whole (IMP-12).", ge=1),
    soft_limit=Attribute("So many soft returns without a delivery between them make an address invalid (STA-6).", ge=1),
    activity=Attribute("", Optional, None, of=ACTIVITY),
    fields=Attribute("The fields beside those that every base has.", list, [], of=FIELD),
)
IMPORT_MODEL = _schema(
    ImportModel,
    "The attributes of an ImportModel (IMP-4).",
    name=_NAME,
    file=Attribute("A file name or a pattern, such as newsletter*.csv."),
    separator=Attribute("By default ; for CSV and a tab for TXT.", _Separator, None),
    action=Attribute(),
    mapping=Attribute("Header: field, or null to ignore the column.", dict[str, str | None] | None, None),
    constants=Attribute("Field: value for every contact.", dict[str, _Constant | list[_Constant]] | None, None),
    empty_cells=Attribute(),
    missing_columns=Attribute(),
    short_lines=Attribute(),
    stray_separators=Attribute(),
    on_error=Attribute(),
    max_rejected=Attribute("The share of rows beyond which a file is refused.", ge=0, le=1),
    may_resubscribe=Attribute(),
    source=Attribute("sftp://user@host/path/newsletter*.csv: files are fetched from there."),
    interval_minutes=Attribute("How often the source is looked at.", ge=1, le=MOST_MINUTES),
    notify=_NOTIFY,
)
EVENT_IMPORT = _schema(
    EventImport,
    "The attributes of an EventImport (BHV-1).",
    name=_NAME,
    file=Attribute("A file name or a pattern, such as events*.ndjson: CSV, NDJSON or Parquet."),
    channel=Attribute(),
    mapping=Attribute(
        "Column: event_id, operation, email, mobile, contact_id, type, occurred_at, link or detail; null to ignore it.",
        dict[str, str | None],
    ),
    types=Attribute("Their word: our type, or null to leave it out.", dict[str, str | None] | None, None),
    operation=Attribute("The operation of all events, where no column names it."),
    separator=Attribute("Of CSV files; ; by default.", _Separator, None),
    notify=_NOTIFY,
)
SEGMENT = _schema(
    Segment,
    "The attributes of a Segment (SEG-2).",
    name=Attribute("Any text; unique, whatever its case.", min_length=1, max_length=100),
    label=Attribute("What people read; the name by default.", str | None, None),
    match=Attribute("all (ET) or any (OU) of the criteria.", Literal["all", "any"], "all"),
    criteria=Attribute("", Sequence[Mapping[str, Any]], min_length=1),
    warn_change=Attribute(
        "Warn when a refresh moves the count by more than this share of it, such as 0.2.", gt=0, le=MOST_CHANGE
    ),
    timeout_seconds=Attribute(
        f"Stop judging it after so many seconds; {DEFAULT_TIMEOUT:g} by default.", gt=0, le=MOST_SECONDS
    ),
)
CONDITION = Schema(
    "Condition", "Criteria by themselves.", {name: SEGMENT.attributes[name] for name in ("match", "criteria")}
)
EXPORT = _schema(
    Export,
    "The attributes of an Export (EXP-1 to EXP-4, EXP-7).",
    name=_NAME,
    audience=Attribute(
        "A segment; {match, criteria}; {include: [segments], exclude: [segments]}; {search: a saved search's name}; "
        "{operation: its name, figure: clicked}.",
        str | dict[str, Any],
        "all_contacts",
    ),
    fields=Attribute("main, or names of fields in the file's order.", Literal["main"] | list[str], "main"),
    format=Attribute(),
    multi_select=Attribute(),
    excel=Attribute(),
    do_not_track=Attribute(),
    schedule=Attribute("A cron schedule in the base's time zone, such as 0 6 * * *."),
    deliver=Attribute(),
    notify=Attribute("", list[str] | None, None),
)
