"""Criteria → SQL, as sqlglot trees in DuckDB's dialect (SEG-1, SEG-2): conditions, selects, views.

Belongs here: combining criteria, membership, statements. Does not: what an operator means (`comparing`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from pipelines.declarations.model import (
    Audience,
    Criterion,
    Declarations,
    FieldCriterion,
    Group,
    ImportCriterion,
    Segment,
    SegmentCriterion,
    SqlCriterion,
)
from pipelines.errors import UsageError
from pipelines.segments.comparing import comparison
from pipelines.segments.literals import column
from pipelines.segments.raw import raw_view_sql

Leaf = FieldCriterion | SegmentCriterion | ImportCriterion | SqlCriterion

SCHEMA = "segments"
MAX_DEPTH = 25
"""Groups inside groups; what people write stays below five, and the SQL of more would not be read either."""

_IN_AN_IMPORT = ("inserted", "updated", "unchanged")
_LINE_BREAK_MARK = "__SQLGLOT__LB__"
"""sqlglot's formatter turns this text into a line break, inside literals too."""


def condition(group: Group, declarations: Declarations, *, contacts_alias: str = "contacts") -> exp.Expr:
    """Whether a row of `main.contacts`, under that alias, satisfies `group`.

    TRUE or FALSE for the criteria of this module. Groups are plain AND, OR and NOT: a criterion that is NULL for some
    contacts would stay NULL under its negation and under `not:` (SEG-9), and a WHERE leaves those out.
    """
    return combine(group, lambda leaf: criterion_sql(leaf, declarations, contacts_alias))


def combine(group: Group, leaf: Callable[[Leaf], exp.Expr], depth: int = 1) -> exp.Expr:
    """The tree of `group` over what `leaf` gives for each criterion; an empty `all` is TRUE, an empty `any` FALSE."""
    if depth > MAX_DEPTH:
        where = f"{group.place.file}:{group.place.line}: " if group.place else ""
        raise UsageError(
            f"{where}Criteria are nested more than {MAX_DEPTH} deep.", "Declare a part of them as a segment of its own."
        )
    parts = [combine(inner, leaf, depth + 1) if isinstance(inner, Group) else leaf(inner) for inner in group.criteria]
    match group.match:
        case "any":
            return exp.or_(*parts, copy=False) if parts else exp.false()
        case "all":
            return _all(parts)
        case "not":
            return exp.not_(_all(parts), copy=False)


def _all(parts: Sequence[exp.Expr]) -> exp.Expr:
    return exp.and_(*parts, copy=False) if parts else exp.true()


def criterion_sql(leaf: Leaf, declarations: Declarations, contacts_alias: str) -> exp.Expr:
    """One criterion; UnknownNameError for a field that the base does not have."""
    match leaf:
        case FieldCriterion():
            field = declarations.base.field(leaf.field)
            return comparison(field, leaf, column(field.name, contacts_alias), declarations.base.timezone)
        case SegmentCriterion():
            return _membership(_members(leaf.segment), leaf.inside, contacts_alias)
        case ImportCriterion():
            return _membership(_imported(leaf.source), leaf.inside, contacts_alias)
        case SqlCriterion():
            # Its view holds who its SELECT yields.
            return _membership(_members(leaf.segment), True, contacts_alias)


def _membership(members: exp.Select, inside: bool, contacts_alias: str) -> exp.Expr:
    """IN or NOT IN: neither is ever NULL, for `contact_id` is not."""
    found = exp.In(this=column("contact_id", contacts_alias), query=members.subquery(copy=False))
    return found if inside else exp.not_(found, copy=False)


def _members(segment: str) -> exp.Select:
    view = exp.table_(exp.to_identifier(segment, quoted=True), db=SCHEMA, alias="member")
    return exp.Select(expressions=[column("contact_id", "member")]).from_(view, copy=False)


def _imported(source: str) -> exp.Select:
    """The contacts to which an import of that name, id or model gave an outcome (SEG-12), and that was not undone."""
    known_as = [column("name", "imports"), column("model", "imports")]
    number = exp.cast(column("import_id", "imports"), exp.DType.VARCHAR)
    imports = (
        exp.Select(expressions=[column("import_id", "imports")])
        .from_(exp.table_("imports", db="main", alias="imports"), copy=False)
        .where(
            exp.In(this=exp.Literal.string(source), expressions=[*known_as, number]),
            exp.Is(this=column("undone_by", "imports"), expression=exp.Null()),
            copy=False,
        )
    )
    outcomes = [exp.Literal.string(outcome) for outcome in _IN_AN_IMPORT]
    return (
        exp.Select(expressions=[column("contact_id", "member")])
        .from_(exp.table_("import_contacts", db="main", alias="member"), copy=False)
        .where(
            exp.In(this=column("outcome", "member"), expressions=outcomes),
            exp.In(this=column("import_id", "member"), query=imports.subquery(copy=False)),
            copy=False,
        )
    )


def audience_group(audience: Audience) -> Group:
    """An audience as criteria: in any of `include`, in none of `exclude`, and holding `condition` (SEG-7, SEG-8)."""
    parts: list[Criterion] = [Group("any", tuple(SegmentCriterion(name) for name in audience.include))]
    parts += (SegmentCriterion(name, inside=False) for name in audience.exclude)
    if audience.condition is not None:
        parts.append(audience.condition)
    return Group("all", tuple(parts))


def select(group: Group, declarations: Declarations) -> exp.Select:
    """Every column of the contacts that satisfy `group`."""
    everything = exp.Select(expressions=[exp.Column(this=exp.Star(), table=exp.to_identifier("contacts"))])
    query = everything.from_(exp.table_("contacts", db="main", alias="contacts"), copy=False)
    held = condition(group, declarations)
    return query if held == exp.true() else query.where(held, copy=False)


def view_sql(segment: Segment, declarations: Declarations) -> str:
    """The statement that makes the segment's view, formatted, under its label as a comment."""
    if segment.sql is not None:
        return raw_view_sql(segment.name, segment.label, segment.sql)
    view = exp.Create(
        this=_view(segment.name), kind="VIEW", replace=True, expression=select(segment.root, declarations)
    )
    view.add_comments([f" {' '.join(segment.label.split())} "])
    return render(view)


def comment_sql(segment: Segment) -> str:
    """The statement that puts the segment's label on its view."""
    comment = exp.Comment(this=_view(segment.name), kind="VIEW", expression=exp.Literal.string(segment.label))
    return comment.sql("duckdb")


def drop_sql(name: str) -> str:
    """The statement that drops the view of that name."""
    return exp.Drop(tables=[_view(name)], kind="VIEW", exists=True).sql("duckdb")


def _view(name: str) -> exp.Table:
    return exp.table_(exp.to_identifier(name, quoted=True), db=SCHEMA)


def render(statement: exp.Expr) -> str:
    """The statement as formatted DuckDB SQL, with every literal as it was given."""
    plain = statement.sql("duckdb")
    if _LINE_BREAK_MARK in plain:
        return plain
    return statement.sql("duckdb", pretty=True)
