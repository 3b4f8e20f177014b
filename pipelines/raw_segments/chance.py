"""What in a SELECT depends on the order in which DuckDB happens to come upon rows (SEG-1).

Judged is one node of its parser's tree. That ties of an ORDER BY are settled by its last column is the operator's to see to.
Belongs here: what is left to chance. Does not: the walk through the tree (`confining`), nor functions that are volatile by DuckDB's
own word, such as random().
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.declarations.names import sql_name
from pipelines.language import mark, say

Node = Mapping[str, Any]
_ORDERED = frozenset(
    (
        *("any_value", "arbitrary", "first", "last", "mode"),
        *("array_agg", "list", "group_concat", "listagg", "string_agg"),
        *("row_number", "ntile", "first_value", "last_value", "nth_value", "lag", "lead", "fill"),
    )
)
"""Functions whose result follows the order of rows: they need one."""
_NEVER: dict[str, str] = {
    "approx_quantile": "quantile_cont",
    "reservoir_quantile": "quantile_cont",
    "approx_top_k": mark("GROUP BY with ORDER BY count(*)"),
    "lttb": "GROUP BY",
}
"""Functions that estimate, from what they see first, and what is exact."""
_ROWID = "rowid"


def chance_fault(node: Node) -> str | None:
    """What a node leaves to chance, and how to mend it; None where it is the same each time."""
    if "modifiers" in node:
        return _cut(node["modifiers"])
    if node.get("ref_type") == "POSITIONAL":
        return say("rows that are joined by their position are others each time: join them ON something")
    if node.get("class") == "COLUMN_REF" and sql_name(node["column_names"][-1]) == _ROWID:
        return say("rowid is where a row happens to lie: take contact_id, or another column")
    return _unordered(node) if "function_name" in node else None


def _cut(modifiers: list[Node]) -> str | None:
    kinds = {modifier["type"] for modifier in modifiers}
    if "ORDER_MODIFIER" in kinds:
        return None
    if any(kind.startswith("LIMIT") for kind in kinds):
        return say("LIMIT and OFFSET take other rows each time: write ORDER BY before them, with contact_id at its end")
    if any(modifier.get("distinct_on_targets") for modifier in modifiers):
        return say("DISTINCT ON takes another row each time: write ORDER BY, with contact_id at its end")
    return None


def _unordered(node: Node) -> str | None:
    name = sql_name(node["function_name"])
    if name in _NEVER:
        exact = say(_NEVER[name])
        return say("{function}() estimates, and is another each time: take {exact}", function=name, exact=exact)
    if node.get("orders") or node.get("arg_orders") or (node.get("order_bys") or {}).get("orders"):
        return None
    if node.get("class") == "WINDOW":
        rows = any(str(node.get(edge)).endswith("_ROWS") for edge in ("start", "end"))
        if name in _ORDERED or rows:
            return say(
                "{function}() OVER (…) without an order is another each time: write OVER (… ORDER BY …)", function=name
            )
        return None
    if name in _ORDERED:
        return say(
            "{function}() takes rows as they come, and is another each time: write {function}(… ORDER BY …)",
            function=name,
        )
    return None
