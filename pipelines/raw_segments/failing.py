"""Segments that fail, on a value (a cast of an address to a number) or by their limit of time: which, where, what depends on them.

Belongs here: finding them once something failed, and saying so without any value (SEC-4). Does not: what a SELECT may do
(`confining`, `binding`).
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import duckdb

from pipelines.base.statements import identifier
from pipelines.base.stopping import TookTooLongError, at_most
from pipelines.declarations.checking import references, with_dependencies
from pipelines.declarations.model import DEFAULT_TIMEOUT, Declarations, Segment
from pipelines.declarations.problems import shown
from pipelines.errors import UsageError
from pipelines.language import mark, say
from pipelines.raw_segments.confining import place_of
from pipelines.raw_segments.faults import Fault, enclosed, fault_of

_ON_VALUES = (duckdb.DataError, duckdb.InvalidInputException, duckdb.SyntaxException, duckdb.NotSupportedError)
"""What DuckDB raises where a statement that was bound meets a value that it cannot take."""
FAILING = (*_ON_VALUES, TookTooLongError)
"""What segments fail with when they are judged."""

_HINT = mark("TRY_CAST gives NULL where CAST fails; `carnet sql` runs the SELECT and shows the value.")
_LATE_HINT = mark("Make it cheaper (a recursion must come to its end), or give it more time: `timeout_seconds`.")
_FAILS = mark("{place}: The SQL of the segment {segment!r} fails on values of the base: {reason}.")
_FAILS_AS_IT_WAS = mark(
    "{place}: The SQL of the segment {segment!r} fails on values of the base (in the form that the base still has: `carnet "
    "segments --refresh` brings the file's): {reason}."
)
_HEAD = "SELECT contact_id"


@dataclass(frozen=True)
class Failure:
    """A segment that cannot be counted: `message` says why and where, `private` what DuckDB said, with a person's value.

    `through`: the segment that fails, where this one only depends on it; `late`: it took longer than it may.
    """

    segment: str
    message: str
    private: str
    through: str | None = None
    late: bool = False

    @property
    def told(self) -> str:
        """Why it was not counted, without any value."""
        if self.through is None:
            return self.message
        return say("{message} The segment {segment!r} depends on it.", message=self.message, segment=self.segment)


def as_error(failures: Iterable[Failure]) -> UsageError:
    """The error of whoever asked for these segments: each SQL that fails once, and not what only depends on it."""
    own = [failure for failure in failures if failure.through is None]
    said = dict.fromkeys(failure.private for failure in own)
    hints = dict.fromkeys(say(_LATE_HINT if failure.late else _HINT) for failure in own)
    return UsageError(
        "\n".join(failure.message for failure in own), " ".join(hints), private="\n".join(filter(None, said))
    )


def failures(
    connection: duckdb.DuckDBPyConnection,
    declarations: Declarations,
    names: Collection[str] | None = None,
    *,
    known: Iterable[Failure] = (),
    error: BaseException | None = None,
) -> dict[str, Failure]:
    """The segments that fail among all, or among `names` and what they depend on, each after those that it depends on.

    To be called outside of a transaction: a statement that fails ends it. `known`, and the segment that `error` tells of, are not
    judged again: it may take all of their time. Segments of criteria fail by their time alone: looked at where `error` says so.
    """
    late = error if isinstance(error, TookTooLongError) else None
    before = {failure.segment: failure for failure in known}
    found: dict[str, Failure] = {}
    for segment in with_dependencies(declarations.segments, names):
        behind = next((found[read.segment] for read in references(segment.root) if read.segment in found), None)
        if behind is not None:
            found[segment.name] = _behind(segment, behind)
            continue
        failure = before.get(segment.name)
        if failure is None and late is not None and late.segment == segment.name:
            failure = _late(segment)
        if failure is None and (_is_raw(segment) or (late is not None and late.segment is None)):
            failure = _failure_of(connection, segment)
        if failure is not None:
            found[segment.name] = failure
    return found


@contextmanager
def within_limits(
    connection: duckdb.DuckDBPyConnection, declarations: Declarations, names: Collection[str] | None = None
) -> Generator[None]:
    """What is asked inside, about `names` or all segments, may take as long as the slowest of them may: else TookTooLongError."""
    asked = with_dependencies(declarations.segments, names)
    with at_most(connection, max((segment.timeout_seconds for segment in asked), default=DEFAULT_TIMEOUT)):
        yield


@contextmanager
def naming_what_fails(
    connection: duckdb.DuckDBPyConnection, declarations: Declarations, names: Collection[str] | None = None
) -> Generator[None]:
    """Where a segment fails inside, a UsageError that names it and its file, with no value in its message.

    `names`: the segments that are asked for inside, where it is not all. To be put around a transaction: what failed is
    looked for once it is rolled back.
    """
    # Not from the first error: its message holds a person's value, and causes are logged.
    failing: UsageError | None = None
    try:
        yield
    except FAILING as error:
        failing = _to_blame(connection, declarations, names, error)
        if failing is None:
            raise
    if failing is not None:
        raise failing from None


def _to_blame(
    connection: duckdb.DuckDBPyConnection,
    declarations: Declarations,
    names: Collection[str] | None,
    error: BaseException,
) -> UsageError | None:
    found = failures(connection, declarations, names, error=error)
    if found:
        return as_error(found.values())
    if isinstance(error, TookTooLongError):
        return None
    asked = with_dependencies(declarations.segments, names)
    raw = [segment for segment in asked if _is_raw(segment)]
    if not raw:
        return None
    # DuckDB may judge a row that the SELECT by itself leaves out first: none of them fails alone.
    listed = ", ".join(f"{segment.name!r} ({_place(segment)})" for segment in raw)
    message = say("What is asked for fails on values of the base; its raw segments are {listed}.", listed=listed)
    return UsageError(message, say(_HINT), private=str(error))


def _behind(segment: Segment, failure: Failure) -> Failure:
    return replace(failure, segment=segment.name, through=failure.through or failure.segment)


def _failure_of(connection: duckdb.DuckDBPyConnection, segment: Segment) -> Failure | None:
    """Judged by its view, which is what everybody reads; the place is that of its own SELECT."""
    error = _error_of(connection, f"FROM segments.{identifier(segment.name)}", segment)
    if error is None:
        return None
    if isinstance(error, TookTooLongError) or segment.sql is None:
        return _late(segment)
    own = _error_of(connection, segment.sql, segment)
    if isinstance(own, TookTooLongError):
        return _late(segment)
    told = fault_of(own or error, _HEAD)
    line, _ = place_of(segment.sql.encode(), told.offset if own else 0)
    message = say(
        _FAILS if own else _FAILS_AS_IT_WAS,
        place=_place(segment, line),
        segment=segment.name,
        reason=_reason(own or error, told),
    )
    return Failure(segment.name, message, told.message)


def _late(segment: Segment) -> Failure:
    place = _place(segment, segment.place.line if segment.place else 1)
    message = say(
        "{place}: The segment {segment!r} took longer than {seconds:g} seconds, and was stopped.",
        place=place,
        segment=segment.name,
        seconds=segment.timeout_seconds,
    )
    return Failure(segment.name, message, "", late=True)


def _is_raw(segment: Segment) -> bool:
    return segment.sql is not None and not segment.default


def _error_of(
    connection: duckdb.DuckDBPyConnection, select: str, segment: Segment
) -> duckdb.Error | TookTooLongError | None:
    """What a SELECT fails with on values; what the base does not have yet, such as another segment, is not its fault."""
    connection.execute("SET errors_as_json = true")
    try:
        with at_most(connection, segment.timeout_seconds, segment.name):
            connection.sql(enclosed(_HEAD, select)).pl()
    except FAILING as error:
        return error
    except duckdb.ProgrammingError:
        return None
    finally:
        connection.execute("RESET errors_as_json")
    return None


def _place(segment: Segment, line: int = 1) -> str:
    return f"{shown(segment.place.file)}:{line}" if segment.place else "?"


def _reason(error: duckdb.Error, said: Fault) -> str:
    """The kind of fault in our words: DuckDB's hold the value."""
    if said.message.startswith("More than one row returned by a subquery"):
        return say("a subquery that stands for one value yields several rows")
    match error:
        case duckdb.OutOfRangeException():
            return say("a result is out of its type's range")
        case duckdb.ConversionException():
            return say("a value cannot be converted")
        case _:
            return say("a function cannot take a value")


def undecided(found: Mapping[str, Failure]) -> Iterator[str]:
    """What to tell people of the segments of which nobody can say who is in them, a line each."""
    for failure in found.values():
        yield say(
            "Whether the contact is in {segment!r} is not known. {why}", segment=failure.segment, why=failure.told
        )


def uncounted(found: Mapping[str, Failure]) -> Iterator[str]:
    """What to tell people of the segments that were not counted, a line each."""
    for failure in found.values():
        yield say("{segment!r} was not counted. {why}", segment=failure.segment, why=failure.told)
