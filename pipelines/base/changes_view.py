"""The views over the row versions, one change of a field a row (contract). Does not belong here: the versions."""

from __future__ import annotations

from functools import cache

from sqlglot import exp

from pipelines.base.versions import FORMER, UNLISTED
from pipelines.fields import Format


@cache
def changes_views(fields: tuple[tuple[str, Format], ...]) -> str:
    """The statements that make the views of these fields: `changes` (contract), and `ordered_changes`, with a `revision_id` too."""
    listed = [(name, format_) for name, format_ in fields if name not in UNLISTED]
    pairs = exp.Array(expressions=[_pair(name, format_) for name, format_ in listed])
    each = exp.select("revision_id", "contact_id", exp.alias_(exp.func("unnest", pairs), "told")).from_(
        "main.contact_versions"
    )
    query = (
        exp.select(
            "versions.contact_id",
            "told.field",
            "told.old",
            "told.new",
            "revisions.occurred_at",
            "revisions.source",
            "versions.revision_id",
        )
        .from_(each.subquery("versions", copy=False), copy=False)
        .join("main.revisions AS revisions", on="versions.revision_id = revisions.revision_id", copy=False)
        .where("told.old IS DISTINCT FROM told.new", copy=False)
    )
    ordered = f"CREATE OR REPLACE VIEW main.ordered_changes AS {query.sql('duckdb')}"
    return ordered + "; CREATE OR REPLACE VIEW main.changes AS SELECT * EXCLUDE (revision_id) FROM main.ordered_changes"  # noqa: S608


def _pair(name: str, format_: Format) -> exp.Expr:
    values = {
        "field": exp.Literal.string(name),
        "old": _text(format_, FORMER + name),
        "new": _text(format_, name),
    }
    return exp.Struct(expressions=[exp.PropertyEQ(this=exp.to_identifier(n), expression=v) for n, v in values.items()])


def _text(format_: Format, name: str) -> exp.Expr:
    column = exp.column(name, quoted=True)
    if format_ is Format.MULTI_SELECT:
        return exp.func("array_to_string", column, exp.Literal.string(", "))
    return exp.cast(column, exp.DType.VARCHAR)
