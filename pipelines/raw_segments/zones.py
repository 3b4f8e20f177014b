"""What in a SELECT depends on the time zone of the session that asks, by DuckDB's own binding of it (SEG-4b).

Judged is the bound plan: it has every cast, those that DuckDB adds too, and every function with the types that it was chosen for.
A function that knows instants is let through where it is listed here, and refused otherwise.
Belongs here: one SELECT over a base without rows. Does not: files and segments (`binding`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import duckdb

from pipelines.base.statements import identifier, literal
from pipelines.language import mark, say
from pipelines.raw_segments.duckdb_words import functions_of_types

Node = Mapping[str, Any]
_ZONES = ("Pacific/Kiritimati", "Etc/GMT+12")
"""26 hours apart: no day is the same in both at once."""
_INSTANTS = frozenset(("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS", "TIME WITH TIME ZONE"))
_NOWHERE = 2**64 - 1
_TODAY = frozenset(("current_date", "today"))
_CLOCKS = frozenset(("current_localtime", "current_localtimestamp", "get_current_time"))
_HARMLESS = frozenset(
    (
        *("arg_max", "arg_max_null", "arg_max_nulls_last", "arg_min", "arg_min_null", "arg_min_nulls_last"),
        *("argmax", "argmin", "max_by", "min_by", "approx_quantile", "avg", "mean", "quantile_cont"),
        *("epoch", "epoch_ms", "epoch_ns", "epoch_us", "isfinite", "isinf"),
        *("get_current_timestamp", "now", "transaction_timestamp", "to_timestamp", "uuid_extract_timestamp"),
    )
)
"""They know instants as points in time: no calendar is asked."""
_MOVES = frozenset(("+", "-", "add", "subtract"))
_HOURS = frozenset(("to_hours", "to_minutes", "to_seconds", "to_milliseconds", "to_microseconds"))


@dataclass(frozen=True)
class ZoneFault:
    """What depends on the session's zone, the byte of the SELECT where it stands, and what to write where that can be said."""

    message: str
    offset: int
    suggestion: str | None = None


def zone_faults(connection: duckdb.DuckDBPyConnection, select: str, timezone: str) -> Iterator[ZoneFault]:
    """Each place of a SELECT that binds where it asks for the session's time zone; `timezone` is the base's, for the mend."""
    # Constants that DuckDB works out while it binds are only seen to differ; the clock stands still in a transaction.
    connection.begin()
    try:
        here, there = (_plan(connection, select, zone) for zone in _ZONES)
    finally:
        connection.rollback()
    if here["error"] or there["error"]:
        message = say(
            "DuckDB does not show how it reads this, so that nobody can tell whether it asks for the time zone of whoever asks"
        )
        yield ZoneFault(message, 0)
        return
    judge = _Judge(connection, timezone)
    yield from dict.fromkeys((*judge.walk(here, there, 0),))


def _plan(connection: duckdb.DuckDBPyConnection, select: str, zone: str) -> Node:
    connection.execute(f"SET TimeZone = {literal(zone)}")
    [(plan,)] = connection.execute("SELECT json_serialize_plan(?::VARCHAR)", [select]).fetchall()
    return json.loads(plan)


class _Judge:
    """One SELECT, bound under two zones; `zone` is the base's, as SQL."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, timezone: str) -> None:
        self._connection, self._zone = connection, literal(timezone)

    def walk(self, here: object, there: object, offset: int) -> Iterator[ZoneFault]:
        """The faults below a node of both plans, each at the nearest place that DuckDB knows."""
        if isinstance(here, list) and isinstance(there, list):
            for one, other in zip(cast("list[object]", here), cast("list[object]", there), strict=True):
                yield from self.walk(one, other, offset)
        elif isinstance(here, dict) and isinstance(there, dict):
            node, twin = cast("Node", here), cast("Node", there)
            offset = _offset(node, offset)
            found = self._fault(node, twin)
            if found is not None:
                yield ZoneFault(found[0], offset, found[1])
                return
            if node.get("type") == "VALUE_CONSTANT":
                return  # The same in both zones: nothing below it is asked.
            for key, value in node.items():
                if isinstance(value, dict | list):
                    yield from self.walk(value, twin[key], offset)

    def _fault(self, node: Node, twin: Node) -> tuple[str, str | None] | None:
        if "returned_types" in node:
            return self._source(node)
        if "expression_class" not in node:
            return None
        if node["type"] == "VALUE_CONSTANT":
            return None if node["value"] == twin["value"] else self._moving(node)
        if node["type"] == "OPERATOR_CAST":
            return self._cast(node)
        return self._function(node) if "qname" in node else None

    def _source(self, node: Node) -> tuple[str, str | None] | None:
        """range() and generate_series() in FROM; tables hold what they hold."""
        name = _name(node)
        if name in ("seq_scan", "") or not any(map(_holds_instants, node["returned_types"])):
            return None
        message = say(
            "{function}() counts days of instants in the time zone of whoever asks: give it dates", function=name
        )
        return message, None

    def _moving(self, node: Node) -> tuple[str, str | None]:
        """A value that differs by the session's zone."""
        if node["value"]["type"]["id"] == "DATE":
            return self._today("current_date")
        message = say(
            "this is another instant in the time zone of whoever asks: write it with AT TIME ZONE {zone}",
            zone=self._zone,
        )
        return message, None

    def _today(self, name: str) -> tuple[str, str | None]:
        like = f"(now() AT TIME ZONE {self._zone})::DATE"
        return say("{name} is the day in the time zone of whoever asks: write {like}", name=name, like=like), like

    def _cast(self, node: Node) -> tuple[str, str | None] | None:
        source, target = node["arguments"][0], node["return_type"]
        given, wanted = _holds_instants(source), _holds_instants(target)
        if source == target or not (given or wanted) or source["id"] in ("SQLNULL", "NULL"):
            return None
        [operand] = node["children"]
        if given and wanted and source["id"] == target["id"] == "LIST":
            return None
        if not given:
            return self._becoming(operand, source["id"], target["id"])
        shown = identifier_of(operand) or "…"
        like = f"({shown} AT TIME ZONE {self._zone})::{target['id']}"
        words = say(
            "an instant is another {type} in the time zone of whoever asks: write {like}", type=target["id"], like=like
        )
        return words, None if shown == "…" else like

    def _becoming(self, operand: Node, source: str, target: str) -> tuple[str, str | None] | None:
        """A value without a zone that is made, or compared with, an instant; a text may name its offset."""
        text = operand["value"]["value"] if operand["type"] == "VALUE_CONSTANT" and source == "VARCHAR" else None
        if isinstance(text, str):
            if self._says_its_offset(text, target):
                return None
            like = f"TIMESTAMP {literal(text)} AT TIME ZONE {self._zone}"
            message = say(
                "{text!r} is another instant in the time zone of whoever asks: write {like}", text=text, like=like
            )
            return message, like
        message = say(
            "a {type} is taken for an instant in the time zone of whoever asks: write … AT TIME ZONE {zone} after it, or compare "
            "it with (… AT TIME ZONE {zone})::DATE of the instant",
            type=source,
            zone=self._zone,
        )
        return message, None

    def _says_its_offset(self, text: str, target: str) -> bool:
        found: set[object] = set()
        for zone in _ZONES:
            self._connection.execute(f"SET TimeZone = {literal(zone)}")
            try:
                query = f"SELECT epoch_us(CAST(? AS {target}))"
                found.update(self._connection.execute(query, [text]).fetchall())
            except duckdb.Error:
                return False
        return len(found) == 1

    def _function(self, node: Node) -> tuple[str, str | None] | None:
        name, children = _name(node), node.get("children", [])
        if name in _TODAY:
            return self._today(name)
        if name in _CLOCKS:
            return self._said(
                mark("{function}() is the time in the time zone of whoever asks: write now() AT TIME ZONE {zone}"), name
            )
        types = [_type(child) for child in children]
        if not any(map(_holds_instants, (*types, node.get("return_type")))) or name in _HARMLESS:
            return None
        if "json" in name:
            return self._said(
                mark(
                    "{function}() writes an instant in the time zone of whoever asks: give it (… AT TIME ZONE {zone})"
                ),
                name,
            )
        if name not in functions_of_types(_INSTANTS) or (name == "timezone" and len(children) == 2):
            return None
        if name in _MOVES and len(children) == 2:
            return self._moved(children)
        if name == "make_timestamptz" and len(children) in (1, 7):
            return None
        shown = next((known for child in children if (known := identifier_of(child))), None) or "…"
        message = say(
            "{function}() of an instant asks for the time zone of whoever asks: give it ({shown} AT TIME ZONE {zone})",
            function=name,
            shown=shown,
            zone=self._zone,
        )
        return message, None

    def _said(self, template: str, name: str = "") -> tuple[str, None]:
        """The fault that a marked template tells, of the function `name`; there is nothing to write for it as it stands."""
        return say(template, function=name, zone=self._zone), None

    def _moved(self, children: list[Node]) -> tuple[str, str | None] | None:
        """An instant and an interval: hours are the same everywhere, days and months are not."""
        intervals = [child for child in children if _type(child)["id"] == "INTERVAL"]
        if not intervals:
            return self._said(
                mark(
                    "days between instants are counted in the time zone of whoever asks: write epoch(…) - epoch(…), in seconds, or "
                    "take the days of both with AT TIME ZONE {zone}"
                )
            )
        [interval] = intervals
        value = interval["value"]["value"] if interval["type"] == "VALUE_CONSTANT" else None
        hours = _name(interval) in _HOURS if value is None else not (value["months"] or value["days"])
        if hours:
            return None
        return self._said(
            mark(
                "days and months are counted in the time zone of whoever asks: write hours, such as INTERVAL 24 HOUR, or move … AT "
                "TIME ZONE {zone} by them"
            )
        )


def identifier_of(node: Node) -> str | None:
    """The column that an expression is, or the clock, as it may be written; None for any other."""
    if node["expression_class"] in ("BOUND_REF", "BOUND_COLUMN_REF") and node["alias"]:
        name = node["alias"]
        return name if name.isidentifier() and name.isascii() else identifier(name)
    return f"{_name(node)}()" if _name(node) in ("now", "get_current_timestamp") else None


def _name(node: Node) -> str:
    path = (node.get("qname") or {}).get("path") or [""]
    return path[-1].lower()


def _type(node: Node) -> Node:
    return node.get("return_type") or node["value"]["type"]


def _offset(node: Node, otherwise: int) -> int:
    offset = node.get("query_location", _NOWHERE)
    return otherwise if offset == _NOWHERE else int(offset)


def _holds_instants(kind: object) -> bool:
    """Whether a type is that of instants, or a list, a structure or a map has them inside."""
    if isinstance(kind, dict):
        node = cast("Node", kind)
        return node.get("id") in _INSTANTS or any(map(_holds_instants, node.values()))
    return isinstance(kind, list) and any(map(_holds_instants, cast("list[object]", kind)))
