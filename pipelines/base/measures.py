"""What expectations/base.py judges: measures of the whole base, in one pass, in one row."""

from __future__ import annotations

import duckdb
from sqlglot import exp

from pipelines.base.statements import first_row
from pipelines.declarations.model import ContactBase
from pipelines.fields import Format


def measure_base(connection: duckdb.DuckDBPyConnection, base: ContactBase) -> dict[str, int]:
    """Counts over `contacts`: rows, duplicate and missing keys, duplicate ids, unknown states, empty strings and lists (FLD-7)."""
    texts = [f.name for f in base.fields if f.sql_type == "VARCHAR"]
    lists = [f.name for f in base.fields if f.format is Format.MULTI_SELECT]
    states = [f for f in base.fields if f.system and f.is_select]
    key = _column(base.key)
    measures = {
        "contacts": exp.Count(this=exp.Star()),
        "duplicate_keys": exp.Count(this=key) - exp.Count(this=exp.Distinct(expressions=[key])),
        "missing_keys": _count_where(exp.Is(this=key, expression=exp.Null())),
        "duplicate_ids": exp.Count(this=exp.Star()) - exp.Count(this=exp.Distinct(expressions=[_column("contact_id")])),
        "unknown_states": _count_where(*(exp.Not(this=_column(f.name).isin(*f.codes)) for f in states)),
        "empty_strings": _count_where(*(_column(name).eq("") for name in texts)),
        "empty_lists": _count_where(*(exp.func("len", _column(name)).eq(0) for name in lists)),
    }
    query = exp.select(*(exp.alias_(node, name) for name, node in measures.items())).from_("main.contacts")
    row = first_row(connection, query.sql("duckdb"))
    return dict(zip(measures, row or (), strict=True))


def _column(name: str) -> exp.Column:
    return exp.column(name, quoted=True)


def _count_where(*conditions: exp.Expr) -> exp.Expr:
    if not conditions:
        return exp.Literal.number(0)
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=exp.or_(*conditions)))
