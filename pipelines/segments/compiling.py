"""Criteria → SQL, as sqlglot trees in DuckDB's dialect (SEG-1, SEG-2): conditions, selects, views.

Belongs here: combining criteria, membership, statements. Does not: what an operator means (`comparing`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from sqlglot import exp

from pipelines.declarations.model import (
    Audience,
    BehaviourCriterion,
    Criterion,
    Declarations,
    FieldCriterion,
    Group,
    ImportCriterion,
    OperationCriterion,
    Segment,
    SegmentCriterion,
    SqlCriterion,
    WebCriterion,
)
from pipelines.raw_segments.views import raw_view_sql
from pipelines.segments.behaviours import needed, performers, recipients
from pipelines.segments.comparing import comparison
from pipelines.segments.literals import column
from pipelines.segments.tracking import MAX_DEPTH, Leaf, Tracked, decided, in_segment, too_deep

SCHEMA = "segments"
_IN_AN_IMPORT = ("inserted", "updated", "unchanged")
_LINE_BREAK_MARK = "__SQLGLOT__LB__"
"""sqlglot's formatter turns this text into a line break, inside literals too; it indents names that have several lines."""


def condition(group: Group, declarations: Declarations, *, contacts_alias: str = "contacts") -> exp.Expr:
    """Whether a row of `main.contacts`, under that alias, satisfies `group`.

    TRUE or FALSE, but NULL where a behaviour decides it and the contact set `do_not_track`. Groups are plain AND, OR and
    NOT: what is NULL stays so under its negation and under `not:` (SEG-9), and a WHERE leaves those contacts out.
    """
    return combine(group, Criteria(declarations, contacts_alias).sql)


def combine(group: Group, leaf: Callable[[Leaf], exp.Expr], depth: int = 1) -> exp.Expr:
    """The tree of `group` over what `leaf` gives for each criterion; an empty `all` is TRUE, an empty `any` FALSE."""
    if depth > MAX_DEPTH:
        raise too_deep(group)
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


class Criteria:
    """Criteria as conditions on a row of `main.contacts` under an alias; `segments` are looked up in the declarations."""

    def __init__(self, declarations: Declarations, contacts_alias: str = "contacts") -> None:
        self._declarations, self._alias = declarations, contacts_alias

    @cached_property
    def tracked(self) -> Tracked:
        """The segments that behaviours decide."""
        return Tracked(self._declarations)

    def sql(self, leaf: Leaf) -> exp.Expr:
        """One criterion; UnknownNameError for a field that the base does not have."""
        timezone = self._declarations.base.timezone
        match leaf:
            case FieldCriterion():
                field = self._declarations.base.field(leaf.field)
                return comparison(field, leaf, column(field.name, self._alias), timezone)
            case SegmentCriterion():
                return _denied(self._in_segment(leaf.segment), not leaf.inside)
            case ImportCriterion():
                return _denied(self._among(imported(leaf.source, last=leaf.last)), not leaf.inside)
            case OperationCriterion():
                return _denied(self._among(recipients(leaf.operation)), not leaf.recipient)
            case BehaviourCriterion() | WebCriterion():
                held = self._among(performers(leaf, timezone)) if needed(leaf) else exp.true()
                return decided(_denied(held, leaf.negate), self._alias)
            case SqlCriterion():
                # Its view holds who its SELECT yields.
                return self._among(members(leaf.segment))

    def _in_segment(self, name: str) -> exp.Expr:
        member = self._among(members(name))
        segment = self.tracked.segments.get(name)
        return member if segment is None else in_segment(segment, member, self.sql, self.tracked, self._alias)

    def _among(self, contacts: exp.Select) -> exp.Expr:
        """Never NULL: `contact_id` is not."""
        return exp.In(this=column("contact_id", self._alias), query=contacts.subquery(copy=False))


def _denied(held: exp.Expr, deny: bool) -> exp.Expr:
    return exp.not_(held, copy=False) if deny else held


def members(segment: str) -> exp.Select:
    """The contacts of a segment's view."""
    view = exp.table_(exp.to_identifier(segment, quoted=True), db=SCHEMA, alias="member")
    return exp.Select(expressions=[column("contact_id", "member")]).from_(view, copy=False)


def imported(source: str, *, last: bool = False) -> exp.Select:
    """The contacts to which an import of that name, id or model gave an outcome (SEG-12), and that was not undone.

    `last`: the last of these imports alone; one that gave no contact anything is one too (SEG-2b).
    """
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
    if last:
        imports = imports.select(exp.Max(this=column("import_id", "imports")), append=False, copy=False).where(
            exp.EQ(this=column("status", "imports"), expression=exp.Literal.string("imported")),
            exp.NEQ(this=column("action", "imports"), expression=exp.Literal.string("undo")),
            copy=False,
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
    if _LINE_BREAK_MARK in plain or any("\n" in name.this for name in statement.find_all(exp.Identifier)):
        return plain
    return statement.sql("duckdb", pretty=True)
