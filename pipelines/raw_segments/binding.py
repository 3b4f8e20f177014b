"""Raw segments bound to the base that the declarations make, before anything runs: columns, types, contact_id (SEG-1, SEG-10).

Belongs here: an empty base in memory, and what DuckDB's binder says. Does not: what a SELECT may do (`confining`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb

from pipelines.base.columns import reconcile
from pipelines.base.settings import settle_results
from pipelines.base.statements import identifier
from pipelines.base.store import migrate
from pipelines.declarations.model import Declarations, Place, Segment, SqlCriterion
from pipelines.declarations.problems import Problem, Problems
from pipelines.declarations.texts import read_utf8
from pipelines.errors import nearest
from pipelines.language import say
from pipelines.raw_segments.confining import place_of
from pipelines.raw_segments.faults import Fault, enclosed, fault_of
from pipelines.raw_segments.verdicts import Verdicts
from pipelines.raw_segments.zones import ZoneFault, zone_faults

_HEAD = "DESCRIBE SELECT *"
_WHOLE = frozenset(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"))
_QUOTED = re.compile(r'"([^"]+)"')
_EXAMPLE = "SELECT contact_id FROM …"


def binding_problems(declarations: Declarations, verdicts: Verdicts) -> tuple[Problem, ...]:
    """What is wrong with the raw segments' columns, by file and line; costs nothing where there are none that are not known."""
    raw = [segment for segment in declarations.segments if segment.sql is not None and not segment.default]
    raw = verdicts.unbound(raw, declarations)
    if not raw:
        return ()
    problems = Problems()
    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        _make_base(connection, declarations)
        for segment in raw:
            before = len(problems.all)
            _judge(connection, segment, declarations, problems, verdicts)
            if len(problems.all) == before:
                verdicts.bound(segment, declarations)
    return problems.all


def _make_base(connection: duckdb.DuckDBPyConnection, declarations: Declarations) -> None:
    """An empty base; every segment has the columns of contacts, whatever it holds. Views are tables: their inside is not judged."""
    settle_results(connection)
    migrate(connection)
    reconcile(connection, declarations.base)
    views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal AND schema_name = 'main'")
    for view in [identifier(name) for (name,) in views.fetchall()]:
        connection.execute(f"CREATE TEMP TABLE inside AS FROM main.{view}")
        connection.execute(f"DROP VIEW main.{view}; CREATE TABLE main.{view} AS FROM inside; DROP TABLE inside")
    for segment in declarations.segments:
        connection.execute(f"CREATE VIEW segments.{identifier(segment.name)} AS FROM main.contacts")
    connection.execute("SET errors_as_json = true")


def _judge(
    connection: duckdb.DuckDBPyConnection,
    segment: Segment,
    declarations: Declarations,
    problems: Problems,
    verdicts: Verdicts,
) -> None:
    for criterion in segment.root.criteria:
        if isinstance(criterion, SqlCriterion) and criterion.place is not None:
            text = read_utf8(criterion.place.file, problems)
            select = criterion.sql if text is None else verdicts.confine(text).typed
            for fault in _faults(connection, select, declarations.base.timezone):
                line, column = place_of(select.encode(), fault.offset)
                problems.error(Place(criterion.place.file, line, column), fault.message, fault.suggestion)


def _faults(connection: duckdb.DuckDBPyConnection, select: str, timezone: str) -> Iterator[Fault | ZoneFault]:
    try:
        columns = connection.execute(enclosed(_HEAD, select)).fetchall()
    except duckdb.Error as error:
        yield _likeliest(fault_of(error, _HEAD))
        return
    types = {str(name).lower(): str(kind) for name, kind, *_ in columns}
    if "contact_id" not in types:
        if types:
            message = say(
                "a segment must yield contact_id, and this yields {listed}: {example}",
                listed=", ".join(types),
                example=_EXAMPLE,
            )
        else:
            message = say("a segment must yield contact_id, and this yields nothing: {example}", example=_EXAMPLE)
        yield Fault(message, 0)
    elif types["contact_id"] not in _WHOLE:
        message = say(
            "contact_id must be a whole number, and here it is {type}: {example}",
            type=types["contact_id"],
            example=_EXAMPLE,
        )
        yield Fault(message, 0)
    yield from zone_faults(connection, select, timezone)


def _likeliest(said: Fault) -> Fault:
    """The same in fewer words, with the name that is meant likeliest."""
    message, _, candidates = said.message.partition(" Candidate ")
    meant = _QUOTED.findall(message)
    like = nearest(meant[-1], _QUOTED.findall(candidates)) if meant else None
    words = message.rstrip("!")
    return Fault(say("{said}; did you mean {like!r}?", said=words, like=like) if like else words, said.offset, like)
