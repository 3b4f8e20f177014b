"""The attributes of each document: names, types, choices, defaults, limits; once, for editors, `dg` and our own readers.

Belongs here: what may be written. Does not: what it becomes (`model`), what else it must fit (the readers of documents), nor
pydantic, which takes 0.15 s: its models are made in `pipelines.components`, where descriptions are said too: they are templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Optional, get_args, get_origin, get_type_hints

from pipelines.declarations.events import Signature
from pipelines.declarations.model import (
    Activity,
    ContactBase,
    EventImport,
    Export,
    ImportModel,
    Lake,
    ListForm,
    Retention,
    Segment,
)
from pipelines.fields import API_NAMES, Field, Format, UnknownValues
from pipelines.language import mark

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
    """The attributes of one mapping, in the order in which they are listed, and what it is, for editors.

    `open`: others may stand beside them.
    """

    name: str
    description: str
    attributes: Mapping[str, Attribute]
    open: bool = False


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
_Ours = _Constant | None
_NAME = Attribute(pattern="^[a-z][a-z0-9_]{0,62}$")
_NOTIFY = Attribute(mark("E-mail addresses told of refused files and of failures."), list[str] | None, None)

FIELD = _schema(
    Field,
    mark("One declared field (FLD-1 to FLD-4)."),
    name=_NAME,
    label=Attribute(mark("What people read and files are headed by; the name by default."), str | None, None),
    format=Attribute("", _one_of(format_.value for format_ in Format)),
    values=Attribute(mark("Of a select: its values, in their order."), list[str] | None, None),
    unknown_values=Attribute(
        mark("Of a select: what an import does with a value that is not declared."), UnknownValues | None, None
    ),
    unique=Attribute(
        mark("Of a text or a number: no two contacts have the same, so that files can name contacts by it.")
    ),
    api=Attribute(mark("The name by which programs know it (docs/rest.md)."), _one_of(API_NAMES) | None, None),
    renamed=Attribute(
        mark(
            "Of a select: values that are called otherwise now, {{former: present}}; who has the former one gets the present one."
        ),
        dict[str, str] | None,
        None,
    ),
)
FIELD_CHANGE = Schema(
    "FieldChange",
    mark("What is otherwise now of a field that another document declares (FLD-5)."),
    {
        "name": _NAME,
        "label": Attribute(mark("What people read and files are headed by."), str | None, None),
        "renamed": FIELD.attributes["renamed"],
        "add": Attribute(mark("Of a select: values beside those that are declared."), list[str] | None, None),
        "order": Attribute(
            mark("Of a select: its values in their order; others follow these."), list[str] | None, None
        ),
    },
)
FIELDS = Schema(
    "Fields",
    mark("The attributes of a Fields document: fields beside those of the ContactBase."),
    {
        "fields": Attribute(
            mark("Fields, as the ContactBase has them; a select may have no values yet."), list, [], of=FIELD
        ),
        "changes": Attribute(
            mark("What is otherwise of fields that another document declares."), list, [], of=FIELD_CHANGE
        ),
    },
)
ACTIVITY = _schema(
    Activity,
    mark("What makes a contact active (BHV-3)."),
    window_days=Attribute(mark("The degree counts the days with an activity among so many."), ge=1),
    active_within_days=Attribute(mark("Active: something done within so many days."), ge=1),
)
RETENTION = _schema(
    Retention,
    mark("When contacts that nothing happened to go (EXP-13)."),
    inactive_years=Attribute(mark("Neither active nor touched for so many years."), ge=1),
    notice_days=Attribute(mark("So long after they were first found they may be purged."), ge=0),
    action=Attribute(mark("Tell of them only, or purge them after the notice.")),
)
LAKE = replace(
    _schema(
        Lake,
        mark("The base as Iceberg tables (LAK-1); other keys go to the catalogue as they are."),
        catalog=Attribute(mark("sqlite: a file in data/lake. Others need what `pyiceberg` needs for them.")),
        warehouse=Attribute(
            mark("A folder, within data/ where it is relative, or an address such as s3://bucket/folder.")
        ),
        engine=Attribute(mark("What answers: duckdb, from the published copy, or spark, from the lake.")),
        keep_days=Attribute(mark("How many days former publications can be read."), ge=1),
    ),
    open=True,
)
CONTACT_BASE = _schema(
    ContactBase,
    mark("The attributes of a ContactBase."),
    key=Attribute(mark("What makes a contact one and the same (IMP-6).")),
    locale=Attribute(mark("The language of labels, dates and numbers.")),
    phone_region=Attribute(mark("The region of numbers without a country prefix."), pattern="^[A-Z]{2}$"),
    timezone=Attribute(),
    max_file_bytes=Attribute(ge=1),
    import_history=Attribute(mark("How many imports are kept whole (IMP-12)."), ge=1),
    soft_limit=Attribute(
        mark("So many soft returns without a delivery between them make an address invalid (STA-6)."), ge=1
    ),
    activity=Attribute("", Optional, None, of=ACTIVITY),
    retention=Attribute("", Optional, None, of=RETENTION),
    lake=Attribute("", Optional, None, of=LAKE),
    fields=Attribute(mark("The fields beside those that every base has."), list, [], of=FIELD),
)
IMPORT_MODEL = _schema(
    ImportModel,
    mark("The attributes of an ImportModel (IMP-4)."),
    name=_NAME,
    file=Attribute(mark("A file name or a pattern, such as newsletter*.csv.")),
    separator=Attribute(mark("By default ; for CSV and a tab for TXT."), _Separator, None),
    action=Attribute(),
    mapping=Attribute(
        mark("Header: field, a list of those that it feeds, or null to ignore the column."),
        dict[str, str | list[str] | None] | None,
        None,
    ),
    values=Attribute(
        mark(
            "Header: what its cells mean, {{theirs: ours}}; null for no value, * for all others; for each field, where it feeds "
            "several."
        ),
        dict[str, dict[str, _Ours | dict[str, _Ours]]] | None,
        None,
    ),
    split=Attribute(
        mark("Header: what stands between the values of a multi-select in one cell, or json."),
        dict[str, _one_of(get_args(ListForm))] | None,
        None,
    ),
    dates=Attribute(
        mark("The order of day, month and year; by default the locale's. excel: a workbook's numbers of days too.")
    ),
    decimal=Attribute(mark("The sign before decimals; by default the locale's.")),
    constants=Attribute(mark("Field: value for every contact."), dict[str, _Constant | list[_Constant]] | None, None),
    match=Attribute(
        mark("The field that contacts are found by before the key: contact_id, or one that says unique: true.")
    ),
    empty_cells=Attribute(),
    known_cells=Attribute(mark("overwrite, or fill_empty: what a contact has stays, and gaps alone are filled.")),
    missing_columns=Attribute(),
    short_lines=Attribute(),
    stray_separators=Attribute(),
    unreadable=Attribute(
        mark("What becomes of a contact with a cell that cannot be read: skip imports it without the cell.")
    ),
    trailing_separators=Attribute(mark("cut: every line of these files, the header too, ends in a separator.")),
    sheet=Attribute(mark("The sheet of a workbook (.xlsx, .ods); the first by default."), min_length=1),
    on_error=Attribute(),
    max_rejected=Attribute(mark("The share of rows beyond which a file is refused."), ge=0, le=1),
    may_resubscribe=Attribute(),
    source=Attribute(mark("sftp://user@host/path/newsletter*.csv: files are fetched from there.")),
    interval_minutes=Attribute(mark("How often the source is looked at."), ge=1, le=MOST_MINUTES),
    notify=_NOTIFY,
)
EVENT_IMPORT = _schema(
    EventImport,
    mark("The attributes of an EventImport (BHV-1)."),
    name=_NAME,
    file=Attribute(mark("A file name or a pattern, such as events*.ndjson: CSV, JSON or Parquet.")),
    channel=Attribute(),
    mapping=Attribute(
        mark(
            "Column: event_id, operation, email, mobile, contact_id, type, occurred_at, link or detail; null to ignore it. "
            "A key of JSON may be a path: user.email, recipients[].email."
        ),
        dict[str, str | None],
    ),
    types=Attribute(
        mark('Their word, or a pattern such as "STOP*": our type, or null to leave it out.'),
        dict[str, str | None] | None,
        None,
    ),
    constants=Attribute(
        mark("type, occurred_at, link or detail of the events whose columns say none."), dict[str, str] | None, None
    ),
    operation=Attribute(mark("The operation of all events, where no column names it.")),
    separator=Attribute(mark("Of CSV files; ; by default."), _Separator, None),
    signature=Attribute(mark("How the sender signs what it posts to /api/v1/events/<name>."), Signature | None, None),
    into=Attribute(mark("lake: these events are too many for the base, and are held in its lake (LAK-3).")),
    source=Attribute(mark("A folder, or an address such as s3://bucket/events: new files of it go into the lake.")),
    notify=_NOTIFY,
)
SEGMENT = _schema(
    Segment,
    mark("The attributes of a Segment (SEG-2)."),
    name=Attribute(mark("Any text; unique, whatever its case."), min_length=1, max_length=100),
    label=Attribute(mark("What people read; the name by default."), str | None, None),
    match=Attribute(mark("all (ET) or any (OU) of the criteria."), Literal["all", "any"], "all"),
    criteria=Attribute("", Sequence[Mapping[str, Any]], min_length=1),
    warn_change=Attribute(
        mark("Warn when a refresh moves the count by more than this share of it, such as 0.2."), gt=0, le=MOST_CHANGE
    ),
    timeout_seconds=Attribute(mark("Stop judging it after so many seconds; 60 by default."), gt=0, le=MOST_SECONDS),
)
CONDITION = Schema(
    "Condition", mark("Criteria by themselves."), {name: SEGMENT.attributes[name] for name in ("match", "criteria")}
)
EXPORT = _schema(
    Export,
    mark("The attributes of an Export (EXP-1 to EXP-4, EXP-7)."),
    name=_NAME,
    audience=Attribute(
        mark(
            "A segment; {{match, criteria}}; {{include: [segments], exclude: [segments]}}; {{search: a saved search's name}}; "
            "{{operation: its name, figure: clicked}}."
        ),
        str | dict[str, Any],
        "all_contacts",
    ),
    fields=Attribute(mark("main, or names of fields in the file's order."), Literal["main"] | list[str], "main"),
    format=Attribute(),
    multi_select=Attribute(),
    excel=Attribute(),
    do_not_track=Attribute(),
    schedule=Attribute(mark("A cron schedule in the base's time zone, such as 0 6 * * *.")),
    deliver=Attribute(),
    notify=Attribute("", list[str] | None, None),
    share=Attribute(),
    delta=Attribute(),
)
