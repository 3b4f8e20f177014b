"""Spark's way to answer what people ask: from the lake, from the same criteria (LAK-2).

Belongs here: queries on the lake, and what comes of them. Does not: what a criterion means (`segments`), nor Spark itself (`lake`).
"""

# pyarrow has no type stubs.
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from pipelines.base.settings import settle_results
from pipelines.base.statements import identifier, literal, records
from pipelines.behaviours.asked import active_query, report_query, reports_of
from pipelines.behaviours.operations import FigureContacts, Report, event_types
from pipelines.declarations.model import Audience, Declarations, Group, SegmentCriterion
from pipelines.segments.audiences import within
from pipelines.segments.behaviours import counted_in
from pipelines.segments.compiling import audience_group, members
from pipelines.segments.flat import Flat, counts_query, matching_query
from pipelines.segments.querying import Found

if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines.lake.spark import SparkEngine


@dataclass(frozen=True)
class SparkAnswers:
    """From the lake; `connection` reads the published copy of the same generation, for what only DuckDB can say: raw segments."""

    spark: SparkEngine
    connection: duckdb.DuckDBPyConnection
    declarations: Declarations

    def counts(self, names: Collection[str] | None = None) -> dict[str, int]:
        """How many contacts each segment holds, or each of `names`, in one pass (`counting.count_all`)."""
        wanted = [each for each in self.declarations.segments if names is None or each.name in names]
        if not wanted:
            return {}
        flat = Flat(self.declarations)
        query = counts_query(flat, [segment.root for segment in wanted])
        [row] = self._asked(flat, query).to_pylist()
        return {segment.name: row[f"n{n}"] for n, segment in enumerate(wanted)}

    def search(self, group: Group, limit: int = 100, *, everybody: bool = False) -> Found:
        """See `Answers`."""
        flat = Flat(self.declarations)
        matching = matching_query(flat, group, self._columns())
        self._lend_raw(flat)
        return self._found(matching, limit, everybody)

    def members(self, segment: str, limit: int = 100, *, everybody: bool = False) -> Found:
        """See `Answers`."""
        return self.search(Group("all", (SegmentCriterion(segment),)), limit, everybody=everybody)

    def reports(self, name: str | None = None) -> list[Report]:
        """See `Answers`."""
        return reports_of(_fetched(self.spark.rows(report_query())), name)

    def figure(self, name: str, figure: str, limit: int = 100, *, everybody: bool = False) -> FigureContacts:
        """See `Answers`."""
        event_types(figure)
        self.reports(name)
        counted = counted_in(name, figure)
        every = exp.Count(this=exp.Distinct(expressions=[exp.column("contact_id", "counted")]))
        [row] = self.spark.rows(exp.select(exp.alias_(every, "n")).from_(counted.subquery("counted"))).to_pylist()
        found = self._found(within(self._everybody(), counted), limit, everybody)
        return FigureContacts(found.count, row["n"] - found.count, found.left_out, found.contacts)

    def active(self, instant: datetime) -> pa.Table:
        """What the events say of who is active (`asked.active_query`)."""
        return self.spark.rows(active_query(self.declarations.base, instant))

    def audience(self, audience: Audience) -> pa.Table:
        """Every column of the contacts of an audience that `resolve` gave, as `audiences.audience_query` has it."""
        if audience.figure is not None:
            counted = counted_in(audience.figure.operation, audience.figure.name)
            return self.spark.rows(within(self._everybody(), counted))
        flat = Flat(self.declarations)
        return self._asked(flat, matching_query(flat, audience_group(audience), self._columns()))

    def _everybody(self) -> exp.Select:
        return matching_query(Flat(self.declarations), Group("all", ()), self._columns())

    def _columns(self) -> list[str]:
        return [column[0] for column in self.connection.execute("FROM main.contacts LIMIT 0").description or ()]

    def _asked(self, flat: Flat, query: exp.Select) -> pa.Table:
        self._lend_raw(flat)
        return self.spark.rows(query)

    def _lend_raw(self, flat: Flat) -> None:
        """Whom raw segments hold, as DuckDB says: their SQL is DuckDB's."""
        for segment, name in flat.raw.items():
            self.spark.lend(name, self.connection.sql(members(segment).sql("duckdb")).to_arrow_table())

    def _found(self, matching: exp.Select, limit: int, everybody: bool) -> Found:
        untracked = exp.Is(this=exp.column("do_not_track", "matching"), expression=exp.true())
        counts = [exp.alias_(exp.Count(this=exp.Star()), "n"), exp.alias_(exp.CountIf(this=untracked), "untracked")]
        [row] = self.spark.rows(exp.Select(expressions=counts).from_(matching.subquery("matching"))).to_pylist()
        listed = exp.Select(expressions=[exp.Star()]).from_(matching.subquery("matching"))
        if not everybody:
            listed = listed.where(exp.not_(untracked))
        listed = listed.order_by(exp.column("contact_id", "matching"))
        if limit:
            listed = listed.limit(limit)
        return Found(row["n"], 0 if everybody else row["untracked"], _fetched(self.spark.rows(listed)))


def _fetched(table: pa.Table) -> list[dict[str, Any]]:
    """The rows as DuckDB gives them, in their order."""
    with duckdb.connect() as connection:
        settle_results(connection)
        connection.register("answer", table)
        return records(connection.execute("FROM answer"))


def answer_base(table: pa.Table, copy: Path, place: Path) -> None:
    """A base at `place` whose contacts are the table's, in the order of their numbers; its lists of values are those of the copy.

    Whatever writes exports from a base writes them from it: the same cells, byte for byte.
    """
    with duckdb.connect(str(place)) as connection:
        settle_results(connection)
        connection.register("answer", table)
        connection.execute(f"ATTACH {literal(str(copy))} AS published (READ_ONLY)")
        connection.execute("CREATE TABLE main.fields AS FROM published.main.fields")
        connection.execute("CREATE TABLE main.contacts AS FROM published.main.contacts LIMIT 0")
        names = ", ".join(map(identifier, table.schema.names))
        connection.execute(f"INSERT INTO main.contacts BY NAME SELECT {names} FROM answer ORDER BY contact_id")  # noqa: S608
        connection.execute("DETACH published")


def everybody_query() -> exp.Select:
    """All contacts of a base that `answer_base` made."""
    return exp.select("contact_id").from_("main.contacts")
