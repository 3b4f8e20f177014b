"""A small base for the tests of segments: a field of every format, random contacts, random criteria."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
from hypothesis import strategies as st
from sqlglot import exp

from pipelines.declarations.events import BEHAVIOURS, EVENT_TYPES
from pipelines.declarations.model import (
    PERIODS,
    BehaviourCriterion,
    ContactBase,
    Declarations,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    Segment,
    SegmentCriterion,
    WebCriterion,
)
from pipelines.fields import OPERATORS, Field, Format, Labels, declared_value
from pipelines.layout import SQL
from tests.segments.reference import Contact, Event

PARIS, INTERESTS = ("Paris", "Lyon", "L'Isle"), ("Perle", "Diamant", "A;gathe", 'O"r')


def declared(name: str, kind: Format, values: Iterable[str] = ()) -> Field:
    return Field(name, Labels(name, name), kind, tuple(declared_value(value) for value in values))


BASE = ContactBase(
    declared_fields=(
        declared("postcode", Format.TEXT),
        declared("basket", Format.NUMBER),
        declared("birth_date", Format.DATE),
        declared("member", Format.BOOLEAN),
        declared("city", Format.SINGLE_SELECT, PARIS),
        declared("interests", Format.MULTI_SELECT, INTERESTS),
    )
)
JUDGED = (
    "contact_id",
    "last_name",
    "basket",
    "birth_date",
    "member",
    "city",
    "interests",
    "created_at",
    "opt_in_email",
    "do_not_track",
)
"""A field of every format, an instant, a state, and what makes behaviours undecided."""

NOW = datetime(2027, 2, 27, 23, 30, tzinfo=UTC)
"""Already the 28th in Paris, in a year without a 29 February."""


def open_base(path: Path | str = ":memory:") -> duckdb.DuckDBPyConnection:
    """A base with the schema of `sql/schema` and the columns of BASE, and no contact."""
    connection = duckdb.connect(str(path))
    connection.execute("SET TimeZone = 'UTC'")
    for script in sorted((SQL / "schema").glob("[0-9]*.sql")):
        connection.execute(script.read_text(encoding="utf-8"))
    for field in BASE.fields[1:]:
        connection.execute(f"ALTER TABLE contacts ADD COLUMN {field.name} {field.sql_type}")
    return connection


def fill(connection: duckdb.DuckDBPyConnection, contacts: Sequence[Contact]) -> None:
    """Make `contacts` the contacts of the base; fields that they lack are empty."""
    types = {field.name: POLARS_TYPES[field.format] for field in BASE.fields}
    types |= {field.name: pl.Datetime("us", "UTC") for field in BASE.fields if field.instant}
    frame = pl.DataFrame([{name: c.get(name) for name in types} for c in contacts], schema=types, strict=False)
    connection.execute("DELETE FROM contacts")
    connection.register("filling", frame)
    connection.execute("INSERT INTO contacts SELECT * FROM filling")
    connection.unregister("filling")


POLARS_TYPES = {
    Format.TEXT: pl.String,
    Format.NUMBER: pl.Float64,
    Format.DATE: pl.Date,
    Format.SINGLE_SELECT: pl.String,
    Format.MULTI_SELECT: pl.List(pl.String),
    Format.BOOLEAN: pl.Boolean,
}


def add_import(
    connection: duckdb.DuckDBPyConnection, import_id: int, name: str, model: str, outcomes: dict[int, str]
) -> None:
    """An import of the history, with what it did to contacts; its other columns hold nothing of interest."""
    values = {"import_id": import_id, "name": name, "model": model, "undone_by": None, "status": "imported"}
    columns = connection.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'imports'")
    blank = {"BIGINT": 0, "VARCHAR": "", "TIMESTAMP WITH TIME ZONE": NOW, "BOOLEAN": True, "VARCHAR[]": []}
    row = [values[column] if column in values else blank[kind] for column, kind in columns.fetchall()]
    connection.execute(f"INSERT INTO imports VALUES ({', '.join('?' * len(row))})", row)
    for contact_id, outcome in outcomes.items():
        connection.execute("INSERT INTO import_contacts VALUES (?, ?, ?)", [import_id, contact_id, outcome])


OPERATIONS = {1: "Soldes", 2: "Soldes", 3: "soldes", 4: "O'p\";--", 5: "any"}
"""Operations by id; one name stands for an e-mailing and an SMS campaign."""


def fill_events(connection: duckdb.DuckDBPyConnection, events: Sequence[Event]) -> None:
    """Make `events` the events of the base; those of a name that two operations have fall to either in turn."""
    ids = {name: [number for number, other in OPERATIONS.items() if other == name] for name in OPERATIONS.values()}
    rows = [
        {
            "event_id": f"e{number}",
            "operation_id": ids[event.operation][number % len(ids[event.operation])],
            **{name: getattr(event, name) for name in ("contact_id", "type", "occurred_at", "link")},
            "detail": None,
            "import_id": 1,
        }
        for number, event in enumerate(events)
    ]
    connection.execute("DELETE FROM operations; DELETE FROM events")
    named = [(number, name, "sms" if number == 2 else "email") for number, name in OPERATIONS.items()]
    connection.executemany("INSERT INTO operations VALUES (?, ?, ?, NULL)", named)
    if rows:
        connection.register("filling", pl.DataFrame(rows))
        connection.execute("INSERT INTO events BY NAME SELECT * FROM filling")
        connection.unregister("filling")


def declarations(*segments: Segment) -> Declarations:
    return Declarations(Path("assets"), BASE, segments=segments)


DECLARED = declarations()
"""BASE without a segment."""


def as_of(tree: exp.Expr, now: datetime) -> exp.Expr:
    """The tree as it will be evaluated at `now`."""
    instant = exp.cast(exp.Literal.string(now.isoformat()), "timestamptz", dialect="duckdb")
    return tree.transform(lambda n: instant.copy() if isinstance(n, exp.Anonymous) and n.name == "now" else n)


def _known_of_old(character: str) -> bool:
    return unicodedata.ucd_3_2_0.category(character) != "Cn"


characters = st.one_of(
    st.sampled_from("eéEÉèaAàoœŒßẞsSİiıIΣσς%_.*?[](){}\\'\";-- \n\t\u0301\u0327"),
    st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\0").filter(_known_of_old),
)
"""Look-alikes often, any character of Unicode 3.2 at times: on those, every Unicode since agrees."""

typed = st.text(characters, min_size=1, max_size=4)
texts = typed.map(lambda text: unicodedata.normalize("NFC", text))
numbers = st.one_of(
    st.integers(-3, 3).map(float),
    st.sampled_from([0.1, 0.3, 1e-7, 1e16, 123456789.123456789]),
    st.floats(allow_nan=False, allow_infinity=False),
)
days = st.one_of(
    st.integers(-3, 4).map(lambda days: NOW.date() + timedelta(days=days)),
    st.integers(-400, 400).map(lambda days: NOW.date() + timedelta(days=days)),
    st.sampled_from([date(2024, 2, 29), date(2027, 2, 28), date(2027, 3, 1), date(1999, 12, 31), date(1, 1, 1)]),
    st.dates(date(1900, 1, 1), date(2200, 12, 31)),
)
instants = st.one_of(
    st.integers(-80, 80).map(lambda hours: NOW + timedelta(hours=hours)),
    st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
)


def values_of(field: Field) -> st.SearchStrategy[object]:
    """What an operator may type for a field, and, but for instants, what a contact may hold."""
    match field.format:
        case Format.TEXT:
            return typed
        case Format.NUMBER:
            return numbers if field.name != "contact_id" else st.integers(1, 9).map(float)
        case Format.DATE:
            return days
        case Format.BOOLEAN:
            return st.booleans()
        case _:
            return st.sampled_from(field.codes)


def _held(field: Field) -> st.SearchStrategy[object]:
    if field.format is Format.MULTI_SELECT:
        return st.lists(st.sampled_from(field.codes), min_size=1, unique=True)
    if field.format is Format.TEXT:
        return texts
    return instants if field.instant else values_of(field)


_held_fields = st.fixed_dictionaries(
    {name: st.none() | _held(BASE.field(name)) for name in JUDGED if name != "contact_id"}
)
contact_lists = st.lists(_held_fields, max_size=8).map(
    lambda held: [{"contact_id": n, **contact} for n, contact in enumerate(held, start=1)]
)


@st.composite
def criteria(draw: st.DrawFn, names: Sequence[str] = JUDGED, ops: Sequence[str] = ()) -> FieldCriterion:
    """A criterion on one of the fields, with any operator that fits, or any of `ops`."""
    field = BASE.field(draw(st.sampled_from(names)))
    op = draw(st.sampled_from(ops or OPERATORS[field.format]))
    empty = draw(st.sampled_from([None, None, "include", "exclude"]))
    return FieldCriterion(field.name, op, _values(draw, field, op), exact=draw(st.booleans()), empty=empty)


def _values(draw: st.DrawFn, field: Field, op: str) -> tuple[object, ...]:
    if op in ("is_empty", "is_not_empty"):
        return ()
    if op in ("in_current", "in_previous"):
        return (draw(st.sampled_from(PERIODS)),)
    if op == "age_between":
        return tuple(float(draw(st.integers(0, 3) | st.integers(0, 120))) for _ in range(2))
    if op.endswith("_days") or op == "before_days_ago":
        return (float(draw(st.integers(0, 3) | st.integers(0, 800))),)
    size = 2 if op == "between" else draw(st.integers(1, 3))
    return tuple(draw(values_of(field)) for _ in range(size))


links = st.sampled_from(["https://ex.fr/Tarifs", "https://ex.fr/tarifs/été?a=%_", "HTTPS://EX.FR/", "'; --"])


def event_lists(now: datetime) -> st.SearchStrategy[list[Event]]:
    """Events about `now`, of contacts that may not be there, of every type, the types of behaviours often."""
    around = st.integers(-80, 80) | st.integers(-24 * 40, 2)
    occurred_at = around.map(lambda hours: now + timedelta(hours=hours)) | st.just(now)
    acts = st.sampled_from(["sent", "opened", "clicked", "clicked", "visited", "visited", "soft", "absent"])
    names = st.sampled_from(sorted(set(OPERATIONS.values())))
    event = st.builds(
        Event, st.integers(1, 10), acts | st.sampled_from(EVENT_TYPES), names, occurred_at, st.none() | links
    )
    return st.lists(event, max_size=12)


operation_criteria = st.builds(OperationCriterion, st.sampled_from([*OPERATIONS.values(), "nowhere"]), st.booleans())
_windows = st.none() | st.integers(0, 4) | st.sampled_from([30, 40, 3000])
_times = st.sampled_from([0, 1, 1, 2, 3])
behaviour_criteria = st.builds(
    BehaviourCriterion,
    st.sampled_from(["clicked", "opened", *BEHAVIOURS]),
    st.none() | st.lists(st.sampled_from(["Soldes", "soldes", "any", "nowhere"]), min_size=1, unique=True).map(tuple),
    st.just(()) | st.lists(links, min_size=1, max_size=2, unique=True).map(tuple),
    _windows,
    _times,
    st.booleans(),
)


@st.composite
def web_criteria(draw: st.DrawFn, ops: Sequence[str | None] = (None, *OPERATORS[Format.TEXT])) -> WebCriterion:
    """A criterion on pages seen, with any operator on their URL or none, or any of `ops`."""
    op = draw(st.sampled_from(ops))
    pieces = st.sampled_from(["tarifs", "TARIFS", "https://", "É", "%", "/", "https://ex.fr/Tarifs"])
    has_value = op not in (None, "is_empty", "is_not_empty")
    urls = tuple(draw(st.lists(links | pieces, min_size=1, max_size=2))) if has_value else ()
    return WebCriterion(op, urls, draw(st.booleans()), draw(_windows), draw(_times), draw(st.booleans()))


def groups(segments: Sequence[str] = (), imports: Sequence[str] = ()) -> st.SearchStrategy[Group]:
    """Criteria of every kind, combined and nested."""
    leaves: st.SearchStrategy[object] = criteria() | operation_criteria | behaviour_criteria | web_criteria()
    if segments:
        leaves |= st.builds(SegmentCriterion, st.sampled_from(segments), st.booleans())
    if imports:
        leaves |= st.builds(ImportCriterion, st.sampled_from(imports), st.booleans(), st.booleans())
    nested = st.recursive(leaves, lambda inner: _group(inner, min_size=0), max_leaves=6)
    return _group(nested, min_size=0)


def _group(inner: st.SearchStrategy[object], min_size: int) -> st.SearchStrategy[Group]:
    criteria_of = st.lists(inner, min_size=min_size, max_size=4).map(tuple)
    return st.builds(Group, st.sampled_from(["all", "any", "not"]), criteria_of)
