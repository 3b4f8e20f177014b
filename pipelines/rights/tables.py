"""A person's rows in the tables of a base, whatever tables it has: by contact_id, by address, by what texts say (EXP-9).

New tables are covered as they come: a column `contact_id` names contacts, and every text is looked through. Belongs here: one
DuckDB file of Carnet's. Does not: rewriting it (`rewriting`), files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from pipelines.base.held import OWN, Elsewhere, recall
from pipelines.base.statements import identifier, literal
from pipelines.rights.people import Person
from pipelines.traces.person import MASK, Traces

_UNTOUCHED = ("settings", "schema_migrations", "counters", "suppression_list")
_TOLD = {"searches": "search_id", "exports": "export_id", "segment_definitions": "segment", "fields": "name"}
"""Tables of what people defined: that they name somebody is told, not changed; and the column to name the row by."""
_KEYED = {"events": "key", OWN: "key", "pending_events": "key", "former_keys": "key", "state_settings": "key"}
"""Tables whose rows are of an address, whoever has it now."""
_ADDRESSES = ("email", "mobile", "former:email", "former:mobile")


@dataclass(frozen=True)
class Column:
    """A column of texts: its table, its name, whether its values are lists."""

    table: str
    name: str
    listed: bool


def recall_rows(
    connection: duckdb.DuckDBPyConnection, elsewhere: Elsewhere | None, person: Person, traces: Traces
) -> int:
    """Bring the events of the person, and those whose texts name them, back from the lake, to be removed with the others."""
    mine = "list_contains($ids::BIGINT[], contact_id) OR list_contains($keys::VARCHAR[], key)"
    bound = {"ids": list(person.contact_ids), "keys": sorted(address for _, address in person.addresses)}
    if traces.portable is None:
        return recall(connection, elsewhere, mine, **bound)
    named = " OR ".join(f"regexp_matches({text}, $p)" for text in ("event_id", "link", "detail"))
    return recall(connection, elsewhere, f"({mine} OR {named})", **bound, p=traces.portable)


def remove_rows(connection: duckdb.DuckDBPyConnection, person: Person, traces: Traces) -> Counter[str]:
    """Take the person out of every table, in the caller's transaction; how many rows went, or lost a text, by table."""
    found: Counter[str] = Counter()
    tables = _tables(connection)
    for table in tables:
        if "contact_id" in tables[table]:
            where = "list_contains($ids::BIGINT[], contact_id)"
            found[table] += _delete(connection, table, where, {"ids": list(person.contact_ids)})
    found += _remove_keyed(connection, person, tables)
    if "import_rejects" in tables:
        found["import_rejects"] += _remove_rejects(connection, traces)
    for column in _texts(connection):
        if column.table not in (*_UNTOUCHED, *_TOLD):
            found[column.table] += _scrub(connection, column, traces)
    return +found


def told_rows(connection: duckdb.DuckDBPyConnection, traces: Traces) -> list[tuple[str, str]]:
    """What people defined that names the person, and stays: table and row."""
    found: set[tuple[str, str]] = set()
    if traces.portable is None:
        return []
    for column in _texts(connection):
        if column.table in _TOLD:
            query = (
                f"SELECT DISTINCT {identifier(_TOLD[column.table])}::VARCHAR FROM main.{identifier(column.table)} "  # noqa: S608
                f"WHERE {_matches(column)}"
            )
            found |= {(column.table, row[0]) for row in connection.execute(query, {"p": traces.portable}).fetchall()}
    return sorted(found)


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    rows = connection.execute(
        "SELECT c.table_name, list(c.column_name ORDER BY c.column_index) FROM duckdb_columns() AS c "
        "INNER JOIN duckdb_tables() AS t ON t.table_oid = c.table_oid AND t.database_name = c.database_name "
        "WHERE c.database_name = current_database() AND c.schema_name = 'main' AND NOT c.internal AND NOT t.temporary "
        "GROUP BY c.table_name ORDER BY c.table_name"
    ).fetchall()
    return dict(rows)


def _texts(connection: duckdb.DuckDBPyConnection) -> list[Column]:
    tables = _tables(connection)
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = 'main' AND NOT internal AND data_type IN ('VARCHAR', 'VARCHAR[]')"
    ).fetchall()
    return [Column(table, name, kind != "VARCHAR") for table, name, kind in rows if table in tables]


def _remove_keyed(
    connection: duckdb.DuckDBPyConnection, person: Person, tables: Mapping[str, Sequence[str]]
) -> Counter[str]:
    """Rows of the person's addresses that others have: their states are reckoned anew without them."""
    found: Counter[str] = Counter()
    addresses = sorted(address for _, address in person.addresses)
    ids = [str(number) for number in person.contact_ids]
    for table, column in _KEYED.items():
        if column not in tables.get(table, ()):
            continue
        where, bound = f"list_contains($keys::VARCHAR[], {column})", {"keys": addresses}
        if table == "pending_events":
            where += " OR (channel = 'contact_id' AND list_contains($ids::VARCHAR[], key))"
            bound["ids"] = ids
        elif "unsettled" in tables and table == "events":
            concerned = f"SELECT DISTINCT contact_id FROM main.events WHERE {where}"  # noqa: S608
            connection.execute(f"INSERT INTO main.unsettled {concerned}", bound)
        found[table] += _delete(connection, table, where, bound)
    return found


def _remove_rejects(connection: duckdb.DuckDBPyConnection, traces: Traces) -> int:
    """Rejected rows that name the person: in any cell, or in the cell of a column that names contacts."""
    count = 0
    if traces.portable is not None:
        named = "len(list_filter(cells, lambda cell: regexp_matches(cell, $p))) > 0"
        count += _delete(connection, "import_rejects", named, {"p": traces.portable})
    headers = [name for name, values in traces.columns.items() if values]
    if headers:
        values = sorted({value for each in traces.columns.values() for value in each})
        keyed = (
            "rowid IN (SELECT r.rowid FROM main.import_rejects AS r INNER JOIN main.imports AS i ON i.import_id = r.import_id "
            "WHERE len(list_filter(range(1, len(i.header) + 1), lambda n: list_contains($headers::VARCHAR[], i.header[n]) "
            "AND list_contains($values::VARCHAR[], trim(r.cells[n])))) > 0)"
        )
        count += _delete(connection, "import_rejects", keyed, {"headers": headers, "values": values})
    return count


def _scrub(connection: duckdb.DuckDBPyConnection, column: Column, traces: Traces) -> int:
    """Mask what texts say of the person; an address in the history of another contact is none any more."""
    if traces.portable is None:
        return 0
    name, mask = identifier(column.name), literal(f" {MASK} ")
    if column.name in _ADDRESSES:
        new = "NULL"
    elif column.listed:
        new = f"list_transform({name}, lambda each: trim(regexp_replace(each, $p, {mask}, 'g')))"
    else:
        new = f"trim(regexp_replace({name}, $p, {mask}, 'g'))"
    found = connection.execute(
        f"UPDATE main.{identifier(column.table)} SET {name} = {new} WHERE {_matches(column)}",  # noqa: S608
        {"p": traces.portable},
    ).fetchall()
    return found[0][0]


def _matches(column: Column) -> str:
    name = identifier(column.name)
    return (
        f"len(list_filter({name}, lambda each: regexp_matches(each, $p))) > 0"
        if column.listed
        else f"regexp_matches({name}, $p)"
    )


def _delete(connection: duckdb.DuckDBPyConnection, table: str, where: str, bound: Mapping[str, object]) -> int:
    return connection.execute(f"DELETE FROM main.{identifier(table)} WHERE {where}", dict(bound)).fetchall()[0][0]  # noqa: S608
