"""Many expressions over one table, with what they have in common worked out once a row."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from pipelines.segments.literals import column


def with_shared_parts(
    expressions: Sequence[exp.Expr],
    table: exp.Table | exp.Subquery,
    *tests: exp.Expr,
    joined: tuple[exp.Subquery, exp.Expr] | None = None,
) -> exp.Select:
    """The expressions over the rows of `table` (which has an alias) that pass the tests.

    `joined`: another table and on what it is joined; the expressions find its columns under the alias of `table`.

    Folded text and days of instants are columns of a subquery: they take most of the time, and DuckDB does not look for
    common parts inside AND and OR. No column of a table has a blank in its name.
    """
    alias = table.alias
    shared: dict[exp.Expr, str] = {}
    judged = [tree.transform(_share, shared, alias) for tree in expressions]
    prepared: list[exp.Expr] = [exp.Column(this=exp.Star(), table=exp.to_identifier(alias))]
    prepared += [exp.alias_(costly, name, quoted=True) for costly, name in shared.items()]
    if joined is not None:
        prepared.append(exp.Column(this=exp.Star(), table=exp.to_identifier(joined[0].alias)))
    rows = exp.Select(expressions=prepared).from_(table, copy=False)
    if joined is not None:
        rows = rows.join(joined[0], on=joined[1], copy=False)
    if tests:
        rows = rows.where(*tests, copy=False)
    return exp.Select(expressions=judged).from_(rows.subquery(alias, copy=False), copy=False)


def _share(node: exp.Expr, shared: dict[exp.Expr, str], alias: str) -> exp.Expr:
    is_costly = isinstance(node, exp.Lower) or (
        isinstance(node, exp.Cast) and isinstance(node.this, exp.AtTimeZone | exp.Add)
    )
    found = node.find(exp.Column) if is_costly else None
    if found is None or found.table != alias:
        return node
    return column(shared.setdefault(node.copy(), f"shared {len(shared)}"), alias)
