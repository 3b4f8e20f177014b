"""The settings of DuckDB that change what a query yields: the same in every session of ours, whatever its defaults become.

A view means what the session that asks it says: analysts' sessions are their own (docs/base.md).
"""

from __future__ import annotations

import duckdb

RESULTS = {
    "TimeZone": "UTC",
    "Calendar": "gregorian",
    "default_collation": "",
    "default_order": "ASCENDING",
    "default_null_order": "NULLS_LAST",
    "integer_division": "false",
    "ieee_floating_point_ops": "true",
    "error_on_division_by_zero": "true",
    "scalar_subquery_error_on_multiple_rows": "true",
    "order_by_non_integer_literal": "false",
    "regex_match_operator_semantics": "partial",
    "disable_timestamptz_casts": "false",
    "dialect_compatibility_mode": "NONE",
    "preserve_insertion_order": "true",
    "preserve_identifier_case": "preserve_case",
    "table_function_identifier_conversion": "DEFAULT",
    "legacy_disable_null_type": "false",
}


def settle_results(session: duckdb.DuckDBPyConnection) -> None:
    """Set what results depend on; a cursor is a session of its own."""
    session.execute(";".join(f"SET {name} = '{value}'" for name, value in RESULTS.items()))
