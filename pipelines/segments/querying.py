"""Contacts to look at: a search by criteria, the members of a segment (SEG-8, SEG-9).

Belongs here: counts and rows for people. Does not: snapshots (exports), which hold everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
from sqlglot import exp

from pipelines.base.statements import records, telling_what_is_missing
from pipelines.declarations.model import Declarations, Group
from pipelines.segments.compiling import SCHEMA, select
from pipelines.segments.literals import column, count_where, number


@dataclass(frozen=True)
class Tally:
    """How many contacts match, and how many of those a list for people leaves out (SEG-9)."""

    count: int
    left_out: int


@dataclass(frozen=True)
class Found:
    """A list of contacts to look at; `contacts` has every column, by growing contact_id, up to the limit."""

    count: int
    left_out: int
    contacts: list[dict[str, Any]]


def tally(connection: duckdb.DuckDBPyConnection, group: Group, declarations: Declarations) -> Tally:
    """How many contacts satisfy `group`."""
    return _tally(connection, select(group, declarations))


def search(
    connection: duckdb.DuckDBPyConnection,
    group: Group,
    declarations: Declarations,
    limit: int = 100,
    *,
    everybody: bool = False,
    after: int | None = None,
) -> Found:
    """The contacts that satisfy `group`, at most `limit` of them (0: all); `after`: those of greater ids alone.

    Those that set `do_not_track` are counted, and left out of the list unless `everybody`.
    """
    return _found(connection, select(group, declarations), limit, everybody, after)


def members(
    connection: duckdb.DuckDBPyConnection,
    segment: str,
    limit: int = 100,
    *,
    everybody: bool = False,
    after: int | None = None,
) -> Found:
    """The contacts of a segment's view, as `search` gives them."""
    view = exp.table_(exp.to_identifier(segment, quoted=True), db=SCHEMA)
    return _found(connection, exp.Select(expressions=[exp.Star()]).from_(view, copy=False), limit, everybody, after)


def _found(
    connection: duckdb.DuckDBPyConnection, matching: exp.Select, limit: int, everybody: bool, after: int | None
) -> Found:
    counted = _tally(connection, matching)
    listed = exp.Select(expressions=[exp.Star()]).from_(matching.subquery("matching"), copy=False)
    if not everybody:
        listed = listed.where(exp.not_(_untracked()), copy=False)
    if after is not None:
        listed = listed.where(exp.GT(this=column("contact_id", "matching"), expression=number(after)), copy=False)
    listed = listed.order_by(column("contact_id", "matching"), copy=False)
    if limit:
        listed = listed.limit(number(limit), copy=False)
    with telling_what_is_missing():
        contacts = records(connection.execute(listed.sql("duckdb")))
    return Found(counted.count, 0 if everybody else counted.left_out, contacts)


def _tally(connection: duckdb.DuckDBPyConnection, matching: exp.Select) -> Tally:
    counts = [exp.Count(this=exp.Star()), count_where(_untracked())]
    query = exp.Select(expressions=counts).from_(matching.subquery("matching"), copy=False)
    with telling_what_is_missing():
        [(count, left_out)] = connection.execute(query.sql("duckdb")).fetchall()
    return Tally(count, left_out)


def _untracked() -> exp.Expr:
    return exp.Is(this=column("do_not_track", "matching"), expression=exp.true())
