"""Who stands in the file, as SQL around the audience that the caller compiled (EXP-1, EXP-10, SEG-9).

Belongs here: the rows of an export and how many there must be. Does not: what an audience means (segments compile it).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from pipelines.base.statements import statement
from pipelines.declarations.model import Export
from pipelines.exports.columns import Column
from pipelines.exports.figures import FIGURES

if TYPE_CHECKING:
    import numpy as np


_DENSE = 20
"""How many numbers there may be for each that is taken."""


def rows(columns: Sequence[Column], export: Export, audience: exp.Query | None) -> exp.Select:
    """One row for each contact of `audience` (a query with a column `contact_id`), by growing contact_id.

    `audience` None: everybody, who stand so in the base (`count_audience`).

    The columns are called c0, c1, … so that no header can be taken for SQL; behind them the native values of workbooks, n2, n5, …
    """
    figures = any(column.field in FIGURES for column in columns)
    cells = [exp.alias_(_text_of(column), f"c{position}") for position, column in enumerate(columns)]
    cells += [exp.alias_(c.native.content, f"n{position}") for position, c in enumerate(columns) if c.native]
    query = people(export, audience, figures=figures).select(*cells)
    return query if audience is None and not figures else query.order_by(_id("contacts"))


def people(export: Export, audience: exp.Query | None, *, figures: bool = False) -> exp.Select:
    """The query of an export's contacts, that selects nothing yet; in no order, but for `audience` None.

    `figures`: with FIGURES as columns beside the fields.
    """
    query = exp.Select().from_(_with_figures() if figures else _contacts())
    if audience is None:
        return query
    if not _is_everybody(audience):
        query = query.where(exp.In(this=_id("contacts"), query=_ids(audience).subquery()))
    return query.where(_tracked()) if export.do_not_track == "omit" else query


def _is_everybody(audience: exp.Query) -> bool:
    """Whether the audience is all contacts by what it says, which is known without a look at any."""
    return isinstance(audience, exp.Select) and audience.select(append=False) == exp.Select().from_(_contacts())


def _text_of(column: Column) -> exp.Expr:
    """The text of a cell, where nothing native stands in its place."""
    if column.native is None:
        return column.content
    return exp.Case().when(exp.Is(this=column.native.content, expression=exp.null()), column.content)


def count_audience(session: duckdb.DuckDBPyConnection, export: Export, audience: exp.Query) -> tuple[int, bool]:
    """How many contacts `audience` has for this export, and whether they are all that the base has, in the order of their numbers.

    A file of everybody needs neither a search nor a sort, each of which takes as long as the writing.
    """
    if export.do_not_track == "omit":
        [(count,)] = session.execute(expected_count(export, audience).sql("duckdb")).fetchall()
        return count, False
    import numpy as np

    everybody = _numbers(session, exp.Select(expressions=[_id("contacts")]).from_(_contacts()))
    if _is_everybody(audience):
        return len(everybody), bool(np.all(everybody[1:] > everybody[:-1]))
    members = _distinct(_numbers(session, _ids(audience).where(_there())))
    return len(members), bool(np.array_equal(members, everybody))


def _there() -> exp.Expr:
    return exp.not_(exp.Is(this=_id("member"), expression=exp.null()))


def _distinct(numbers: np.ndarray) -> np.ndarray:
    """Each number once, in growing order."""
    import numpy as np

    if numbers.size == 0 or numbers.min() < 0 or numbers.max() > _DENSE * numbers.size:
        return np.unique(numbers)
    # Numbers of contacts lie close together: marking them takes a hundredth of the time that sorting does.
    marks = np.zeros(int(numbers.max()) + 1, dtype=bool)
    marks[numbers] = True
    return np.flatnonzero(marks)


def _numbers(session: duckdb.DuckDBPyConnection, query: exp.Select) -> np.ndarray:
    """The values of a query's one column, in its order."""
    return session.sql(query.sql("duckdb")).pl().to_series().to_numpy()


def expected_count(export: Export, audience: exp.Query) -> exp.Select:
    """How many contacts `audience` has for this export: counted without the query that writes them."""
    count = exp.Count(this=exp.Distinct(expressions=[_id("member")]))
    query = exp.Select(expressions=[count]).from_(audience.subquery("member"))
    if export.do_not_track == "keep":
        return query
    return query.join(_contacts(), on=_id("contacts").eq(_id("member")), join_type="left").where(_tracked())


def _contacts() -> exp.Table:
    return exp.table_("contacts", db="main", alias="contacts")


def _with_figures() -> exp.Subquery:
    return exp.maybe_parse(statement("exports/with_figures"), dialect="duckdb", into=exp.Select).subquery("contacts")


def _ids(audience: exp.Query) -> exp.Select:
    return exp.Select(expressions=[_id("member")]).from_(audience.subquery("member"))


def _id(table: str) -> exp.Column:
    return exp.column("contact_id", table=table)


def _tracked() -> exp.Expr:
    untracked = exp.column("do_not_track", table="contacts")
    return exp.not_(exp.Is(this=untracked, expression=exp.true()))
