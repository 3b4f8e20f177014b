"""Views of raw segments: the operator's own SELECT inside the one that every view is (SEG-1).

Belongs here: the statement around it. Does not: judging the SELECT (`pipelines.declarations.confining`), which comes first.
"""

from __future__ import annotations

from pipelines.base.statements import identifier


def raw_view_sql(name: str, label: str, sql: str) -> str:
    """The statement that makes the view of contacts whose contact_id `sql` yields, under its label as a comment.

    `sql` stands there as it was typed, comments too: it is one SELECT to DuckDB's own parser, and ends on a line of its own.
    """
    said = " ".join(label.split()).replace("*/", "* /")
    return f"""/* {said} */
CREATE OR REPLACE VIEW segments.{identifier(name)} AS
SELECT
  contacts.*
FROM main.contacts AS contacts
WHERE
  contacts."contact_id" IN (
    SELECT
      selected."contact_id"
    FROM (
{sql}
    ) AS selected
  )"""
