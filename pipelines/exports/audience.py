"""Who stands in the file, as SQL around the audience that the caller compiled (EXP-1, EXP-10, SEG-9).

Belongs here: the rows of an export and how many there must be. Does not: what an audience means (segments compile it).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from pipelines.declarations.model import Export
from pipelines.exports.columns import Column


def rows(columns: Sequence[Column], export: Export, audience: exp.Query) -> exp.Select:
    """One row for each contact of `audience` (a query with a column `contact_id`), by growing contact_id.

    The columns are called c0, c1, … so that no header can be taken for SQL.
    """
    cells = [exp.alias_(column.content, f"c{position}") for position, column in enumerate(columns)]
    query = (
        exp.Select(expressions=cells)
        .from_(_contacts())
        .where(exp.In(this=_id("contacts"), query=_ids(audience).subquery()))
        .order_by(_id("contacts"))
    )
    return query.where(_tracked()) if export.do_not_track == "omit" else query


def expected_count(export: Export, audience: exp.Query) -> exp.Select:
    """How many contacts `audience` has for this export: counted without the query that writes them."""
    count = exp.Count(this=exp.Distinct(expressions=[_id("member")]))
    query = exp.Select(expressions=[count]).from_(audience.subquery("member"))
    if export.do_not_track == "keep":
        return query
    return query.join(_contacts(), on=_id("contacts").eq(_id("member")), join_type="left").where(_tracked())


def _contacts() -> exp.Table:
    return exp.table_("contacts", db="main", alias="contacts")


def _ids(audience: exp.Query) -> exp.Select:
    return exp.Select(expressions=[_id("member")]).from_(audience.subquery("member"))


def _id(table: str) -> exp.Column:
    return exp.column("contact_id", table=table)


def _tracked() -> exp.Expr:
    untracked = exp.column("do_not_track", table="contacts")
    return exp.not_(exp.Is(this=untracked, expression=exp.true()))
