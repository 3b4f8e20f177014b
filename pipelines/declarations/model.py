"""What the operator declares, as frozen typed objects: the one form that components, CLI and tests share.

Belongs here: shapes and what can be said of one object by itself. Does not: reading YAML (`loading`), nor judging
names across documents (`checking`).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar, get_args

from pipelines.declarations.events import Channel, Signature
from pipelines.declarations.hashing import LATER
from pipelines.errors import UnknownNameError
from pipelines.fields import SYSTEM_FIELDS, DateOrder, DecimalSign, Field, Locale
from pipelines.language import mark

Key = Literal["email", "mobile"]
Scalar = str | float | date | bool
PERIODS = ("day", "week", "month", "quarter", "year")
"""What `in_current` and `in_previous` take (SEG-2b)."""


@dataclass(frozen=True)
class Place:
    """Where something stands in a file of declarations; `line` and `column` count from 1."""

    file: Path
    line: int
    column: int


@dataclass(frozen=True)
class Activity:
    """What makes a contact active (BHV-3): a degree over `window_days`, and something done within `active_within_days`."""

    window_days: int = 365
    active_within_days: int = 180


@dataclass(frozen=True)
class Retention:
    """Contacts that were neither active nor touched for `inactive_years` are noticed, and after the notice purged (EXP-13)."""

    inactive_years: int = 3
    notice_days: int = 30
    action: Literal["report", "purge"] = "report"


@dataclass(frozen=True)
class Lake:
    """Where the base is published as Iceberg tables, and what answers from them (LAK-1, LAK-2).

    `warehouse`: a folder, within `data/` where it is relative, or an address such as s3://bucket/folder. `keep_days`: how long
    former publications can be read. `options`: what else is written there, for the catalogue as it is; never a secret.
    """

    catalog: Literal["sqlite", "rest", "hive", "glue"] = "sqlite"
    warehouse: str = "lake"
    engine: Literal["duckdb", "spark"] = "duckdb"
    keep_days: int = 30
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ContactBase:
    """The base: its key, its language, its fields in column order."""

    key: Key = "email"
    locale: Locale = "fr"
    phone_region: str = "FR"
    timezone: str = "Europe/Paris"
    max_file_bytes: int = 16_777_216
    import_history: int = 100
    soft_limit: int | None = None
    activity: Activity = Activity()
    retention: Retention | None = field(default=None, metadata=LATER)
    lake: Lake | None = field(default=None, metadata=LATER)
    declared_fields: tuple[Field, ...] = ()
    place: Place | None = field(default=None, compare=False)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """System fields, then declared ones: the columns of `contacts`, in order."""
        return (*SYSTEM_FIELDS, *self.declared_fields)

    def field(self, name: str) -> Field:
        """The field of that name; UnknownNameError names the nearest one."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise UnknownNameError(mark("field"), name, (f.name for f in self.fields))


ListForm = Literal[",", ";", "|", "json"]
"""How a cell holds several values: with a separator between them, or as a JSON list."""
Action = Literal["upsert", "insert", "update", "unsubscribe", "suppress", "delete"]
Fed = str | tuple[str, ...] | None
"""The field that a column of a file feeds, or those where there are several; None where it is ignored (IMP-5)."""
Translation = dict[str, str | None]
"""Their word → ours (the text of a cell), or None for no value; `ANY_OTHER`: whatever else is not empty (IMP-5)."""
ANY_OTHER = "*"


def fields_fed(fed: Fed) -> tuple[str, ...]:
    """The names of the fields that a mapped column feeds; none where it is ignored."""
    return fed if isinstance(fed, tuple) else () if fed is None else (fed,)


KEY_ONLY: tuple[Action, ...] = ("unsubscribe", "suppress", "delete")
"""Actions that ask a file for keys alone: nothing else in it is read (IMP-10)."""


@dataclass(frozen=True)
class ImportModel:
    """How files of one kind are imported (IMP-4). `separator` None: `;` for .csv, tab for .txt (IMP-1).

    `mapping`: file header → the name of the field that it feeds (or those, where it feeds several), None for a column to ignore.
    `values`: mapped header → field → what its cells mean for it. `split`: headers of columns that hold several values of a
    multi-select in a cell. `dates`, `decimal`: how the file writes them, None where the base's locale says it. `constants`: field
    name → cell text, read like a cell. `match`: the field that contacts are found by before the key (IMP-6c). `max_rejected`: share
    of the rows, 0 to 1. `sheet`: of a workbook, None for the first.
    """

    name: str
    file: str
    separator: str | None = None
    action: Action = "upsert"
    mapping: dict[str, Fed] = field(default_factory=dict)
    split: dict[str, ListForm] = field(default_factory=dict, metadata=LATER)
    dates: DateOrder | None = field(default=None, metadata=LATER)
    decimal: DecimalSign | None = field(default=None, metadata=LATER)
    constants: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    values: dict[str, dict[str, Translation]] = field(default_factory=dict, metadata=LATER)
    match: str | None = field(default=None, metadata=LATER)
    known_cells: Literal["overwrite", "fill_empty"] = field(default="overwrite", metadata=LATER)
    empty_cells: Literal["keep", "clear"] = "keep"
    missing_columns: Literal["refuse", "warn"] = "refuse"
    short_lines: Literal["pad", "reject_row"] = "pad"
    stray_separators: Literal["warn", "clean", "reject_row"] = "warn"
    unreadable: Literal["reject_row", "skip"] = field(default="reject_row", metadata=LATER)
    on_error: Literal["reject_rows", "refuse_file"] = "reject_rows"
    max_rejected: float | None = None
    may_resubscribe: bool = False
    source: str | None = None
    interval_minutes: int = 15
    notify: tuple[str, ...] = ()
    trailing_separators: Literal["refuse", "cut"] = field(default="refuse", metadata=LATER)
    sheet: str | None = field(default=None, metadata=LATER)
    place: Place | None = field(default=None, compare=False)

    def fed_by(self, header: str) -> tuple[str, ...]:
        """The names of the fields that the column of that mapped header feeds; none where it is ignored."""
        return fields_fed(self.mapping[header])


@dataclass(frozen=True)
class EventImport:
    """How files of events are read (BHV-1): CSV, JSON or Parquet, told by their suffix.

    `mapping`: column of the file → one of `events.EVENT_FIELDS`, or None for a column to ignore; of several for one of ours, the
    first that has a value counts, but for `type`: there all that have one, joined. `types`: their word for a type, or a pattern
    with `*` → ours, or None for events to leave out. `operation` and `constants` (ours → text): what holds where no column says it.
    `into`: where the events are held, in the base by default; `source`: a folder, here or in an object store, whose files go there.
    """

    name: str
    file: str
    channel: Channel
    mapping: dict[str, str | None] = field(default_factory=dict)
    types: dict[str, str | None] = field(default_factory=dict)
    operation: str | None = None
    separator: str | None = None
    notify: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)
    constants: dict[str, str] = field(default_factory=dict[str, str], metadata=LATER)
    signature: Signature | None = field(default=None, metadata=LATER)
    into: Literal["lake"] | None = field(default=None, metadata=LATER)
    source: str | None = field(default=None, metadata=LATER)

    @cached_property
    def theirs(self) -> dict[str, tuple[str, ...]]:
        """One of ours → the columns that are mapped to it, in the order of the mapping."""
        meanings = dict.fromkeys(meaning for meaning in self.mapping.values() if meaning)
        return {ours: tuple(name for name, meaning in self.mapping.items() if meaning == ours) for ours in meanings}

    def named(self, *meanings: str) -> str | None:
        """The columns that are mapped to these, as a problem names them; None where there are none."""
        return " / ".join(name for ours in meanings for name in self.theirs.get(ours, ())) or None


@dataclass(frozen=True)
class FieldCriterion:
    """A comparison of one field (SEG-2 to SEG-4b). `values` hold what `value:` gave: none, one or several.

    Values are typed for the field's format already: str (text, select codes, PERIODS), float, date, bool; counts of days and years
    are floats.
    """

    field: str
    op: str
    values: tuple[Scalar, ...] = ()
    exact: bool = False
    empty: Literal["include", "exclude"] | None = None
    place: Place | None = dataclasses.field(default=None, compare=False)


@dataclass(frozen=True)
class SegmentCriterion:
    """In (or out of) another segment."""

    segment: str
    inside: bool = True
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ImportCriterion:
    """In (or out of) an import, named by its name, its id, or a model's name (SEG-12); `last`: the last of several (SEG-2b)."""

    source: str
    inside: bool = True
    last: bool = False
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class OperationCriterion:
    """Recipient (or not) of an operation, of whatever channel (SEG-12)."""

    operation: str
    recipient: bool = True
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class BehaviourCriterion:
    """Something done at least `at_least` times (SEG-2); `negate`: not so. NULL for who is not to be tracked (SEG-9).

    `operations` None: in any; `links` empty: any or none; `within_days`: today and the days before it (SEG-4b).
    """

    behaviour: str
    operations: tuple[str, ...] | None = None
    links: tuple[str, ...] = ()
    within_days: int | None = None
    at_least: int = 1
    negate: bool = False
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class WebCriterion:
    """Pages seen (SEG-2), compared like a text field: `url_op` with any of `urls`; None for any page."""

    url_op: str | None = None
    urls: tuple[str, ...] = ()
    exact: bool = False
    within_days: int | None = None
    at_least: int = 1
    negate: bool = False
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class SqlCriterion:
    """What the raw segment `segment` selects (SEG-1): one SELECT that yields contact_id, confined to the base.

    `sql` names its tables in full and ends without a semicolon; `reads` are the segments that it names, where it names them.
    """

    segment: str
    sql: str
    reads: tuple[SegmentCriterion, ...] = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Group:
    """Criteria combined: `all` (ET), `any` (OU), or `not` (of one or more, which are ANDed first)."""

    match: Literal["all", "any", "not"]
    criteria: tuple[Criterion, ...]
    place: Place | None = field(default=None, compare=False)


Criterion = (
    FieldCriterion
    | SegmentCriterion
    | ImportCriterion
    | OperationCriterion
    | BehaviourCriterion
    | WebCriterion
    | SqlCriterion
    | Group
)


DEFAULT_TIMEOUT = 60.0
"""Seconds that a segment may take."""


@dataclass(frozen=True)
class Segment:
    """A dynamic segment. `default` marks those of SEG-5, which every base has. An empty `all` holds for everybody.

    `warn_change`: a refresh that moves its count by more than this share of it is shown as a warning.
    `timeout_seconds`: judging it is stopped after so long, and it counts as failed.
    """

    name: str
    label: str
    root: Group
    default: bool = False
    warn_change: float | None = None
    timeout_seconds: float = DEFAULT_TIMEOUT
    place: Place | None = field(default=None, compare=False)

    @property
    def sql(self) -> str | None:
        """The SELECT of a raw segment (SEG-1); None for one of criteria."""
        return next((held.sql for held in self.root.criteria if isinstance(held, SqlCriterion)), None)


@dataclass(frozen=True)
class Figure:
    """A figure of an operation's report (BHV-4), by one of the names in `events.FIGURES`: the contacts that it counts."""

    operation: str
    name: str


@dataclass(frozen=True)
class Audience:
    """Who an export is about: in any of `include`, in none of `exclude` (SEG-7), and holding `condition` (SEG-8).

    `search`: a search saved in the base, looked up when the export runs; `figure`: the contacts that an operation's figure counts.
    """

    include: tuple[str, ...] = ("all_contacts",)
    exclude: tuple[str, ...] = ()
    condition: Group | None = None
    search: str | None = None
    figure: Figure | None = None


FileFormat: TypeAlias = Literal["csv", "txt", "parquet", "xlsx"]
"""What an export can be written as (EXP-3)."""
FILE_FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)


@dataclass(frozen=True)
class Export:
    """A snapshot file (EXP-1 to EXP-3). `fields`: "main" or names of fields."""

    name: str
    audience: Audience = Audience()
    fields: Literal["main"] | tuple[str, ...] = "main"
    format: FileFormat = "csv"
    multi_select: Literal["columns", "joined"] = "columns"
    excel: bool = False
    do_not_track: Literal["keep", "omit"] = "keep"
    schedule: str | None = None
    deliver: str | None = None
    notify: tuple[str, ...] = ()
    share: Literal["owner", "group"] = "owner"
    delta: bool = False
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Declarations:
    """Everything one folder of YAML declares, judged: names resolve, operators fit, nothing is circular."""

    folder: Path
    base: ContactBase
    models: tuple[ImportModel, ...] = ()
    event_imports: tuple[EventImport, ...] = ()
    segments: tuple[Segment, ...] = ()
    """Default segments first, then declared ones, each after those it depends on."""
    exports: tuple[Export, ...] = ()

    @property
    def importers(self) -> tuple[ImportModel | EventImport, ...]:
        """Whatever takes files: each has a folder of its own in the inbox, and a name of its own."""
        return (*self.models, *self.event_imports)

    def model(self, name: str) -> ImportModel:
        """The import model of that name; UnknownNameError names the nearest one."""
        return _named(mark("import model"), name, self.models)

    def importer(self, name: str) -> ImportModel | EventImport:
        """The import model or event import of that name; UnknownNameError names the nearest one."""
        return _named(mark("import model"), name, self.importers)

    def event_import(self, name: str) -> EventImport:
        """The event import of that name; UnknownNameError names the nearest one."""
        return _named(mark("event import"), name, self.event_imports)

    def segment(self, name: str) -> Segment:
        """The segment of that name; UnknownNameError names the nearest one."""
        return _named(mark("segment"), name, self.segments)

    def export(self, name: str) -> Export:
        """The export of that name; UnknownNameError names the nearest one."""
        return _named(mark("export"), name, self.exports)


T = TypeVar("T", bound=ImportModel | EventImport | Segment | Export)


def _named(kind: str, name: str, among: tuple[T, ...]) -> T:
    for candidate in among:
        if candidate.name == name:
            return candidate
    raise UnknownNameError(kind, name, (c.name for c in among))
