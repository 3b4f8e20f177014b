"""A person in Dagster's PostgreSQL database, where an account has one: runs that name them go, other texts are masked (EXP-9).

Dagster's own library is not asked: its tables are read as they stand. Belongs here: PostgreSQL. Does not: files (`sqlite_stores`).
"""

# psycopg2 comes with `carnet[postgres]`, and carries no types of its own.
# pyright: reportMissingTypeStubs=false, reportMissingModuleSource=false, reportMissingImports=false

from __future__ import annotations

from contextlib import closing
from typing import Any

from pipelines.errors import EnvironmentFaultError
from pipelines.language import say
from pipelines.traces.person import Traces

_GOING = ("STARTED", "STARTING", "CANCELING", "QUEUED", "NOT_STARTED")
_TEXTS = """
    SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position), bool_or(column_name = 'run_id')
    FROM information_schema.columns
    WHERE table_schema = current_schema() AND data_type IN ('text', 'character varying')
    GROUP BY table_name ORDER BY table_name
"""


def remove_from_postgres(address: str, traces: Traces) -> tuple[int, list[str]]:
    """Remove the runs that name the person, mask what else does, and pack the tables; how many, and the runs still going."""
    import psycopg2

    try:
        with closing(psycopg2.connect(address.replace("+psycopg2", "", 1))) as connection:
            with connection, connection.cursor() as cursor:
                count, waiting, changed = _remove(cursor, traces)
            # A row that was deleted stays in its file until that is written anew.
            connection.autocommit = True
            with connection.cursor() as cursor:
                for table in changed:
                    cursor.execute(f"VACUUM FULL {_quoted(table)}")
            return count, waiting
    except psycopg2.Error as error:
        raise EnvironmentFaultError(
            say("Dagster's PostgreSQL database cannot be cleared of the person: {kind}.", kind=type(error).__name__),
            say("The erasure is written down as begun: the next command goes on with it."),
        ) from error


def _remove(cursor: Any, traces: Traces) -> tuple[int, list[str], list[str]]:
    cursor.execute(_TEXTS)
    tables: list[tuple[str, list[str], bool]] = cursor.fetchall()
    named = {run for table, columns, has_run in tables if has_run for run in _runs(cursor, table, columns, traces)}
    cursor.execute("SELECT run_id FROM runs WHERE status IN %s", (_GOING,))
    going = {run for (run,) in cursor.fetchall()}
    gone, count = sorted(named - going), len(named - going)
    changed: list[str] = []
    for table, columns, has_run in tables:
        if has_run and gone:
            cursor.execute(f"DELETE FROM {_quoted(table)} WHERE run_id IN %s", (tuple(gone),))  # noqa: S608
        deleted = cursor.rowcount if has_run and gone else 0
        masked = _mask(cursor, table, columns, traces)
        count += masked
        changed += [table] if deleted or masked else []
    return count, sorted(named & going), changed


def _runs(cursor: Any, table: str, columns: list[str], traces: Traces) -> set[str]:
    cursor.execute(f"SELECT run_id, concat_ws(chr(10), {_listed(columns)}) FROM {_quoted(table)}")  # noqa: S608
    return {run for run, text in cursor.fetchall() if run and traces.names(text)}


def _mask(cursor: Any, table: str, columns: list[str], traces: Traces) -> int:
    cursor.execute(f"SELECT ctid, {_listed(columns)} FROM {_quoted(table)}")  # noqa: S608
    named = [(row[0], dict(zip(columns, row[1:], strict=True))) for row in cursor.fetchall()]
    count = 0
    for place, row in named:
        texts = {name: traces.masked(text) for name, text in row.items() if text and traces.names(text)}
        if texts:
            settings = ", ".join(f"{_quoted(name)} = %s" for name in texts)
            update = f"UPDATE {_quoted(table)} SET {settings} WHERE ctid = %s"  # noqa: S608
            cursor.execute(update, [*texts.values(), place])
            count += 1
    return count


def _listed(columns: list[str]) -> str:
    return ", ".join(map(_quoted, columns))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
