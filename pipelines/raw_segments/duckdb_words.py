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
_OF_TYPES = """
SELECT DISTINCT lower(function_name)
FROM duckdb_functions()
WHERE list_has_any(parameter_types, $types) OR list_contains($types, return_type)
"""


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"enable_external_access": "false"})


def parsed(text: str) -> dict[str, Any]:
    """The tree of all the statements of `text` (`statements`), or the parser's `error`; `query_location` counts bytes."""
    with _engine().cursor() as session:
        [(tree,)] = session.execute("SELECT json_serialize_sql(?::VARCHAR)", [text]).fetchall()
    return json.loads(tree)


def bounds(text: str) -> tuple[int, int]:
    """The bytes of `text` between the comments before its first word and the semicolons at its end; both its length for no word."""
    raw = text.encode()
    tokens = [offset for offset, kind in duckdb.tokenize(text) if kind != duckdb.token_type.comment]
    begin, end = (tokens[0] if tokens else len(raw)), len(raw)
    while tokens and raw[tokens[-1] : tokens[-1] + 1] == b";":
        end = tokens.pop()
    return begin, end


@cache
def functions() -> dict[str, bool]:
    """Every function but those of tables: whether it gives the same for the same arguments, by DuckDB's own word."""
    with _engine().cursor() as session:
        return dict(session.execute(_FUNCTIONS).fetchall())


@cache
def functions_of_types(types: frozenset[str]) -> frozenset[str]:
    """The functions that have a form of their own for one of these types; others take them as they take any value."""
    with _engine().cursor() as session:
        return frozenset(name for (name,) in session.execute(_OF_TYPES, {"types": sorted(types)}).fetchall())
