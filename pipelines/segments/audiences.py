"""Audiences: who an export, or a purge, is about, as one query (SEG-7, SEG-8, BHV-4).

Belongs here: what only the base can tell of an audience (a saved search, an operation), and its SQL. Does not: criteria
(`compiling`).
"""

from __future__ import annotations

from dataclasses import replace

import duckdb
from sqlglot import exp

from pipelines.declarations.checking import references
from pipelines.declarations.model import Audience, Declarations, Group, SegmentCriterion
from pipelines.errors import UnknownNameError
from pipelines.language import mark
from pipelines.segments.behaviours import counted_in
from pipelines.segments.compiling import audience_group, select
from pipelines.segments.literals import column
from pipelines.segments.searches import saved_search, saved_searches

_EVERYBODY = Group("all", ())
_SEGMENT_OR_SEARCH = mark("segment or saved search")


def resolve(audience: Audience, connection: duckdb.DuckDBPyConnection, declarations: Declarations) -> Audience:
    """The audience with the condition of the search that it names; a new one gives the same.

    UnknownNameError, with the nearest name, for a search or an operation that the base does not have.
    """
    if audience.search is not None:
        return replace(audience, condition=saved_search(connection, audience.search).group(declarations))
    if audience.figure is not None:
        rows = connection.execute("SELECT DISTINCT name FROM main.operations ORDER BY name").fetchall()
        known = [name for (name,) in rows]
        if audience.figure.operation not in known:
            raise UnknownNameError(mark("operation"), audience.figure.operation, known)
    return audience


def named_audience(name: str, connection: duckdb.DuckDBPyConnection, declarations: Declarations) -> Audience:
    """The audience that one word names: a segment, or else a saved search; UnknownNameError names the nearest of both."""
    segments = [segment.name for segment in declarations.segments]
    if name in segments:
        return Audience((name,))
    searches = saved_searches(connection)
    if name in searches:
        return Audience(search=name)
    raise UnknownNameError(_SEGMENT_OR_SEARCH, name, [*searches, *segments])


def audience_query(audience: Audience, declarations: Declarations) -> exp.Select:
    """Every column of the contacts of an audience that `resolve` gave, those who set `do_not_track` included (SEG-9)."""
    if audience.figure is None:
        return select(_said(audience, declarations), declarations)
    counted = counted_in(audience.figure.operation, audience.figure.name)
    return within(select(_EVERYBODY, declarations), counted)


def _said(audience: Audience, declarations: Declarations) -> Group:
    """The audience as criteria: a segment without any, as that of all contacts, is not looked up contact by contact."""
    said = audience_group(audience)
    if any(declarations.segment(name).root == _EVERYBODY for name in audience.include):
        return replace(said, criteria=said.criteria[1:])
    return said


def within(query: exp.Select, contacts: exp.Query) -> exp.Select:
    """Those of an audience's query whose contact_id is among `contacts`."""
    return query.where(exp.In(this=column("contact_id", "contacts"), query=contacts.subquery(copy=False)), copy=False)


def segments_of(audience: Audience) -> tuple[str, ...]:
    """The segments that an audience names, in its condition too, each once; none for a figure."""
    if audience.figure is not None:
        return ()
    inner = () if audience.condition is None else references(audience.condition)
    named = (*map(SegmentCriterion, (*audience.include, *audience.exclude)), *inner)
    return tuple(dict.fromkeys(found.segment for found in named))
