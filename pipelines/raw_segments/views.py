"""Views of raw segments: the operator's own SELECT inside the one that every view is (SEG-1).

Belongs here: the statement around it. Does not: judging the SELECT beforehand (`confining`, `binding`),
nor which of them fails on the base's values (`failing`).
"""

from __future__ import annotations

from string import Template

from pipelines.base.statements import identifier, statement


def raw_view_sql(name: str, label: str, sql: str) -> str:
    """The statement that makes the view of the contacts whose contact_id `sql` yields, under its label as a comment.

    `sql` stands there as it was typed, comments too: to DuckDB's own parser it is one SELECT, and it ends with its line.
    """
    said = " ".join(label.split()).replace("*/", "* /").replace("/*", "/ *")
    view = Template(statement("raw_segments/view").rstrip("\n"))
    return view.substitute(label=said, name=identifier(name), sql=sql)
