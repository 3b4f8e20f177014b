"""What expectations/base.py judges: measures of the contacts, in one row; of all of them, or of those that changed since.

Belongs here: what is measured. Does not: which contacts changed (`looks`), what is too much of it (`expectations.base`).
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
from sqlglot import exp

from pipelines.base.looks import keep_look, last_look, look, told_since
from pipelines.base.statements import first_row
from pipelines.base.store import Writer
from pipelines.declarations.model import ContactBase
from pipelines.fields import Format

_CHECKED = "checked"
"""The name of the last look that found nothing wrong."""
_WRITTEN_ROWWISE = frozenset(("import", "hand", "events"))
"""Revisions after which the contacts that they touched are looked at; after an undo, a purge or a merge all are."""
_TOUCHED = "carnet_touched"


def measure_all(writer: Writer) -> dict[str, int]:
    """The measures of the whole base."""
    return _kept(writer, measure_base(writer.connection, writer.contact_base))


def measure_changed(writer: Writer) -> dict[str, int]:
    """The measures of what changed since nothing was wrong, under the same names; of the whole base where that is not known.

    `contacts` is how many there are in either case. What did not change is as it was found then.
    """
    connection, base = writer.connection, writer.contact_base
    before, now = last_look(connection, _CHECKED), look(connection, {"key": base.key})
    since = told_since(connection, before, now)
    if before is None or since is None or not since.kinds <= _WRITTEN_ROWWISE:
        return measure_all(writer)
    connection.execute(_touched(base), {"revision_id": before.revision_id})
    try:
        measures = {"contacts": now.contacts, **_measured_touched(connection, base)}
    finally:
        connection.execute(f"DROP TABLE temp.{_TOUCHED}")
    return _kept(writer, measures)


def _kept(writer: Writer, measures: Mapping[str, int]) -> dict[str, int]:
    """The measures; where nothing is wrong, the next look begins here. No news for who reads the published copy."""
    connection = writer.connection
    if not any(count for name, count in measures.items() if name != "contacts"):
        taken = look(connection, {"key": writer.contact_base.key})
        if taken != last_look(connection, _CHECKED):
            with writer.transaction(news=False):
                keep_look(connection, _CHECKED, taken)
    return dict(measures)


def measure_base(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> dict[str, int]:
    """Counts over `contacts`: rows, duplicate and missing keys, duplicate ids, unknown states, empty strings and lists (FLD-7)."""
    measures = {
        "contacts": exp.Count(this=exp.Star()),
        "duplicate_keys": _repeated(base.key),
        "missing_keys": _missing(base),
        "duplicate_ids": _repeated("contact_id"),
        **_wrong_values(base),
    }
    return _measured(connection, measures)


def _touched(base: ContactBase) -> str:
    """The statement that makes `carnet_touched`: who has a version after `$revision_id` and is there, with their key."""
    versions = exp.select(_column("contact_id")).from_("main.contact_versions")
    since = versions.where(
        exp.GT(this=_column("revision_id"), expression=exp.Parameter(this=exp.Var(this="revision_id")))
    )
    there = exp.select(_column("contact_id"), exp.alias_(_column(base.key), "key")).from_("main.contacts")
    made = there.where(exp.In(this=_column("contact_id"), query=since.subquery()))
    return f"CREATE OR REPLACE TEMP TABLE {_TOUCHED} AS {made.sql('duckdb')}"


def _measured_touched(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> dict[str, int]:
    """What is wrong with the contacts of `carnet_touched` by themselves, and who shares a key or an id with one of them."""
    alone = {"missing_keys": _missing(base), **_wrong_values(base)}
    return {
        **_measured(connection, alone, _among_touched("contact_id", "contact_id")),
        **_measured(connection, {"duplicate_keys": _repeated(base.key)}, _among_touched(base.key, "key")),
        **_measured(connection, {"duplicate_ids": _repeated("contact_id")}, _among_touched("contact_id", "contact_id")),
    }


def _among_touched(name: str, touched: str) -> exp.Expr:
    return exp.In(this=_column(name), query=exp.select(_column(touched)).from_(f"temp.{_TOUCHED}").subquery())


def _measured(
    connection: duckdb.DuckDBPyConnection, measures: Mapping[str, exp.Expr], where: exp.Expr | None = None
) -> dict[str, int]:
    query = exp.select(*(exp.alias_(node, name) for name, node in measures.items())).from_("main.contacts")
    if where is not None:
        query = query.where(where)
    row = first_row(connection, query.sql("duckdb"))
    return dict(zip(measures, row or (), strict=True))


def _repeated(name: str) -> exp.Expr:
    """How many rows have a value that another one has already."""
    return exp.Count(this=_column(name)) - exp.Count(this=exp.Distinct(expressions=[_column(name)]))


def _missing(base: ContactBase) -> exp.Expr:
    return _count_where(exp.Is(this=_column(base.key), expression=exp.Null()))


def _wrong_values(base: ContactBase) -> dict[str, exp.Expr]:
    """What each contact may be wrong in by itself."""
    texts = [f.name for f in base.fields if f.sql_type == "VARCHAR"]
    lists = [f.name for f in base.fields if f.format is Format.MULTI_SELECT]
    states = [f for f in base.fields if f.system and f.is_select]
    return {
        "unknown_states": _count_where(*(exp.Not(this=_column(f.name).isin(*f.codes)) for f in states)),
        "empty_strings": _count_where(*(_column(name).eq("") for name in texts)),
        "empty_lists": _count_where(*(exp.func("len", _column(name)).eq(0) for name in lists)),
    }


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _count_where(*conditions: exp.Expr) -> exp.Expr:
    if not conditions:
        return exp.Literal.number(0)
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=exp.or_(*conditions)))
