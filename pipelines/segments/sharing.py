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
    if isinstance(node, exp.ArrayContainsAll | exp.ArrayOverlaps) and _is_own(node.this, alias):
        return _by_value(node, shared, alias)
    if not _is_costly(node):
        return node
    found = node.find(exp.Column)
    return node if found is None or found.table != alias else _shared(node, shared, alias)


def _is_costly(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return isinstance(node.this, exp.AtTimeZone | exp.Add)
    return isinstance(node, exp.Lower | exp.Sub)


def _is_own(node: exp.Expr, alias: str) -> bool:
    return isinstance(node, exp.Column) and node.table == alias


def _shared(node: exp.Expr, shared: dict[exp.Expr, str], alias: str) -> exp.Expr:
    return column(shared.setdefault(node.copy(), f"shared {len(shared)}"), alias)


def _by_value(node: exp.ArrayContainsAll | exp.ArrayOverlaps, shared: dict[exp.Expr, str], alias: str) -> exp.Expr:
    """Whether a list holds all of some values, or any: each value is looked for once, and faster than several at a time."""
    among = [
        _shared(exp.ArrayContains(this=node.this, expression=value), shared, alias)
        for value in node.expression.expressions
    ]
    together = exp.and_ if isinstance(node, exp.ArrayContainsAll) else exp.or_
    # It may come under a NOT, or among others.
    return exp.paren(together(*among, copy=False), copy=False)
