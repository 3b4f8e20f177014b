"""What a SELECT of the operator's may do: read the base's tables, and nothing else (SEG-1, SEC-1).

The judge is DuckDB's own parser, whose tree is what runs: a query, a table, a function, a kind of expression is let through
where it is listed here or harmless by the engine's own word, and everything else is refused.
Belongs here: one text, judged. Does not: files and names (`sql_files`), nor columns and types (`binding`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pipelines.declarations.names import sql_name
from pipelines.errors import nearest
from pipelines.language import say
from pipelines.raw_segments.chance import chance_fault
from pipelines.raw_segments.duckdb_words import bounds, functions, parsed

TABLES = (
    *(
        "contacts",
        "segment_counts",
        "imports",
        "import_contacts",
        "import_rejects",
        "changes",
        "consents",
        "operations",
    ),
    *("events", "operation_report", "activity", "suppression_list", "searches", "exports", "fields"),
)
"""What the contract promises to those who write SQL."""

_QUERIES = frozenset(("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"))
_SOURCES = frozenset(("BASE_TABLE", "SUBQUERY", "JOIN", "EXPRESSION_LIST", "EMPTY", "TABLE_FUNCTION"))
_MODIFIERS = frozenset(("ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER"))
_ORDERS = frozenset(("ORDER_DEFAULT", "ASCENDING", "DESCENDING"))
_KINDS = _QUERIES | _SOURCES | _MODIFIERS | _ORDERS
_EXPRESSIONS = frozenset(
    (
        *("BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION"),
        *("LAMBDA", "LAMBDA_REF", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "TYPE", "WINDOW"),
    )
)
_TABLE_FUNCTIONS = frozenset(("unnest", "range", "generate_series"))
# They change between statements, but not within one. Which of them ask for the session's time zone: `zones`.
_CLOCK = frozenset(
    ("now", "today", "current_date", "get_current_time", "get_current_timestamp", "transaction_timestamp")
)
# Words that DuckDB takes for a call where no column is called so.
_WORDS = frozenset(
    (
        *("current_catalog", "current_database", "current_role", "current_schema", "current_user"),
        *("session_user", "user"),
    )
)
# Consistent by DuckDB's word, but they bind statements, read the catalogue or serve the engine itself.
_NEVER = _WORDS | frozenset(
    (
        *(
            "json_serialize_sql",
            "json_serialize_plan",
            "json_deserialize_sql",
            "index_key",
            "version",
            "get_block_size",
        ),
        *("parse_duckdb_log_message", "invoke", "assert_true"),
    )
)
_AROUND = ("SELECT contact_id", "FROM (")
_NOWHERE = 2**64 - 1
Node = Mapping[str, Any]


class NotConfinedError(Exception):
    """A text that is no SELECT over the base alone: what is wrong, where (line and column count from 1), what to write."""

    def __init__(self, message: str, line: int, column: int, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.message, self.line, self.column, self.suggestion = message, line, column, suggestion


@dataclass(frozen=True)
class TableName:
    """A table that a SELECT reads, where it names it; `offset` counts the text's bytes.

    `schema` is empty, main or segments; a segment's name stands as it was typed.
    """

    schema: str
    name: str
    offset: int
    line: int
    column: int


@dataclass(frozen=True)
class Confined:
    """A SELECT that reads the base alone: as typed, the same with every table named in full, and those tables."""

    typed: str
    sql: str
    tables: tuple[TableName, ...]


def confine(text: str) -> Confined:
    """The one SELECT of `text`, without the semicolon at its end; NotConfinedError where it is none, or reaches elsewhere."""
    select = text.encode()[: bounds(text)[1]].decode().rstrip()
    try:
        confined = with_tables(select, tuple(_Judge(select).tables()))
        # Judged again as it will stand, inside another SELECT: nothing may escape its brackets.
        enclosed = tuple(_Judge("\n".join((*_AROUND, confined.sql, ")"))).tables())
    except RecursionError as error:
        raise NotConfinedError(
            say("this is nested too deeply: write a part of it as a segment of its own"), 1, 1
        ) from error
    if [table.name for table in enclosed] != [table.name for table in confined.tables]:
        raise NotConfinedError(
            say("this reads otherwise inside brackets than by itself: write it as one plain SELECT"), 1, 1
        )
    return confined


def with_tables(select: str, tables: tuple[TableName, ...]) -> Confined:
    """A SELECT whose tables are known: those of the base get their schema before them, where they stand."""
    raw = select.encode()
    bare = [table.offset for table in sorted(tables, key=lambda table: table.offset) if not table.schema]
    parts = [raw[begin:end] for begin, end in zip((0, *bare), (*bare, len(raw)), strict=True)]
    return Confined(select, b"main.".join(parts).decode(), tables)


class _Judge:
    """One text and its parsed form. `known`: the names of WITH that a part sees; `offset`: the nearest place known of it."""

    def __init__(self, text: str) -> None:
        self._raw = text.encode()
        self._start, _ = bounds(text)
        found = parsed(text)
        if found["error"]:
            raise self._parser_fault(found)
        self._statements: list[Node] = found["statements"]

    def tables(self) -> Iterator[TableName]:
        """The tables of the base that the one statement reads; NotConfinedError at the first thing that it may not do."""
        if len(self._statements) != 1:
            raise self._fault(self._no_single(), self._start)
        found = {table.offset: table for table in self._walk(self._statements[0], frozenset(), self._start)}
        return iter(found.values())

    def _no_single(self) -> str:
        if not self._statements:
            return say("one SELECT is needed here, not nothing")
        return say("one SELECT is needed here, not {count} statements", count=len(self._statements))

    def _walk(self, part: object, known: frozenset[str], offset: int) -> Iterator[TableName]:
        if isinstance(part, list):
            for item in cast("list[object]", part):
                if isinstance(item, dict | list):
                    yield from self._walk(item, known, offset)
        if not isinstance(part, dict):
            return
        node = cast("Node", part)
        if node.get("class") == "CONSTANT":
            # A plain value, of which a list may hold thousands: nothing stands below it.
            return
        offset = _offset(node, offset)
        self._require_harmless(node, offset)
        chance = chance_fault(node)
        if chance is not None:
            raise self._fault(chance, offset)
        if node.get("type") == "BASE_TABLE":
            yield from self._table(node, known, offset)
        if "cte_map" in node:
            known = yield from self._with(node, known, offset)
        for key, value in node.items():
            if key != "cte_map" and isinstance(value, dict | list):
                yield from self._walk(value, known, offset)

    def _with(self, node: Node, known: frozenset[str], offset: int) -> Generator[TableName, None, frozenset[str]]:
        """The tables of the queries of a WITH, each of which sees those before it; what the rest of its query sees."""
        for entry in node["cte_map"]["map"]:
            name, query = sql_name(entry["key"]), entry["value"]
            recursive = query["query_node"]["type"] == "RECURSIVE_CTE_NODE"
            yield from self._walk(query, known | {name} if recursive else known, offset)
            known |= {name}
        return known

    def _require_harmless(self, node: Node, offset: int) -> None:
        kind, group = node.get("type"), node.get("class")
        if node.get("sample") is not None:
            raise self._fault(say("a sample is another one each time: take contacts by hash(contact_id)"), offset)
        if group is None:
            if isinstance(kind, str) and kind not in _KINDS:
                raise self._fault(
                    say("{kind} cannot stand here: SELECT from tables and segments", kind=_words(kind)), offset
                )
            if kind == "TABLE_FUNCTION":
                self._require_table_function(node["function"], offset)
            return
        if group not in _EXPRESSIONS:
            raise self._fault(say("{kind} cannot stand here: write the value itself", kind=_words(group)), offset)
        if "function_name" in node:
            self._require_function(node, offset)
        if group == "COLUMN_REF" and len(node["column_names"]) == 1 and sql_name(node["column_names"][0]) in _WORDS:
            message = say("{name} is about the session, not about contacts", name=node["column_names"][0])
            raise self._fault(message, offset)

    def _require_table_function(self, function: Node, offset: int) -> None:
        name = function["function_name"]
        if sql_name(name) not in _TABLE_FUNCTIONS:
            message = say(
                "{function}() cannot be read: tables, segments and {others} can",
                function=name,
                others=", ".join(sorted(_TABLE_FUNCTIONS)),
            )
            raise self._fault(message, offset)

    def _require_function(self, node: Node, offset: int) -> None:
        called, name = node["function_name"], sql_name(node["function_name"])
        if node.get("schema") or node.get("catalog"):
            message = say("{function}() is called with the name of a schema: leave that out", function=called)
            raise self._fault(message, offset)
        if name in _CLOCK | _TABLE_FUNCTIONS:
            return
        if name not in functions():
            like = nearest(name, functions())
            message = say("there is no function {function}()", function=called)
            if like:
                message = say("{said}; did you mean {like}?", said=message, like=f"{like}()")
            raise self._fault(message, offset, like)
        if name in _NEVER or not functions()[name] or name.startswith("__"):
            raise self._fault(
                say(
                    "{function}() cannot be used: it looks beyond contacts, or gives another answer each time",
                    function=called,
                ),
                offset,
            )

    def _table(self, node: Node, known: frozenset[str], offset: int) -> Iterator[TableName]:
        schema, name = sql_name(node["schema_name"]), sql_name(node["table_name"])
        if not (schema or node["catalog_name"]) and name in known:
            return
        if node["catalog_name"]:
            raise self._fault(
                say("leave the name of the database out: write main.contacts, or a segment's name"), offset
            )
        if node.get("query_location") in (None, _NOWHERE):
            raise self._fault(say("write FROM {name}, after a SELECT", name=name), offset)
        if self._raw[offset : offset + 1] == b"'":
            message = say(
                "{name!r} would be read from a file: tables and segments can be read", name=node["table_name"]
            )
            raise self._fault(message, offset)
        if node["at_clause"] is not None:
            raise self._fault(say("AT (…) cannot stand here: the base has no former states to read"), offset)
        if schema != "segments" and (schema not in ("", "main") or name not in TABLES):
            like = nearest(name, TABLES)
            message = say("there is no table {table!r} to read", table=f"{schema}.{name}" if schema else name)
            if like:
                message = say("{said}; did you mean {like!r}?", said=message, like=like)
            else:
                message = say("{said}; known: {names}, and segments.<name>", said=message, names=", ".join(TABLES))
            raise self._fault(message, offset, like)
        typed = node["table_name"] if schema == "segments" else name
        yield TableName(schema, typed, offset, *place_of(self._raw, offset))

    def _parser_fault(self, found: Node) -> NotConfinedError:
        if found.get("error_type") == "not implemented":
            return self._fault(say("one SELECT is needed here, and nothing else"), self._start)
        said = str(found.get("error_message", "")).splitlines()[0]
        message = say("this is not SQL to DuckDB: {said}", said=said)
        return self._fault(message, int(found.get("position", self._start)))

    def _fault(self, message: str, offset: int, suggestion: str | None = None) -> NotConfinedError:
        return NotConfinedError(message, *place_of(self._raw, offset), suggestion)


def place_of(raw: bytes, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of the character that begins at a byte of a text in UTF-8."""
    before = raw[:offset].decode(errors="replace")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _offset(node: Node, otherwise: int) -> int:
    offset = node.get("query_location", _NOWHERE)
    return otherwise if offset == _NOWHERE else int(offset)


def _words(kind: str) -> str:
    return kind.removesuffix("_QUERY_NODE").removesuffix("_REF").replace("_", " ").upper()
