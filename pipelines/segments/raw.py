"""Views of raw segments: the operator's own SELECT inside the one that every view is (SEG-1).

Belongs here: the statement around it, and which of them fails on the base's values. Does not: judging the SELECT beforehand
(`pipelines.declarations.confining`, `binding`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from string import Template

import duckdb

from pipelines.base.statements import identifier, statement
from pipelines.declarations.model import Declarations, Segment
from pipelines.declarations.problems import shown
from pipelines.errors import UsageError


def raw_view_sql(name: str, label: str, sql: str) -> str:
    """The statement that makes the view of the contacts whose contact_id `sql` yields, under its label as a comment.

    `sql` stands there as it was typed, comments too: to DuckDB's own parser it is one SELECT, and it ends with its line.
    """
    said = " ".join(label.split()).replace("*/", "* /").replace("/*", "/ *")
    view = Template(statement("segments/raw_view").rstrip("\n"))
    return view.substitute(label=said, name=identifier(name), sql=sql)


_ON_VALUES = (duckdb.DataError, duckdb.InvalidInputException)


@contextmanager
def naming_what_fails(connection: duckdb.DuckDBPyConnection, declarations: Declarations) -> Generator[None]:
    """Where the base's values make a raw segment fail inside, a UsageError that names it, its file, and no value (SEC-4).

    To be put around a transaction: what failed is looked for once it is rolled back.
    """
    # Not from the first error: its message holds a person's value, and causes are logged.
    failing: UsageError | None = None
    try:
        yield
    except _ON_VALUES:
        failing = next(_failures(connection, declarations), None)
        if failing is None:
            raise
    if failing is not None:
        raise failing from None


def _failures(connection: duckdb.DuckDBPyConnection, declarations: Declarations) -> Iterator[UsageError]:
    for segment in declarations.segments:
        if segment.sql is None:
            continue
        try:
            connection.execute(
                "\n".join(
                    (
                        "SELECT count(*) FROM main.contacts WHERE contact_id IN (SELECT contact_id FROM (",
                        segment.sql,
                        "))",
                    )
                )
            ).fetchall()
        except _ON_VALUES as error:
            yield _failure(segment, str(error))
        except duckdb.Error:
            # It names what this base does not have yet, such as another segment: not at fault.
            continue


def _failure(segment: Segment, said: str) -> UsageError:
    where = f"{shown(segment.place.file)}:{segment.place.line}: " if segment.place else ""
    return UsageError(
        f"{where}The SQL of the segment {segment.name!r} fails on values of the base. Nothing was counted.",
        "TRY_CAST gives NULL where CAST fails; `carnet sql` runs the SELECT and shows the value.",
        private=said,
    )
