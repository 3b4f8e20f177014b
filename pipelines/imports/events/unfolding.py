"""JSON objects → one row an event: what their mapped keys hold, through objects, lists and texts that hold JSON (BHV-1).

Belongs here: following paths in all objects at once. Does not: what objects a file holds (`documents`), what a cell means
(`resolving`).

An object gives one event an item of the first of its mapped lists that has items (who the events are of comes first); of any other
list the only item is taken. A level of lists is one statement: first the values that stand above it are taken out of the object, so
that no item carries the object that it comes from along.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import duckdb

from pipelines.base.statements import first_row, identifier, literal, statement
from pipelines.imports.events.columns import WHO
from pipelines.imports.events.paths import Path, keys_of, path_of
from pipelines.imports.events.several import first_of_several

UNFOLDED = "carnet_event_objects"
"""`number` (of the row), `line`, `item` (of its list; NULL where it has none or one), `fault`, `several`, and a column a meaning.

`several`: `list KEY` or `object KEY`, where a key holds that and one text is meant.
"""
_OBJECTS = "carnet_unfolding"
_FIRST = (
    f"CREATE OR REPLACE TEMP VIEW {_OBJECTS} AS SELECT number, line, NULL::VARCHAR AS item, "  # noqa: S608
    "CASE WHEN NOT valid THEN 'The line is no JSON object.' END AS fault, CASE WHEN valid THEN text END AS doc "
    "FROM carnet_event_lines"
)


@dataclass(frozen=True)
class _Key:
    """A mapped key on its way: `path` is what is left of it, within the column `doc`; `many` are flags of lists that stop it."""

    column: str
    meaning: str
    path: Path
    doc: str = "doc"
    many: tuple[str, ...] = ()

    @property
    def listed(self) -> bool:
        """Whether it came through a list."""
        return self.doc != "doc"


def unfold(connection: duckdb.DuckDBPyConnection, mapped: Mapping[str, Sequence[str]]) -> list[str]:
    """Make UNFOLDED of the relation `carnet_event_lines`; the meanings of which no object has a key, be it null.

    `mapped`: meaning → the keys that it may be under.
    """
    connection.execute(statement("events/unfolding"))
    connection.execute(_FIRST)
    named = [(meaning, path_of(name)) for meaning, names in mapped.items() for name in names]
    keys = [_Key(f"k{place}", meaning, path) for place, (meaning, path) in enumerate(named)]
    source = first = _open_texts(connection, _OBJECTS, keys)
    settled: list[_Key] = []
    waiting = keys
    while waiting:
        if settled:
            source = _open_texts(connection, source, waiting)
        found = [key for key in waiting if not key.path.through_list]
        through = [key for key in waiting if key.path.through_list]
        values = _settled(source, settled, found, through)
        settled += found
        source, waiting = (
            _through_lists(connection, values, settled, through, len(settled)) if through else (f"({values})", [])
        )
    _combine(connection, source, mapped, settled)
    absent = _absent(connection, first, mapped, keys)
    for kind, name in connection.execute(_LEFT_OVER).fetchall():
        connection.execute(f"DROP {kind} {name}")
    return absent


_LEFT_OVER = """\
SELECT 'TABLE', table_name FROM duckdb_tables() WHERE temporary AND starts_with(table_name, 'carnet_unfolding_')
UNION ALL
SELECT 'VIEW', view_name FROM duckdb_views() WHERE temporary AND view_name = 'carnet_unfolding'"""


def _open_texts(connection: duckdb.DuckDBPyConnection, source: str, keys: Sequence[_Key]) -> str:
    """The relation with the texts that hold JSON, and that keys lead into, as the JSON that they hold."""
    places = {(key.doc, place) for key in keys for place in key.path.above}
    while texts := _texts(connection, source, sorted(places)):
        opened = ", ".join(
            f"{reduce(_opened, [place for doc, place in texts if doc == column], column)} AS {column}"
            for column in dict.fromkeys(doc for doc, _ in texts)
        )
        source = _table(connection, f"SELECT * REPLACE ({opened}) FROM {source}")  # noqa: S608
    return source


def _texts(
    connection: duckdb.DuckDBPyConnection, source: str, places: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The places where an object of the relation has a text that holds JSON, none within another."""
    if not places:
        return []
    held = ", ".join(
        f"coalesce(bool_or(json_type({doc}, {literal(place)}) = 'VARCHAR' "
        f"AND carnet_holds_json(json_extract_string({doc}, {literal(place)}))), false)"
        for doc, place in places
    )
    found = first_row(connection, f"SELECT {held} FROM {source}") or ()  # noqa: S608
    return [where for where, is_text in zip(places, found, strict=True) if is_text]


def _opened(doc: str, place: str) -> str:
    text = f"json_extract_string({doc}, {literal(place)})"
    nested = reduce(
        lambda inner, key: f"json_object({literal(key)}, {inner})", reversed(keys_of(place)), f"{text}::JSON"
    )
    is_text = f"json_type({doc}, {literal(place)}) = 'VARCHAR' AND carnet_holds_json({text})"
    return f"CASE WHEN {is_text} THEN json_merge_patch({doc}, {nested}) ELSE {doc} END"


def _settled(source: str, before: Iterable[_Key], found: Sequence[_Key], through: Iterable[_Key]) -> str:
    """The query of the relation with what the keys `found` hold, and without the objects that no key leads through."""
    kept = ["number", "line", "item", "fault"]
    kept += [name for key in before for name in (key.column, _why(key))]
    kept += dict.fromkeys(key.doc for key in through)
    kept += dict.fromkeys(flag for key in through for flag in key.many)
    extracted: list[str] = []
    values: list[str] = []
    for doc in dict.fromkeys(key.doc for key in found):
        here = [key for key in found if key.doc == doc]
        places = [place for key in here for place in key.path.pointers]
        cells = identifier(f"cells of {doc}")
        extracted.append(f"json_extract_string({doc}, [{', '.join(map(literal, places))}]) AS {cells}")
        numbers = iter(range(1, len(places) + 1))
        for key in here:
            at = [(literal(place), f"{cells}[{next(numbers)}]") for place in key.path.pointers]
            values += _value(key, at)
    inner = f"SELECT {', '.join(['*', *extracted])} FROM {source}"  # noqa: S608
    return f"SELECT {', '.join([*kept, *values])} FROM ({inner})"  # noqa: S608


def _value(key: _Key, at: Sequence[tuple[str, str]]) -> list[str]:
    """The key's text, and why there is none, as columns of its own."""
    # A message may be anything that can be read.
    one = [cell if key.meaning == "detail" else f"carnet_one({key.doc}, {place}, {cell})" for place, cell in at]
    none = [f"carnet_none({key.doc}, {place}, {cell})" for place, cell in at if key.meaning != "detail"]
    lists = [f"json_array_length({key.doc}, {literal(place)}) > 1" for place in key.path.lists_by_number]
    stopped = " OR ".join([*lists, *key.many])
    why = f"coalesce({', '.join([*none, 'NULL::VARCHAR'])})"
    if stopped:
        return [
            f"CASE WHEN NOT coalesce({stopped}, false) THEN coalesce({', '.join(one)}) END AS {key.column}",
            f"CASE WHEN coalesce({stopped}, false) THEN 'list' ELSE {why} END AS {_why(key)}",
        ]
    return [f"coalesce({', '.join([*one, 'NULL'])}) AS {key.column}", f"{why} AS {_why(key)}"]


def _why(key: _Key) -> str:
    return f"{key.column}_why"


def _through_lists(
    connection: duckdb.DuckDBPyConnection, values: str, settled: Iterable[_Key], through: Sequence[_Key], level: int
) -> tuple[str, list[_Key]]:
    """The relation with a row an item of the list chosen, and the keys as they go on from there."""
    lists = list(dict.fromkeys((key.doc, key.path.pointers) for key in sorted(through, key=_is_not_who)))
    docs = {where: f"doc_{level}_{place}" for place, where in enumerate(lists)}
    items = {
        where: f"carnet_items(coalesce({', '.join(f'json_extract({where[0]}, {literal(place)})' for place in where[1])})) "
        f"AS items_{place}"
        for place, where in enumerate(lists)
    }
    chosen = " ".join(f"WHEN len(items_{place}) > 0 THEN {place}" for place in range(len(lists)))
    # Where an object has no item at all, it is one event all the same: it is told that it names nobody.
    each = " ".join(f"WHEN {place} THEN items_{place}" for place in range(len(lists)))
    kept = ["number", "line", "fault"]
    kept += [name for key in settled for name in (key.column, _why(key))]
    kept += dict.fromkeys(flag for key in through for flag in key.many)
    for place, where in enumerate(lists):
        doc, only = docs[where], f"CASE WHEN len(items_{place}) = 1 THEN items_{place}[1] END"
        kept.append(f"CASE WHEN choice = {place} THEN one ELSE only_{place} END AS {doc}")
        kept.append(f"choice <> {place} AND several_{place} AS {doc}_many")
        items[where] += f", {only} AS only_{place}, len(items_{place}) > 1 AS several_{place}"
    all_items = ", ".join(f"items_{place}" for place in range(len(lists)))
    source = _table(
        connection,
        f"SELECT {', '.join(kept)}, CASE WHEN many THEN concat_ws('.', item, place) ELSE item END AS item FROM ("  # noqa: S608
        f"SELECT * EXCLUDE (items), unnest(items) AS one, generate_subscripts(items, 1) AS place FROM ("
        f"SELECT * EXCLUDE ({all_items}), CASE choice {each} ELSE [NULL] END AS items, "
        f"len(items) > 1 AS many FROM (SELECT *, CASE {chosen} ELSE -1 END AS choice FROM ("
        f"SELECT *, {', '.join(items.values())} FROM ({values})))))",
    )
    going_on = [
        replace(key, path=key.path.inside(), doc=docs[where], many=(*key.many, f"{docs[where]}_many"))
        for key in through
        for where in [(key.doc, key.path.pointers)]
    ]
    return source, going_on


def _is_not_who(key: _Key) -> bool:
    return key.meaning not in WHO


def _combine(
    connection: duckdb.DuckDBPyConnection, source: str, mapped: Mapping[str, Sequence[str]], settled: Sequence[_Key]
) -> None:
    """UNFOLDED: of the keys of each meaning the first that has a value, of those of the type all."""
    cells: list[str] = []
    reasons: list[str] = []
    for meaning in mapped:
        keys = [key for key in settled if key.meaning == meaning]
        whys = [f"{_why(key)} || {literal(' ' + key.path.name)}" for key in keys]
        texts = [_own_id(key) if meaning == "event_id" else key.column for key in keys]
        cells.append(f"{first_of_several(meaning, texts, whys)} AS {identifier(meaning)}")
        earlier = [
            f"WHEN trim({text}) <> '' THEN NULL WHEN {why} IS NOT NULL THEN {why}"
            for text, why in zip(texts, whys, strict=True)
        ]
        reasons.append(f"coalesce({', '.join(whys)})" if meaning == "type" else f"CASE {' '.join(earlier)} END")
    number = "row_number() OVER ()" if any(key.listed for key in settled) else "number"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {UNFOLDED} AS SELECT {number} AS number, line, item, fault, "  # noqa: S608
        f"coalesce({', '.join([*reasons, 'NULL::VARCHAR'])}) AS several, {', '.join(cells)} FROM {source}"
    )


def _own_id(key: _Key) -> str:
    """An id that stands above the list is that of its first event; each of the others has one of its own."""
    if key.listed:
        return key.column
    return f"CASE WHEN regexp_full_match(item, '1(\\.1)*') OR item IS NULL THEN {key.column} ELSE {key.column} || '#' || item END"


def _absent(
    connection: duckdb.DuckDBPyConnection, first: str, mapped: Mapping[str, Sequence[str]], keys: Sequence[_Key]
) -> list[str]:
    counted = ", ".join(f"count({identifier(meaning)})" for meaning in mapped)
    given = first_row(connection, f"SELECT {counted} FROM {UNFOLDED}") or ()  # noqa: S608
    silent = [meaning for meaning, count in zip(mapped, given, strict=True) if not count]
    occurs = "SELECT 1 FROM {} WHERE list_contains(json_exists(doc, [{}]), true) LIMIT 1"
    absent: list[str] = []
    for meaning in silent:
        places = [place for key in keys if key.meaning == meaning for place in key.path.pointers]
        if first_row(connection, occurs.format(first, ", ".join(map(literal, places)))) is None:
            absent.append(meaning)
    return absent


def _table(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """A temporary table of what `query` yields, under a name of its own."""
    row = first_row(
        connection, "SELECT count(*) FROM duckdb_tables() WHERE starts_with(table_name, 'carnet_unfolding_')"
    )
    name = f"carnet_unfolding_{row[0] if row else 0}"
    connection.execute(f"CREATE TEMP TABLE {name} AS {query}")
    return name
