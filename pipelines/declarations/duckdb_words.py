"""What DuckDB says of itself: the tree that its parser makes of a text, and the functions that it has.

Belongs here: asking an engine that has no data and may reach nothing. Does not: what is allowed (`confining`).
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import duckdb

_FUNCTIONS = """
SELECT
  lower(function_name),
  bool_and(
    schema_name = 'main'
    AND (stability = 'CONSISTENT' OR function_type IN ('macro', 'aggregate', 'window'))
    AND stability IS DISTINCT FROM 'VOLATILE'
  )
FROM duckdb_functions()
WHERE function_type IN ('scalar', 'macro', 'aggregate', 'window')
GROUP BY ALL
"""


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"enable_external_access": "false"})


def parsed(text: str) -> dict[str, Any]:
    """The tree of all the statements of `text` (`statements`), or the parser's `error`; `query_location` counts bytes."""
    with _engine().cursor() as session:
        [(tree,)] = session.execute("SELECT json_serialize_sql(?::VARCHAR)", [text]).fetchall()
    return json.loads(tree)


@cache
def functions() -> dict[str, bool]:
    """Every function but those of tables: whether it gives the same for the same arguments, by DuckDB's own word."""
    with _engine().cursor() as session:
        return dict(session.execute(_FUNCTIONS).fetchall())
